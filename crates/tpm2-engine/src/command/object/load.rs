//! TPM2_Load (Part 3, 12.2) and TPM2_LoadExternal (12.3).
use crate::context::{Action, Context};
use crate::crypt::strip;
use crate::objects::template::Above;
use crate::objects::validate::check_load;
use crate::objects::{Parent, protect};
use crate::state::object::{Loaded, Object};
use alloc::sync::Arc;
use tpm2_wire::{Load, LoadExternal, LoadExternalReply, LoadReply, Rc, Tpm2bName, TpmRh, TpmaObject, to_vec};

impl Action for Load {
    fn run(self, cx: &mut Context<'_>) -> Result<LoadReply, Rc> {
        cx.check_slot()?;
        if self.in_private.is_empty() {
            return Err(Rc::SIZE.at(Self::in_private));
        }
        let parent = cx.object(self.parent_handle, Rc::TYPE, Self::parent_handle)?;
        if !parent.is_parent() {
            return Err(Rc::TYPE.at(Self::parent_handle));
        }
        let public = self.in_public.0;
        let alg = public.name_alg.ok_or(Rc::HASH.at(Self::in_public))?;
        let name = crate::crypt::name(cx.crypto, alg, &to_vec(&public))?;
        let accept = &cx.profile.accept;
        let sensitive = protect::from_private(cx.crypto, accept, &parent, &name, &self.in_private)
            .map_err(|rc| rc.at(Self::in_private))?;
        check_load(cx.crypto, Above::Object(&parent), &public, Some(&sensitive), Self::in_public, Self::in_private)?;
        if sensitive.sensitive.tag() != public.kind() {
            return Err(Rc::TYPE.at(Self::in_private));
        }
        let object = Object::below(cx, &Parent::Object(parent), public, sensitive)?;
        let object_handle = cx.load(Loaded::Object(Arc::new(object)))?;
        Ok(LoadReply { object_handle, name })
    }
}

impl Action for LoadExternal {
    fn run(self, cx: &mut Context<'_>) -> Result<LoadExternalReply, Rc> {
        cx.check_slot()?;
        let public = self.in_public.0.0;
        cx.state.check_hierarchy_parameter(self.hierarchy.0).map_err(|rc| rc.at(Self::hierarchy))?;
        let mut sensitive = self.in_private.0;
        if let Some(sensitive) = &mut sensitive {
            // A key that others know is nobody's here.
            if self.hierarchy.0 != TpmRh::NULL {
                return Err(Rc::HIERARCHY.at(Self::hierarchy));
            }
            let own = TpmaObject::FIXED_TPM | TpmaObject::FIXED_PARENT | TpmaObject::RESTRICTED;
            if public.object_attributes.any(own) {
                return Err(Rc::ATTRIBUTES.at(Self::in_public));
            }
            sensitive.auth_value = strip(&sensitive.auth_value);
        }
        check_load(cx.crypto, Above::Nothing, &public, sensitive.as_ref(), Self::in_public, Self::in_private)?;
        let name = match public.name_alg {
            Some(alg) => crate::crypt::name(cx.crypto, alg, &to_vec(&public))?,
            None => Tpm2bName::default(),
        };
        let object = Object {
            st_clear: public.object_attributes.has(TpmaObject::ST_CLEAR),
            public,
            sensitive,
            name: name.clone(),
            qualified_name: name.clone(),
            hierarchy: self.hierarchy.0,
            primary: false,
            external: true,
        };
        let object_handle = cx.load(Loaded::Object(Arc::new(object)))?;
        Ok(LoadExternalReply { object_handle, name })
    }
}
