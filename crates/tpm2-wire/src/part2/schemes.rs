//! Part 2, clause 11: symmetric definitions and the schemes of keyed-hash, RSA and ECC keys.
#![allow(missing_docs)]
use crate::{Nullable, Rc, Reader, TpmAlg, TpmiAlgHash, TpmiAlgKdf, TpmiAlgSymMode, TpmiAlgSymObject, Wire};
use alloc::vec::Vec;

/// `TPMT_SYM_DEF_OBJECT` (11.1.7): the block cipher of an object, with key size and mode; the mode can be left open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TpmtSymDefObject {
    pub algorithm: TpmiAlgSymObject,
    /// Bits.
    pub key_bits: u16,
    pub mode: Option<TpmiAlgSymMode>,
}
impl TpmtSymDefObject {
    /// What follows the algorithm: a key size that the cipher or the profile does not have is `TPM_RC_VALUE` (11.1.3).
    fn read_rest(algorithm: TpmiAlgSymObject, r: &mut Reader<'_>) -> Result<Self, Rc> {
        let key_bits = u16::read(r)?;
        if !r.accept().key_size(algorithm.id(), key_bits) {
            return Err(Rc::VALUE);
        }
        Ok(TpmtSymDefObject { algorithm, key_bits, mode: Option::read(r)? })
    }
}
impl Wire for TpmtSymDefObject {
    fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
        let algorithm = TpmiAlgSymObject::read(r)?;
        Self::read_rest(algorithm, r)
    }
    fn write(&self, w: &mut Vec<u8>) {
        self.algorithm.write(w);
        self.key_bits.write(w);
        self.mode.write(w);
    }
}

/// `TPMT_SYM_DEF` (11.1.6): the symmetric algorithm of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TpmtSymDef {
    Cipher(TpmtSymDefObject),
    Xor(TpmiAlgHash),
}
impl Wire for TpmtSymDef {
    fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
        let id = u16::read(r)?;
        if !r.algorithm(id) {
            return Err(Rc::SYMMETRIC);
        }
        if id == TpmAlg::XOR {
            return TpmiAlgHash::read(r).map(TpmtSymDef::Xor);
        }
        let algorithm = TpmiAlgSymObject::from_id(id).ok_or(Rc::SYMMETRIC)?;
        TpmtSymDefObject::read_rest(algorithm, r).map(TpmtSymDef::Cipher)
    }
    fn write(&self, w: &mut Vec<u8>) {
        match self {
            TpmtSymDef::Cipher(cipher) => cipher.write(w),
            TpmtSymDef::Xor(alg) => {
                TpmAlg::XOR.write(w);
                alg.write(w);
            }
        }
    }
}

structures! {
    /// `TPMS_SCHEME_ECDAA` (11.2.1.3).
    TpmsSchemeEcdaa: Debug PartialEq Eq Copy { hash_alg: TpmiAlgHash, count: u16, }
    /// `TPMS_SCHEME_XOR` (11.1).
    TpmsSchemeXor: Debug PartialEq Eq Copy { hash_alg: TpmiAlgHash, kdf: Option<TpmiAlgKdf>, }
    /// `TPMT_KDF_SCHEME` (11.2.3.3).
    TpmtKdfScheme: Debug PartialEq Eq Copy { scheme: TpmiAlgKdf, hash_alg: TpmiAlgHash, }
}
impl Nullable for TpmtKdfScheme {
    type Tag = u16;
    const NULL: u16 = TpmAlg::NULL;
}

unions! {
    /// `TPMT_KEYEDHASH_SCHEME` (11.1.21).
    TpmtKeyedhashScheme: Debug PartialEq Eq Copy [u16, else VALUE, algorithm] {
        Hmac(TpmiAlgHash) = TpmAlg::HMAC,
        Xor(TpmsSchemeXor) = TpmAlg::XOR,
    }
    /// `TPMT_SIG_SCHEME` (11.2.1.5).
    TpmtSigScheme: Debug PartialEq Eq Copy [u16, else SCHEME, algorithm] {
        Hmac(TpmiAlgHash) = TpmAlg::HMAC,
        Rsassa(TpmiAlgHash) = TpmAlg::RSASSA,
        Rsapss(TpmiAlgHash) = TpmAlg::RSAPSS,
        Ecdsa(TpmiAlgHash) = TpmAlg::ECDSA,
        Ecdaa(TpmsSchemeEcdaa) = TpmAlg::ECDAA,
        Sm2(TpmiAlgHash) = TpmAlg::SM2,
        Ecschnorr(TpmiAlgHash) = TpmAlg::ECSCHNORR,
        Eddsa = TpmAlg::EDDSA,
        HashEddsa(TpmiAlgHash) = TpmAlg::HASH_EDDSA,
        Mldsa = TpmAlg::MLDSA,
        /// Without a hash, which is the key's (errata 2.3).
        HashMldsa = TpmAlg::HASH_MLDSA,
    }
    /// `TPMT_RSA_SCHEME` (11.2.4.2).
    TpmtRsaScheme: Debug PartialEq Eq Copy [u16, else VALUE, algorithm] {
        Rsassa(TpmiAlgHash) = TpmAlg::RSASSA,
        Rsaes = TpmAlg::RSAES,
        Rsapss(TpmiAlgHash) = TpmAlg::RSAPSS,
        Oaep(TpmiAlgHash) = TpmAlg::OAEP,
    }
    /// `TPMT_RSA_DECRYPT` (11.2.4.4).
    TpmtRsaDecrypt: Debug PartialEq Eq Copy [u16, else VALUE, algorithm] {
        Rsaes = TpmAlg::RSAES,
        Oaep(TpmiAlgHash) = TpmAlg::OAEP,
    }
    /// `TPMT_ECC_SCHEME` (11.2.5.6).
    TpmtEccScheme: Debug PartialEq Eq Copy [u16, else SCHEME, algorithm] {
        Ecdsa(TpmiAlgHash) = TpmAlg::ECDSA,
        Ecdh(TpmiAlgHash) = TpmAlg::ECDH,
        Ecdaa(TpmsSchemeEcdaa) = TpmAlg::ECDAA,
        Sm2(TpmiAlgHash) = TpmAlg::SM2,
        Ecschnorr(TpmiAlgHash) = TpmAlg::ECSCHNORR,
        Ecmqv(TpmiAlgHash) = TpmAlg::ECMQV,
        Eddsa = TpmAlg::EDDSA,
        HashEddsa(TpmiAlgHash) = TpmAlg::HASH_EDDSA,
    }
}
macro_rules! nullable { ($($t:ty)*) => { $( impl Nullable for $t { type Tag = u16; const NULL: u16 = TpmAlg::NULL; } )* } }
nullable! { TpmtSymDef TpmtSymDefObject TpmtKeyedhashScheme TpmtSigScheme TpmtRsaScheme TpmtRsaDecrypt TpmtEccScheme }
