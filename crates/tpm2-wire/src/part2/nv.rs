//! Part 2, clause 13: NV indices.
#![allow(missing_docs)]
use crate::{Rc, Reader, Sized2b, Tpm2bDigest, TpmHt, TpmaNv, TpmiAlgHash, TpmiRhNvLegacyIndex, Wire};
use alloc::vec::Vec;

structures! {
    /// `TPMS_NV_PUBLIC` (13.6).
    TpmsNvPublic: Debug PartialEq Eq {
        nv_index: TpmiRhNvLegacyIndex, name_alg: TpmiAlgHash, attributes: TpmaNv, auth_policy: Tpm2bDigest,
        /// The size of the data area, in bytes.
        data_size: u16,
    }
    /// `TPMS_NV_PUBLIC_EXP_ATTR` (13.8): attributes of 64 bits.
    TpmsNvPublicExpAttr: Debug PartialEq Eq {
        nv_index: u32, name_alg: TpmiAlgHash, attributes: u64, auth_policy: Tpm2bDigest, data_size: u16,
    }
}
unions! {
    /// `TPMT_NV_PUBLIC_2` (13.10), selected by the type of the handle.
    TpmtNvPublic2: Debug PartialEq Eq [u8, else VALUE] {
        Index(TpmsNvPublic) = TpmHt::NV_INDEX,
        Permanent(TpmsNvPublicExpAttr) = TpmHt::PERMANENT_NV,
    }
}
/// `TPM2B_NV_PUBLIC`.
pub type Tpm2bNvPublic = Sized2b<TpmsNvPublic>;
/// `TPM2B_NV_PUBLIC_2`.
pub type Tpm2bNvPublic2 = Sized2b<TpmtNvPublic2>;
