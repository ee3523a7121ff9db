use super::message::{Scheme, check_digest_scheme, digest_size, sign_digest};
use crate::context::{Action, Context};
use tpm2_crypto::ct_eq;
use tpm2_wire::{Rc, SignDigest, SignDigestReply, TpmRh, TpmaObject, TpmtSigScheme};

/// Part 3, 20.7.
impl Action for SignDigest {
    fn run(self, cx: &mut Context<'_>) -> Result<SignDigestReply, Rc> {
        let key = cx.object(self.key_handle, Rc::KEY, Self::key_handle)?;
        if !key.has(TpmaObject::SIGN) {
            return Err(Rc::KEY.at(Self::key_handle));
        }
        if key.has(TpmaObject::X509_SIGN) {
            return Err(Rc::ATTRIBUTES.at(Self::key_handle));
        }
        let scheme = Scheme::of(&key).ok_or(Rc::SCHEME.at(Self::key_handle))?;
        check_digest_scheme(&key, &scheme.scheme).map_err(|rc| rc.at(Self::key_handle))?;
        let restricted = key.has(TpmaObject::RESTRICTED);
        let mu = scheme.scheme == TpmtSigScheme::Mldsa;
        // No ticket tells what message a representative stands for.
        if restricted && mu {
            return Err(Rc::ATTRIBUTES.at(Self::key_handle));
        }
        let scheme = scheme.with_digest(&self.context).ok_or(Rc::SIZE.at(Self::context))?;
        if self.digest.len() != digest_size(&key, &scheme)? {
            return Err(Rc::SIZE.at(Self::digest));
        }
        if restricted || !self.validation.digest.is_empty() {
            let alg = scheme.hash(&key).ok_or(Rc::TICKET.at(Self::validation))?;
            let expected = cx.state.hashcheck(cx.crypto, self.validation.hierarchy, alg, &self.digest);
            let null = self.validation.hierarchy.0 == TpmRh::NULL;
            if null || !ct_eq(&expected.digest, &self.validation.digest) {
                return Err(Rc::TICKET.at(Self::validation));
            }
        }
        Ok(SignDigestReply { signature: sign_digest(cx, &key, &scheme, &self.digest)? })
    }
}
