use crate::context::{Action, Context};
use alloc::sync::Arc;
use tpm2_wire::{Command, Flag, PpCommands, PpCommandsReply, Rc};

/// Part 3, 26.2. Codes of commands that are not there, or that physical presence is never asked for, count for
/// nothing; so does clearing this command itself, which always asks.
impl Action for PpCommands {
    fn run(self, cx: &mut Context<'_>) -> Result<PpCommandsReply, Rc> {
        let before = &cx.state.persistent.platform.presence;
        let commands = cx.profile.shapes().filter(|shape| shape.is(Flag::pp)).map(|shape| shape.code);
        let asked = |code: &u32| before.contains(code) || self.set_list.contains(code);
        let after = commands
            .filter(|code| *code != Self::SHAPE.code && asked(code) && !self.clear_list.contains(code))
            .collect();
        if *before != after {
            Arc::make_mut(&mut cx.state.persistent.platform).presence = after;
        }
        Ok(PpCommandsReply {})
    }
}
