//! Part 2, clause 13: NV indices.
#![allow(missing_docs)]
use crate::{
    Rc, Reader, Sized2b, Tpm2bDigest, TpmHt, TpmaNv, TpmaNvExp, TpmiAlgHash, TpmiRhNvExpIndex,
    TpmiRhNvLegacyIndex, Wire,
};
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
        nv_index: TpmiRhNvExpIndex, name_alg: TpmiAlgHash, attributes: TpmaNvExp, auth_policy: Tpm2bDigest,
        data_size: u16,
    }
}
unions! {
    /// `TPMT_NV_PUBLIC_2` (13.10), selected by the type of the handle. Permanent indices, which no command defines,
    /// are left out: a platform specification would have to assign one.
    TpmtNvPublic2: Debug PartialEq Eq [u8, else VALUE] {
        Index(TpmsNvPublic) = TpmHt::NV_INDEX,
        External(TpmsNvPublicExpAttr) = TpmHt::EXTERNAL_NV,
    }
}
/// `TPM2B_NV_PUBLIC`.
pub type Tpm2bNvPublic = Sized2b<TpmsNvPublic>;
/// `TPM2B_NV_PUBLIC_2`.
pub type Tpm2bNvPublic2 = Sized2b<TpmtNvPublic2>;
