use super::support::Signer;
use crate::command::nv::access::check_read;
use crate::context::{Action, Context};
use crate::crypt::{CONTEXT_HASH, digest_2b, hash};
use tpm2_wire::{NvCertify, NvCertifyReply, Rc, Secret, TpmsNvCertifyInfo, TpmsNvDigestCertifyInfo, TpmuAttest};

/// Part 3, 31.16.
impl Action for NvCertify {
    fn run(self, cx: &mut Context<'_>) -> Result<NvCertifyReply, Rc> {
        let index = cx.state.nv(self.nv_index.0).ok_or(Rc::HANDLE.at(Self::nv_index))?.clone();
        check_read(self.auth_handle, &index, self.nv_index)?;
        let signer = Signer::new(cx, self.sign_handle, self.in_scheme, Self::sign_handle, Self::in_scheme)?;
        let index_name = index.name(cx.crypto)?;
        let attested = if self.size == 0 && self.offset == 0 {
            // A digest of the whole, for indices that are too large to be certified in one piece.
            let alg = signer.hash().map(hash).transpose()?.unwrap_or(CONTEXT_HASH);
            let nv_digest = digest_2b(&cx.crypto.digest(alg, &[&index.data.0]));
            TpmuAttest::NvDigest(TpmsNvDigestCertifyInfo { index_name, nv_digest })
        } else {
            if usize::from(self.size) > tpm2_wire::MAX_NV_BUFFER {
                return Err(Rc::VALUE.at(Self::size));
            }
            let offset = usize::from(self.offset);
            let contents = index.data.0.get(offset..offset + usize::from(self.size)).ok_or(Rc::NV_RANGE)?;
            TpmuAttest::Nv(TpmsNvCertifyInfo { index_name, offset: self.offset, nv_contents: Secret::from(contents) })
        };
        let (certify_info, signature) = signer.attest(cx, self.qualifying_data, attested)?;
        Ok(NvCertifyReply { certify_info, signature })
    }
}
