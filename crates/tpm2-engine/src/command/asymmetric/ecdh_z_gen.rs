use crate::context::{Action, Context};
use crate::objects::keys;
use tpm2_wire::{EcdhZGen, EcdhZGenReply, Rc, Sized2b, TpmaObject, TpmtEccScheme};

/// Part 3, 14.5.
impl Action for EcdhZGen {
    fn run(self, cx: &mut Context<'_>) -> Result<EcdhZGenReply, Rc> {
        let key = cx.object(self.key_handle, Rc::KEY, Self::key_handle)?;
        let (parms, curve, _) = keys::ecc_public(&key.public).ok_or(Rc::KEY.at(Self::key_handle))?;
        if key.has(TpmaObject::RESTRICTED) || !key.has(TpmaObject::DECRYPT) {
            return Err(Rc::ATTRIBUTES.at(Self::key_handle));
        }
        if !matches!(parms.scheme, None | Some(TpmtEccScheme::Ecdh(_))) {
            return Err(Rc::SCHEME.at(Self::key_handle));
        }
        let d = key.sensitive.as_ref().ok_or(Rc::KEY.at(Self::key_handle))?;
        let z = cx
            .crypto
            .ec_mul(curve, &keys::point(curve, &self.in_point.0), d.sensitive.bytes())
            .map_err(|_| Rc::ECC_POINT.at(Self::in_point))?;
        Ok(EcdhZGenReply { out_point: Sized2b(keys::wire_point(z)) })
    }
}
