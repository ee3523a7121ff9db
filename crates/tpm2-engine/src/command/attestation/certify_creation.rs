use super::support::Signer;
use crate::context::{Action, Context};
use crate::objects::creation_ticket;
use tpm2_crypto::ct_eq;
use tpm2_wire::{CertifyCreation, CertifyCreationReply, Rc, TpmsCreationInfo, TpmuAttest};

/// Part 3, 18.3.
impl Action for CertifyCreation {
    fn run(self, cx: &mut Context<'_>) -> Result<CertifyCreationReply, Rc> {
        let signer = Signer::new(cx, self.sign_handle, self.in_scheme, Self::sign_handle, Self::in_scheme)?;
        let object = cx.object(self.object_handle, Rc::SEQUENCE, Self::object_handle)?;
        let expected = creation_ticket(cx, self.creation_ticket.hierarchy.0, &object.name, &self.creation_hash);
        if !ct_eq(&expected.digest, &self.creation_ticket.digest) {
            return Err(Rc::TICKET.at(Self::creation_ticket));
        }
        let info = TpmsCreationInfo { object_name: object.name.clone(), creation_hash: self.creation_hash };
        let (certify_info, signature) = signer.attest(cx, self.qualifying_data, TpmuAttest::Creation(info))?;
        Ok(CertifyCreationReply { certify_info, signature })
    }
}
