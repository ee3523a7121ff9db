use super::support::Signer;
use crate::command::nv::access::check_read;
use crate::context::{Action, Context};
use crate::crypt::{digest_2b, hash};
use tpm2_wire::{NvCertify, NvCertifyReply, Rc, Secret, TpmsNvCertifyInfo, TpmsNvDigestCertifyInfo, TpmuAttest};

/// Part 3, 31.16.
impl Action for NvCertify {
    fn run(self, cx: &mut Context<'_>) -> Result<NvCertifyReply, Rc> {
        let index = cx.state.nv(self.nv_index.0).ok_or(Rc::HANDLE.at(Self::nv_index))?.clone();
        let signer = Signer::new(cx, self.sign_handle, self.in_scheme, Self::sign_handle, Self::in_scheme)?;
        check_read(self.auth_handle, &index, self.nv_index)?;
        let index_name = index.name(cx.crypto)?;
        let attested = if self.size == 0 && self.offset == 0 {
            // A digest of the whole, for indices that are too large to be certified in one piece.
            let alg = hash(signer.hash().ok_or(Rc::SCHEME.at(Self::in_scheme))?)?;
            let nv_digest = digest_2b(&cx.crypto.digest(alg, &[&index.data.0]));
            TpmuAttest::NvDigest(TpmsNvDigestCertifyInfo { index_name, nv_digest })
        } else {
            let (offset, size) = (usize::from(self.offset), usize::from(self.size));
            let contents = index.data.0.get(offset..offset + size).ok_or(Rc::NV_RANGE)?;
            if size > tpm2_wire::MAX_NV_BUFFER {
                return Err(Rc::VALUE.at(Self::size));
            }
            TpmuAttest::Nv(TpmsNvCertifyInfo { index_name, offset: self.offset, nv_contents: Secret::from(contents) })
        };
        let (certify_info, signature) = signer.attest(cx, self.qualifying_data, attested)?;
        Ok(NvCertifyReply { certify_info, signature })
    }
}
