use super::support::Signer;
use crate::context::{Action, Context};
use tpm2_wire::{Certify, CertifyReply, Rc, TpmsCertifyInfo, TpmuAttest};

/// Part 3, 18.2.
impl Action for Certify {
    fn run(self, cx: &mut Context<'_>) -> Result<CertifyReply, Rc> {
        let object = cx.object(self.object_handle, Rc::SEQUENCE, Self::object_handle)?;
        let signer = Signer::new(cx, self.sign_handle, self.in_scheme, Self::sign_handle, Self::in_scheme)?;
        let info =
            TpmsCertifyInfo { name: object.name.clone(), qualified_name: object.qualified_name.clone() };
        let (certify_info, signature) = signer.attest(cx, self.qualifying_data, TpmuAttest::Certify(info))?;
        Ok(CertifyReply { certify_info, signature })
    }
}
