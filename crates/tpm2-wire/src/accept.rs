//! Which algorithms, curves and sizes a TPM takes: interface types ask while they are read.
use crate::TpmAlg;

/// The profile as the codec sees it. An interface type that is read against it refuses what is not in it, with
/// the response code and position that Part 2 and Part 3 prescribe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accept {
    algorithms: [u64; 3],
    curves: u64,
    /// Bit `n` for `KEY_SIZES[n]`.
    key_sizes: u32,
}

/// The sizes that a key of an algorithm can have, in bits, where a profile may have some of them only.
pub const KEY_SIZES: [(u16, u16); 13] = [
    (TpmAlg::RSA, 1024),
    (TpmAlg::RSA, 2048),
    (TpmAlg::RSA, 3072),
    (TpmAlg::RSA, 4096),
    (TpmAlg::TDES, 128),
    (TpmAlg::TDES, 192),
    (TpmAlg::AES, 128),
    (TpmAlg::AES, 192),
    (TpmAlg::AES, 256),
    (TpmAlg::SM4, 128),
    (TpmAlg::CAMELLIA, 128),
    (TpmAlg::CAMELLIA, 192),
    (TpmAlg::CAMELLIA, 256),
];

impl Accept {
    /// All that this crate knows: for reading what another TPM sent.
    pub const ALL: Accept = Accept { algorithms: [u64::MAX; 3], curves: u64::MAX, key_sizes: u32::MAX };

    /// The given `TPM_ALG_ID`s (below 0xC0), `TPM_ECC_CURVE`s (below 0x40) and key sizes (of [`KEY_SIZES`]).
    #[must_use]
    pub fn new(algorithms: &[u16], curves: &[u16], key_sizes: &[(u16, u16)]) -> Accept {
        let mut accept = Accept { algorithms: [0; 3], curves: 0, key_sizes: 0 };
        for id in algorithms {
            if let Some(word) = accept.algorithms.get_mut(usize::from(id / 64)) {
                *word |= 1 << (id % 64);
            }
        }
        for id in curves.iter().filter(|id| **id < 64) {
            accept.curves |= 1 << id;
        }
        for (n, size) in KEY_SIZES.iter().enumerate() {
            accept.key_sizes |= u32::from(key_sizes.contains(size)) << n;
        }
        accept
    }
    /// Is the algorithm in the profile?
    #[must_use]
    pub fn algorithm(&self, id: u16) -> bool {
        self.algorithms.get(usize::from(id / 64)).is_some_and(|word| word >> (id % 64) & 1 == 1)
    }
    /// Is the curve in the profile?
    #[must_use]
    pub fn curve(&self, id: u16) -> bool {
        id < 64 && self.curves >> id & 1 == 1
    }
    /// Is the size, in bits, of a key of this algorithm in the profile?
    #[must_use]
    pub fn key_size(&self, alg: u16, bits: u16) -> bool {
        self.sizes(alg).any(|size| size == bits)
    }
    /// Is the RSA key size, in bits, in the profile?
    #[must_use]
    pub fn rsa_bits(&self, bits: u16) -> bool {
        self.key_size(TpmAlg::RSA, bits)
    }
    /// The largest RSA key size, in bits.
    #[must_use]
    pub fn max_rsa_bits(&self) -> u16 {
        self.sizes(TpmAlg::RSA).max().unwrap_or(0)
    }
    /// The key sizes of an algorithm, in bits.
    fn sizes(&self, alg: u16) -> impl Iterator<Item = u16> {
        let known = (0..).zip(KEY_SIZES).filter(move |(n, _)| self.key_sizes >> n & 1 == 1);
        known.filter(move |(_, size)| size.0 == alg).map(|(_, size)| size.1)
    }
}
