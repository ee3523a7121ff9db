use crate::context::{Action, Context};
use crate::crypt::{cipher, hash};
use crate::objects::protect::{Protector, inner_key_size, sensitive_bytes, wrap_inner};
use crate::objects::secret::{Label, share};
use tpm2_wire::{Buffer, Duplicate, DuplicateReply, Rc, Tpm2bEncryptedSecret, TpmaObject};
use zeroize::Zeroizing;

/// Part 3, 13.1.
impl Action for Duplicate {
    fn run(self, cx: &mut Context<'_>) -> Result<DuplicateReply, Rc> {
        let object = cx.object(self.object_handle, Rc::TYPE, Self::object_handle)?;
        if object.has(TpmaObject::FIXED_PARENT) {
            return Err(Rc::ATTRIBUTES.at(Self::object_handle));
        }
        let name_alg = object.public.name_alg.ok_or(Rc::TYPE.at(Self::object_handle))?;
        let new_parent = match self.new_parent_handle {
            Some(handle) => {
                let parent = cx.object(handle, Rc::TYPE, Self::new_parent_handle)?;
                if !parent.is_storage() {
                    return Err(Rc::TYPE.at(Self::new_parent_handle));
                }
                Some(parent)
            }
            None => None,
        };
        if object.has(TpmaObject::ENCRYPTED_DUPLICATION) {
            if self.symmetric_alg.is_none() {
                return Err(Rc::SYMMETRIC.at(Self::symmetric_alg));
            }
            if new_parent.is_none() {
                return Err(Rc::HIERARCHY.at(Self::new_parent_handle));
            }
        }
        let sensitive = object.sensitive.as_ref().ok_or(Rc::TYPE.at(Self::object_handle))?;
        let mut body = sensitive_bytes(sensitive, name_alg);
        let mut encryption_key_out = Buffer::default();
        match self.symmetric_alg {
            None if !self.encryption_key_in.is_empty() => return Err(Rc::SIZE.at(Self::encryption_key_in)),
            None => {}
            Some(symmetric) => {
                let size = inner_key_size(symmetric);
                let key = if self.encryption_key_in.is_empty() {
                    let key = cx.random(size)?;
                    encryption_key_out = Buffer(key.to_vec());
                    key
                } else if self.encryption_key_in.len() == size {
                    Zeroizing::new(self.encryption_key_in.0.clone())
                } else {
                    return Err(Rc::SIZE.at(Self::encryption_key_in));
                };
                let alg = cipher(&symmetric)?;
                body = wrap_inner(cx.crypto, hash(name_alg)?, alg, &key, &object.name, &body)?;
            }
        }
        let (duplicate, out_sym_seed) = match new_parent {
            None => (body.to_vec(), Tpm2bEncryptedSecret::default()),
            Some(parent) => {
                let (seed, secret) = share(cx, &parent, Label::Duplicate)?;
                let wrapped = Protector::new(&parent, Some(&seed))?.wrap(cx.crypto, &object.name, None, &body)?;
                (wrapped, secret)
            }
        };
        Ok(DuplicateReply { encryption_key_out, duplicate: Buffer(duplicate), out_sym_seed })
    }
}
