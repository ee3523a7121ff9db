use super::access::check_write;
use crate::context::{Action, Context};
use crate::crypt::hash;
use tpm2_crypto::Digest;
use tpm2_wire::{NvExtend, NvExtendReply, Rc, TpmNt};

/// Part 3, 31.9.
impl Action for NvExtend {
    fn run(self, cx: &mut Context<'_>) -> Result<NvExtendReply, Rc> {
        let index = cx.state.index(self.nv_index.0, Self::nv_index)?;
        cx.check_writable(&index)?;
        check_write(self.auth_handle, &index, self.nv_index)?;
        if index.kind() != TpmNt::Extend {
            return Err(Rc::ATTRIBUTES.at(Self::nv_index));
        }
        let alg = hash(index.public.name_alg)?;
        let start = Digest::zero(alg);
        let before: &[u8] = if index.written() { &index.data.0 } else { &start };
        let after = cx.crypto.digest(alg, &[before, &self.data]);
        cx.state.write_index(self.nv_index.0, 0, &after)?;
        Ok(NvExtendReply {})
    }
}
