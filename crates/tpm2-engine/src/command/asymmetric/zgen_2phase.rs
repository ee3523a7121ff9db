use crate::context::{Action, Context};
use crate::crypt::failed;
use crate::objects::keys;
use tpm2_crypto::Exchange;
use tpm2_wire::{
    Rc, Sized2b, TpmaObject, TpmiEccKeyExchange, TpmsEccPoint, TpmtEccScheme, ZGen2Phase, ZGen2PhaseReply,
};

/// The exchange of a key's own scheme; `None` for one that is for something else.
fn of_key(scheme: TpmtEccScheme) -> Option<TpmiEccKeyExchange> {
    match scheme {
        TpmtEccScheme::Ecdh(_) => Some(TpmiEccKeyExchange::Ecdh),
        TpmtEccScheme::Ecmqv(_) => Some(TpmiEccKeyExchange::Ecmqv),
        TpmtEccScheme::Sm2(_) => Some(TpmiEccKeyExchange::Sm2),
        _ => None,
    }
}

/// Part 3, 14.7. A result at infinity, which the other party can bring about, is an empty point.
impl Action for ZGen2Phase {
    fn run(self, cx: &mut Context<'_>) -> Result<ZGen2PhaseReply, Rc> {
        let key = cx.object(self.key_a, Rc::KEY, Self::key_a)?;
        let (parms, curve, _) = keys::ecc_public(&key.public).ok_or(Rc::KEY.at(Self::key_a))?;
        if key.has(TpmaObject::RESTRICTED) || !key.has(TpmaObject::DECRYPT) {
            return Err(Rc::ATTRIBUTES.at(Self::key_a));
        }
        if parms.scheme.is_some_and(|scheme| of_key(scheme) != Some(self.in_scheme)) {
            return Err(Rc::SCHEME.at(Self::in_scheme));
        }
        let (q_static, q_ephemeral) =
            (keys::point(curve, &self.in_qs_b.0), keys::point(curve, &self.in_qe_b.0));
        if !cx.crypto.ec_on_curve(curve, &q_static) {
            return Err(Rc::ECC_POINT.at(Self::in_qs_b));
        }
        if !cx.crypto.ec_on_curve(curve, &q_ephemeral) {
            return Err(Rc::ECC_POINT.at(Self::in_qe_b));
        }
        let d_ephemeral =
            cx.recover_commitment(curve, &[], self.counter).map_err(|rc| rc.at(Self::counter))?;
        let sensitive = key.sensitive.as_ref().ok_or(Rc::KEY.at(Self::key_a))?;
        let d_static = sensitive.sensitive.bytes();

        let exchange =
            Exchange { d_static, d_ephemeral: &d_ephemeral, q_static: &q_static, q_ephemeral: &q_ephemeral };
        let (z1, z2) = match self.in_scheme {
            TpmiEccKeyExchange::Ecdh => {
                let zs = cx.crypto.ec_mul(curve, &q_static, d_static).map_err(failed)?;
                let ze = cx.crypto.ec_mul(curve, &q_ephemeral, &d_ephemeral).map_err(failed)?;
                (Some(zs), Some(ze))
            }
            TpmiEccKeyExchange::Ecmqv => (cx.crypto.ecmqv(curve, exchange).map_err(failed)?, None),
            TpmiEccKeyExchange::Sm2 => (cx.crypto.sm2_exchange(curve, exchange).map_err(failed)?, None),
        };
        cx.state.reset.commits.end(self.counter);
        let point = |z: Option<_>| Sized2b(z.map_or_else(TpmsEccPoint::default, keys::wire_point));
        Ok(ZGen2PhaseReply { out_z1: point(z1), out_z2: point(z2) })
    }
}
