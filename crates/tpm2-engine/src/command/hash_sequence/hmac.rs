//! TPM2_HMAC (Part 3, 15.5), and which key and hash it and HMAC sequences use.
use crate::context::{Action, Context};
use crate::crypt::{digest_2b, hash};
use crate::state::object::Object;
use alloc::sync::Arc;
use tpm2_wire::{
    At, Hmac, HmacReply, Rc, TpmAlg, TpmaObject, TpmiAlgHash, TpmiDhObject, TpmtKeyedhashScheme, TpmtPublicParms,
};

impl Action for Hmac {
    fn run(self, cx: &mut Context<'_>) -> Result<HmacReply, Rc> {
        let (key, alg) = key(cx, self.handle, self.hash_alg, Self::handle, Self::hash_alg)?;
        let secret = key.sensitive.as_ref().ok_or(Rc::KEY.at(Self::handle))?;
        let hmac = cx.crypto.hmac(hash(alg)?, secret.sensitive.bytes(), &[&self.buffer]);
        Ok(HmacReply { out_hmac: digest_2b(&hmac) })
    }
}

/// The HMAC key of a handle and the hash to use: the key's, or, where it leaves it open, the caller's.
pub(super) fn key(
    cx: &Context<'_>,
    handle: TpmiDhObject,
    asked: Option<TpmiAlgHash>,
    handle_at: At,
    hash_at: At,
) -> Result<(Arc<Object>, TpmiAlgHash), Rc> {
    let object = cx.object(handle, Rc::TYPE, handle_at)?;
    let TpmtPublicParms::Keyedhash(scheme) = &object.public.parameters else { return Err(Rc::TYPE.at(handle_at)) };
    debug_assert_eq!(object.public.kind(), TpmAlg::KEYEDHASH);
    if object.has(TpmaObject::RESTRICTED) {
        return Err(Rc::ATTRIBUTES.at(handle_at));
    }
    if !object.has(TpmaObject::SIGN) {
        return Err(Rc::KEY.at(handle_at));
    }
    let own = match scheme {
        Some(TpmtKeyedhashScheme::Hmac(alg)) => Some(*alg),
        None => None,
        Some(_) => return Err(Rc::TYPE.at(handle_at)),
    };
    let alg = match (own, asked) {
        (Some(own), Some(asked)) if own != asked => return Err(Rc::VALUE.at(hash_at)),
        (own, asked) => own.or(asked).ok_or(Rc::VALUE.at(hash_at))?,
    };
    Ok((object, alg))
}
