use crate::context::{Action, Context};
use tpm2_wire::{Rc, Reader, SetCapability, SetCapabilityReply, Wire};

/// Part 3, 30.4. The registry has no capability that a TPM must let set, and this one has none of its own: what is
/// asked for is read, and refused.
impl Action for SetCapability {
    fn run(self, cx: &mut Context<'_>) -> Result<SetCapabilityReply, Rc> {
        let data = &self.set_capability_data;
        if data.is_empty() {
            return Err(Rc::SIZE.at(Self::set_capability_data));
        }
        u32::read(&mut Reader::new(data, &cx.profile.accept)).map_err(|rc| rc.at(Self::set_capability_data))?;
        Err(Rc::VALUE.at(Self::set_capability_data))
    }
}
