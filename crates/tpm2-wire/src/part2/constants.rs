//! Part 2, clause 6: constants.
#![allow(missing_docs)] // the names are Part 2's own; the clause says what each means
use crate::{Rc, Reader, Wire};
use alloc::vec::Vec;

/// `TPM_ALG_ID` (6.3): any algorithm identifier, known or not.
pub struct TpmAlg;
impl TpmAlg {
    pub const RSA: u16 = 0x0001;
    pub const TDES: u16 = 0x0003;
    pub const SHA1: u16 = 0x0004;
    pub const HMAC: u16 = 0x0005;
    pub const AES: u16 = 0x0006;
    pub const MGF1: u16 = 0x0007;
    pub const KEYEDHASH: u16 = 0x0008;
    pub const XOR: u16 = 0x000A;
    pub const SHA256: u16 = 0x000B;
    pub const SHA384: u16 = 0x000C;
    pub const SHA512: u16 = 0x000D;
    pub const SHA256_192: u16 = 0x000E;
    pub const NULL: u16 = 0x0010;
    pub const SM3_256: u16 = 0x0012;
    pub const SM4: u16 = 0x0013;
    pub const RSASSA: u16 = 0x0014;
    pub const RSAES: u16 = 0x0015;
    pub const RSAPSS: u16 = 0x0016;
    pub const OAEP: u16 = 0x0017;
    pub const ECDSA: u16 = 0x0018;
    pub const ECDH: u16 = 0x0019;
    pub const ECDAA: u16 = 0x001A;
    pub const SM2: u16 = 0x001B;
    pub const ECSCHNORR: u16 = 0x001C;
    pub const ECMQV: u16 = 0x001D;
    pub const HKDF: u16 = 0x001F;
    pub const KDF1_SP800_56A: u16 = 0x0020;
    pub const KDF2: u16 = 0x0021;
    pub const KDF1_SP800_108: u16 = 0x0022;
    pub const ECC: u16 = 0x0023;
    pub const SYMCIPHER: u16 = 0x0025;
    pub const CAMELLIA: u16 = 0x0026;
    pub const SHA3_256: u16 = 0x0027;
    pub const SHA3_384: u16 = 0x0028;
    pub const SHA3_512: u16 = 0x0029;
    pub const SHAKE256_192: u16 = 0x002C;
    pub const SHAKE256_256: u16 = 0x002D;
    pub const SHAKE256_512: u16 = 0x002E;
    pub const CMAC: u16 = 0x003F;
    pub const CTR: u16 = 0x0040;
    pub const OFB: u16 = 0x0041;
    pub const CBC: u16 = 0x0042;
    pub const CFB: u16 = 0x0043;
    pub const ECB: u16 = 0x0044;
    pub const EDDSA: u16 = 0x0060;
    pub const HASH_EDDSA: u16 = 0x0061;
    pub const MLKEM: u16 = 0x00A0;
    pub const MLDSA: u16 = 0x00A1;
    pub const HASH_MLDSA: u16 = 0x00A2;
}

/// `TPM_ST` (6.9): structure tags.
pub struct TpmSt;
impl TpmSt {
    pub const RSP_COMMAND: u16 = 0x00C4;
    pub const NULL: u16 = 0x8000;
    pub const NO_SESSIONS: u16 = 0x8001;
    pub const SESSIONS: u16 = 0x8002;
    pub const ATTEST_NV: u16 = 0x8014;
    pub const ATTEST_COMMAND_AUDIT: u16 = 0x8015;
    pub const ATTEST_SESSION_AUDIT: u16 = 0x8016;
    pub const ATTEST_CERTIFY: u16 = 0x8017;
    pub const ATTEST_QUOTE: u16 = 0x8018;
    pub const ATTEST_TIME: u16 = 0x8019;
    pub const ATTEST_CREATION: u16 = 0x801A;
    pub const ATTEST_NV_DIGEST: u16 = 0x801C;
    pub const CREATION: u16 = 0x8021;
    pub const VERIFIED: u16 = 0x8022;
    pub const AUTH_SECRET: u16 = 0x8023;
    pub const HASHCHECK: u16 = 0x8024;
    pub const AUTH_SIGNED: u16 = 0x8025;
    pub const MESSAGE_VERIFIED: u16 = 0x8026;
    pub const DIGEST_VERIFIED: u16 = 0x8027;
}

/// `TPM_GENERATED_VALUE` (6.2): what each attestation begins with, "\xFFTCG".
pub const TPM_GENERATED: u32 = 0xFF54_4347;

constants! {
    /// `TPM_SU` (6.10).
    TpmSu: u16, else VALUE { Clear = 0, State = 1, }
    /// `TPM_SE` (6.11).
    TpmSe: u8, else VALUE { Hmac = 0, Policy = 1, Trial = 3, }
    /// `TPM_EO` (6.8): arithmetic comparisons.
    TpmEo: u16, else VALUE {
        Eq = 0, Neq = 1, SignedGt = 2, UnsignedGt = 3, SignedLt = 4, UnsignedLt = 5, SignedGe = 6,
        UnsignedGe = 7, SignedLe = 8, UnsignedLe = 9, BitSet = 0xA, BitClear = 0xB,
    }
    /// `TPM_CAP` (6.12).
    TpmCap: u32, else VALUE {
        Algs = 0, Handles = 1, Commands = 2, PpCommands = 3, AuditCommands = 4, Pcrs = 5, TpmProperties = 6,
        PcrProperties = 7, EccCurves = 8, AuthPolicies = 9, Act = 10, PubKeys = 11, SpdmSessionInfo = 12,
        VendorProperty = 0x100,
    }
    /// `TPM_CLOCK_ADJUST` (6.7), two's complement.
    TpmClockAdjust: u8, else VALUE {
        CoarseSlower = 0xFD, MediumSlower = 0xFE, FineSlower = 0xFF, NoChange = 0, FineFaster = 1,
        MediumFaster = 2, CoarseFaster = 3,
    }
    /// `TPM_NT` (13.3): the type of an NV index.
    TpmNt: u8, else ATTRIBUTES { Ordinary = 0, Counter = 1, Bits = 2, Extend = 4, PinFail = 8, PinPass = 9, }
    /// `TPMI_YES_NO` (9.2).
    TpmiYesNo: u8, else VALUE { No = 0, Yes = 1, }
}
impl From<bool> for TpmiYesNo {
    fn from(yes: bool) -> Self {
        if yes { TpmiYesNo::Yes } else { TpmiYesNo::No }
    }
}
impl TpmiYesNo {
    /// Is it `YES`?
    #[must_use]
    pub const fn yes(self) -> bool {
        matches!(self, TpmiYesNo::Yes)
    }
}

/// `TPM_AT` (attached components).
pub type TpmAt = u32;
/// `TPM_CC` (6.5.2) as a parameter: any code, known or not.
pub type TpmCc = u32;
/// `TPM_RC` as a parameter.
pub type TpmRc = u32;
/// `TPM_HANDLE`.
pub type TpmHandle = u32;
