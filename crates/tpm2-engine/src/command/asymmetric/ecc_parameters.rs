use crate::context::{Action, Context};
use crate::objects::keys;
use tpm2_wire::{Buffer, EccParameters, EccParametersReply, Rc, TpmsAlgorithmDetailEcc};

/// Part 3, 14.6.
impl Action for EccParameters {
    fn run(self, _: &mut Context<'_>) -> Result<EccParametersReply, Rc> {
        let curve = keys::curve(self.curve_id).map_err(|_| Rc::VALUE.at(Self::curve_id))?;
        let p = curve.params();
        let parameters = TpmsAlgorithmDetailEcc {
            curve_id: self.curve_id,
            key_size: curve.bits(),
            kdf: None,
            sign: None,
            p: Buffer(p.p.to_vec()),
            a: Buffer(p.a.to_vec()),
            b: Buffer(p.b.to_vec()),
            g_x: Buffer(p.gx.to_vec()),
            g_y: Buffer(p.gy.to_vec()),
            n: Buffer(p.n.to_vec()),
            h: Buffer(p.h.to_vec()),
        };
        Ok(EccParametersReply { parameters })
    }
}
