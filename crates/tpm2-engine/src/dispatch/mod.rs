//! The one path that every command takes: handles, sessions, authorization, action, response.
//!
//! An action cannot forget its authorization: it is not asked. What is checked, and in which order, follows Part 3,
//! clause 5, and Part 1, clause 19.
mod audit;
mod authorize;
mod hmac;
mod parameters;
mod policy;
mod read_only;
mod respond;
mod sessions;

use crate::context::{Action, Context};
use crate::state::shutdown;
use crate::{Platform, Tpm};
use alloc::sync::Arc;
use alloc::vec::Vec;
use sessions::Sessions;
use tpm2_wire::{At, Command, Flag, Rc, Reader, Shape, Startup, TpmSt, Wire};
use zeroize::Zeroizing;

/// What is known of a command once its header is read.
pub(crate) struct Request<'a> {
    /// Are there sessions?
    pub(crate) tag: u16,
    pub(crate) locality: u8,
    /// What follows the header.
    pub(crate) body: &'a [u8],
}

/// A command on its way: what the checks share.
pub(crate) struct Call<'a> {
    pub(crate) shape: &'static Shape,
    pub(crate) handles: &'a [u32],
    pub(crate) locality: u8,
    /// The parameters as they came, perhaps encrypted: what HMACs and audits cover.
    pub(crate) parameters: &'a [u8],
}

/// Runs a command of type `C`; the whole response, or the code.
pub(crate) fn step<C: Action>(
    tpm: &mut Tpm,
    platform: &mut dyn Platform,
    request: &Request<'_>,
) -> Result<Vec<u8>, Rc> {
    let accept = &tpm.profile.active().accept.clone();
    read_only::check(&tpm.state, &C::SHAPE)?;
    // What failure mode allows, it allows before start-up too: the failure may have prevented it.
    if tpm.failure.is_none() && tpm.state.volatile.started == (C::SHAPE.code == Startup::SHAPE.code) {
        return Err(Rc::INITIALIZE);
    }
    let mut r = Reader::new(request.body, accept);
    let handles = C::handles(&mut r)?;
    let numbers = C::numbers(&handles);
    let numbers = numbers.get(..C::SHAPE.handles.len()).unwrap_or_default();
    for (i, handle) in (0u8..).zip(numbers) {
        tpm.state.load_status(tpm.profile.active(), *handle, i).map_err(|rc| rc.at(At::Handle(i + 1)))?;
    }
    let mut sessions = if request.tag == TpmSt::SESSIONS {
        Sessions::read(&tpm.state, &C::SHAPE, &mut r)?
    } else {
        Sessions::none(&C::SHAPE)?
    };
    tpm.test_before(&C::SHAPE, numbers, request.tag == TpmSt::SESSIONS)?;
    let call = Call { shape: &C::SHAPE, handles: numbers, locality: request.locality, parameters: r.rest() };
    tpm.authorize(platform, &call, &mut sessions)?;
    let parameters = tpm.decrypt(&call, &sessions)?;

    let mut r = Reader::new(&parameters, accept);
    let command = C::params(handles, &mut r)?;
    r.finish()?;
    tpm.test(&r.seen())?;

    // From here on all happens to a copy, which replaces the state at the end.
    let mut next = tpm.state.clone();
    let reply = command.run(&mut Context {
        crypto: tpm.crypto,
        profile: tpm.profile.active(),
        state: &mut next,
        rng: &mut tpm.rng,
        platform,
        locality: request.locality,
        buffer_size: tpm.buffer_size,
        failure: &mut tpm.failure,
        untested: &mut tpm.untested,
        health: &mut tpm.health,
    })?;
    let (mut handle, mut out) = (Vec::new(), Zeroizing::new(Vec::with_capacity(512)));
    C::reply(&reply, &mut handle, &mut out);
    if shutdown::orderly(next.persistent.counters.shutdown) && !keeps_shutdown(&C::SHAPE) {
        // What was kept is no longer true.
        Arc::make_mut(&mut next.persistent.counters).shutdown = shutdown::NONE;
        next.persistent.kept = Arc::new(None);
    }
    let response = tpm.respond(&mut next, &call, &mut sessions, request.tag, &handle, out)?;
    // A small transport cannot carry the largest signatures: nothing happened, then.
    if response.len() > tpm.buffer_size {
        return Err(Rc::MEMORY);
    }
    tpm.state = next;
    Ok(response)
}

/// Commands after which an orderly shutdown still is one: they change nothing that it kept.
fn keeps_shutdown(shape: &Shape) -> bool {
    const KEEP: &[&str] = &[
        "Shutdown",
        "GetCapability",
        "GetRandom",
        "GetTestResult",
        "NvReadPublic",
        "PcrRead",
        "ReadClock",
        "ReadPublic",
        "SelfTest",
        "TestParms",
    ];
    KEEP.contains(&shape.name)
}

/// A response that is a code alone.
pub(crate) fn refuse(rc: Rc) -> Vec<u8> {
    let mut w = Vec::with_capacity(10);
    TpmSt::NO_SESSIONS.write(&mut w);
    10u32.write(&mut w);
    rc.0.write(&mut w);
    w
}

/// Are sessions allowed?
pub(crate) fn sessions_allowed(shape: &Shape) -> bool {
    !shape.is(Flag::no_sessions)
}
