use crate::context::{Action, Context};
use crate::objects::keys;
use tpm2_wire::{EcEphemeral, EcEphemeralReply, Rc, Sized2b};

/// Part 3, 19.3.
impl Action for EcEphemeral {
    fn run(self, cx: &mut Context<'_>) -> Result<EcEphemeralReply, Rc> {
        let curve = keys::curve(self.curve_id).map_err(|rc| rc.at(Self::curve_id))?;
        let (_, q) = cx.commitment(curve, &[])?;
        let counter = cx.state.reset.commits.commit();
        Ok(EcEphemeralReply { q: Sized2b(keys::wire_point(q)), counter })
    }
}
