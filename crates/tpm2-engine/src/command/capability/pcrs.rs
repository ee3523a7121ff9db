//! `TPM_CAP_PCRS` and `TPM_CAP_PCR_PROPERTIES`.
use super::page::Page;
use crate::context::Context;
use crate::state::pcr::{Attributes, allows, attributes, starts_with_ones, wire_alg};
use tpm2_crypto::HashAlg;
use tpm2_wire::{PCR_COUNT, PcrSelect, TpmiYesNo, TpmsPcrSelection, TpmsTaggedPcrSelect};

/// The hashes that UEFI firmware knows as banks. EDK II has room for as many, takes a list of more for a broken TPM, and
/// then logs nothing but SHA-1.
const FIRMWARE: [HashAlg; 5] =
    [HashAlg::Sha1, HashAlg::Sha256, HashAlg::Sha384, HashAlg::Sha512, HashAlg::Sm3];

/// The banks in force, and those of [`FIRMWARE`] that are empty: it takes from this which banks it can ask for. Others
/// can be allocated too, and are told once they are. All at once or, when none are asked for, none.
pub(super) fn allocation(cx: &Context<'_>, count: u32) -> Page<TpmsPcrSelection, 16> {
    if count == 0 {
        return (TpmiYesNo::Yes, tpm2_wire::List::default());
    }
    let banks = cx.state.volatile.pcrs.allocation(cx.profile).into_iter();
    let told = banks.filter(|bank| bank.pcrs != 0 || FIRMWARE.contains(&bank.alg));
    let banks = told.map(|bank| {
        let PcrSelect(bits) = select(|pcr| bank.pcrs >> pcr & 1 == 1);
        TpmsPcrSelection { hash: wire_alg(bank.alg), pcr_select: bits.to_vec() }
    });
    (TpmiYesNo::No, banks.collect())
}

/// The properties from `from` on (Part 2, 6.14), each with the PCRs that have it.
pub(super) fn properties(from: u32) -> impl Iterator<Item = TpmsTaggedPcrSelect> {
    let all = PROPERTIES.iter().filter(move |(tag, _)| *tag >= from);
    all.map(|(tag, has)| TpmsTaggedPcrSelect {
        tag: *tag,
        pcr_select: select(|pcr| has(pcr, &attributes(pcr))),
    })
}

type Has = fn(u32, &Attributes) -> bool;
/// `TPM_PT_PCR`.
const PROPERTIES: &[(u32, Has)] = &[
    (0x00, |_, a| a.state_save),
    (0x01, |_, a| allows(a.extend, 0)),
    (0x02, |_, a| allows(a.reset, 0)),
    (0x03, |_, a| allows(a.extend, 1)),
    (0x04, |_, a| allows(a.reset, 1)),
    (0x05, |_, a| allows(a.extend, 2)),
    (0x06, |_, a| allows(a.reset, 2)),
    (0x07, |_, a| allows(a.extend, 3)),
    (0x08, |_, a| allows(a.reset, 3)),
    (0x09, |_, a| allows(a.extend, 4)),
    (0x0A, |_, a| allows(a.reset, 4)),
    (0x11, |_, a| a.no_increment),
    // Reset by a dynamic launch.
    (0x12, |pcr, a| starts_with_ones(pcr) && allows(a.reset, 4)),
    // Guarded by a policy, or by an authorization value.
    (0x13, |_, a| a.authorized),
    (0x14, |_, a| a.authorized),
];

/// The PCRs of which `has` is true.
fn select(has: impl Fn(u32) -> bool) -> PcrSelect {
    let mut bits = [0; TpmsPcrSelection::BYTES];
    for (first, byte) in (0..PCR_COUNT).step_by(8).zip(&mut bits) {
        *byte = (0..8).filter(|bit| has(first + bit)).fold(0, |byte, bit| byte | 1 << bit);
    }
    PcrSelect(bits)
}
