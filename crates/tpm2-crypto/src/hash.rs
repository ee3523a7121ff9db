//! Hash sequences that can be stopped, exported and resumed at any byte.
//!
//! TPM2_ContextSave of a sequence object and live migration need the state of a half-done hash; most
//! libraries hide it. So providers give the compression function or the permutation alone, and the buffering and
//! padding of FIPS 180-4, 5.1 and FIPS 202, 4 to 6 are here, with an exported form that belongs to no library.

use alloc::vec::Vec;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{CryptoProvider, Digest, Error, HashAlg, HashProvider};

/// First byte of an exported state; the form is `version(1) || TPM_ALG_ID(2) || bytes hashed(16) || chaining
/// words, or the 25 lanes of the sponge || buffered bytes`, big-endian.
const EXPORT_VERSION: u8 = 1;

/// The largest chaining value in bytes, which is the sponge's.
const MAX_WORDS: usize = 200;

/// A running hash. Clone it to fork; zeroized on drop.
#[derive(Clone)]
pub struct Hasher {
    provider: &'static dyn HashProvider,
    alg: HashAlg,
    state: State,
    /// Bytes hashed so far; its remainder by the block size is how many wait in `buffer`.
    total: u128,
    buffer: [u8; HashAlg::MAX_BLOCK],
}

/// Chaining values.
#[derive(Clone, Zeroize)]
enum State {
    Sha1([u32; 5]),
    Sha256([u32; 8]),
    Sha512([u64; 8]),
    Sm3([u32; 8]),
    Keccak([u64; 25]),
}

impl CryptoProvider {
    /// The digest of the concatenation of `parts`.
    pub fn digest(&self, alg: HashAlg, parts: &[&[u8]]) -> Digest {
        let mut hasher = self.hasher(alg);
        for part in parts {
            hasher.update(part);
        }
        hasher.finish()
    }

    /// Starts a hash.
    pub fn hasher(&self, alg: HashAlg) -> Hasher {
        Hasher {
            provider: self.hash,
            alg,
            state: State::initial(alg),
            total: 0,
            buffer: [0; HashAlg::MAX_BLOCK],
        }
    }

    /// Resumes a hash from [`Hasher::export`]; [`Error::BadState`] when the bytes are not a state of `alg`.
    pub fn import_hasher(&self, alg: HashAlg, exported: &[u8]) -> Result<Hasher, Error> {
        let mut hasher = self.hasher(alg);
        hasher.restore(exported).ok_or(Error::BadState)?;
        Ok(hasher)
    }
}

impl Hasher {
    /// The algorithm.
    pub fn alg(&self) -> HashAlg {
        self.alg
    }

    /// Adds bytes.
    pub fn update(&mut self, mut data: &[u8]) {
        let block = self.alg.block_size();
        let held = self.held();
        self.total = self.total.wrapping_add(data.len() as u128);
        if held > 0 {
            let (head, rest) = data.split_at(data.len().min(block - held));
            self.buffer[held..held + head.len()].copy_from_slice(head);
            data = rest;
            if held + head.len() < block {
                return;
            }
            self.state.compress(self.provider, &self.buffer[..block], block);
        }
        let (blocks, tail) = data.split_at(data.len() - data.len() % block);
        self.state.compress(self.provider, blocks, block);
        self.buffer[..tail.len()].copy_from_slice(tail);
    }

    /// The digest of everything added.
    pub fn finish(mut self) -> Digest {
        let block = self.alg.block_size();
        let held = self.held();
        let mut padding = Zeroizing::new([0u8; 2 * HashAlg::MAX_BLOCK]);
        padding[..held].copy_from_slice(&self.buffer[..held]);
        let end = if let State::Keccak(_) = self.state {
            padding[held] = self.domain();
            padding[block - 1] |= 0x80;
            block
        } else {
            let bits = self.total.wrapping_mul(8).to_be_bytes();
            let length = if block == 64 { &bits[8..] } else { &bits[..] };
            padding[held] = 0x80;
            let end = (held + 1 + length.len()).next_multiple_of(block);
            padding[end - length.len()..end].copy_from_slice(length);
            end
        };
        self.state.compress(self.provider, &padding[..end], block);
        let mut digest = Digest::zero(self.alg);
        self.state.digest(digest.as_mut());
        digest
    }

    /// What FIPS 202, 6 appends to a message, with the first bit of the padding.
    fn domain(&self) -> u8 {
        match self.alg {
            HashAlg::Shake256_192 | HashAlg::Shake256_256 | HashAlg::Shake256_512 => 0x1F,
            _ => 0x06,
        }
    }

    /// The whole state, for [`CryptoProvider::import_hasher`]; as secret as what was hashed.
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Vec::with_capacity(19 + MAX_WORDS + HashAlg::MAX_BLOCK);
        out.push(EXPORT_VERSION);
        out.extend_from_slice(&self.alg.id().to_be_bytes());
        out.extend_from_slice(&self.total.to_be_bytes());
        let mut words = Zeroizing::new([0u8; MAX_WORDS]);
        let words = &mut words[..self.state.size()];
        self.state.write(words);
        out.extend_from_slice(words);
        out.extend_from_slice(&self.buffer[..self.held()]);
        Zeroizing::new(out)
    }

    fn restore(&mut self, exported: &[u8]) -> Option<()> {
        let (&version, rest) = exported.split_first()?;
        let (alg, rest) = rest.split_first_chunk::<2>()?;
        let (total, rest) = rest.split_first_chunk::<16>()?;
        if version != EXPORT_VERSION || *alg != self.alg.id().to_be_bytes() {
            return None;
        }
        let (words, buffered) = rest.split_at_checked(self.state.size())?;
        self.total = u128::from_be_bytes(*total);
        // A length that cannot occur (FIPS 180-4, 1) would make the padding lie. FIPS 202 has no limit.
        let limit = if self.alg.block_size() == 64 { 1u128 << 61 } else { 1u128 << 125 };
        if self.total >= limit || buffered.len() != self.held() {
            return None;
        }
        self.state.read(words);
        self.buffer.get_mut(..buffered.len())?.copy_from_slice(buffered);
        Some(())
    }

    /// Bytes waiting in the buffer.
    fn held(&self) -> usize {
        (self.total % self.alg.block_size() as u128) as usize
    }
}

impl Drop for Hasher {
    fn drop(&mut self) {
        self.state.zeroize();
        self.buffer.zeroize();
        self.total.zeroize();
    }
}

impl ZeroizeOnDrop for Hasher {}

impl State {
    /// FIPS 180-4, 5.3; GB/T 32905, 4.1; a sponge starts empty.
    fn initial(alg: HashAlg) -> Self {
        match alg {
            HashAlg::Sha1 => State::Sha1([0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0]),
            HashAlg::Sha256 | HashAlg::Sha256_192 => State::Sha256([
                0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB,
                0x5BE0CD19,
            ]),
            HashAlg::Sha384 => State::Sha512([
                0xCBBB9D5DC1059ED8,
                0x629A292A367CD507,
                0x9159015A3070DD17,
                0x152FECD8F70E5939,
                0x67332667FFC00B31,
                0x8EB44A8768581511,
                0xDB0C2E0D64F98FA7,
                0x47B5481DBEFA4FA4,
            ]),
            HashAlg::Sha512 => State::Sha512([
                0x6A09E667F3BCC908,
                0xBB67AE8584CAA73B,
                0x3C6EF372FE94F82B,
                0xA54FF53A5F1D36F1,
                0x510E527FADE682D1,
                0x9B05688C2B3E6C1F,
                0x1F83D9ABFB41BD6B,
                0x5BE0CD19137E2179,
            ]),
            HashAlg::Sm3 => State::Sm3([
                0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D,
                0xB0FB0E4E,
            ]),
            HashAlg::Sha3_256
            | HashAlg::Sha3_384
            | HashAlg::Sha3_512
            | HashAlg::Shake256_192
            | HashAlg::Shake256_256
            | HashAlg::Shake256_512 => State::Keccak([0; 25]),
        }
    }

    /// Runs whole blocks; `data` is a multiple of `block`, the block size.
    fn compress(&mut self, provider: &dyn HashProvider, data: &[u8], block: usize) {
        if data.is_empty() {
            return;
        }
        match self {
            State::Sha1(h) => provider.sha1(h, data.as_chunks().0),
            State::Sha256(h) => provider.sha256(h, data.as_chunks().0),
            State::Sha512(h) => provider.sha512(h, data.as_chunks().0),
            State::Sm3(h) => provider.sm3(h, data.as_chunks().0),
            State::Keccak(lanes) => {
                for block in data.chunks_exact(block) {
                    for (lane, bytes) in lanes.iter_mut().zip(block.as_chunks().0) {
                        *lane ^= u64::from_le_bytes(*bytes);
                    }
                    provider.keccak_f1600(lanes);
                }
            }
        }
    }

    /// Bytes of the chaining value.
    fn size(&self) -> usize {
        match self {
            State::Sha1(_) => 20,
            State::Sha256(_) | State::Sm3(_) => 32,
            State::Sha512(_) => 64,
            State::Keccak(_) => MAX_WORDS,
        }
    }

    /// The head of the chaining value as a digest. No digest is longer than what one permutation gives.
    fn digest(&self, out: &mut [u8]) {
        match self {
            State::Keccak(lanes) => {
                out.chunks_mut(8).zip(lanes).for_each(|(o, w)| o.copy_from_slice(&w.to_le_bytes()))
            }
            _ => self.write(out),
        }
    }

    /// Writes the words big-endian, as many as fit.
    fn write(&self, out: &mut [u8]) {
        match self {
            State::Sha1(h) => write32(h, out),
            State::Sha256(h) | State::Sm3(h) => write32(h, out),
            State::Sha512(h) => write64(h, out),
            State::Keccak(lanes) => write64(lanes, out),
        }
    }

    /// The inverse of [`State::write`].
    fn read(&mut self, bytes: &[u8]) {
        match self {
            State::Sha1(h) => read32(h, bytes),
            State::Sha256(h) | State::Sm3(h) => read32(h, bytes),
            State::Sha512(h) => read64(h, bytes),
            State::Keccak(lanes) => read64(lanes, bytes),
        }
    }
}

fn write32(words: &[u32], out: &mut [u8]) {
    out.chunks_exact_mut(4).zip(words).for_each(|(o, w)| o.copy_from_slice(&w.to_be_bytes()));
}

fn write64(words: &[u64], out: &mut [u8]) {
    out.chunks_exact_mut(8).zip(words).for_each(|(o, w)| o.copy_from_slice(&w.to_be_bytes()));
}

fn read32(words: &mut [u32], bytes: &[u8]) {
    words.iter_mut().zip(bytes.as_chunks().0).for_each(|(w, b)| *w = u32::from_be_bytes(*b));
}

fn read64(words: &mut [u64], bytes: &[u8]) {
    words.iter_mut().zip(bytes.as_chunks().0).for_each(|(w, b)| *w = u64::from_be_bytes(*b));
}
