//! TPM2_GetSessionAuditDigest (Part 3, 18.5) and TPM2_GetCommandAuditDigest (18.6).
use super::support::Signer;
use crate::context::{Action, Context};
use crate::crypt::{digest_2b, hash};
use alloc::vec::Vec;
use tpm2_wire::{
    GetCommandAuditDigest, GetCommandAuditDigestReply, GetSessionAuditDigest, GetSessionAuditDigestReply, Rc,
    TpmiYesNo, TpmsCommandAuditInfo, TpmsSessionAuditInfo, TpmuAttest,
};

impl Action for GetSessionAuditDigest {
    fn run(self, cx: &mut Context<'_>) -> Result<GetSessionAuditDigestReply, Rc> {
        let signer = Signer::new(cx, self.sign_handle, self.in_scheme, Self::sign_handle, Self::in_scheme)?;
        let handle = self.session_handle.0;
        let session = cx.state.session(handle).ok_or(Rc::HANDLE.at(Self::session_handle))?;
        let session_digest = session.audit.clone().ok_or(Rc::TYPE.at(Self::session_handle))?;
        let exclusive = cx.state.volatile.exclusive_audit == Some(handle);
        let info = TpmsSessionAuditInfo { exclusive_session: TpmiYesNo::from(exclusive), session_digest };
        let (audit_info, signature) = signer.attest(cx, self.qualifying_data, TpmuAttest::SessionAudit(info))?;
        Ok(GetSessionAuditDigestReply { audit_info, signature })
    }
}

impl Action for GetCommandAuditDigest {
    fn run(self, cx: &mut Context<'_>) -> Result<GetCommandAuditDigestReply, Rc> {
        let signer = Signer::new(cx, self.sign_handle, self.in_scheme, Self::sign_handle, Self::in_scheme)?;
        let audit = cx.state.persistent.audit.clone();
        let alg = audit.alg.ok_or(Rc::HASH)?;
        let commands: Vec<u8> = audit.commands.iter().flat_map(|code| code.to_be_bytes()).collect();
        let info = TpmsCommandAuditInfo {
            audit_counter: audit.counter,
            digest_alg: alg.id(),
            audit_digest: cx.state.reset.command_audit_digest.clone().unwrap_or_default(),
            command_digest: digest_2b(&cx.crypto.digest(hash(alg)?, &[&commands])),
        };
        let (audit_info, signature) = signer.attest(cx, self.qualifying_data, TpmuAttest::CommandAudit(info))?;
        // What was signed for need not be kept.
        if signature.is_some() {
            cx.state.reset.command_audit_digest = None;
        }
        Ok(GetCommandAuditDigestReply { audit_info, signature })
    }
}
