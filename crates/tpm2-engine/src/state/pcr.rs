//! Platform configuration registers, as the PC Client profile lays them out (PTP 1.06, 4.6).
use crate::profile::Active;
use alloc::vec::Vec;
use tpm2_crypto::{CryptoProvider, Digest, HashAlg};
use tpm2_wire::{PCR_COUNT, TpmiAlgHash, TpmlPcrSelection, TpmsPcrSelection};

saved! {
    /// Which banks there are, by the bits of their PCRs. Takes effect at the next `_TPM_Init`.
    BankConfig {
        1 allocated: Vec<Bank>,
    }
    /// One bank's allocation: bit `n` for PCR `n`.
    Bank {
        1 alg: HashAlg,
        2 pcrs: u32,
    }
    /// The registers.
    Pcrs {
        1 banks: Vec<BankValues>,
    }
    /// The registers of one bank; `None` where a PCR is not allocated.
    BankValues {
        1 alg: HashAlg,
        2 values: Vec<Option<Digest>>,
    }
}

/// All PCRs of a bank.
pub(crate) const ALL: u32 = 0x00FF_FFFF;

/// What the platform specification says of a PCR.
pub(crate) struct Attributes {
    /// Kept over a TPM Resume.
    pub(crate) state_save: bool,
    /// Localities that may reset it, as bits.
    pub(crate) reset: u8,
    /// Localities that may extend it, as bits.
    pub(crate) extend: u8,
    /// Changing it does not count as a change of the platform state (`TPM_PT_PCR_NO_INCREMENT`).
    pub(crate) no_increment: bool,
    /// In the one set that has an authorization value and a policy. The PC Client profile has no such set; this one,
    /// which the TCG's reference code has, is of no effect until the platform makes use of it.
    pub(crate) authorized: bool,
}
/// The attributes of PCR `n`.
pub(crate) fn attributes(n: u32) -> Attributes {
    let (state_save, reset, extend, no_increment) = match n {
        0..=15 => (true, 0x00, 0x1F, false),
        16 => (false, 0x0F, 0x1F, true),
        17 | 18 => (false, 0x10, 0x1C, false),
        19 => (false, 0x10, 0x0C, false),
        20 => (false, 0x14, 0x0E, false),
        21 | 22 => (false, 0x14, 0x04, true),
        _ => (false, 0x0F, 0x1F, true),
    };
    Attributes { state_save, reset, extend, no_increment, authorized: matches!(n, 20..=22) }
}
/// PCRs 17 to 22 start with all bits set: they show that no dynamic launch took place.
pub(crate) fn starts_with_ones(n: u32) -> bool {
    (17..=22).contains(&n)
}
/// Is `locality` (0 to 4) among these bits?
pub(crate) fn allows(bits: u8, locality: u8) -> bool {
    locality < 5 && bits >> locality & 1 == 1
}

impl BankConfig {
    /// These banks, all PCRs of each.
    pub(crate) fn new(algs: &[HashAlg]) -> Self {
        BankConfig { allocated: algs.iter().map(|alg| Bank { alg: *alg, pcrs: ALL }).collect() }
    }
}

impl Pcrs {
    /// The registers at power-on.
    pub(crate) fn new(config: &BankConfig) -> Self {
        let banks = config.allocated.iter().filter(|bank| bank.pcrs != 0);
        Pcrs {
            banks: banks
                .map(|bank| BankValues {
                    alg: bank.alg,
                    values: (0..PCR_COUNT)
                        .map(|n| {
                            let start =
                                if starts_with_ones(n) { Digest::ones } else { |alg| Digest::zero(alg) };
                            (bank.pcrs >> n & 1 == 1).then(|| start(bank.alg))
                        })
                        .collect(),
                })
                .collect(),
        }
    }
    /// The value of a PCR.
    pub(crate) fn get(&self, alg: HashAlg, n: u32) -> Option<&Digest> {
        self.banks.iter().find(|bank| bank.alg == alg)?.values.get(n as usize)?.as_ref()
    }
    fn get_mut(&mut self, alg: HashAlg, n: u32) -> Option<&mut Digest> {
        self.banks.iter_mut().find(|bank| bank.alg == alg)?.values.get_mut(n as usize)?.as_mut()
    }
    /// Extends a PCR of one bank. False when the bank has no such PCR.
    pub(crate) fn extend(&mut self, crypto: &CryptoProvider, alg: HashAlg, n: u32, digest: &[u8]) -> bool {
        match self.get_mut(alg, n) {
            Some(value) => {
                *value = crypto.digest(alg, &[value, digest]);
                true
            }
            None => false,
        }
    }
    /// Sets a PCR in all banks.
    pub(crate) fn set(&mut self, n: u32, make: impl Fn(HashAlg) -> Digest) {
        for bank in &mut self.banks {
            let alg = bank.alg;
            if let Some(Some(value)) = bank.values.get_mut(n as usize) {
                *value = make(alg);
            }
        }
    }
    /// The selection without what is not there, and the values selected, in order.
    pub(crate) fn select(&self, selection: &TpmlPcrSelection) -> (TpmlPcrSelection, Vec<Digest>) {
        let mut values = Vec::new();
        let filtered = selection
            .iter()
            .map(|bank| {
                let alg = HashAlg::from_id(bank.hash.id());
                let mut present = [0u8; TpmsPcrSelection::BYTES];
                for n in (0..PCR_COUNT).filter(|n| bank.selects(*n)) {
                    if let Some(value) = alg.and_then(|alg| self.get(alg, n)) {
                        values.push(*value);
                        if let Some(byte) = present.get_mut(n as usize / 8) {
                            *byte |= 1 << (n % 8);
                        }
                    }
                }
                TpmsPcrSelection { hash: bank.hash, pcr_select: present.to_vec() }
            })
            .collect();
        (filtered, values)
    }
    /// The digest of the PCRs selected (Part 1, 17.6: values concatenated and hashed), and the filtered selection.
    pub(crate) fn digest(
        &self,
        crypto: &CryptoProvider,
        alg: HashAlg,
        selection: &TpmlPcrSelection,
    ) -> (Digest, TpmlPcrSelection) {
        let (filtered, values) = self.select(selection);
        let parts: Vec<&[u8]> = values.iter().map(|value| &**value).collect();
        (crypto.digest(alg, &parts), filtered)
    }
    /// The allocation in force: each bank that the profile knows, with the bits of its PCRs, of which there may be none.
    pub(crate) fn allocation(&self, profile: &Active) -> Vec<Bank> {
        let known = HashAlg::ALL.into_iter().filter(|alg| profile.accept.algorithm(alg.id()));
        known
            .map(|alg| {
                let present = (0..PCR_COUNT).filter(|n| self.get(alg, *n).is_some());
                Bank { alg, pcrs: present.fold(0, |bits, n| bits | 1 << n) }
            })
            .collect()
    }
    /// The banks, for events.
    pub(crate) fn algs(&self) -> Vec<HashAlg> {
        self.banks.iter().map(|bank| bank.alg).collect()
    }
}

/// The wire's name of a hash algorithm.
pub(crate) fn wire_alg(alg: HashAlg) -> TpmiAlgHash {
    match alg {
        HashAlg::Sha1 => TpmiAlgHash::Sha1,
        HashAlg::Sha256 => TpmiAlgHash::Sha256,
        HashAlg::Sha384 => TpmiAlgHash::Sha384,
        HashAlg::Sha512 => TpmiAlgHash::Sha512,
        HashAlg::Sha256_192 => TpmiAlgHash::Sha256_192,
        HashAlg::Sm3 => TpmiAlgHash::Sm3,
        HashAlg::Sha3_256 => TpmiAlgHash::Sha3_256,
        HashAlg::Sha3_384 => TpmiAlgHash::Sha3_384,
        HashAlg::Sha3_512 => TpmiAlgHash::Sha3_512,
        HashAlg::Shake256_192 => TpmiAlgHash::Shake256_192,
        HashAlg::Shake256_256 => TpmiAlgHash::Shake256_256,
        HashAlg::Shake256_512 => TpmiAlgHash::Shake256_512,
    }
}

/// A digest that is zero but for its last byte.
pub(crate) fn starting_at(alg: HashAlg, last: u8) -> Digest {
    let mut bytes = alloc::vec![0; alg.digest_size()];
    if let Some(byte) = bytes.last_mut() {
        *byte = last;
    }
    Digest::from_slice(&bytes).unwrap_or(Digest::zero(alg))
}
