use super::support::Signer;
use super::x509::{Partial, public_key, serial_number, signature_algorithm, tlv};
use crate::command::signing::{scheme_hash, sign};
use crate::context::{Action, Context};
use crate::crypt::{digest_2b, hash};
use alloc::vec::Vec;
use der::Tag;
use tpm2_wire::{CertifyX509, CertifyX509Reply, Rc, Secret};

/// The version of a certificate: `[0] INTEGER 2`, which is version 3.
const VERSION: &[u8] = &[0xA0, 3, 2, 1, 2];

/// Part 3, 18.8: completes and signs a certificate of which the caller gives all but what the TPM knows.
impl Action for CertifyX509 {
    fn run(self, cx: &mut Context<'_>) -> Result<CertifyX509Reply, Rc> {
        if !self.reserved.is_empty() {
            return Err(Rc::SIZE.at(Self::reserved));
        }
        let key = Some(self.sign_handle);
        let signer = Signer::new(cx, key, self.in_scheme, Self::sign_handle, Self::in_scheme)?;
        let (signer, scheme) = signer.parts().ok_or(Rc::KEY.at(Self::sign_handle))?;
        let object = cx.object(self.object_handle, Rc::KEY, Self::object_handle)?;
        let public_key = public_key(&object.public)?.ok_or(Rc::ASYMMETRIC.at(Self::object_handle))?;
        let partial =
            Partial::read(&self.partial_certificate).map_err(|rc| rc.at(Self::partial_certificate))?;
        let made = match partial.algorithm {
            Some(_) => None,
            None => Some(signature_algorithm(&scheme, &signer.public)?.ok_or(Rc::SCHEME.at(Self::sign_handle))?),
        };
        partial.check_extensions(&object).map_err(|rc| match rc {
            Rc::ATTRIBUTES => rc.at(Self::object_handle),
            _ => rc.at(Self::partial_certificate),
        })?;

        let algorithm = partial.algorithm.or(made.as_deref()).unwrap_or_default();
        let Partial { issuer, validity, subject, extensions, .. } = partial;
        let rest = [algorithm, issuer, validity, subject, &public_key, extensions];
        let alg = hash(scheme_hash(&scheme).ok_or(Rc::SCHEME.at(Self::in_scheme))?)?;
        let mut parts: Vec<&[u8]> = rest.to_vec();
        parts.extend([&signer.name[..], &object.name[..]]);
        let serial = serial_number(&cx.crypto.digest(alg, &parts))?;
        let mut certificate = alloc::vec![VERSION, &serial];
        certificate.extend(rest);
        let digest = cx.crypto.digest(alg, &[&tlv(Tag::Sequence, &certificate)?]);
        let added = [VERSION, &serial, made.as_deref().unwrap_or_default(), &public_key];
        let added_to_certificate = Secret::from(&tlv(Tag::Sequence, &added)?[..]);
        let signature = sign(cx, &signer, scheme, &digest)?;
        Ok(CertifyX509Reply { added_to_certificate, tbs_digest: digest_2b(&digest), signature })
    }
}
