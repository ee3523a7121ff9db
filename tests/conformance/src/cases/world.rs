//! The state in which each case begins: keys of every kind, NV indices of every type, two sessions.
use super::*;
use crate::step::{Event, cmd, handle_of};
use tpm2_wire::{
    EvictControl, FlushContext, NvExtend, NvIncrement, NvSetBits, NvWrite, StartAuthSession, Startup, TpmNt,
    TpmSe, TpmaNv,
};

/// Persistent keys. All have an empty authorization value but [`SECRET_KEY`] and [`SEALED`].
pub const SRK: u32 = 0x8100_0001;
/// RSA-2048, signs and decrypts, any scheme.
pub const RSA_KEY: u32 = 0x8100_0002;
/// P-256, signs, any scheme.
pub const ECC_KEY: u32 = 0x8100_0003;
/// P-256, for key agreement, any scheme.
pub const ECDH_KEY: u32 = 0x8100_0004;
/// HMAC, any hash.
pub const HMAC_KEY: u32 = 0x8100_0005;
/// AES, any mode.
pub const AES_KEY: u32 = 0x8100_0006;
/// Data, with [`SECRET`].
pub const SEALED: u32 = 0x8100_0007;
/// RSA-2048, restricted to sign what the TPM made.
pub const AK: u32 = 0x8100_0008;
/// P-256, signs, with [`SECRET`] and dictionary-attack protection.
pub const SECRET_KEY: u32 = 0x8100_0009;
/// P-256 storage key of the platform.
pub const PLATFORM_SRK: u32 = 0x8180_0001;
/// HMAC, restricted.
pub const RESTRICTED_HMAC: u32 = 0x8100_000A;
/// An authorization value.
pub const SECRET: &str = "secret";

pub const NV_ORDINARY: u32 = 0x0150_0001;
pub const NV_COUNTER: u32 = 0x0150_0002;
pub const NV_BITS: u32 = 0x0150_0003;
pub const NV_EXTEND: u32 = 0x0150_0004;
pub const NV_PIN_FAIL: u32 = 0x0150_0005;
pub const NV_PIN_PASS: u32 = 0x0150_0006;
/// Never written, with [`SECRET`] and dictionary-attack protection.
pub const NV_UNWRITTEN: u32 = 0x0150_0007;
/// The platform's; deleted by policy.
pub const NV_PLATFORM: u32 = 0x0150_0008;
/// May be locked.
pub const NV_LOCKABLE: u32 = 0x0150_0009;
/// Authorized by nobody but the policy.
pub const NV_POLICY: u32 = 0x0150_000A;

/// An HMAC session with AES-128-CFB.
pub const HS: &str = "hs";
/// A policy session.
pub const PS: &str = "ps";

/// Starts a session without key and bind entity.
pub fn session(name: &str, kind: TpmSe, symmetric: &[u8]) -> Step {
    cmd::<StartAuthSession>()
        .h(NULL)
        .h(NULL)
        .b([0x5A; 16])
        .b([])
        .p(kind.value())
        .p(symmetric)
        .p(SHA256)
        .keep(name)
}
pub fn flush(name: &str) -> Step {
    cmd::<FlushContext>().p(handle_of(name))
}
/// `TPM2_Startup`.
pub fn startup(kind: tpm2_wire::TpmSu) -> Step {
    cmd::<Startup>().p(kind.value())
}
/// `TPM2_EvictControl` of a kept object.
pub fn persist(by: u32, name: &str, handle: u32) -> Step {
    cmd::<EvictControl>().h(by).h(name).pw("").p(handle)
}

/// What makes it, from a new TPM.
pub fn events() -> Vec<Event> {
    let keys = [
        (OWNER, SRK, "", storage()),
        (OWNER, RSA_KEY, "", rsa(OWN | NO_DA | SIGN | DECRYPT, NONE, NONE, 2048)),
        (OWNER, ECC_KEY, "", ecc(OWN | NO_DA | SIGN, NONE, NONE, P256)),
        (OWNER, ECDH_KEY, "", ecc(OWN | NO_DA | DECRYPT, NONE, NONE, P256)),
        (OWNER, HMAC_KEY, "", keyed_hash(OWN | NO_DA | SIGN | DECRYPT, NONE)),
        (OWNER, AES_KEY, "", cipher(OWN | NO_DA | SIGN | DECRYPT, &[0, 6, 0, 128, 0, 0x10])),
        (OWNER, AK, "", rsa(OWN | NO_DA | SIGN | RESTRICTED, NONE, RSASSA, 2048)),
        (OWNER, SECRET_KEY, SECRET, ecc(OWN | SIGN, NONE, NONE, P256)),
        (PLATFORM, PLATFORM_SRK, "", storage()),
        (OWNER, RESTRICTED_HMAC, "", keyed_hash(OWN | NO_DA | SIGN | RESTRICTED, HMAC)),
    ];
    let mut all: Vec<Event> = vec![startup(tpm2_wire::TpmSu::Clear).into()];
    for (hierarchy, handle, auth, public) in keys {
        all.push(primary(hierarchy, auth, &[], &public).keep("new").into());
        all.push(persist(hierarchy, "new", handle).into());
        all.push(flush("new").into());
    }
    all.push(primary(OWNER, SECRET, b"data", &keyed_hash(DATA, NONE)).keep("new").into());
    all.push(persist(OWNER, "new", SEALED).into());
    all.push(flush("new").into());
    let write = |index: u32, data: &[u8]| cmd::<NvWrite>().h(OWNER).h(index).pw("").b(data).p(0u16).into();
    let pin = NV_ALL & !TpmaNv::AUTHWRITE.0;
    let stclear = TpmaNv::WRITE_STCLEAR.0 | TpmaNv::READ_STCLEAR.0;
    let platform = TpmaNv::PPWRITE.0 | TpmaNv::PPREAD.0 | TpmaNv::PLATFORMCREATE.0 | TpmaNv::POLICY_DELETE.0;
    let by_policy = TpmaNv::POLICYREAD.0 | TpmaNv::POLICYWRITE.0;
    all.extend([
        define(OWNER, "", NV_ORDINARY, NV_ALL, 32).into(),
        write(NV_ORDINARY, &[7; 32]),
        define(OWNER, "", NV_COUNTER, NV_ALL | kind(TpmNt::Counter), 8).into(),
        cmd::<NvIncrement>().h(OWNER).h(NV_COUNTER).pw("").into(),
        define(OWNER, "", NV_BITS, NV_ALL | kind(TpmNt::Bits), 8).into(),
        cmd::<NvSetBits>().h(OWNER).h(NV_BITS).pw("").p(5u64).into(),
        define(OWNER, "", NV_EXTEND, NV_ALL | kind(TpmNt::Extend), 32).into(),
        cmd::<NvExtend>().h(OWNER).h(NV_EXTEND).pw("").b("x").into(),
        define(OWNER, SECRET, NV_PIN_FAIL, pin | kind(TpmNt::PinFail), 8).into(),
        write(NV_PIN_FAIL, &[0, 0, 0, 0, 0, 0, 0, 5]),
        define(OWNER, SECRET, NV_PIN_PASS, pin & !TpmaNv::NO_DA.0 | kind(TpmNt::PinPass), 8).into(),
        write(NV_PIN_PASS, &[0, 0, 0, 0, 0, 0, 0, 5]),
        define(OWNER, SECRET, NV_UNWRITTEN, NV_ALL & !TpmaNv::NO_DA.0, 16).into(),
        define(PLATFORM, "", NV_PLATFORM, platform | TpmaNv::POLICYWRITE.0, 16).into(),
        define(OWNER, "", NV_LOCKABLE, NV_ALL | stclear | TpmaNv::GLOBALLOCK.0, 16).into(),
        write(NV_LOCKABLE, &[9; 16]),
        define(OWNER, "", NV_POLICY, by_policy | TpmaNv::NO_DA.0, 8).into(),
        session(HS, TpmSe::Hmac, AES).into(),
        session(PS, TpmSe::Policy, NONE).into(),
    ]);
    all
}

/// Ways in which the state can forbid a command, from the world.
pub fn states() -> Vec<(&'static str, Vec<Event>)> {
    use tpm2_wire::{DictionaryAttackParameters, HierarchyControl, NvRead, Shutdown, TpmSu};
    let off = |enable: u32| vec![cmd::<HierarchyControl>().h(PLATFORM).pw("").p(enable).p(0u8).into()];
    let wrong = cmd::<NvRead>().h(NV_UNWRITTEN).h(NV_UNWRITTEN).pw("wrong").p(1u16).p(0u16);
    let attack = cmd::<DictionaryAttackParameters>().h(LOCKOUT).pw("").p(1u32).p(1000u32).p(1000u32);
    let lockout_failed =
        cmd::<DictionaryAttackParameters>().h(LOCKOUT).pw("wrong").p(1u32).p(1000u32).p(1000u32);
    let sign = super::signing::sign(SECRET_KEY, ECDSA).auth(
        tpm2_wire::TpmRh::PW,
        0,
        crate::step::Value::Plain(b"no".into()),
    );
    vec![
        ("before startup", vec![Event::Power]),
        ("owner disabled", off(OWNER)),
        ("endorsement disabled", off(ENDORSEMENT)),
        ("platform disabled", off(PLATFORM)),
        ("platform NV disabled", off(tpm2_wire::TpmRh::PLATFORM_NV)),
        ("locked out", vec![attack.into(), sign.into(), wrong.into()]),
        ("lockout locked out", vec![lockout_failed.into()]),
        ("after shutdown", vec![cmd::<Shutdown>().p(TpmSu::State.value()).into()]),
        ("locality 3", vec![Event::Locality(3)]),
        (
            "resumed",
            vec![
                cmd::<Shutdown>().p(TpmSu::State.value()).into(),
                Event::Power,
                startup(TpmSu::State).into(),
            ],
        ),
    ]
}
