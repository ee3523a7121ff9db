use crate::context::{Action, Context};
use crate::crypt::failed;
use crate::objects::keys;
use tpm2_wire::{EcdhKeyGen, EcdhKeyGenReply, Rc, Sized2b};

/// Part 3, 14.4.
impl Action for EcdhKeyGen {
    fn run(self, cx: &mut Context<'_>) -> Result<EcdhKeyGenReply, Rc> {
        let key = cx.object(self.key_handle, Rc::KEY, Self::key_handle)?;
        let (_, curve, q) = keys::ecc_public(&key.public).ok_or(Rc::KEY.at(Self::key_handle))?;
        let (d, ephemeral) = cx.crypto.ec_generate(cx.rng, curve).map_err(failed)?;
        // A public key that is not on its curve ends here; the reference looped for ever (CVE-2023-36717).
        let z = cx.crypto.ec_mul(curve, &q, &d).map_err(|_| Rc::KEY.at(Self::key_handle))?;
        Ok(EcdhKeyGenReply {
            z_point: Sized2b(keys::wire_point(z)),
            pub_point: Sized2b(keys::wire_point(ephemeral)),
        })
    }
}
