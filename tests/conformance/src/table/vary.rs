//! Generates cases from one: all that a command can get wrong, whatever it is.
use crate::cases::{Case, case, world};
use crate::step::{Auth, Change, Handle, Step, Value};
use tpm2_wire::{Role, TpmRh, TpmSt};

/// Handles of every type: of what is there, of what is not, and of what cannot be.
pub const HANDLES: &[u32] = &[
    0,
    16,
    23,
    24,
    0x00FF_FFFF,
    0x0100_0000,
    world::NV_ORDINARY,
    world::NV_UNWRITTEN,
    world::NV_PLATFORM,
    0x0150_00FF,
    0x01FF_FFFF,
    0x0200_0000,
    0x0200_0002,
    0x0200_0040,
    0x0300_0000,
    0x0300_0001,
    0x0300_0040,
    0x1100_0000,
    TpmRh::OWNER,
    TpmRh::NULL,
    TpmRh::UNASSIGNED,
    TpmRh::PW,
    TpmRh::LOCKOUT,
    TpmRh::ENDORSEMENT,
    TpmRh::PLATFORM,
    TpmRh::PLATFORM_NV,
    0x4000_0000,
    TpmRh::ACT_0,
    0x4000_0200,
    0x8000_0000,
    0x8000_0002,
    0x8000_00FF,
    0x80FF_FFFF,
    world::SRK,
    world::RSA_KEY,
    world::ECC_KEY,
    world::HMAC_KEY,
    world::AES_KEY,
    world::SEALED,
    world::PLATFORM_SRK,
    0x8100_00FF,
    0x81FF_FFFF,
    0x9000_0000,
    u32::MAX,
];
/// Beyond so many parameter bytes only each eighth is varied: it is in the middle of a long buffer.
const DENSE: usize = 96;

/// The variations of a command, whose parameters are `params` for one TPM and `others` for the other. Where both are not
/// the same, a size that is changed makes random bytes stand for something: see [`guesses`].
pub fn all(step: &Step, params: &[u8], others: &[u8]) -> Vec<(String, Step)> {
    let mut all = Vec::new();
    headers(step, &mut all);
    handles(step, &mut all);
    sessions(step, &mut all);
    parameters(step, params, others, &mut all);
    all
}

/// Does a variation of these parameters make a TPM read random bytes as sizes and selectors? Then both refuse it, each
/// with its code.
pub fn guesses(varied: &Step, params: &[u8], others: &[u8]) -> bool {
    let last = params.iter().zip(others).rposition(|(a, b)| a != b);
    varied.changes.iter().any(|change| match change {
        Change::Set(at, _) => last.is_some_and(|last| usize::from(*at) < last),
        _ => false,
    })
}

fn headers(step: &Step, all: &mut Vec<(String, Step)>) {
    for tag in [0, 0x00C1, 0x00C4, TpmSt::NULL, TpmSt::NO_SESSIONS, TpmSt::SESSIONS, 0x8003, 0xFFFF] {
        all.push((format!("tag {tag:04x}"), step.clone().change(Change::Tag(tag))));
    }
    let auths: usize = step.auths.len() * 24;
    for keep in 0..(step.handles.len() * 4 + auths) as u16 {
        all.push((format!("{keep} bytes behind the header"), step.clone().change(Change::Keep(keep))));
    }
}
fn handles(step: &Step, all: &mut Vec<(String, Step)>) {
    for i in 0..step.handles.len() {
        for handle in HANDLES {
            let mut other = step.clone();
            other.handles[i] = Handle::Number(*handle);
            all.push((format!("handle {} is {handle:08x}", i + 1), other));
        }
        let mut fewer = step.clone();
        fewer.handles.remove(i);
        all.push((format!("without handle {}", i + 1), fewer));
    }
    let mut more = step.clone();
    more.handles.push(Handle::Number(TpmRh::OWNER));
    all.push(("a handle more".to_owned(), more));
}
fn sessions(step: &Step, all: &mut Vec<(String, Step)>) {
    let mut with = |what: String, auths: Vec<Auth>| all.push((what, Step { auths, ..step.clone() }));
    let password =
        |bytes: &[u8]| Auth { session: TpmRh::PW.into(), attributes: 0, value: Value::Plain(bytes.to_vec()) };
    let session = |name: &str, attributes: u8, value: Value| Auth { session: name.into(), attributes, value };
    with("no session".to_owned(), Vec::new());
    for count in 1..=4 {
        with(format!("{count} passwords"), vec![password(b""); count]);
    }
    let extra = |more: Auth| [&step.auths[..], &[more]].concat();
    with("a password more".to_owned(), extra(password(b"")));
    for attributes in [0, 1, 0x21, 0x41, 0x61, 0x81, 0x83, 0x85, 0x87, 0x09] {
        with(
            format!("an HMAC session more, {attributes:02x}"),
            extra(session(world::HS, attributes, Value::Mac(vec![]))),
        );
        with(
            format!("a policy session more, {attributes:02x}"),
            extra(session(world::PS, attributes, Value::Mac(vec![]))),
        );
    }
    for i in 0..step.auths.len() {
        let mut with = |what: &str, auth: Auth| {
            let mut auths = step.auths.clone();
            auths[i] = auth;
            with(format!("session {}: {what}", i + 1), auths);
        };
        with("wrong password", password(b"wrong"));
        with("password of 64 bytes", password(&[b'x'; 64]));
        with("password of 65 bytes", password(&[b'x'; 65]));
        for bit in 0..8 {
            let old = &step.auths[i];
            with(&format!("attribute {bit}"), Auth { attributes: old.attributes ^ 1 << bit, ..old.clone() });
        }
        for handle in HANDLES {
            let value = Value::Plain(Vec::new());
            with(&format!("{handle:08x}"), Auth { session: (*handle).into(), attributes: 1, value });
        }
        for (what, value) in [
            ("HMAC", Value::Mac(vec![])),
            ("HMAC with a value", Value::Mac(b"x".to_vec())),
            ("wrong HMAC", Value::Plain(vec![1; 32])),
            ("short HMAC", Value::Plain(vec![1; 20])),
        ] {
            with(&format!("HMAC session, {what}"), session(world::HS, 1, value.clone()));
            with(&format!("policy session, {what}"), session(world::PS, 1, value));
        }
        for attributes in [0x21, 0x41, 0x81, 0x83] {
            with(
                &format!("HMAC session, {attributes:02x}"),
                session(world::HS, attributes, Value::Mac(vec![])),
            );
        }
    }
    for off in [-32, -9, -1, 1, 9, 1000, i32::MAX / 2] {
        all.push((format!("authorization area off by {off}"), step.clone().change(Change::AuthSize(off))));
    }
}
fn parameters(step: &Step, params: &[u8], others: &[u8], all: &mut Vec<(String, Step)>) {
    for cut in 1..=params.len() as u16 {
        if usize::from(cut) <= DENSE || cut % 8 == 0 {
            all.push((format!("without the last {cut} bytes"), step.clone().change(Change::Cut(cut))));
        }
    }
    for more in [&[0][..], &[0; 4], &[0xFF; 300]] {
        all.push((format!("{} bytes more", more.len()), step.clone().change(Change::Add(more.to_vec()))));
    }
    // Where the sizes are not the same, what comes behind the first size has no counterpart.
    let first = params.iter().zip(others).position(|(a, b)| a != b).unwrap_or(params.len());
    let comparable = if params.len() == others.len() { params.len() } else { first };
    let each = params.iter().zip(others).take(comparable).enumerate();
    for (i, (byte, other)) in each.filter(|(i, _)| *i < DENSE || i % 8 == 0) {
        let mut vary = |what: String, change: Change| all.push((what, step.clone().change(change)));
        if byte != other {
            // It is random.
            for bits in [1, 0x80, 0xFF] {
                vary(format!("parameter byte {i} with {bits:02x} flipped"), Change::Flip(i as u16, bits));
            }
            continue;
        }
        let near = [byte ^ 1, byte ^ 0x80, byte.wrapping_add(1), byte.wrapping_sub(1)];
        let mut values = [&[0, 1, 4, 0x0B, 0x10, 0x7F, 0x80, 0xFF], &near[..]].concat();
        values.sort_unstable();
        values.dedup();
        for value in values.into_iter().filter(|value| value != byte) {
            vary(format!("parameter byte {i} is {value:02x}"), Change::Set(i as u16, value));
        }
    }
}

/// Every command code with nothing, with handles and a password, and with bytes behind it.
pub fn codes() -> Vec<Case> {
    let mut all = Vec::new();
    for code in (0x118..0x1B0).chain([0, 1, 0xFFFF, 0x2000_0000, 0x2000_0001, u32::MAX]) {
        let bare = Step::new(code);
        all.push(case("alone", bare.clone()));
        all.push(case("with zeros", bare.clone().p([0; 64])));
        all.push(case("with a password", bare.clone().pw("")));
        let Some(shape) = bare.shape() else { continue };
        let handles = vec![Handle::Number(TpmRh::NULL); shape.handles.len()];
        let count = shape.roles.iter().filter(|role| **role != Role::None).count();
        let auths = (0..count).fold(bare, |step, _| step.pw("")).auths;
        all.push(case("with null handles", Step { handles, auths, ..Step::new(code) }));
    }
    all
}
