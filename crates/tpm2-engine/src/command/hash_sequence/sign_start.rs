//! TPM2_SignSequenceStart (Part 3, 17.5) and TPM2_VerifySequenceStart (17.6), and what completes their sequences.
use super::start::load;
use crate::command::signing::Scheme;
use crate::context::{Action, Context};
use crate::crypt::{CONTEXT_HASH, digest_2b, hash};
use crate::objects::keys;
use crate::state::object::{Loaded, Object};
use crate::state::sequence::{Fed, Kind, Signing};
use alloc::sync::Arc;
use tpm2_wire::{
    At, Buffer, Rc, SignSequenceStart, SignSequenceStartReply, Tpm2bDigest, Tpm2bSignatureCtx, TpmRh, TpmSt,
    TpmaObject, TpmiDhObject, TpmtSigScheme, VerifySequenceStart, VerifySequenceStartReply, to_vec,
};

impl Action for SignSequenceStart {
    fn run(self, cx: &mut Context<'_>) -> Result<SignSequenceStartReply, Rc> {
        let key = signing_key(cx, self.key_handle, Self::key_handle)?;
        // Errata 2.2 lets this be found out early.
        if key.has(TpmaObject::X509_SIGN) {
            return Err(Rc::ATTRIBUTES.at(Self::key_handle));
        }
        let signing = start(cx, &key, self.context, false, Self::key_handle, Self::context)?;
        Ok(SignSequenceStartReply { sequence_handle: load(cx, &self.auth, Kind::Signing(signing))? })
    }
}

impl Action for VerifySequenceStart {
    fn run(self, cx: &mut Context<'_>) -> Result<VerifySequenceStartReply, Rc> {
        let key = signing_key(cx, self.key_handle, Self::key_handle)?;
        if !self.hint.is_empty() {
            return Err(Rc::SIZE.at(Self::hint));
        }
        let signing = start(cx, &key, self.context, true, Self::key_handle, Self::context)?;
        Ok(VerifySequenceStartReply { sequence_handle: load(cx, &self.auth, Kind::Signing(signing))? })
    }
}

fn signing_key(cx: &Context<'_>, handle: TpmiDhObject, at: At) -> Result<Arc<Object>, Rc> {
    cx.object(handle, Rc::KEY, at).and_then(|key| if key.has(TpmaObject::SIGN) { Ok(key) } else { Err(Rc::KEY.at(at)) })
}

/// A sequence of the key's own scheme.
fn start(
    cx: &Context<'_>,
    key: &Object,
    context: Tpm2bSignatureCtx,
    verify: bool,
    key_at: At,
    context_at: At,
) -> Result<Signing, Rc> {
    let scheme = Scheme::of(key).ok_or(Rc::SCHEME.at(key_at))?;
    let scheme = scheme.with(&context).ok_or(Rc::SIZE.at(context_at))?;
    let fed = match scheme.scheme {
        TpmtSigScheme::Hmac(alg) => {
            // A restricted key signs digests that come with a ticket, which a sequence has no place for.
            if key.has(TpmaObject::RESTRICTED) && !verify {
                return Err(Rc::ATTRIBUTES.at(key_at));
            }
            let secret = key.sensitive.as_ref().ok_or(Rc::KEY.at(key_at))?;
            Fed::Hmac(cx.crypto.hmac_state(hash(alg)?, secret.sensitive.bytes()))
        }
        TpmtSigScheme::Mldsa => {
            let (_, public) = keys::mldsa_public(&key.public).ok_or(Rc::SCHEME.at(key_at))?;
            Fed::Digest(cx.crypto.mldsa_mu(public, &context).map_err(|_| Rc::SIZE.at(context_at))?)
        }
        TpmtSigScheme::Sm2(alg) => {
            let (_, curve, q) = keys::ecc_public(&key.public).ok_or(Rc::SCHEME.at(key_at))?;
            let alg = hash(alg)?;
            let mut hasher = cx.crypto.hasher(alg);
            hasher.update(&cx.crypto.sm2_z(curve, alg, &q, &context).map_err(|_| Rc::KEY.at(key_at))?);
            Fed::Digest(hasher)
        }
        _ => Fed::Digest(cx.crypto.hasher(hash(scheme.hash(key).ok_or(Rc::SCHEME.at(key_at))?)?)),
    };
    // The ticket of a verified message is an HMAC of the message, so it grows with it.
    let has_ticket = verify && key.hierarchy != TpmRh::NULL && key.public.name_alg.is_some();
    let ticket = has_ticket.then(|| {
        let mut ticket = cx.crypto.hmac_state(CONTEXT_HASH, &cx.state.proof(cx.crypto, key.hierarchy));
        ticket.update(&TpmSt::MESSAGE_VERIFIED.to_be_bytes());
        ticket
    });
    let key = identity(cx, key);
    Ok(Signing { verify, key, context, fed, head: Buffer::default(), updated: false, ticket })
}

/// What tells a key from all others: its public area, and the hierarchy that it is in.
fn identity(cx: &Context<'_>, key: &Object) -> Tpm2bDigest {
    digest_2b(&cx.crypto.digest(CONTEXT_HASH, &[&to_vec(&key.public), &key.hierarchy.to_be_bytes()]))
}
impl Signing {
    /// `TPM_RC_SIGN_CONTEXT_KEY` unless the sequence was started with this key.
    pub(crate) fn check_key(&self, cx: &Context<'_>, key: &Object) -> Result<(), Rc> {
        if self.key == identity(cx, key) { Ok(()) } else { Err(Rc::SIGN_CONTEXT_KEY) }
    }
}

/// The sequence of a handle, to be completed. `TPM_RC_MODE` for one of another purpose.
pub(crate) fn signing(cx: &Context<'_>, handle: TpmiDhObject, verify: bool, at: At) -> Result<Signing, Rc> {
    match cx.state.volatile.objects.get(&handle.0) {
        Some(Loaded::Sequence(sequence)) => match &sequence.kind {
            Kind::Signing(signing) if signing.verify == verify => Ok(signing.clone()),
            _ => Err(Rc::MODE.at(at)),
        },
        _ => Err(Rc::MODE.at(at)),
    }
}
