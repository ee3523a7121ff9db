//! What tests of enhanced authorization share: digests computed apart from the engine, and an object that a policy guards.
use super::keys::{DATA, NULL, keyed_hash};
use super::{Chip, sized};
use tpm2_crypto::{HashAlg, RUST};
use tpm2_wire::{
    Command, PolicyGetDigest, Rc, StartAuthSession, Tpm2bDigest, TpmRh, TpmSe, TpmaObject, Unseal,
};

/// SHA-256 of these.
pub(crate) fn sha(parts: &[&[u8]]) -> Vec<u8> {
    RUST.digest(HashAlg::Sha256, parts).to_vec()
}
/// `TPM_CC`, as bytes.
pub(crate) fn code<C: Command>() -> [u8; 4] {
    C::SHAPE.code.to_be_bytes()
}
/// A session of this kind with SHA-256.
pub(crate) fn session(chip: &mut Chip, kind: TpmSe) -> u32 {
    let params = [&sized(&[7; 16])[..], &[0, 0, kind.value(), 0, 0x10, 0, 0x0B]].concat();
    chip.send::<StartAuthSession>(&[TpmRh::NULL; 2], &[], &params)
        .expect("a session")
        .handle
        .expect("a handle")
}
/// The policy digest of a session.
pub(crate) fn digest(chip: &mut Chip, session: u32) -> Vec<u8> {
    chip.send::<PolicyGetDigest>(&[session], &[], &[]).expect("a digest").value::<Tpm2bDigest>().0
}
/// A datum that only this policy unseals, and its authorization value "right".
pub(crate) fn guarded(chip: &mut Chip, policy: &[u8]) -> u32 {
    let srk = chip.srk();
    let attributes = DATA.with(TpmaObject::USER_WITH_AUTH, false);
    let item = chip.child(srk, "right", b"secret", &keyed_hash(attributes, NULL, policy)).expect("an object");
    chip.flush(srk);
    item
}
/// Unseals under a policy session.
pub(crate) fn unseal(chip: &mut Chip, item: u32, session: u32) -> Result<(), Rc> {
    chip.send_policy::<Unseal>(&[item], &[Some(session)], &[]).map(drop)
}
