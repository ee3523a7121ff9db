//! `TPM_CAP_HANDLES`: what is there, by type of handle.
use crate::command::timer;
use crate::profile::Active;
use crate::context::Context;
use alloc::vec::Vec;
use tpm2_wire::{PCR_COUNT, TpmHt, TpmRh};

/// The handles of the type of `from` that are not below it, in order; `None` for a type of which there are
/// none.
pub(super) fn from(cx: &Context<'_>, from: u32) -> Option<Vec<u32>> {
    let state = &*cx.state;
    const LOADED: u8 = TpmHt::HMAC_SESSION;
    const SAVED: u8 = TpmHt::POLICY_SESSION;
    let from_on = |handles: &mut dyn Iterator<Item = u32>| handles.filter(|handle| *handle >= from).collect();
    Some(match TpmHt::of(from) {
        TpmHt::PCR => from_on(&mut (0..PCR_COUNT)),
        TpmHt::NV_INDEX => from_on(&mut state.persistent.nv.keys().copied()),
        TpmHt::PERMANENT => from_on(&mut PERMANENT.into_iter().chain(timer::handles(cx.profile)).chain(limited(cx.profile))),
        TpmHt::TRANSIENT => from_on(&mut state.volatile.objects.keys().copied()),
        TpmHt::PERSISTENT => from_on(&mut state.persistent.objects.keys().copied()),
        // The two types of sessions share their numbers: it is those that are in order, and compared.
        LOADED => {
            let mut loaded: Vec<u32> = state.volatile.sessions.keys().copied().collect();
            loaded.sort_by_key(|handle| number(*handle));
            loaded.retain(|handle| number(*handle) >= number(from));
            loaded
        }
        SAVED => {
            let saved = state.reset.saved_sessions.keys().filter(|saved| **saved >= number(from));
            saved.map(|saved| u32::from(TpmHt::HMAC_SESSION) << 24 | saved).collect()
        }
        _ => return None,
    })
}
use crate::state::session::index as number;

const PERMANENT: [u32; 7] = [
    TpmRh::OWNER,
    TpmRh::NULL,
    TpmRh::PW,
    TpmRh::LOCKOUT,
    TpmRh::ENDORSEMENT,
    TpmRh::PLATFORM,
    TpmRh::PLATFORM_NV,
];

/// The firmware-limited hierarchies, and of the SVN-limited ones the first, as there are many.
fn limited(profile: &Active) -> impl Iterator<Item = u32> {
    (TpmRh::FW_OWNER..=TpmRh::FW_NULL)
        .chain([0x4001_0000, 0x4002_0000, 0x4003_0000, 0x4004_0000])
        .filter(|_| profile.limited_hierarchies)
}
