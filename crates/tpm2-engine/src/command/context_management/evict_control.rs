use crate::context::{Action, Context};
use crate::state::limited::{Limit, split};
use crate::state::object::Object;
use alloc::sync::Arc;
use tpm2_wire::{EvictControl, EvictControlReply, Rc, TpmHt, TpmRh};

/// The first persistent handle of the platform; below are the owner's (Part 2, 7.5).
const PLATFORM_PERSISTENT: u32 = 0x8180_0000;

/// Part 3, 28.5.
impl Action for EvictControl {
    fn run(self, cx: &mut Context<'_>) -> Result<EvictControlReply, Rc> {
        let object = cx.object(self.object_handle, Rc::ATTRIBUTES, Self::object_handle)?;
        let persistent = self.persistent_handle.0;
        let persists = TpmHt::of(self.object_handle.0) == TpmHt::PERSISTENT;
        // Limited hierarchies end with the firmware, and persistent objects do not.
        let limited = split(object.hierarchy).1 != Limit::None;
        if object.hierarchy == TpmRh::NULL || limited || object.st_clear || object.external && object.public_only() {
            return Err(Rc::ATTRIBUTES.at(Self::object_handle));
        }
        if persists && self.object_handle.0 != persistent {
            return Err(Rc::HANDLE.at(Self::object_handle));
        }
        let platform = self.auth.0 == TpmRh::PLATFORM;
        if platform != (object.hierarchy == TpmRh::PLATFORM) && !(platform && persists) {
            return Err(Rc::HIERARCHY.at(Self::object_handle));
        }
        if persists {
            Arc::make_mut(&mut cx.state.persistent.objects).remove(&persistent);
            return Ok(EvictControlReply {});
        }
        if platform != (persistent >= PLATFORM_PERSISTENT) {
            return Err(Rc::RANGE.at(Self::persistent_handle));
        }
        if cx.state.persistent.objects.contains_key(&persistent) {
            return Err(Rc::NV_DEFINED);
        }
        if cx.state.persistent.objects.len() >= cx.profile.persistent_objects {
            return Err(Rc::NV_SPACE);
        }
        let kept: Arc<Object> = object;
        Arc::make_mut(&mut cx.state.persistent.objects).insert(persistent, kept);
        Ok(EvictControlReply {})
    }
}
