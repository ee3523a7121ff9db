//! What all attestations have in common (Part 3, 18.1).
use crate::command::signing::{Scheme, digest_hash, scheme_hash, select_scheme, sign_digest, sign_message};
use crate::context::Context;
use crate::crypt::{CONTEXT_HASH, hash};
use crate::state::limited::base;
use crate::state::object::Object;
use alloc::sync::Arc;
use tpm2_wire::{
    At, Buffer, Rc, Tpm2bAttest, Tpm2bData, Tpm2bName, TpmAlg, TpmRh, TpmaObject, TpmiAlgHash, TpmiDhObject,
    TpmsAttest, TpmtSigScheme, TpmtSignature, TpmuAttest, to_vec,
};

/// Who signs, and how.
pub(super) struct Signer {
    key: Option<Arc<Object>>,
    /// The scheme to sign with; without a key, what the caller asked for.
    scheme: Option<TpmtSigScheme>,
}

pub(super) use crate::command::capability::firmware_version;

impl Signer {
    /// The key of a handle, if it may sign attestations; without a key the attestation is not signed.
    pub(super) fn new(
        cx: &Context<'_>,
        handle: Option<TpmiDhObject>,
        scheme: Option<TpmtSigScheme>,
        handle_at: At,
        scheme_at: At,
    ) -> Result<Signer, Rc> {
        let Some(handle) = handle else { return Ok(Signer { key: None, scheme }) };
        let key = cx.object(handle, Rc::KEY, handle_at)?;
        if !key.has(TpmaObject::SIGN) || key.public.kind() == TpmAlg::SYMCIPHER {
            return Err(Rc::KEY.at(handle_at));
        }
        let scheme = select_scheme(&key, scheme).ok_or(Rc::SCHEME.at(scheme_at))?;
        Ok(Signer { key: Some(key), scheme: Some(scheme) })
    }
    /// The hash of what is attested: the scheme's, or for a scheme without one that of the key's Name (errata 2.6
    /// and 2.7).
    pub(super) fn hash(&self) -> Option<TpmiAlgHash> {
        let scheme = self.scheme.as_ref()?;
        match &self.key {
            Some(key) => digest_hash(key, scheme).or(key.public.name_alg),
            None => scheme_hash(scheme),
        }
    }
    /// The key and its scheme, where a key is needed.
    pub(super) fn parts(self) -> Option<(Arc<Object>, TpmtSigScheme)> {
        Some((self.key?, self.scheme?))
    }
    /// The attestation and its signature.
    pub(super) fn attest(
        self,
        cx: &mut Context<'_>,
        extra_data: Tpm2bData,
        attested: TpmuAttest,
    ) -> Result<(Tpm2bAttest, Option<TpmtSignature>), Rc> {
        let mut clock_info = cx.state.clock_info();
        let mut firmware_version = firmware_version(cx.profile);
        let (mut extra_data, mut apart) = (extra_data, Tpm2bData::default());
        let (qualified_signer, hierarchy) = match &self.key {
            // An anonymous attestation does not name its signer; the caller's data is signed beside it.
            Some(key) if matches!(self.scheme, Some(TpmtSigScheme::Ecdaa(_))) => {
                apart = core::mem::take(&mut extra_data);
                (Tpm2bName::default(), key.hierarchy)
            }
            Some(key) => (key.qualified_name.clone(), key.hierarchy),
            None => (Tpm2bName::from(&TpmRh::NULL.to_be_bytes()[..]), TpmRh::NULL),
        };
        // A key that is not the platform's or the endorsement hierarchy's must not tell TPMs apart, and nor must the
        // absence of one (Part 1, 33.7): counters and version are shifted by values of its own.
        if !matches!(base(hierarchy), TpmRh::ENDORSEMENT | TpmRh::PLATFORM) {
            let proof = cx.state.proof(cx.crypto, TpmRh::OWNER);
            let shift = cx.crypto.kdfa(CONTEXT_HASH, &proof, b"OBFUSCATE", &qualified_signer, &[], 128);
            if let Some((version, [a, b, c, d, e, f, g, h])) = shift.split_first_chunk::<8>() {
                // The order of the bytes is that of the implementations in the field (little-endian machines), so
                // that a TPM that moves between them shows the same.
                firmware_version = firmware_version.wrapping_add(u64::from_le_bytes(*version));
                clock_info.restart_count =
                    clock_info.restart_count.wrapping_add(u32::from_le_bytes([*a, *b, *c, *d]));
                clock_info.reset_count =
                    clock_info.reset_count.wrapping_add(u32::from_le_bytes([*e, *f, *g, *h]));
            }
        }
        let attest = TpmsAttest { qualified_signer, extra_data, clock_info, firmware_version, attested };
        let bytes = to_vec(&attest);
        let signature = match (&self.key, self.scheme) {
            (Some(key), Some(scheme)) if !apart.is_empty() => {
                let alg = hash(self.hash().ok_or(Rc::SCHEME)?)?;
                let digest = cx.crypto.digest(alg, &[&apart, &cx.crypto.digest(alg, &[&bytes])]);
                Some(sign_digest(cx, key, &Scheme { scheme, context: &[] }, &digest)?)
            }
            (Some(key), Some(scheme)) => Some(sign_message(cx, key, &Scheme { scheme, context: &[] }, &bytes)?),
            _ => None,
        };
        Ok((Buffer(bytes), signature))
    }
}
