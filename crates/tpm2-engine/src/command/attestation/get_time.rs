use super::support::{Signer, firmware_version};
use crate::context::{Action, Context};
use tpm2_wire::{GetTime, GetTimeReply, Rc, TpmsTimeAttestInfo, TpmuAttest};

/// Part 3, 18.7.
impl Action for GetTime {
    fn run(self, cx: &mut Context<'_>) -> Result<GetTimeReply, Rc> {
        let signer = Signer::new(cx, self.sign_handle, self.in_scheme, Self::sign_handle, Self::in_scheme)?;
        let info = TpmsTimeAttestInfo { time: cx.state.time_info(), firmware_version: firmware_version(cx.profile) };
        let (time_info, signature) = signer.attest(cx, self.qualifying_data, TpmuAttest::Time(info))?;
        Ok(GetTimeReply { time_info, signature })
    }
}
