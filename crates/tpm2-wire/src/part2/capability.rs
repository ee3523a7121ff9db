//! Part 2, clauses 10.7 to 10.9: what `TPM2_GetCapability` answers.
#![allow(missing_docs)]
use crate::{
    Buffer, List, Rc, Reader, Tpm2bEccParameter, Tpm2bName, TpmCap, TpmaAct, TpmaAlgorithm, TpmaCc,
    TpmiAlgHash, TpmiEccCurve, TpmlCc, TpmlHandle, TpmlPcrSelection, TpmsPcrSelection, TpmtEccScheme, TpmtHa,
    TpmtKdfScheme, Wire,
};
use alloc::vec::Vec;

structures! {
    /// `TPMS_ALG_PROPERTY`.
    TpmsAlgProperty: Debug PartialEq Eq { alg: u16, alg_properties: TpmaAlgorithm, }
    /// `TPMS_TAGGED_PROPERTY`.
    TpmsTaggedProperty: Debug PartialEq Eq Copy { property: u32, value: u32, }
    /// `TPMS_TAGGED_PCR_SELECT`.
    TpmsTaggedPcrSelect: Debug PartialEq Eq { tag: u32, pcr_select: PcrSelect, }
    /// `TPMS_TAGGED_POLICY`.
    TpmsTaggedPolicy: Debug PartialEq Eq { handle: u32, policy_hash: Option<TpmtHa>, }
    /// `TPMS_ACT_DATA`.
    TpmsActData: Debug PartialEq Eq { handle: u32, timeout: u32, attributes: TpmaAct, }
    /// `TPMS_SPDM_SESSION_INFO`.
    TpmsSpdmSessionInfo: Debug PartialEq Eq { req_key_name: Tpm2bName, tpm_key_name: Tpm2bName, }
    /// `TPMS_AC_OUTPUT`.
    TpmsAcOutput: Debug PartialEq Eq { tag: u32, data: u32, }
    /// `TPMS_ALGORITHM_DETAIL_ECC` (11.2.5.7).
    TpmsAlgorithmDetailEcc: Debug {
        curve_id: TpmiEccCurve, key_size: u16, kdf: Option<TpmtKdfScheme>, sign: Option<TpmtEccScheme>,
        p: Tpm2bEccParameter, a: Tpm2bEccParameter, b: Tpm2bEccParameter, g_x: Tpm2bEccParameter,
        g_y: Tpm2bEccParameter, n: Tpm2bEccParameter, h: Tpm2bEccParameter,
    }
}

/// `TPMS_PCR_SELECT` (10.5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PcrSelect(pub [u8; TpmsPcrSelection::BYTES]);
impl Wire for PcrSelect {
    fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
        if usize::from(u8::read(r)?) != TpmsPcrSelection::BYTES {
            return Err(Rc::VALUE);
        }
        r.take(TpmsPcrSelection::BYTES)?.try_into().map(PcrSelect).map_err(|_| Rc::INSUFFICIENT)
    }
    fn write(&self, w: &mut Vec<u8>) {
        (TpmsPcrSelection::BYTES as u8).write(w);
        w.extend_from_slice(&self.0);
    }
}

/// `TPML_AC_CAPABILITIES`.
pub type TpmlAcCapabilities = List<TpmsAcOutput, 127>;

unions! {
    /// `TPMS_CAPABILITY_DATA` (10.9.2). The lists are as long as fit a response of 1 KiB.
    TpmsCapabilityData: Debug [u32, else VALUE] {
        Algorithms(List<TpmsAlgProperty, 169>) = TpmCap::Algs as u32,
        Handles(TpmlHandle) = TpmCap::Handles as u32,
        Command(List<TpmaCc, 254>) = TpmCap::Commands as u32,
        PpCommands(TpmlCc) = TpmCap::PpCommands as u32,
        AuditCommands(TpmlCc) = TpmCap::AuditCommands as u32,
        AssignedPcr(TpmlPcrSelection) = TpmCap::Pcrs as u32,
        TpmProperties(List<TpmsTaggedProperty, 127>) = TpmCap::TpmProperties as u32,
        PcrProperties(List<TpmsTaggedPcrSelect, 127>) = TpmCap::PcrProperties as u32,
        EccCurves(List<TpmiEccCurve, 508>) = TpmCap::EccCurves as u32,
        AuthPolicies(List<TpmsTaggedPolicy, 14>) = TpmCap::AuthPolicies as u32,
        ActData(List<TpmsActData, 84>) = TpmCap::Act as u32,
        PubKeys(List<Buffer<4096>, 2>) = TpmCap::PubKeys as u32,
        SpdmSessionInfo(List<TpmsSpdmSessionInfo, 1>) = TpmCap::SpdmSessionInfo as u32,
        VendorProperty(List<Buffer<512>, 2>) = TpmCap::VendorProperty as u32,
    }
}

/// `TPM_PT` (6.13): what the properties are called.
pub struct TpmPt;
impl TpmPt {
    pub const FIXED: u32 = 0x100;
    pub const VAR: u32 = 0x200;
}
/// A bank that a TPM has.
pub type Bank = TpmiAlgHash;
