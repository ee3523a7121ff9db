//! The one error of this crate.

/// Why a cryptographic operation was refused.
///
/// Small and `Copy`, and never says anything about secret data: a failed decryption is [`Error::Decryption`]
/// whatever was wrong with the padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The algorithm, mode, curve or key size is not implemented by this provider.
    #[error("algorithm, mode or key size not supported")]
    Unsupported,
    /// A key is malformed: wrong length, prime does not divide the modulus, scalar out of range.
    #[error("malformed key")]
    BadKey,
    /// An input has the wrong length or is out of range (for RSA: not below the modulus).
    #[error("input has the wrong length or range")]
    BadInput,
    /// A point is not on its curve, or a multiplication gave the point at infinity.
    #[error("point is not on the curve or is at infinity")]
    BadPoint,
    /// Decryption failed. Deliberately without a reason.
    #[error("decryption failed")]
    Decryption,
    /// An exported state (hash, HMAC, DRBG) is cut short or inconsistent.
    #[error("exported state is inconsistent")]
    BadState,
    /// No prime was found with the parameters given; another seed or template is needed.
    #[error("no prime found with these parameters")]
    NoPrime,
    /// The rejection loop of ML-DSA reached its limit; another try, with other random bytes, may succeed.
    #[error("no signature found within the limit of tries")]
    NoSignature,
    /// The caller asked to stop.
    #[error("canceled")]
    Canceled,
    /// The random number generator failed or must be reseeded first.
    #[error("random number generator failed or needs a reseed")]
    Rng,
    /// The result of a private-key operation did not verify; it was withheld.
    #[error("private-key operation failed its self-check")]
    Fault,
}
