//! The reference implementation's random number generator: CTR_DRBG (SP 800-90A, 10.2.1) with AES-256.
//!
//! Primary keys are functions of this generator's output, so every deviation of the reference from the
//! standard is kept. There is one: its derivation function (10.3.2) does not replace the chaining value by
//! the cipher text between the three output blocks.

use alloc::{vec, vec::Vec};

use zeroize::Zeroizing;

use crate::{BlockCipher, CipherProvider, CryptoProvider, Error};

/// A source of random bytes.
pub trait Rng {
    /// Fills `out`; [`Error::Rng`] when the source failed, after which `out` must not be used.
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error>;
    /// Mixes in more, where the source can: see [`Drbg::additional_data`]. A key derivation function cannot.
    fn stir(&mut self, _parts: &[&[u8]]) {}
}

/// Bytes of the DRBG's state (key and counter) and of a full reseed.
pub const SEED_SIZE: usize = 48;

/// Requests after which a reseed is due (SP 800-90A, table 3, allows 2^48).
const MAX_REQUESTS: u64 = 1 << 48;

/// First byte of an exported state; then the state (48) and the reseed counter (8, big-endian).
const EXPORT_VERSION: u8 = 1;

type Seed = Zeroizing<[u8; SEED_SIZE]>;

/// CTR_DRBG over AES-256.
///
/// One request of [`Rng::fill`] is one Generate call of the standard: cutting a request in two gives
/// different bytes, as it does in the reference.
pub struct Drbg {
    cipher: &'static dyn CipherProvider,
    key: Zeroizing<[u8; 32]>,
    counter: Zeroizing<[u8; 16]>,
    reseed_counter: u64,
}

impl Drbg {
    /// Instantiates from entropy of any length in any number of parts, condensed by the derivation function.
    pub fn from_entropy(p: &CryptoProvider, entropy: &[&[u8]]) -> Self {
        let mut drbg = Drbg::with_state(p, &[0; SEED_SIZE], 1);
        drbg.reseed(entropy);
        drbg
    }

    /// Instantiates as the reference's `DRBG_InstantiateSeeded` does for primary objects: the parts are the
    /// primary seed, the purpose with its NUL (`"Primary Object Creation\0"`), the Name of the template and
    /// the caller's data (`inSensitive.data`).
    pub fn from_seed(p: &CryptoProvider, parts: &[&[u8]]) -> Self {
        Self::from_entropy(p, parts)
    }

    /// Mixes in fresh entropy (start-up, TPM2_StirRandom) through the derivation function and restarts the
    /// reseed counter.
    pub fn reseed(&mut self, entropy: &[&[u8]]) {
        let provided = derive(self.cipher, entropy);
        self.update(Some(&provided));
        self.reseed_counter = 1;
    }

    /// The reference's `DRBG_AdditionalData`. Before the seed value of a primary object of the endorsement
    /// hierarchy is drawn it is called *twice*, with shProof and then with ehProof (`CryptCreateObject`);
    /// one call with both parts gives another seed value. It is a reseed in all but name.
    pub fn additional_data(&mut self, parts: &[&[u8]]) {
        self.reseed(parts);
    }

    /// Requests answered since the last (re)seed, plus one.
    pub fn reseed_counter(&self) -> u64 {
        self.reseed_counter
    }

    /// `len` random bytes in one request.
    pub fn generate(&mut self, len: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut out = Zeroizing::new(vec![0; len]);
        self.fill(&mut out)?;
        Ok(out)
    }

    /// The state, for [`Drbg::import`]; a secret from which all future output follows.
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Vec::with_capacity(1 + SEED_SIZE + 8);
        out.push(EXPORT_VERSION);
        out.extend_from_slice(&*self.key);
        out.extend_from_slice(&*self.counter);
        out.extend_from_slice(&self.reseed_counter.to_be_bytes());
        Zeroizing::new(out)
    }

    /// The inverse of [`Drbg::export`].
    pub fn import(p: &CryptoProvider, exported: &[u8]) -> Result<Self, Error> {
        let (&version, rest) = exported.split_first().ok_or(Error::BadState)?;
        let (state, counter) = rest.split_first_chunk::<SEED_SIZE>().ok_or(Error::BadState)?;
        let reseed_counter = u64::from_be_bytes(counter.try_into().map_err(|_| Error::BadState)?);
        if version != EXPORT_VERSION || reseed_counter == 0 {
            return Err(Error::BadState);
        }
        Ok(Drbg::with_state(p, state, reseed_counter))
    }

    fn with_state(p: &CryptoProvider, state: &[u8; SEED_SIZE], reseed_counter: u64) -> Self {
        let (key, counter) = (Zeroizing::new([0; 32]), Zeroizing::new([0; 16]));
        let mut drbg = Drbg { cipher: p.cipher, key, counter, reseed_counter };
        drbg.set(state);
        drbg
    }

    fn set(&mut self, state: &[u8; SEED_SIZE]) {
        let (key, counter) = state.split_at(32);
        self.key.copy_from_slice(key);
        self.counter.copy_from_slice(counter);
    }

    /// CTR_DRBG_Update (10.2.1.2).
    fn update(&mut self, provided: Option<&Seed>) {
        let mut next = Zeroizing::new([0; SEED_SIZE]);
        self.stream(&mut *next);
        if let Some(provided) = provided {
            next.iter_mut().zip(provided.iter()).for_each(|(n, p)| *n ^= p);
        }
        self.set(&next);
    }

    /// Encrypted counters; the counter is incremented before each block and kept.
    fn stream(&mut self, out: &mut [u8]) {
        let key = self.cipher.aes256(&self.key);
        let mut value = u128::from_be_bytes(*self.counter);
        for batch in out.chunks_mut(16 * 8) {
            let mut blocks = Zeroizing::new([[0u8; 16]; 8]);
            let blocks = &mut blocks[..batch.len().div_ceil(16)];
            blocks.fill_with(|| {
                value = value.wrapping_add(1);
                value.to_be_bytes()
            });
            key.encrypt(blocks.as_flattened_mut());
            batch.iter_mut().zip(blocks.as_flattened()).for_each(|(o, b)| *o = *b);
        }
        *self.counter = value.to_be_bytes();
    }
}

impl Rng for Drbg {
    fn stir(&mut self, parts: &[&[u8]]) {
        self.additional_data(parts);
    }

    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        // The reference answers an empty request without touching its state.
        if out.is_empty() {
            return Ok(());
        }
        if self.reseed_counter >= MAX_REQUESTS {
            return Err(Error::Rng);
        }
        self.stream(out);
        self.update(None);
        self.reseed_counter += 1;
        Ok(())
    }
}

/// The reference's derivation function over the concatenation of `parts`.
fn derive(cipher: &'static dyn CipherProvider, parts: &[&[u8]]) -> Seed {
    let key: [u8; 32] = core::array::from_fn(|i| i as u8);
    let key = cipher.aes256(&key);
    let mut chain = Zeroizing::new([[0u8; 16]; 3]);
    for (i, block) in (0u8..).zip(chain.iter_mut()) {
        block[3] = i;
    }
    absorb(&*key, &mut chain, &[0; 16]);
    // Here the lengths of input and output overwrite the head of the first chaining value, and the data
    // begin at offset 4 of their first block.
    let len: usize = parts.iter().map(|p| p.len()).sum();
    chain[0][..4].copy_from_slice(&(len as u32).to_be_bytes());
    chain[0][4..8].copy_from_slice(&(SEED_SIZE as u32).to_be_bytes());
    let mut input = Zeroizing::new(Vec::with_capacity(4 + len + 16));
    input.extend_from_slice(&[0; 4]);
    for part in parts {
        input.extend_from_slice(part);
    }
    input.push(0x80);
    let padded = input.len().next_multiple_of(16);
    input.resize(padded, 0);
    for block in input.as_chunks().0 {
        absorb(&*key, &mut chain, block);
    }
    let mut seed = Zeroizing::new([0; SEED_SIZE]);
    seed.copy_from_slice(chain.as_flattened());
    seed
}

/// One block into each of the three chains; `sum` is carried from chain to chain, which is the deviation.
fn absorb(key: &dyn BlockCipher, chain: &mut [[u8; 16]; 3], block: &[u8; 16]) {
    let mut sum = Zeroizing::new([0u8; 16]);
    for link in chain {
        for ((s, l), b) in sum.iter_mut().zip(link.iter()).zip(block) {
            *s ^= l ^ b;
        }
        *link = *sum;
        key.encrypt(link);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RUST, SymAlg};

    /// NIST's CTR_DRBG example without derivation function, which the reference uses as its self-test.
    #[test]
    fn nist_ctr_drbg_aes256() {
        const ENTROPY: [u8; 48] = [
            0x0D, 0x15, 0xAA, 0x80, 0xB1, 0x6C, 0x3A, 0x10, 0x90, 0x6C, 0xFE, 0xDB, 0x79, 0x5D, 0xAE,
            0x0B, //
            0x5B, 0x81, 0x04, 0x1C, 0x5C, 0x5B, 0xFA, 0xCB, 0x37, 0x3D, 0x44, 0x40, 0xD9, 0x12, 0x0F,
            0x7E, //
            0x3D, 0x6C, 0xF9, 0x09, 0x86, 0xCF, 0x52, 0xD8, 0x5D, 0x3E, 0x94, 0x7D, 0x8C, 0x06, 0x1F, 0x91,
        ];
        const RESEED: [u8; 48] = [
            0x6E, 0xE7, 0x93, 0xA3, 0x39, 0x55, 0xD7, 0x2A, 0xD1, 0x2F, 0xD8, 0x0A, 0x8A, 0x3F, 0xCF,
            0x95, //
            0xED, 0x3B, 0x4D, 0xAC, 0x57, 0x95, 0xFE, 0x25, 0xCF, 0x86, 0x9F, 0x7C, 0x27, 0x57, 0x3B,
            0xBC, //
            0x56, 0xF1, 0xAC, 0xAE, 0x13, 0xA6, 0x50, 0x42, 0xB3, 0x40, 0x09, 0x3C, 0x46, 0x4A, 0x7A, 0x22,
        ];
        let mut drbg = Drbg::with_state(&RUST, &[0; SEED_SIZE], 1);
        drbg.update(Some(&Zeroizing::new(ENTROPY)));
        let first =
            [0x28, 0xE0, 0xEB, 0xB8, 0x21, 0x01, 0x66, 0x50, 0x8C, 0x8F, 0x65, 0xF2, 0x20, 0x7B, 0xD0, 0xA3];
        assert_eq!(drbg.generate(16).unwrap().as_slice(), first);
        drbg.update(Some(&Zeroizing::new(RESEED)));
        let second =
            [0x94, 0x6F, 0x51, 0x82, 0xD5, 0x45, 0x10, 0xB9, 0x46, 0x12, 0x48, 0xF5, 0x71, 0xCA, 0x06, 0xC9];
        assert_eq!(drbg.generate(16).unwrap().as_slice(), second);
    }

    #[test]
    fn counter_wraps_and_requests_run_out() {
        let mut state = [0xFF; SEED_SIZE];
        state[0] = 0;
        let mut drbg = Drbg::with_state(&RUST, &state, MAX_REQUESTS - 1);
        let mut expected = [[0u8; 16], 1u128.to_be_bytes()];
        RUST.cipher.key(SymAlg::Aes, &state[..32]).unwrap().encrypt(expected.as_flattened_mut());
        assert_eq!(drbg.generate(32).unwrap().as_slice(), expected.as_flattened());
        assert_eq!(drbg.generate(1).err(), Some(Error::Rng));
        drbg.reseed(&[b"fresh"]);
        assert!(drbg.generate(1).is_ok());
    }
}
