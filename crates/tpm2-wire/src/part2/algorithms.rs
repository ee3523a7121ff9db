//! Part 2, clause 9.31 and following: interface types for algorithms.
#![allow(missing_docs)]
use crate::{Nullable, Rc, Reader, TpmAlg, Wire};
use alloc::vec::Vec;

algorithms! {
    /// `TPMI_ALG_HASH`.
    TpmiAlgHash, else HASH {
        Sha1 = 0x0004, Sha256 = 0x000B, Sha384 = 0x000C, Sha512 = 0x000D, Sha256_192 = 0x000E, Sm3 = 0x0012,
        Sha3_256 = 0x0027, Sha3_384 = 0x0028, Sha3_512 = 0x0029, Shake256_192 = 0x002C, Shake256_256 = 0x002D,
        Shake256_512 = 0x002E,
    }
    /// `TPMI_ALG_SYM_OBJECT`.
    TpmiAlgSymObject, else SYMMETRIC { Tdes = 0x0003, Aes = 0x0006, Sm4 = 0x0013, Camellia = 0x0026, }
    /// `TPMI_ALG_MAC_SCHEME`: a hash, for HMAC, or CMAC.
    TpmiAlgMacScheme, else SYMMETRIC {
        Sha1 = 0x0004, Sha256 = 0x000B, Sha384 = 0x000C, Sha512 = 0x000D, Sha256_192 = 0x000E, Sm3 = 0x0012,
        Sha3_256 = 0x0027, Sha3_384 = 0x0028, Sha3_512 = 0x0029, Shake256_192 = 0x002C, Shake256_256 = 0x002D,
        Shake256_512 = 0x002E, Cmac = 0x003F,
    }
    /// `TPMI_ALG_SYM_MODE`.
    TpmiAlgSymMode, else MODE { Ctr = 0x0040, Ofb = 0x0041, Cbc = 0x0042, Cfb = 0x0043, Ecb = 0x0044, Cmac = 0x003F, }
    /// `TPMI_ALG_CIPHER_MODE`.
    TpmiAlgCipherMode, else MODE { Ctr = 0x0040, Ofb = 0x0041, Cbc = 0x0042, Cfb = 0x0043, Ecb = 0x0044, }
    /// `TPMI_ALG_KDF`.
    TpmiAlgKdf, else KDF { Mgf1 = 0x0007, Hkdf = 0x001F, Kdf1Sp800_56a = 0x0020, Kdf2 = 0x0021, Kdf1Sp800_108 = 0x0022, }
    /// `TPMI_ECC_KEY_EXCHANGE`.
    TpmiEccKeyExchange, else SCHEME { Ecdh = 0x0019, Ecmqv = 0x001D, Sm2 = 0x001B, }
}

impl TpmiAlgHash {
    /// The size of a digest, in bytes.
    #[must_use]
    pub const fn digest_size(self) -> usize {
        match self {
            TpmiAlgHash::Sha1 => 20,
            TpmiAlgHash::Sha256_192 | TpmiAlgHash::Shake256_192 => 24,
            TpmiAlgHash::Sha256 | TpmiAlgHash::Sm3 | TpmiAlgHash::Sha3_256 | TpmiAlgHash::Shake256_256 => 32,
            TpmiAlgHash::Sha384 | TpmiAlgHash::Sha3_384 => 48,
            TpmiAlgHash::Sha512 | TpmiAlgHash::Sha3_512 | TpmiAlgHash::Shake256_512 => 64,
        }
    }
}

/// `TPMI_ECC_CURVE`: a `TPM_ECC_CURVE` (6.4) of the profile, else `TPM_RC_CURVE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TpmiEccCurve(pub u16);
impl TpmiEccCurve {
    pub const NIST_P192: TpmiEccCurve = TpmiEccCurve(0x0001);
    pub const NIST_P224: TpmiEccCurve = TpmiEccCurve(0x0002);
    pub const NIST_P256: TpmiEccCurve = TpmiEccCurve(0x0003);
    pub const NIST_P384: TpmiEccCurve = TpmiEccCurve(0x0004);
    pub const NIST_P521: TpmiEccCurve = TpmiEccCurve(0x0005);
    pub const BN_P256: TpmiEccCurve = TpmiEccCurve(0x0010);
    pub const BN_P638: TpmiEccCurve = TpmiEccCurve(0x0011);
    pub const SM2_P256: TpmiEccCurve = TpmiEccCurve(0x0020);
}
impl Wire for TpmiEccCurve {
    fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
        let id = u16::read(r)?;
        if r.curve(id) { Ok(TpmiEccCurve(id)) } else { Err(Rc::CURVE) }
    }
    fn write(&self, w: &mut Vec<u8>) {
        self.0.write(w);
    }
}
