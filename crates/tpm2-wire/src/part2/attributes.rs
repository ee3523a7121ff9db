//! Part 2, clause 8 and 13.4: attribute bits.
#![allow(missing_docs)]
use crate::{Rc, Reader, TpmNt, Wire};
use alloc::vec::Vec;

attributes! {
    /// `TPMA_OBJECT` (8.3).
    TpmaObject: u32, reserved 0xFFF0_F009 {
        FIXED_TPM = 1 << 1, ST_CLEAR = 1 << 2, FIXED_PARENT = 1 << 4, SENSITIVE_DATA_ORIGIN = 1 << 5,
        USER_WITH_AUTH = 1 << 6, ADMIN_WITH_POLICY = 1 << 7, FIRMWARE_LIMITED = 1 << 8, SVN_LIMITED = 1 << 9,
        NO_DA = 1 << 10, ENCRYPTED_DUPLICATION = 1 << 11, RESTRICTED = 1 << 16, DECRYPT = 1 << 17,
        SIGN = 1 << 18, X509_SIGN = 1 << 19,
    }
    /// `TPMA_SESSION` (8.4).
    TpmaSession: u8, reserved 0x18 {
        CONTINUE = 1, AUDIT_EXCLUSIVE = 1 << 1, AUDIT_RESET = 1 << 2, DECRYPT = 1 << 5, ENCRYPT = 1 << 6,
        AUDIT = 1 << 7,
    }
    /// `TPMA_LOCALITY` (8.5).
    TpmaLocality: u8, reserved 0 {
        ZERO = 1, ONE = 1 << 1, TWO = 1 << 2, THREE = 1 << 3, FOUR = 1 << 4, EXTENDED = 0xE0,
    }
    /// `TPMA_NV` (13.4).
    TpmaNv: u32, reserved 0x01F0_0300 {
        PPWRITE = 1, OWNERWRITE = 1 << 1, AUTHWRITE = 1 << 2, POLICYWRITE = 1 << 3, POLICY_DELETE = 1 << 10,
        WRITELOCKED = 1 << 11, WRITEALL = 1 << 12, WRITEDEFINE = 1 << 13, WRITE_STCLEAR = 1 << 14,
        GLOBALLOCK = 1 << 15, PPREAD = 1 << 16, OWNERREAD = 1 << 17, AUTHREAD = 1 << 18, POLICYREAD = 1 << 19,
        NO_DA = 1 << 25, ORDERLY = 1 << 26, CLEAR_STCLEAR = 1 << 27, READLOCKED = 1 << 28, WRITTEN = 1 << 29,
        PLATFORMCREATE = 1 << 30, READ_STCLEAR = 1 << 31,
    }
    /// `TPMA_NV_EXP` (13.5): `TPMA_NV` in its low half.
    TpmaNvExp: u64, reserved 0xFFFF_FFF8_01F0_0300 {
        ENCRYPTION = 1 << 32, INTEGRITY = 1 << 33, ANTIROLLBACK = 1 << 34,
    }
    /// `TPMA_ACT` (8.12).
    TpmaAct: u32, reserved 0xFFFF_FFFC { SIGNALED = 1, PRESERVE_SIGNALED = 1 << 1, }
    /// `TPMA_CC` (8.9): what `TPM2_GetCapability` says of a command.
    TpmaCc: u32, reserved 0 {
        NV = 1 << 22, EXTENSIVE = 1 << 23, FLUSHED = 1 << 24, R_HANDLE = 1 << 28, V = 1 << 29,
    }
    /// `TPMA_ALGORITHM` (8.2).
    TpmaAlgorithm: u32, reserved 0 {
        ASYMMETRIC = 1, SYMMETRIC = 1 << 1, HASH = 1 << 2, OBJECT = 1 << 3, SIGNING = 1 << 8,
        ENCRYPTING = 1 << 9, METHOD = 1 << 10,
    }
    /// `TPMA_PERMANENT` (8.6).
    TpmaPermanent: u32, reserved 0 {
        OWNER_AUTH_SET = 1, ENDORSEMENT_AUTH_SET = 1 << 1, LOCKOUT_AUTH_SET = 1 << 2, DISABLE_CLEAR = 1 << 8,
        IN_LOCKOUT = 1 << 9, TPM_GENERATED_EPS = 1 << 10,
    }
    /// `TPMA_STARTUP_CLEAR` (8.7).
    TpmaStartupClear: u32, reserved 0 {
        PH_ENABLE = 1, SH_ENABLE = 1 << 1, EH_ENABLE = 1 << 2, PH_ENABLE_NV = 1 << 3, READ_ONLY = 1 << 4,
        ORDERLY = 1 << 31,
    }
    /// `TPMA_MEMORY` (8.8).
    TpmaMemory: u32, reserved 0 {
        SHARED_RAM = 1, SHARED_NV = 1 << 1, OBJECT_COPIED_TO_RAM = 1 << 2,
    }
    /// `TPMA_ML_PARAMETER_SET` (8.13).
    TpmaMlParameterSet: u32, reserved 0 {
        ML_KEM_512 = 1, ML_KEM_768 = 1 << 1, ML_KEM_1024 = 1 << 2, ML_DSA_44 = 1 << 3, ML_DSA_65 = 1 << 4,
        ML_DSA_87 = 1 << 5, EXT_MU = 1 << 6,
    }
    /// `TPMA_MODES` (8.10).
    TpmaModes: u32, reserved 0 { FIPS_140_2 = 1, FIPS_140_3 = 1 << 1, }
}

impl TpmaNv {
    /// The bits that hold the index type.
    pub const TYPE_MASK: u32 = 0xF0;
    /// The type of the index, if it is one that Part 2 defines.
    #[must_use]
    pub const fn kind(self) -> Option<TpmNt> {
        TpmNt::from_value(((self.0 & Self::TYPE_MASK) >> 4) as u8)
    }
}
