use crate::context::{Action, Context};
use crate::objects::keys;
use tpm2_crypto::Curve;
use tpm2_wire::{
    Buffer, EccParameters, EccParametersReply, Rc, TpmiAlgHash, TpmiAlgKdf, TpmsAlgorithmDetailEcc, TpmtKdfScheme,
};

/// Part 3, 14.6.
impl Action for EccParameters {
    fn run(self, _: &mut Context<'_>) -> Result<EccParametersReply, Rc> {
        let curve = keys::curve(self.curve_id).map_err(|_| Rc::VALUE.at(Self::curve_id))?;
        let p = curve.params();
        let parameters = TpmsAlgorithmDetailEcc {
            curve_id: self.curve_id,
            key_size: curve.bits(),
            kdf: kdf(curve),
            sign: None,
            p: Buffer(p.p.to_vec()),
            // The curves that have none tell one byte of it, as all TPMs do.
            a: Buffer(if p.a.iter().all(|byte| *byte == 0) { [0].into() } else { p.a.to_vec() }),
            b: Buffer(p.b.to_vec()),
            g_x: Buffer(p.gx.to_vec()),
            g_y: Buffer(p.gy.to_vec()),
            n: Buffer(p.n.to_vec()),
            h: Buffer(p.h.to_vec()),
        };
        Ok(EccParametersReply { parameters })
    }
}

/// How a shared secret becomes a key, as the TCG Algorithm Registry has it for the curve (clause 6).
fn kdf(curve: Curve) -> Option<TpmtKdfScheme> {
    let hash_alg = match curve {
        Curve::P192 | Curve::P224 | Curve::P256 => TpmiAlgHash::Sha256,
        Curve::P384 => TpmiAlgHash::Sha384,
        Curve::P521 => TpmiAlgHash::Sha512,
        Curve::Sm2P256 => TpmiAlgHash::Sm3,
        Curve::BnP256 | Curve::BnP638 | Curve::Curve25519 | Curve::Curve448 => return None,
    };
    Some(TpmtKdfScheme { scheme: TpmiAlgKdf::Kdf1Sp800_56a, hash_alg })
}
