use crate::context::{Action, Context};
use crate::crypt::{qualified_name, strip};
use crate::objects::protect::to_private;
use tpm2_wire::{ObjectChangeAuth, ObjectChangeAuthReply, Rc};

/// Part 3, 12.8: the new value is in the private area that is returned, not in the object that is loaded.
impl Action for ObjectChangeAuth {
    fn run(self, cx: &mut Context<'_>) -> Result<ObjectChangeAuthReply, Rc> {
        let object = cx.object(self.object_handle, Rc::TYPE, Self::object_handle)?;
        let parent = cx.object(self.parent_handle, Rc::TYPE, Self::parent_handle)?;
        let alg = object.public.name_alg.ok_or(Rc::TYPE.at(Self::object_handle))?;
        let auth = strip(&self.new_auth);
        if auth.len() > alg.digest_size() {
            return Err(Rc::SIZE.at(Self::new_auth));
        }
        let expected = qualified_name(cx.crypto, alg, &parent.qualified_name, &object.name)?;
        if object.external || expected != object.qualified_name || !parent.is_parent() {
            return Err(Rc::TYPE.at(Self::parent_handle));
        }
        let mut sensitive = object.sensitive.clone().ok_or(Rc::TYPE.at(Self::object_handle))?;
        sensitive.auth_value = auth;
        let out_private = to_private(cx.crypto, cx.rng, &parent, &object.name, alg, &sensitive)?;
        Ok(ObjectChangeAuthReply { out_private })
    }
}
