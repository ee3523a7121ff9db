//! Part 2, clause 11: symmetric definitions and the schemes of keyed-hash, RSA and ECC keys.
#![allow(missing_docs)]
use crate::{Nullable, Rc, Reader, TpmAlg, TpmiAlgHash, TpmiAlgKdf, TpmiAlgSymMode, Wire};
use alloc::vec::Vec;

/// `TPMI_AES_KEY_BITS` and its kin (11.1): 128, 192 or 256, else `TPM_RC_VALUE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyBits(pub u16);
impl Wire for KeyBits {
    fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
        match u16::read(r)? {
            bits @ (128 | 192 | 256) => Ok(KeyBits(bits)),
            _ => Err(Rc::VALUE),
        }
    }
    fn write(&self, w: &mut Vec<u8>) {
        self.0.write(w);
    }
}

structures! {
    /// Key size and mode of a block cipher of an object; the mode can be left open.
    SymParms: Debug PartialEq Eq Copy { key_bits: KeyBits, mode: Option<TpmiAlgSymMode>, }
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
    /// `TPMT_SYM_DEF` (11.1.6): the symmetric algorithm of a session.
    TpmtSymDef: Debug PartialEq Eq Copy [u16, else SYMMETRIC, algorithm] {
        Aes(SymParms) = TpmAlg::AES,
        Camellia(SymParms) = TpmAlg::CAMELLIA,
        Sm4(SymParms) = TpmAlg::SM4,
        Xor(TpmiAlgHash) = TpmAlg::XOR,
    }
    /// `TPMT_SYM_DEF_OBJECT` (11.1.7).
    TpmtSymDefObject: Debug PartialEq Eq Copy [u16, else SYMMETRIC, algorithm] {
        Aes(SymParms) = TpmAlg::AES,
        Camellia(SymParms) = TpmAlg::CAMELLIA,
        Sm4(SymParms) = TpmAlg::SM4,
    }
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
