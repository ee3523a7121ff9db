//! Entropy from the platform, under watch: what its source gives is tested as it comes (SP 800-90B, 4.4), so that one
//! that is stuck or worn out ends in failure mode and not in keys that can be guessed.
//!
//! A sample is a byte. The cutoffs are those for 4 bits of entropy a byte, half of what the platform promises, and for
//! one false alarm in 2^30 samples of such a source; a sound one raises none.
use crate::Platform;
use tpm2_crypto::{CryptoProvider, Drbg, drbg::SEED_SIZE};
use zeroize::Zeroizing;

/// Equal samples in a row that are one too many (4.4.1): 1 + 30/4.
const REPETITIONS: u16 = 9;
/// Samples of a window (4.4.2).
const WINDOW: u16 = 512;
/// Samples of a window equal to its first that are one too many: 1 + the critical value of the binomial distribution.
const PROPORTION: u16 = 71;
/// What tells this generator's seeds from another's over the same entropy.
const PERSONALIZATION: &[u8] = b"Donjon TPM 2.0 random number generator";

/// Why there is no entropy, as `TPM2_GetTestResult` tells it.
pub(crate) type Fault = &'static str;
const NONE: Fault = "entropy";
const REPEATS: Fault = "entropy: the source repeats itself";
const BIASED: Fault = "entropy: the source prefers a value";

/// What the tests remember from one request to the next. It is not part of the state.
#[derive(Default)]
pub(crate) struct Health {
    /// The last sample, and how often it came in a row.
    run: (u8, u16),
    /// The first sample of the window, and how often it came in it.
    first: (u8, u16),
    /// Samples of the window so far.
    seen: u16,
}

impl Health {
    /// Fills `out` from the platform.
    pub(crate) fn draw(&mut self, platform: &mut dyn Platform, out: &mut [u8]) -> Result<(), Fault> {
        platform.entropy(out).map_err(|_| NONE)?;
        out.iter().try_for_each(|sample| self.watch(*sample))
    }
    /// A generator with fresh entropy; the time is its nonce.
    pub(crate) fn generator(
        &mut self,
        crypto: &CryptoProvider,
        platform: &mut dyn Platform,
    ) -> Result<Drbg, Fault> {
        let mut entropy = Zeroizing::new([0; SEED_SIZE]);
        self.draw(platform, &mut *entropy)?;
        let nonce = platform.now_ms().to_be_bytes();
        Ok(Drbg::from_entropy(crypto, &[&*entropy, &nonce, PERSONALIZATION]))
    }
    /// Mixes fresh entropy, and what else there is, into a generator.
    pub(crate) fn reseed(
        &mut self,
        platform: &mut dyn Platform,
        rng: &mut Drbg,
        additional: &[u8],
    ) -> Result<(), Fault> {
        let mut entropy = Zeroizing::new([0; SEED_SIZE]);
        self.draw(platform, &mut *entropy)?;
        rng.reseed(&[&*entropy, additional]);
        Ok(())
    }

    fn watch(&mut self, sample: u8) -> Result<(), Fault> {
        self.run = match self.run {
            (last, times) if last == sample && times > 0 => (last, times + 1),
            _ => (sample, 1),
        };
        if self.run.1 >= REPETITIONS {
            // The count stays below its type's end, whatever comes.
            self.run.1 = REPETITIONS - 1;
            return Err(REPEATS);
        }
        if self.seen == 0 {
            self.first = (sample, 0);
        }
        self.seen = (self.seen + 1) % WINDOW;
        self.first.1 += u16::from(sample == self.first.0);
        if self.first.1 >= PROPORTION { Err(BIASED) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_alarm(samples: impl IntoIterator<Item = u8>) -> Option<(usize, Fault)> {
        let mut health = Health::default();
        samples.into_iter().enumerate().find_map(|(n, sample)| Some((n + 1, health.watch(sample).err()?)))
    }

    #[test]
    fn a_stuck_source_is_found_at_the_cutoff() {
        assert_eq!(first_alarm([0; 100]), Some((9, REPEATS)));
        assert_eq!(first_alarm([1, 2, 3].into_iter().chain([7; 100])), Some((3 + 9, REPEATS)));
        // Eight in a row are no alarm.
        let eight = (0..=255u8).flat_map(|n| [n; 8]);
        assert_eq!(first_alarm(eight), None);
    }

    #[test]
    fn a_source_that_prefers_a_value_is_found() {
        // Every sixth sample is the window's first, which is the 71st at 6 * 70 + 1.
        let biased = (0..512u32).map(|n| if n % 6 == 0 { 0xAA } else { (n % 89) as u8 });
        assert_eq!(first_alarm(biased), Some((6 * 70 + 1, BIASED)));
        // Every eighth is not enough; a window later another value counts.
        let less = (0..5000u32).map(|n| if n % 8 == 0 { 0xAA } else { (n % 89) as u8 });
        assert_eq!(first_alarm(less), None);
    }

    #[test]
    fn a_sound_source_raises_no_alarm() {
        let mut rng = Drbg::from_entropy(&tpm2_crypto::RUST, &[b"sound"]);
        let bytes = rng.generate(1 << 20).expect("bytes");
        assert_eq!(first_alarm(bytes.iter().copied()), None);
    }
}
