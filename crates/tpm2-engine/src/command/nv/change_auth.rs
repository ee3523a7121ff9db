use crate::context::{Action, Context};
use crate::crypt::{hash, strip};
use tpm2_wire::{NvChangeAuth, NvChangeAuthReply, Rc};

/// Part 3, 31.15.
impl Action for NvChangeAuth {
    fn run(self, cx: &mut Context<'_>) -> Result<NvChangeAuthReply, Rc> {
        let index = cx.state.index(self.nv_index.0, Self::nv_index)?;
        let auth = strip(&self.new_auth);
        if auth.len() > hash(index.public.name_alg)?.digest_size() {
            return Err(Rc::SIZE.at(Self::new_auth));
        }
        cx.state.change_index_durably(self.nv_index.0, |index| index.auth = auth);
        Ok(NvChangeAuthReply {})
    }
}
