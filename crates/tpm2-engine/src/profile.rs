//! What a TPM can do: algorithms, curves, sizes and limits. One value per profile, chosen at run time.
use tpm2_crypto::HashAlg;
use tpm2_wire::{Accept, TpmAlg};

/// A profile. `default` has all that is safe.
#[derive(Debug, PartialEq, Eq)]
pub struct Profile {
    /// The name stored with the state.
    pub name: &'static str,
    /// Algorithms, curves and key sizes.
    pub accept: Accept,
    /// The algorithms, as `TPM2_GetCapability` lists them.
    pub algorithms: &'static [u16],
    /// The curves, likewise.
    pub curves: &'static [u16],
    /// PCR banks that a new TPM has.
    pub banks: &'static [HashAlg],
    /// Transient objects that fit.
    pub transient_objects: usize,
    /// Loaded sessions that fit.
    pub loaded_sessions: usize,
    /// Persistent objects that fit.
    pub persistent_objects: usize,
    /// The largest NV index, in bytes.
    pub nv_index_size: u16,
    /// All NV data together, in bytes.
    pub nv_total: usize,
    /// The largest command and response, in bytes.
    pub buffer_size: usize,
}

const ALGORITHMS: &[u16] = &[
    TpmAlg::RSA,
    TpmAlg::SHA1,
    TpmAlg::HMAC,
    TpmAlg::AES,
    TpmAlg::MGF1,
    TpmAlg::KEYEDHASH,
    TpmAlg::XOR,
    TpmAlg::SHA256,
    TpmAlg::SHA384,
    TpmAlg::SHA512,
    TpmAlg::RSASSA,
    TpmAlg::RSAES,
    TpmAlg::RSAPSS,
    TpmAlg::OAEP,
    TpmAlg::ECDSA,
    TpmAlg::ECDH,
    TpmAlg::KDF1_SP800_56A,
    TpmAlg::KDF1_SP800_108,
    TpmAlg::ECC,
    TpmAlg::SYMCIPHER,
    TpmAlg::CTR,
    TpmAlg::OFB,
    TpmAlg::CBC,
    TpmAlg::CFB,
    TpmAlg::ECB,
];
const CURVES: &[u16] = &[3, 4, 5];
/// RSA key sizes, in bits.
const RSA_BITS: &[u16] = &[2048, 3072, 4096];

/// The profile of a TPM that nobody asked to be another.
pub static DEFAULT: Profile = Profile {
    name: "default",
    accept: Accept::new(ALGORITHMS, CURVES, RSA_BITS),
    algorithms: ALGORITHMS,
    curves: CURVES,
    banks: &[HashAlg::Sha1, HashAlg::Sha256, HashAlg::Sha384, HashAlg::Sha512],
    transient_objects: 16,
    loaded_sessions: 16,
    persistent_objects: 64,
    nv_index_size: 16 * 1024,
    nv_total: 512 * 1024,
    buffer_size: 4096,
};

impl Profile {
    /// The profile of this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Profile> {
        [&DEFAULT].into_iter().find(|profile| profile.name == name)
    }
}
