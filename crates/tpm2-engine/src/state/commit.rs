//! Ephemeral private keys that are numbered and made again when needed, not kept (Part 1, 44.2).
use crate::context::Context;
use crate::crypt::{CONTEXT_HASH, failed, random};
use alloc::vec::Vec;
use tpm2_crypto::{CryptoProvider, Curve, KdfStream, Point};
use tpm2_wire::{Rc, Secret};
use zeroize::Zeroizing;

/// How many can be pending (`TPM_PT_SPLIT_MAX`): a bit for each.
pub(crate) const SPLIT_MAX: u16 = u128::BITS as u16;
/// What tells a number's bit; the other bits of a 16-bit count tell which round it is of.
const INDEX: u16 = SPLIT_MAX - 1;

saved! {
    /// The numbers that were given out since the last TPM Reset.
    Commits {
        /// What the keys derive from; empty until one is needed.
        1 nonce: Secret<64>,
        /// The number that is given out next.
        2 counter: u64,
        /// Which of the last numbers were given out and not used yet.
        3 pending: u128,
    }
}

impl Commits {
    /// The values of a TPM Reset.
    pub(crate) fn new() -> Commits {
        Commits { nonce: Secret::default(), counter: 0, pending: 0 }
    }
    /// Gives out the next number; its key was made by [`Context::commitment`].
    pub(crate) fn commit(&mut self) -> u16 {
        let count = self.counter as u16;
        self.counter = self.counter.wrapping_add(1);
        self.pending |= 1 << (count & INDEX);
        count
    }
    /// A number's key was used, and will not be used again.
    pub(crate) fn end(&mut self, count: u16) {
        self.pending &= !(1 << (count & INDEX));
    }
    /// The counter as it was when `count` was given out; `None` when that is not pending.
    fn number(&self, count: u16) -> Option<u64> {
        if self.pending >> (count & INDEX) & 1 == 0 {
            return None;
        }
        // The last number with these low bits is the one of the round before, where the counter has not passed it.
        let back = (self.counter as u16).wrapping_sub(count);
        (1..=SPLIT_MAX).contains(&back).then(|| self.counter.wrapping_sub(u64::from(back)))
    }
    /// The key pair of a number; `name` is that of the key it is for, and empty where there is none.
    fn key(
        &self,
        crypto: &CryptoProvider,
        curve: Curve,
        name: &[u8],
        number: u64,
    ) -> Result<(Zeroizing<Vec<u8>>, Point), Rc> {
        let bits = 8 * (curve.size() + 8);
        let number = number.to_be_bytes();
        let mut stream =
            KdfStream::new(crypto, CONTEXT_HASH, &self.nonce, b"ECDAA Commit", name, &number, bits);
        crypto.ec_generate(&mut stream, curve).map_err(failed)
    }
}

impl Context<'_> {
    /// The key pair of the number that [`Commits::commit`] gives out next.
    pub(crate) fn commitment(
        &mut self,
        curve: Curve,
        name: &[u8],
    ) -> Result<(Zeroizing<Vec<u8>>, Point), Rc> {
        let commits = &mut self.state.reset.commits;
        if commits.nonce.is_empty() {
            commits.nonce = Secret::from(&random(self.rng, 64)?[..]);
        }
        commits.key(self.crypto, curve, name, commits.counter)
    }
    /// The private key of a number that was given out and is not used up: else `TPM_RC_VALUE`.
    pub(crate) fn recover_commitment(
        &self,
        curve: Curve,
        name: &[u8],
        count: u16,
    ) -> Result<Zeroizing<Vec<u8>>, Rc> {
        let commits = &self.state.reset.commits;
        let number = commits.number(count).ok_or(Rc::VALUE)?;
        Ok(commits.key(self.crypto, curve, name, number)?.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_good_once_and_for_as_many_as_can_be_pending() {
        let mut commits = Commits::new();
        commits.counter = 0x1_FFF0;
        let first = commits.commit();
        assert_eq!(first, 0xFFF0);
        assert_eq!(commits.number(first), Some(0x1_FFF0));
        assert_eq!(commits.number(first.wrapping_add(1)), None, "not given out");
        assert_eq!(commits.number(first - SPLIT_MAX), None, "of a round before");
        for _ in 1..SPLIT_MAX {
            commits.commit();
        }
        // The counter's low 16 bits have wrapped.
        assert_eq!(commits.number(first), Some(0x1_FFF0));
        assert_eq!(commits.number(0x005F), Some(0x2_005F));
        commits.end(0x005F);
        assert_eq!(commits.number(0x005F), None);
        let again = commits.commit();
        assert_eq!(commits.number(first), None, "its bit is another's now");
        assert_eq!(commits.number(again), Some(0x2_0070));
    }
}
