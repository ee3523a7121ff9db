//! ML-DSA of two crates.
//!
//! `libcrux-ml-dsa` is several times faster (AVX2 where the processor has it), but takes whole messages only.
//! A representative μ that was computed elsewhere or piece by piece is signed by `ml-dsa`. Keys, signatures
//! and random bytes mean the same to both, which tests compare (docs/adr/0005-post-quantum.md).

use alloc::{boxed::Box, vec::Vec};

use ml_dsa::{EncodedSignature, EncodedVerifyingKey, MlDsaParams, Signature, SigningKey, VerifyingKey};
use zeroize::Zeroize;

use crate::{DsaMessage, DsaPrivateOp, DsaProvider, Error, MlDsa};

pub(crate) struct RustDsa;

impl DsaProvider for RustDsa {
    fn private(&self, set: MlDsa, seed: &[u8; 32]) -> Box<dyn DsaPrivateOp> {
        match set {
            MlDsa::MlDsa44 => Box::new(set_44::Private::new(seed)),
            MlDsa::MlDsa65 => Box::new(set_65::Private::new(seed)),
            MlDsa::MlDsa87 => Box::new(set_87::Private::new(seed)),
        }
    }
    fn verify(&self, set: MlDsa, public: &[u8], message: DsaMessage<'_>, signature: &[u8]) -> bool {
        match set {
            MlDsa::MlDsa44 => set_44::verify(public, message, signature),
            MlDsa::MlDsa65 => set_65::verify(public, message, signature),
            MlDsa::MlDsa87 => set_87::verify(public, message, signature),
        }
        .unwrap_or(false)
    }
}

/// One parameter set: each crate has a module or a type for each.
macro_rules! parameter_set {
    ($name:ident: $set:ident, $params:ident, $signing:ident, $verification:ident, $signature:ident) => {
        mod $name {
            use super::*;
            use libcrux_ml_dsa::$set::{self, $signature, $signing, $verification};

            pub(super) struct Private {
                signing: $signing,
                public: $verification,
                /// For `ml-dsa`, which expands a key of its own from it.
                seed: [u8; 32],
            }
            impl Private {
                pub(super) fn new(seed: &[u8; 32]) -> Self {
                    let pair = $set::generate_key_pair(*seed);
                    Private { signing: pair.signing_key, public: pair.verification_key, seed: *seed }
                }
            }
            impl DsaPrivateOp for Private {
                fn public(&self) -> &[u8] {
                    self.public.as_slice()
                }
                fn sign(&self, message: DsaMessage<'_>, rnd: &[u8; 32]) -> Result<Vec<u8>, Error> {
                    match message {
                        DsaMessage::Formatted(message) => $set::sign_internal(&self.signing, message, *rnd)
                            .map(|signature| signature.as_slice().to_vec())
                            .map_err(|_| Error::NoSignature),
                        DsaMessage::Mu(mu) => sign_mu::<ml_dsa::$params>(&self.seed, mu, rnd),
                    }
                }
            }
            impl Drop for Private {
                fn drop(&mut self) {
                    self.signing.as_mut_slice().zeroize();
                    self.seed.zeroize();
                }
            }
            /// `None` when a length is wrong.
            pub(super) fn verify(public: &[u8], message: DsaMessage<'_>, signature: &[u8]) -> Option<bool> {
                match message {
                    DsaMessage::Formatted(message) => {
                        let public = $verification::new(public.try_into().ok()?);
                        let signature = $signature::new(signature.try_into().ok()?);
                        Some($set::verify_internal(&public, message, &signature).is_ok())
                    }
                    DsaMessage::Mu(mu) => verify_mu::<ml_dsa::$params>(public, mu, signature),
                }
            }
        }
    };
}
parameter_set!(set_44: ml_dsa_44, MlDsa44, MLDSA44SigningKey, MLDSA44VerificationKey, MLDSA44Signature);
parameter_set!(set_65: ml_dsa_65, MlDsa65, MLDSA65SigningKey, MLDSA65VerificationKey, MLDSA65Signature);
parameter_set!(set_87: ml_dsa_87, MlDsa87, MLDSA87SigningKey, MLDSA87VerificationKey, MLDSA87Signature);

fn sign_mu<P: MlDsaParams>(seed: &[u8; 32], mu: &[u8; 64], rnd: &[u8; 32]) -> Result<Vec<u8>, Error> {
    let key = SigningKey::<P>::from_seed(seed.into());
    // The entry point that cannot panic takes a generator: one that gives the caller's bytes.
    let signature = key.expanded_key().sign_mu_randomized(mu.into(), &mut Given(rnd));
    signature.map(|signature| signature.encode().to_vec()).map_err(|_| Error::NoSignature)
}

fn verify_mu<P: MlDsaParams>(public: &[u8], mu: &[u8; 64], signature: &[u8]) -> Option<bool> {
    let public = VerifyingKey::<P>::decode(&EncodedVerifyingKey::<P>::try_from(public).ok()?);
    let signature = Signature::<P>::decode(&EncodedSignature::<P>::try_from(signature).ok()?)?;
    Some(public.verify_mu(mu.into(), &signature))
}

/// A generator of 32 bytes that are known already.
struct Given<'a>(&'a [u8; 32]);
impl ml_dsa::signature::rand_core::TryRng for Given<'_> {
    type Error = Error;
    fn try_next_u32(&mut self) -> Result<u32, Error> {
        Err(Error::Rng)
    }
    fn try_next_u64(&mut self) -> Result<u64, Error> {
        Err(Error::Rng)
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Error> {
        let out: &mut [u8; 32] = out.try_into().map_err(|_| Error::Rng)?;
        *out = *self.0;
        Ok(())
    }
}
impl ml_dsa::signature::rand_core::TryCryptoRng for Given<'_> {}
