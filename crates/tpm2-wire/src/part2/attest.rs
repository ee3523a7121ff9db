//! Part 2, clause 10.11: attestations.
#![allow(missing_docs)]
use crate::{
    Rc, Reader, TPM_GENERATED, Tpm2bData, Tpm2bDigest, Tpm2bMaxNvBuffer, Tpm2bName, TpmSt, TpmiYesNo,
    TpmlPcrSelection, TpmsClockInfo, TpmsTimeInfo, Wire,
};
use alloc::vec::Vec;

structures! {
    /// `TPMS_TIME_ATTEST_INFO`.
    TpmsTimeAttestInfo { time: TpmsTimeInfo, firmware_version: u64, }
    /// `TPMS_CERTIFY_INFO`.
    TpmsCertifyInfo { name: Tpm2bName, qualified_name: Tpm2bName, }
    /// `TPMS_QUOTE_INFO`.
    TpmsQuoteInfo { pcr_select: TpmlPcrSelection, pcr_digest: Tpm2bDigest, }
    /// `TPMS_COMMAND_AUDIT_INFO`.
    TpmsCommandAuditInfo { audit_counter: u64, digest_alg: u16, audit_digest: Tpm2bDigest, command_digest: Tpm2bDigest, }
    /// `TPMS_SESSION_AUDIT_INFO`.
    TpmsSessionAuditInfo { exclusive_session: TpmiYesNo, session_digest: Tpm2bDigest, }
    /// `TPMS_CREATION_INFO`.
    TpmsCreationInfo { object_name: Tpm2bName, creation_hash: Tpm2bDigest, }
    /// `TPMS_NV_CERTIFY_INFO`.
    TpmsNvCertifyInfo { index_name: Tpm2bName, offset: u16, nv_contents: Tpm2bMaxNvBuffer, }
    /// `TPMS_NV_DIGEST_CERTIFY_INFO`.
    TpmsNvDigestCertifyInfo { index_name: Tpm2bName, nv_digest: Tpm2bDigest, }
}
unions! {
    /// `TPMU_ATTEST`, whose selector stands at the front of the attestation.
    TpmuAttest [u16, else SELECTOR] {
        Certify(TpmsCertifyInfo) = TpmSt::ATTEST_CERTIFY,
        Creation(TpmsCreationInfo) = TpmSt::ATTEST_CREATION,
        Quote(TpmsQuoteInfo) = TpmSt::ATTEST_QUOTE,
        CommandAudit(TpmsCommandAuditInfo) = TpmSt::ATTEST_COMMAND_AUDIT,
        SessionAudit(TpmsSessionAuditInfo) = TpmSt::ATTEST_SESSION_AUDIT,
        Time(TpmsTimeAttestInfo) = TpmSt::ATTEST_TIME,
        Nv(TpmsNvCertifyInfo) = TpmSt::ATTEST_NV,
        NvDigest(TpmsNvDigestCertifyInfo) = TpmSt::ATTEST_NV_DIGEST,
    }
}

/// `TPMS_ATTEST` (10.11.12), without its magic number.
#[derive(Clone)]
pub struct TpmsAttest {
    pub qualified_signer: Tpm2bName,
    pub extra_data: Tpm2bData,
    pub clock_info: TpmsClockInfo,
    pub firmware_version: u64,
    pub attested: TpmuAttest,
}
impl Wire for TpmsAttest {
    fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
        if u32::read(r)? != TPM_GENERATED {
            return Err(Rc::VALUE);
        }
        let kind = u16::read(r)?;
        Ok(TpmsAttest {
            qualified_signer: Wire::read(r)?,
            extra_data: Wire::read(r)?,
            clock_info: Wire::read(r)?,
            firmware_version: Wire::read(r)?,
            attested: TpmuAttest::read_as(kind, r)?,
        })
    }
    fn write(&self, w: &mut Vec<u8>) {
        TPM_GENERATED.write(w);
        self.attested.tag().write(w);
        self.qualified_signer.write(w);
        self.extra_data.write(w);
        self.clock_info.write(w);
        self.firmware_version.write(w);
        self.attested.write_rest(w);
    }
}
