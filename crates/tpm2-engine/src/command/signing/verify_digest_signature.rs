use super::message::{Scheme, check_digest_scheme, digest_size, verify_digest};
use crate::context::{Action, Context};
use tpm2_wire::{
    Rc, Tpm2bDigest, TpmRh, TpmSt, TpmaObject, TpmiRhHierarchy, TpmtSigScheme, TpmtTkVerified,
    VerifyDigestSignature, VerifyDigestSignatureReply,
};

/// Part 3, 20.4.
impl Action for VerifyDigestSignature {
    fn run(self, cx: &mut Context<'_>) -> Result<VerifyDigestSignatureReply, Rc> {
        let key = cx.object(self.key_handle, Rc::KEY, Self::key_handle)?;
        if !key.has(TpmaObject::SIGN) {
            return Err(Rc::KEY.at(Self::key_handle));
        }
        let scheme = Scheme::of(&key).ok_or(Rc::SCHEME.at(Self::signature))?;
        check_digest_scheme(&key, &scheme.scheme).map_err(|rc| rc.at(Self::key_handle))?;
        let mu = scheme.scheme == TpmtSigScheme::Mldsa;
        let scheme = scheme.with_digest(&self.context).ok_or(Rc::SIZE.at(Self::context))?;
        if !scheme.made(&key, &self.signature) {
            return Err(Rc::SCHEME.at(Self::signature));
        }
        if self.digest.len() != digest_size(&key, &scheme)? {
            return Err(Rc::SIZE.at(Self::digest));
        }
        verify_digest(cx, &key, scheme.context, &self.digest, &self.signature)
            .map_err(|rc| rc.at(Self::signature))?;
        // A representative is of no use to the one command that takes tickets: it gets a null one (errata 2.5).
        let null = mu || key.hierarchy == TpmRh::NULL || key.public.name_alg.is_none();
        let hierarchy = TpmiRhHierarchy(if null { TpmRh::NULL } else { key.hierarchy });
        let metadata = scheme.hash(&key).filter(|_| !null);
        let mut validation =
            TpmtTkVerified { tag: TpmSt::DIGEST_VERIFIED, hierarchy, metadata, hmac: Tpm2bDigest::default() };
        if !null {
            validation.hmac = cx.state.verified(cx.crypto, &validation, &self.digest, &key.name);
        }
        Ok(VerifyDigestSignatureReply { validation })
    }
}
