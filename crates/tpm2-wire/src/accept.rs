//! Which algorithms, curves and sizes a TPM takes: interface types ask while they are read.

/// The profile as the codec sees it. An interface type that is read against it refuses what is not in it, with
/// the response code and position that Part 2 and Part 3 prescribe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accept {
    algorithms: [u64; 3],
    curves: u64,
    rsa_bits: &'static [u16],
}

impl Accept {
    /// All that this crate knows: for reading what another TPM sent.
    pub const ALL: Accept =
        Accept { algorithms: [u64::MAX; 3], curves: u64::MAX, rsa_bits: &[1024, 2048, 3072, 4096] };

    /// The given `TPM_ALG_ID`s (below 0xC0), `TPM_ECC_CURVE`s (below 0x40) and RSA sizes in bits.
    #[must_use]
    pub const fn new(algorithms: &[u16], curves: &[u16], rsa_bits: &'static [u16]) -> Accept {
        let mut accept = Accept { algorithms: [0; 3], curves: 0, rsa_bits };
        let (mut a, mut c) = (algorithms, curves);
        while let [id, rest @ ..] = a {
            match *id / 64 {
                0 => accept.algorithms[0] |= 1 << (*id % 64),
                1 => accept.algorithms[1] |= 1 << (*id % 64),
                2 => accept.algorithms[2] |= 1 << (*id % 64),
                _ => {}
            }
            a = rest;
        }
        while let [id, rest @ ..] = c {
            if *id < 64 {
                accept.curves |= 1 << *id;
            }
            c = rest;
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
    /// Is the RSA key size, in bits, in the profile?
    #[must_use]
    pub fn rsa_bits(&self, bits: u16) -> bool {
        self.rsa_bits.contains(&bits)
    }
    /// The largest RSA key size, in bits.
    #[must_use]
    pub fn max_rsa_bits(&self) -> u16 {
        self.rsa_bits.iter().copied().max().unwrap_or(0)
    }
}
