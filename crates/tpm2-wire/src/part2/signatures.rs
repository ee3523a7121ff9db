//! Part 2, clause 11.3: signatures.
#![allow(missing_docs)]
use crate::{
    Buffer, Nullable, Rc, Reader, Tpm2bEccParameter, Tpm2bPublicKeyRsa, TpmAlg, TpmiAlgHash, TpmtHa, Wire,
};
use alloc::vec::Vec;

/// `TPM2B_SIGNATURE_MLDSA`: as large as one of ML-DSA-87.
pub type Tpm2bSignatureMldsa = Buffer<4627>;
/// `TPM2B_SIGNATURE_EDDSA`: as large as one of Ed448.
pub type Tpm2bSignatureEddsa = Buffer<114>;

structures! {
    /// `TPMS_SIGNATURE_RSA` (11.3.1).
    TpmsSignatureRsa: Debug PartialEq Eq { hash: TpmiAlgHash, sig: Tpm2bPublicKeyRsa, }
    /// `TPMS_SIGNATURE_ECC` (11.3.2).
    TpmsSignatureEcc: Debug PartialEq Eq { hash: TpmiAlgHash, signature_r: Tpm2bEccParameter, signature_s: Tpm2bEccParameter, }
    /// `TPMS_SIGNATURE_HASH_MLDSA`.
    TpmsSignatureHashMldsa: Debug PartialEq Eq { hash: TpmiAlgHash, signature: Tpm2bSignatureMldsa, }
    /// `TPMS_SIGNATURE_HASH_EDDSA`.
    TpmsSignatureHashEddsa: Debug PartialEq Eq { hash: TpmiAlgHash, signature: Tpm2bSignatureEddsa, }
}
unions! {
    /// `TPMT_SIGNATURE` (11.3.4).
    TpmtSignature: Debug PartialEq Eq [u16, else SCHEME, algorithm] {
        Hmac(TpmtHa) = TpmAlg::HMAC,
        Rsassa(TpmsSignatureRsa) = TpmAlg::RSASSA,
        Rsapss(TpmsSignatureRsa) = TpmAlg::RSAPSS,
        Ecdsa(TpmsSignatureEcc) = TpmAlg::ECDSA,
        Ecdaa(TpmsSignatureEcc) = TpmAlg::ECDAA,
        Sm2(TpmsSignatureEcc) = TpmAlg::SM2,
        Ecschnorr(TpmsSignatureEcc) = TpmAlg::ECSCHNORR,
        Eddsa(Tpm2bSignatureEddsa) = TpmAlg::EDDSA,
        HashEddsa(TpmsSignatureHashEddsa) = TpmAlg::HASH_EDDSA,
        Mldsa(Tpm2bSignatureMldsa) = TpmAlg::MLDSA,
        HashMldsa(TpmsSignatureHashMldsa) = TpmAlg::HASH_MLDSA,
    }
}
impl Nullable for TpmtSignature {
    type Tag = u16;
    const NULL: u16 = TpmAlg::NULL;
}
