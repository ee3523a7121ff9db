use crate::context::{Action, Context};
use crate::crypt::{cipher, hash};
use crate::objects::protect::{Protector, inner_key_size, parse_sensitive, to_private, unwrap_inner};
use crate::objects::secret::{Label, recover};
use crate::objects::template::Above;
use crate::objects::validate::check_load;
use tpm2_wire::{Import, ImportReply, Rc, TpmaObject, to_vec};
use zeroize::Zeroizing;

/// Part 3, 13.3.
impl Action for Import {
    fn run(self, cx: &mut Context<'_>) -> Result<ImportReply, Rc> {
        let public = &self.object_public.0;
        if public.object_attributes.any(TpmaObject::FIXED_TPM | TpmaObject::FIXED_PARENT) {
            return Err(Rc::ATTRIBUTES.at(Self::object_public));
        }
        let parent = cx.object(self.parent_handle, Rc::TYPE, Self::parent_handle)?;
        if !parent.is_parent() {
            return Err(Rc::TYPE.at(Self::parent_handle));
        }
        let inner = match self.symmetric_alg {
            Some(symmetric) if self.encryption_key.len() != inner_key_size(symmetric) => {
                return Err(Rc::SIZE.at(Self::encryption_key));
            }
            None if !self.encryption_key.is_empty() => return Err(Rc::SIZE.at(Self::encryption_key)),
            inner => inner,
        };
        let encrypted = public.object_attributes.has(TpmaObject::ENCRYPTED_DUPLICATION);
        if encrypted && inner.is_none() {
            return Err(Rc::ATTRIBUTES.at(Self::encryption_key));
        }
        let alg = public.name_alg.ok_or(Rc::HASH.at(Self::object_public))?;
        let name = crate::crypt::name(cx.crypto, alg, &to_vec(public))?;
        let mut body = if self.in_sym_seed.is_empty() {
            if encrypted {
                return Err(Rc::ATTRIBUTES.at(Self::in_sym_seed));
            }
            Zeroizing::new(self.duplicate.0.clone())
        } else {
            if !parent.has_labeled_kem() {
                return Err(Rc::TYPE.at(Self::parent_handle));
            }
            let seed = recover(cx, &parent, Label::Duplicate, &self.in_sym_seed).map_err(|rc| rc.at(Self::in_sym_seed))?;
            Protector::new(&parent, Some(&seed))?
                .unwrap(cx.crypto, &name, false, &self.duplicate)
                .map_err(|rc| rc.at(Self::duplicate))?
        };
        if let Some(symmetric) = inner {
            body = unwrap_inner(cx.crypto, hash(alg)?, cipher(&symmetric)?, &self.encryption_key, &name, body)
                .map_err(|rc| rc.at(Self::duplicate))?;
        }
        let sensitive = parse_sensitive(&body, &cx.profile.accept).map_err(|rc| rc.at(Self::duplicate))?;
        // What a parent that is fixed to this TPM has protected is not looked at again when it is loaded.
        if parent.has(TpmaObject::FIXED_TPM) {
            let nothing = Above::Nothing;
            check_load(cx.crypto, nothing, public, Some(&sensitive), Self::object_public, Self::duplicate)?;
        }
        let out_private = to_private(cx.crypto, cx.rng, &parent, &name, alg, &sensitive)?;
        Ok(ImportReply { out_private })
    }
}
