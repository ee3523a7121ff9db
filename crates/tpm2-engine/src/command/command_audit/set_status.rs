use crate::context::{Action, Context};
use alloc::sync::Arc;
use tpm2_wire::{Command, Rc, SetCommandCodeAuditStatus, SetCommandCodeAuditStatusReply, Shutdown};

/// Part 3, 21.2: changes the hash, or the list. This command is always audited and TPM2_Shutdown never is.
impl Action for SetCommandCodeAuditStatus {
    fn run(self, cx: &mut Context<'_>) -> Result<SetCommandCodeAuditStatusReply, Rc> {
        let audit = &cx.state.persistent.audit;
        if self.audit_alg.is_some() && self.audit_alg != audit.alg {
            if !self.set_list.is_empty() || !self.clear_list.is_empty() {
                return Err(Rc::VALUE.at(Self::audit_alg));
            }
            // The next audited command begins a new digest. This one, as its evidence is the change, is not audited:
            // the dispatcher sees that the hash is another than before.
            Arc::make_mut(&mut cx.state.persistent.audit).alg = self.audit_alg;
            cx.state.reset.command_audit_digest = None;
            return Ok(SetCommandCodeAuditStatusReply {});
        }
        let codes = cx.profile.shapes().map(|shape| shape.code);
        let audited = |code: &u32| {
            let asked = audit.commands.contains(code) || self.set_list.contains(code);
            *code == Self::SHAPE.code
                || *code != Shutdown::SHAPE.code && asked && !self.clear_list.contains(code)
        };
        let after = codes.filter(audited).collect();
        if audit.commands != after {
            Arc::make_mut(&mut cx.state.persistent.audit).commands = after;
        }
        Ok(SetCommandCodeAuditStatusReply {})
    }
}
