use crate::context::{Action, Context};
use crate::objects::protect::Protector;
use crate::objects::secret::{Label, recover, share};
use tpm2_wire::{Buffer, Rc, Rewrap, RewrapReply, Tpm2bEncryptedSecret};
use zeroize::Zeroizing;

/// Part 3, 13.2: the outer wrapper is replaced; what is in it stays as it is.
impl Action for Rewrap {
    fn run(self, cx: &mut Context<'_>) -> Result<RewrapReply, Rc> {
        if self.in_sym_seed.is_empty() != self.old_parent.is_none() {
            return Err(Rc::HANDLE.at(Self::old_parent));
        }
        let body = match self.old_parent {
            None => Zeroizing::new(self.in_duplicate.0),
            Some(handle) => {
                let parent = cx.object(handle, Rc::TYPE, Self::old_parent)?;
                if !parent.is_storage() {
                    return Err(Rc::TYPE.at(Self::old_parent));
                }
                let seed = recover(cx, &parent, Label::Duplicate, &self.in_sym_seed)
                    .map_err(|_| Rc::VALUE.at(Self::in_sym_seed))?;
                Protector::new(&parent, Some(&seed))?
                    .unwrap(cx.crypto, &self.name, false, &self.in_duplicate)
                    .map_err(|rc| rc.at(Self::in_duplicate))?
            }
        };
        let Some(handle) = self.new_parent else {
            let (out_duplicate, out_sym_seed) = (Buffer(body.to_vec()), Tpm2bEncryptedSecret::default());
            return Ok(RewrapReply { out_duplicate, out_sym_seed });
        };
        let parent = cx.object(handle, Rc::TYPE, Self::new_parent)?;
        if !parent.is_storage() {
            return Err(Rc::TYPE.at(Self::new_parent));
        }
        let (seed, out_sym_seed) = share(cx, &parent, Label::Duplicate)?;
        let wrapped = Protector::new(&parent, Some(&seed))?.wrap(cx.crypto, &self.name, None, &body)?;
        // What came without a wrapper may be too large to have one.
        if wrapped.len() > tpm2_wire::MAX_PRIVATE {
            return Err(Rc::VALUE.at(Self::in_duplicate));
        }
        Ok(RewrapReply { out_duplicate: Buffer(wrapped), out_sym_seed })
    }
}
