//! TPM2_MAC (Part 3, 15.6), and which key and algorithm it and MAC sequences use.
use crate::context::{Action, Context};
use crate::crypt::{cipher, digest_2b, hash};
use crate::state::sequence::Kind;
use tpm2_wire::{
    At, Mac, MacReply, Rc, TpmaObject, TpmiAlgHash, TpmiAlgMacScheme, TpmiAlgSymMode, TpmiDhObject,
    TpmtKeyedhashScheme, TpmtPublicParms,
};

impl Action for Mac {
    fn run(self, cx: &mut Context<'_>) -> Result<MacReply, Rc> {
        let code = match start(cx, self.handle, self.in_scheme, Self::handle, Self::in_scheme)? {
            Kind::Hmac(mut hmac) => {
                hmac.update(&self.buffer);
                hmac.finish()
            }
            Kind::Cmac(mut cmac) => {
                cmac.update(&self.buffer);
                cmac.finish()
            }
            _ => return Err(Rc::FAILURE),
        };
        Ok(MacReply { out_mac: digest_2b(&code) })
    }
}

/// Starts a MAC with the key of a handle: an HMAC or a CMAC. The algorithm is the key's, or, where it leaves it
/// open, the caller's.
pub(in super::super) fn start(
    cx: &Context<'_>,
    handle: TpmiDhObject,
    asked: Option<TpmiAlgMacScheme>,
    handle_at: At,
    scheme_at: At,
) -> Result<Kind, Rc> {
    let object = cx.object(handle, Rc::TYPE, handle_at)?;
    let own = match &object.public.parameters {
        TpmtPublicParms::Keyedhash(None) => None,
        TpmtPublicParms::Keyedhash(Some(TpmtKeyedhashScheme::Hmac(alg))) => Some(alg.id()),
        TpmtPublicParms::Keyedhash(Some(TpmtKeyedhashScheme::Xor(xor))) => Some(xor.hash_alg.id()),
        TpmtPublicParms::Symcipher(symmetric) => symmetric.mode.map(TpmiAlgSymMode::id),
        _ => return Err(Rc::TYPE.at(handle_at)),
    };
    let alg = match (own, asked.map(TpmiAlgMacScheme::id)) {
        (Some(own), Some(asked)) if own != asked => return Err(Rc::VALUE.at(scheme_at)),
        (own, asked) => own.or(asked).ok_or(Rc::VALUE.at(scheme_at))?,
    };
    // A mode that encrypts is no MAC, a hash none of a cipher, and CMAC none of a hash: that is the key's fault or,
    // where the caller chose, the caller's.
    let unfit = if own.is_some() { Rc::SCHEME } else { Rc::VALUE };
    let symmetric = match &object.public.parameters {
        TpmtPublicParms::Symcipher(symmetric) if alg == TpmiAlgSymMode::Cmac.id() => Some(symmetric),
        TpmtPublicParms::Keyedhash(_) if TpmiAlgHash::from_id(alg).is_some() => None,
        _ => return Err(unfit.at(scheme_at)),
    };
    if object.has(TpmaObject::RESTRICTED) {
        return Err(Rc::ATTRIBUTES.at(handle_at));
    }
    if !object.has(TpmaObject::SIGN) {
        return Err(Rc::KEY.at(handle_at));
    }
    let secret = object.sensitive.as_ref().ok_or(Rc::KEY.at(handle_at))?.sensitive.bytes();
    match symmetric {
        Some(symmetric) => {
            let state = cx.crypto.cmac_state(cipher(symmetric)?, secret);
            state.map(Kind::Cmac).map_err(|_| Rc::KEY.at(handle_at))
        }
        None => {
            let alg = TpmiAlgHash::from_id(alg).ok_or(unfit.at(scheme_at))?;
            Ok(Kind::Hmac(cx.crypto.hmac_state(hash(alg)?, secret)))
        }
    }
}
