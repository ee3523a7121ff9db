//! `TPM_CAP_ALGS`: the algorithms of the profile, and what each is (Part 2, 8.2).
use crate::profile::Active;
use tpm2_crypto::{HashAlg, SymAlg};
use tpm2_wire::{TpmAlg, TpmaAlgorithm, TpmsAlgProperty};

/// The algorithms from `from` on.
pub(super) fn from(profile: &Active, from: u32) -> impl Iterator<Item = TpmsAlgProperty> {
    let all = profile.algorithms.iter().copied().filter(move |alg| u32::from(*alg) >= from);
    all.map(|alg| TpmsAlgProperty { alg, alg_properties: properties(alg) })
}

fn properties(alg: u16) -> TpmaAlgorithm {
    use TpmaAlgorithm as A;
    match alg {
        TpmAlg::RSA | TpmAlg::ECC => A::ASYMMETRIC | A::OBJECT,
        hash if HashAlg::from_id(hash).is_some() => A::HASH,
        TpmAlg::HMAC => A::HASH | A::SIGNING,
        cipher if SymAlg::from_id(cipher).is_some() => A::SYMMETRIC,
        TpmAlg::CMAC => A::SYMMETRIC | A::SIGNING,
        TpmAlg::HKDF => A::HASH | A::METHOD,
        TpmAlg::MGF1 | TpmAlg::KDF1_SP800_56A | TpmAlg::KDF2 | TpmAlg::KDF1_SP800_108 => A::HASH | A::METHOD,
        TpmAlg::KEYEDHASH => A::HASH | A::OBJECT | A::SIGNING | A::ENCRYPTING,
        TpmAlg::XOR => A::HASH | A::SYMMETRIC,
        TpmAlg::RSASSA | TpmAlg::RSAPSS | TpmAlg::ECDSA | TpmAlg::ECDAA | TpmAlg::ECSCHNORR => A::ASYMMETRIC | A::SIGNING,
        TpmAlg::RSAES | TpmAlg::OAEP => A::ASYMMETRIC | A::ENCRYPTING,
        TpmAlg::SM2 => A::ASYMMETRIC | A::SIGNING | A::METHOD,
        TpmAlg::ECDH | TpmAlg::ECMQV => A::ASYMMETRIC | A::METHOD,
        TpmAlg::SYMCIPHER => A::OBJECT,
        TpmAlg::MLKEM => A::ASYMMETRIC | A::OBJECT | A::ENCRYPTING,
        TpmAlg::MLDSA | TpmAlg::HASH_MLDSA => A::ASYMMETRIC | A::OBJECT | A::SIGNING,
        TpmAlg::CTR | TpmAlg::OFB | TpmAlg::CBC | TpmAlg::CFB | TpmAlg::ECB => A::SYMMETRIC | A::ENCRYPTING,
        _ => A::default(),
    }
}
