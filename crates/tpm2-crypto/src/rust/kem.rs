//! ML-KEM of the `libcrux-ml-kem` crate: AVX2 where the processor has it.

use alloc::boxed::Box;

use zeroize::{Zeroize, Zeroizing};

use crate::{Error, KemPrivateOp, KemProvider, MlKem, mlkem::Encapsulated};

pub(crate) struct RustKem;

impl KemProvider for RustKem {
    fn private(&self, set: MlKem, seed: &[u8; 64]) -> Box<dyn KemPrivateOp> {
        match set {
            MlKem::MlKem512 => Box::new(set_512::Private::new(seed)),
            MlKem::MlKem768 => Box::new(set_768::Private::new(seed)),
            MlKem::MlKem1024 => Box::new(set_1024::Private::new(seed)),
        }
    }
    fn is_public(&self, set: MlKem, public: &[u8]) -> bool {
        match set {
            MlKem::MlKem512 => set_512::public(public).is_some(),
            MlKem::MlKem768 => set_768::public(public).is_some(),
            MlKem::MlKem1024 => set_1024::public(public).is_some(),
        }
    }
    fn encapsulate(&self, set: MlKem, public: &[u8], m: &[u8; 32]) -> Result<Encapsulated, Error> {
        match set {
            MlKem::MlKem512 => set_512::encapsulate(public, m),
            MlKem::MlKem768 => set_768::encapsulate(public, m),
            MlKem::MlKem1024 => set_1024::encapsulate(public, m),
        }
    }
}

/// One parameter set: the crate has a module and types for each.
macro_rules! parameter_set {
    ($name:ident: $set:ident, $private:ident, $public:ident, $ciphertext:ident) => {
        mod $name {
            use super::*;
            use libcrux_ml_kem::$set::{self, $ciphertext, $private, $public};

            pub(super) struct Private {
                private: $private,
                public: $public,
            }
            impl Private {
                pub(super) fn new(seed: &[u8; 64]) -> Self {
                    let (private, public) = $set::generate_key_pair(*seed).into_parts();
                    Private { private, public }
                }
            }
            impl KemPrivateOp for Private {
                fn public(&self) -> &[u8] {
                    self.public.as_slice()
                }
                fn decapsulate(&self, ciphertext: &[u8]) -> Result<Zeroizing<[u8; 32]>, Error> {
                    let ciphertext = $ciphertext::try_from(ciphertext).map_err(|_| Error::BadInput)?;
                    Ok(Zeroizing::new($set::decapsulate(&self.private, &ciphertext)))
                }
            }
            impl Drop for Private {
                fn drop(&mut self) {
                    self.private[0..$private::len()].zeroize();
                }
            }
            pub(super) fn public(bytes: &[u8]) -> Option<$public> {
                $public::try_from(bytes).ok().filter($set::validate_public_key)
            }
            pub(super) fn encapsulate(bytes: &[u8], m: &[u8; 32]) -> Result<Encapsulated, Error> {
                let (ciphertext, secret) = $set::encapsulate(&public(bytes).ok_or(Error::BadKey)?, *m);
                Ok(Encapsulated {
                    ciphertext: ciphertext.as_slice().to_vec(),
                    secret: Zeroizing::new(secret),
                })
            }
        }
    };
}
parameter_set!(set_512: mlkem512, MlKem512PrivateKey, MlKem512PublicKey, MlKem512Ciphertext);
parameter_set!(set_768: mlkem768, MlKem768PrivateKey, MlKem768PublicKey, MlKem768Ciphertext);
parameter_set!(set_1024: mlkem1024, MlKem1024PrivateKey, MlKem1024PublicKey, MlKem1024Ciphertext);
