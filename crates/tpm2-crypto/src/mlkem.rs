//! ML-KEM (FIPS 203): parameter sets, and keys from their seeds.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use zeroize::Zeroizing;

use crate::{CryptoProvider, Error, KemPrivateOp, Rng};

/// A parameter set (`TPMI_MLKEM_PARMS`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum MlKem {
    /// ML-KEM-512, security category 1.
    MlKem512 = 1,
    /// ML-KEM-768, security category 3.
    MlKem768 = 2,
    /// ML-KEM-1024, security category 5.
    MlKem1024 = 3,
}

impl MlKem {
    /// Every parameter set, in the order of its identifier.
    pub const ALL: [MlKem; 3] = [MlKem::MlKem512, MlKem::MlKem768, MlKem::MlKem1024];
    /// Bytes of a private key as the TPM keeps it: the seed d ‖ z.
    pub const SEED_SIZE: usize = 64;
    /// Bytes of a shared secret.
    pub const SECRET_SIZE: usize = 32;

    /// The set with this `TPM_MLKEM_*`.
    pub fn from_id(id: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.id() == id)
    }

    /// The `TPM_MLKEM_*`.
    pub const fn id(self) -> u16 {
        self as u16
    }

    /// Bytes of an encapsulation (public) key.
    pub const fn public_size(self) -> usize {
        match self {
            MlKem::MlKem512 => 800,
            MlKem::MlKem768 => 1184,
            MlKem::MlKem1024 => 1568,
        }
    }

    /// Bytes of a ciphertext.
    pub const fn ciphertext_size(self) -> usize {
        match self {
            MlKem::MlKem512 => 768,
            MlKem::MlKem768 => 1088,
            MlKem::MlKem1024 => 1568,
        }
    }
}

/// What encapsulation gives.
pub struct Encapsulated {
    /// For the holder of the private key.
    pub ciphertext: Vec<u8>,
    /// The secret that both then share.
    pub secret: Zeroizing<[u8; MlKem::SECRET_SIZE]>,
}

/// A prepared private key. Zeroized on drop; has no `Debug`.
pub struct MlKemPrivate(Box<dyn KemPrivateOp>);

impl MlKemPrivate {
    /// The encapsulation key.
    pub fn public(&self) -> &[u8] {
        self.0.public()
    }

    /// The shared secret of `ciphertext`: one that looks random when the ciphertext was not made by
    /// encapsulation (FIPS 203, 6.3). [`Error::BadInput`] when it has the wrong length.
    pub fn decapsulate(&self, ciphertext: &[u8]) -> Result<Zeroizing<[u8; MlKem::SECRET_SIZE]>, Error> {
        self.0.decapsulate(ciphertext)
    }
}

impl CryptoProvider {
    /// A new seed: d, then z.
    pub fn mlkem_seed(&self, rng: &mut dyn Rng) -> Result<Zeroizing<[u8; MlKem::SEED_SIZE]>, Error> {
        let mut seed = Zeroizing::new([0; MlKem::SEED_SIZE]);
        rng.fill(&mut *seed)?;
        Ok(seed)
    }

    /// Prepares the key of a seed; [`Error::BadKey`] unless it has [`MlKem::SEED_SIZE`] bytes.
    pub fn mlkem_private(&self, set: MlKem, seed: &[u8]) -> Result<MlKemPrivate, Error> {
        let seed = seed.try_into().map_err(|_| Error::BadKey)?;
        Ok(MlKemPrivate(self.kem.private(set, seed)))
    }

    /// Whether `public` is an encapsulation key: its length and its modulus are right (FIPS 203, 7.2).
    pub fn mlkem_is_public(&self, set: MlKem, public: &[u8]) -> bool {
        self.kem.is_public(set, public)
    }

    /// Encapsulates a fresh secret; [`Error::BadKey`] unless [`CryptoProvider::mlkem_is_public`].
    pub fn mlkem_encapsulate(
        &self,
        set: MlKem,
        public: &[u8],
        rng: &mut dyn Rng,
    ) -> Result<Encapsulated, Error> {
        let mut m = Zeroizing::new([0; 32]);
        rng.fill(&mut *m)?;
        self.kem.encapsulate(set, public, &m)
    }
}

/// Shows the length only: the secret is one.
impl fmt::Debug for Encapsulated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encapsulated({} bytes)", self.ciphertext.len())
    }
}
