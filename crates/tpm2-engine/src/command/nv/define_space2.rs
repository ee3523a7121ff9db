use super::define_space::{Blame, define};
use crate::context::{Action, Context};
use tpm2_wire::{NvDefineSpace2, NvDefineSpace2Reply, Rc, TpmtNvPublic2};

/// Part 3, 31.17. There is no external device: an index that is to be kept on one is refused.
impl Action for NvDefineSpace2 {
    fn run(self, cx: &mut Context<'_>) -> Result<NvDefineSpace2Reply, Rc> {
        let TpmtNvPublic2::Index(public) = self.public_info.0 else {
            return Err(Rc::HANDLE.at(Self::public_info));
        };
        let blame = Blame { handle: Self::auth_handle, auth: Self::auth, public: Self::public_info };
        define(cx, self.auth_handle, &self.auth, public, &blame)?;
        Ok(NvDefineSpace2Reply {})
    }
}
