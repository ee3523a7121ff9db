use super::support::{scheme_hash, select_scheme, sign};
use crate::context::{Action, Context};
use crate::crypt::hash;
use tpm2_crypto::ct_eq;
use tpm2_wire::{Nullable, Rc, Sign, SignReply, TpmAlg, TpmaObject, TpmiRhHierarchy};

/// Part 3, 20.2.
impl Action for Sign {
    fn run(self, cx: &mut Context<'_>) -> Result<SignReply, Rc> {
        let key = cx.object(self.key_handle, Rc::KEY, Self::key_handle)?;
        if !key.has(TpmaObject::SIGN) || !matches!(key.public.kind(), TpmAlg::RSA | TpmAlg::ECC | TpmAlg::KEYEDHASH) {
            return Err(Rc::KEY.at(Self::key_handle));
        }
        if key.has(TpmaObject::X509_SIGN) {
            return Err(Rc::ATTRIBUTES.at(Self::key_handle));
        }
        let scheme = select_scheme(&key, self.in_scheme).ok_or(Rc::SCHEME.at(Self::in_scheme))?;
        let alg = scheme_hash(&scheme).ok_or(Rc::SCHEME.at(Self::in_scheme))?;
        // A restricted key signs only what this TPM has hashed and found not to be an attestation.
        if key.has(TpmaObject::RESTRICTED) || !self.validation.digest.is_empty() {
            let expected = cx.state.hashcheck(cx.crypto, self.validation.hierarchy, alg, &self.digest);
            let null = self.validation.hierarchy.0 == <TpmiRhHierarchy as Nullable>::NULL
                && self.validation.digest.is_empty();
            if null || !ct_eq(&expected.digest, &self.validation.digest) {
                return Err(Rc::TICKET.at(Self::validation));
            }
        }
        if self.digest.len() != hash(alg)?.digest_size() {
            return Err(Rc::SIZE.at(Self::digest));
        }
        Ok(SignReply { signature: sign(cx, &key, scheme, &self.digest)? })
    }
}
