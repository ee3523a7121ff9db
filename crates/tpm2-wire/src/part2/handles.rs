//! Part 2, clauses 7 and 9: handles and the interface types that restrict them.
#![allow(missing_docs)]
use crate::{Nullable, Rc, Reader, Wire};
use alloc::vec::Vec;

/// `TPM_HT` (7.2): the type of a handle is its first byte.
pub struct TpmHt;
impl TpmHt {
    pub const PCR: u8 = 0x00;
    pub const NV_INDEX: u8 = 0x01;
    pub const HMAC_SESSION: u8 = 0x02;
    pub const POLICY_SESSION: u8 = 0x03;
    pub const EXTERNAL_NV: u8 = 0x11;
    pub const PERMANENT_NV: u8 = 0x12;
    pub const PERMANENT: u8 = 0x40;
    pub const TRANSIENT: u8 = 0x80;
    pub const PERSISTENT: u8 = 0x81;
    pub const AC: u8 = 0x90;
    /// The type of a handle.
    #[must_use]
    pub const fn of(handle: u32) -> u8 {
        (handle >> 24) as u8
    }
}

/// `TPM_RH` (7.4): permanent handles.
pub struct TpmRh;
impl TpmRh {
    pub const OWNER: u32 = 0x4000_0001;
    pub const NULL: u32 = 0x4000_0007;
    pub const UNASSIGNED: u32 = 0x4000_0008;
    /// `TPM_RS_PW`: a password in place of a session.
    pub const PW: u32 = 0x4000_0009;
    pub const LOCKOUT: u32 = 0x4000_000A;
    pub const ENDORSEMENT: u32 = 0x4000_000B;
    pub const PLATFORM: u32 = 0x4000_000C;
    pub const PLATFORM_NV: u32 = 0x4000_000D;
    pub const ACT_0: u32 = 0x4000_0110;
    pub const ACT_F: u32 = 0x4000_011F;
    pub const FW_OWNER: u32 = 0x4000_0140;
    pub const FW_ENDORSEMENT: u32 = 0x4000_0141;
    pub const FW_PLATFORM: u32 = 0x4000_0142;
    pub const FW_NULL: u32 = 0x4000_0143;
    pub const SVN_OWNER: u32 = 0x4001_0000;
    pub const SVN_NULL_LAST: u32 = 0x4004_FFFF;
}

/// How many sessions can be active, and so how far session handles go.
pub const MAX_ACTIVE_SESSIONS: u32 = 64;
/// How many PCRs there are (PC Client).
pub const PCR_COUNT: u32 = 24;

handles! {
    /// `TPMI_DH_OBJECT` (9.3).
    TpmiDhObject = 0x8000_0000..=0x80FF_FFFE | 0x8100_0000..=0x81FF_FFFF,
    /// `TPMI_DH_PARENT` (9.4).
    TpmiDhParent = 0x8000_0000..=0x80FF_FFFE | 0x8100_0000..=0x81FF_FFFF
        | TpmRh::OWNER | TpmRh::PLATFORM | TpmRh::ENDORSEMENT | TpmRh::NULL
        | TpmRh::FW_OWNER..=TpmRh::FW_NULL | TpmRh::SVN_OWNER..=TpmRh::SVN_NULL_LAST,
    /// `TPMI_DH_PERSISTENT` (9.5).
    TpmiDhPersistent = 0x8100_0000..=0x81FF_FFFF,
    /// `TPMI_DH_ENTITY` (9.6).
    TpmiDhEntity = TpmRh::OWNER | TpmRh::ENDORSEMENT | TpmRh::PLATFORM | TpmRh::LOCKOUT
        | 0x8000_0000..=0x80FF_FFFE | 0x8100_0000..=0x81FF_FFFF | 0x0100_0000..=0x01FF_FFFF
        | 0..PCR_COUNT | TpmRh::ACT_0..=TpmRh::ACT_F,
    /// `TPMI_DH_PCR` (9.7).
    TpmiDhPcr = 0..PCR_COUNT,
    /// `TPMI_SH_AUTH_SESSION` (9.8).
    TpmiShAuthSession = 0x0200_0000..=0x0200_003F | 0x0300_0000..=0x0300_003F,
    /// `TPMI_SH_HMAC` (9.9).
    TpmiShHmac = 0x0200_0000..=0x0200_003F,
    /// `TPMI_SH_POLICY` (9.10).
    TpmiShPolicy = 0x0300_0000..=0x0300_003F,
    /// `TPMI_DH_CONTEXT` (9.11).
    TpmiDhContext = 0x0200_0000..=0x0200_003F | 0x0300_0000..=0x0300_003F | 0x8000_0000..=0x80FF_FFFE,
    /// `TPMI_DH_SAVED` (9.12).
    TpmiDhSaved = 0x0200_0000..=0x0200_003F | 0x0300_0000..=0x0300_003F | 0x8000_0000..=0x8000_0002,
    /// `TPMI_RH_HIERARCHY` (9.13): `TPM_RH_NULL` is one of its values.
    TpmiRhHierarchy = TpmRh::OWNER | TpmRh::PLATFORM | TpmRh::ENDORSEMENT | TpmRh::NULL
        | TpmRh::FW_OWNER..=TpmRh::FW_NULL | TpmRh::SVN_OWNER..=TpmRh::SVN_NULL_LAST,
    /// `TPMI_RH_ENABLES` (9.14).
    TpmiRhEnables = TpmRh::OWNER | TpmRh::PLATFORM | TpmRh::ENDORSEMENT | TpmRh::PLATFORM_NV,
    /// `TPMI_RH_HIERARCHY_AUTH` (9.15).
    TpmiRhHierarchyAuth = TpmRh::OWNER | TpmRh::PLATFORM | TpmRh::ENDORSEMENT | TpmRh::LOCKOUT,
    /// `TPMI_RH_HIERARCHY_POLICY` (9.16).
    TpmiRhHierarchyPolicy = TpmRh::OWNER | TpmRh::PLATFORM | TpmRh::ENDORSEMENT | TpmRh::LOCKOUT
        | TpmRh::ACT_0..=TpmRh::ACT_F,
    /// `TPMI_RH_BASE_HIERARCHY` (9.17).
    TpmiRhBaseHierarchy = TpmRh::OWNER | TpmRh::PLATFORM | TpmRh::ENDORSEMENT,
    /// `TPMI_RH_PLATFORM` (9.18).
    TpmiRhPlatform = TpmRh::PLATFORM,
    /// `TPMI_RH_ENDORSEMENT` (9.20).
    TpmiRhEndorsement = TpmRh::ENDORSEMENT,
    /// `TPMI_RH_PROVISION` (9.21).
    TpmiRhProvision = TpmRh::OWNER | TpmRh::PLATFORM,
    /// `TPMI_RH_CLEAR` (9.22).
    TpmiRhClear = TpmRh::LOCKOUT | TpmRh::PLATFORM,
    /// `TPMI_RH_NV_AUTH` (9.23).
    TpmiRhNvAuth = TpmRh::OWNER | TpmRh::PLATFORM | 0x0100_0000..=0x01FF_FFFF,
    /// `TPMI_RH_LOCKOUT` (9.24).
    TpmiRhLockout = TpmRh::LOCKOUT,
    /// `TPMI_RH_NV_INDEX` (9.25).
    TpmiRhNvIndex = 0x0100_0000..=0x01FF_FFFF | 0x1100_0000..=0x12FF_FFFF,
    /// `TPMI_RH_NV_DEFINED_INDEX` (9.26).
    TpmiRhNvDefinedIndex = 0x0100_0000..=0x01FF_FFFF | 0x1100_0000..=0x11FF_FFFF,
    /// `TPMI_RH_NV_LEGACY_INDEX` (9.27).
    TpmiRhNvLegacyIndex = 0x0100_0000..=0x01FF_FFFF,
    /// `TPMI_RH_NV_EXP_INDEX` (9.28).
    TpmiRhNvExpIndex = 0x1100_0000..=0x11FF_FFFF,
    /// `TPMI_RH_AC` (9.29).
    TpmiRhAc = 0x9000_0000..=0x9000_FFFF,
    /// `TPMI_RH_ACT` (9.30).
    TpmiRhAct = TpmRh::ACT_0..=TpmRh::ACT_F,
}
