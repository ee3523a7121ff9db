use crate::context::{Action, Context};
use tpm2_wire::{Rc, ReadPublic, ReadPublicReply, Sized2b};

/// Part 3, 12.4.
impl Action for ReadPublic {
    fn run(self, cx: &mut Context<'_>) -> Result<ReadPublicReply, Rc> {
        let object = cx.object(self.object_handle, Rc::SEQUENCE, Self::object_handle)?;
        Ok(ReadPublicReply {
            out_public: Sized2b(object.public.clone()),
            name: object.name.clone(),
            qualified_name: object.qualified_name.clone(),
        })
    }
}
