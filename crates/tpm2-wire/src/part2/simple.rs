//! Part 2, clauses 10.2 to 10.6 and 14: buffers, lists, PCR selections, tickets, contexts, clock.
use crate::{
    Buffer, List, Nullable, Rc, Reader, Secret, Sized2b, TpmAlg, TpmSt, TpmiAlgHash, TpmiDhSaved,
    TpmiRhHierarchy, TpmiYesNo, Wire,
};
use alloc::vec::Vec;

/// The largest digest, in bytes.
pub const MAX_DIGEST: usize = 64;
/// `MAX_DIGEST_BUFFER`: the data of a hash command, in bytes.
pub const MAX_BUFFER: usize = 1024;
/// `MAX_NV_BUFFER_SIZE`: the data of one NV command, in bytes.
pub const MAX_NV_BUFFER: usize = 1024;
/// The bytes of a coordinate or scalar of the largest curve (BN P-638).
pub const MAX_ECC_KEY_BYTES: usize = 80;
/// The bytes of the largest RSA modulus.
pub const MAX_RSA_KEY_BYTES: usize = 512;
/// `MAX_SYM_DATA`: the data of a sealed object, in bytes.
pub const MAX_SYM_DATA: usize = 128;

/// The largest `TPM2B_PRIVATE`, in bytes.
pub const MAX_PRIVATE: usize = 2048;

/// `TPM2B_DIGEST` (10.3.2).
pub type Tpm2bDigest = Buffer<MAX_DIGEST>;
/// `TPM2B_DATA`: as large as a `TPMT_HA`.
pub type Tpm2bData = Buffer<{ MAX_DIGEST + 2 }>;
/// `TPM2B_NONCE`.
pub type Tpm2bNonce = Buffer<MAX_DIGEST>;
/// `TPM2B_AUTH`.
pub type Tpm2bAuth = Secret<MAX_DIGEST>;
/// `TPM2B_OPERAND`.
pub type Tpm2bOperand = Buffer<MAX_DIGEST>;
/// `TPM2B_EVENT`.
pub type Tpm2bEvent = Buffer<1024>;
/// `TPM2B_MAX_BUFFER`. What it carries can be secret.
pub type Tpm2bMaxBuffer = Secret<MAX_BUFFER>;
/// `TPM2B_MAX_NV_BUFFER`. What it carries can be secret.
pub type Tpm2bMaxNvBuffer = Secret<MAX_NV_BUFFER>;
/// `TPM2B_TIMEOUT`.
pub type Tpm2bTimeout = Buffer<8>;
/// `TPM2B_IV`.
pub type Tpm2bIv = Buffer<16>;
/// `TPM2B_NAME` (10.4.3).
pub type Tpm2bName = Buffer<{ MAX_DIGEST + 2 }>;
/// `TPM2B_ECC_PARAMETER`.
pub type Tpm2bEccParameter = Buffer<MAX_ECC_KEY_BYTES>;
/// `TPM2B_PUBLIC_KEY_RSA`.
pub type Tpm2bPublicKeyRsa = Buffer<MAX_RSA_KEY_BYTES>;
/// `TPM2B_ENCRYPTED_SECRET`: as large as an ML-KEM-1024 ciphertext.
pub type Tpm2bEncryptedSecret = Buffer<1568>;
/// `TPM2B_KEM_CIPHERTEXT`.
pub type Tpm2bKemCiphertext = Buffer<1568>;
/// `TPM2B_SHARED_SECRET`.
pub type Tpm2bSharedSecret = Secret<64>;
/// `TPM2B_SIGNATURE_CTX`.
pub type Tpm2bSignatureCtx = Buffer<255>;
/// `TPM2B_SIGNATURE_HINT`.
pub type Tpm2bSignatureHint = Buffer<64>;
/// `TPM2B_SENSITIVE_DATA`.
pub type Tpm2bSensitiveData = Secret<MAX_SYM_DATA>;
/// `TPM2B_TEMPLATE`: the bytes of a `TPMT_PUBLIC` or of a template for derivation.
pub type Tpm2bTemplate = Buffer<4096>;
/// `TPM2B_PRIVATE`: a sensitive area, encrypted.
pub type Tpm2bPrivate = Buffer<MAX_PRIVATE>;
/// `TPM2B_ID_OBJECT`: as large as a `TPMS_ID_OBJECT`.
pub type Tpm2bIdObject = Buffer<{ 2 * (MAX_DIGEST + 2) }>;
/// `TPM2B_ATTEST`.
pub type Tpm2bAttest = Buffer<2048>;
/// `TPM2B_CONTEXT_DATA`.
pub type Tpm2bContextData = Buffer<8192>;
/// `TPM2B_SET_CAPABILITY_DATA`.
pub type Tpm2bSetCapabilityData = Buffer<1024>;

/// `TPML_CC`.
pub type TpmlCc = List<u32, 256>;
/// `TPML_ALG`.
pub type TpmlAlg = List<u16, 128>;
/// `TPML_HANDLE`.
pub type TpmlHandle = List<u32, 254>;
/// `TPML_DIGEST`.
pub type TpmlDigest = List<Tpm2bDigest, 8>;
/// `TPML_DIGEST` as `TPM2_PolicyOR` takes it: two at least (Part 3, 23.6).
pub type TpmlDigestOr = List<Tpm2bDigest, 8, 2>;
/// `TPML_DIGEST_VALUES`.
pub type TpmlDigestValues = List<TpmtHa, 16>;
/// `TPML_PCR_SELECTION`.
pub type TpmlPcrSelection = List<TpmsPcrSelection, 16>;

/// `TPMT_HA` (10.3.1): a digest and its algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TpmtHa {
    /// The algorithm.
    pub hash_alg: TpmiAlgHash,
    /// The digest, of the algorithm's size.
    pub digest: Vec<u8>,
}
impl Wire for TpmtHa {
    fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
        let hash_alg = TpmiAlgHash::read(r)?;
        Ok(TpmtHa { hash_alg, digest: r.take(hash_alg.digest_size())?.to_vec() })
    }
    fn write(&self, w: &mut Vec<u8>) {
        self.hash_alg.write(w);
        w.extend_from_slice(&self.digest);
    }
}
impl Nullable for TpmtHa {
    type Tag = u16;
    const NULL: u16 = TpmAlg::NULL;
}

/// `TPMS_PCR_SELECTION` (10.5.2): PCRs of one bank, as bits; 3 bytes for 24 PCRs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TpmsPcrSelection {
    /// The bank.
    pub hash: TpmiAlgHash,
    /// Bit `n % 8` of byte `n / 8` selects PCR `n`.
    pub pcr_select: Vec<u8>,
}
impl TpmsPcrSelection {
    /// `PCR_SELECT_MIN` and `PCR_SELECT_MAX`.
    pub const BYTES: usize = 3;
    /// Is PCR `n` selected?
    #[must_use]
    pub fn selects(&self, n: u32) -> bool {
        self.pcr_select.get(n as usize / 8).is_some_and(|byte| byte >> (n % 8) & 1 == 1)
    }
}
impl Wire for TpmsPcrSelection {
    fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
        let hash = TpmiAlgHash::read(r)?;
        let size = usize::from(u8::read(r)?);
        if size != Self::BYTES {
            return Err(Rc::VALUE);
        }
        Ok(TpmsPcrSelection { hash, pcr_select: r.take(size)?.to_vec() })
    }
    fn write(&self, w: &mut Vec<u8>) {
        self.hash.write(w);
        (self.pcr_select.len() as u8).write(w);
        w.extend_from_slice(&self.pcr_select);
    }
}

/// A ticket (10.6): proof, under a hierarchy's secret, that this TPM checked something.
macro_rules! tickets { ($($(#[$d:meta])* $name:ident = $($tag:path)|+,)*) => { $(
    $(#[$d])*
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct $name {
        /// What was checked.
        pub tag: u16,
        /// The hierarchy whose proof the digest is made with; `TPM_RH_NULL` in a null ticket.
        pub hierarchy: TpmiRhHierarchy,
        /// The HMAC.
        pub digest: Tpm2bDigest,
    }
    impl Wire for $name {
        fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
            let tag = u16::read(r)?;
            if ![$($tag),+].contains(&tag) { return Err(Rc::TAG); }
            Ok($name { tag, hierarchy: Wire::read(r)?, digest: Wire::read(r)? })
        }
        fn write(&self, w: &mut Vec<u8>) {
            self.tag.write(w);
            self.hierarchy.write(w);
            self.digest.write(w);
        }
    }
)* } }
tickets! {
    /// `TPMT_TK_CREATION` (10.6.3).
    TpmtTkCreation = TpmSt::CREATION,
    /// `TPMT_TK_AUTH` (10.6.6).
    TpmtTkAuth = TpmSt::AUTH_SECRET | TpmSt::AUTH_SIGNED,
    /// `TPMT_TK_HASHCHECK` (10.6.7).
    TpmtTkHashcheck = TpmSt::HASHCHECK,
}

/// `TPMT_TK_VERIFIED` (10.6.5). Version 1.85 added metadata for one of its tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TpmtTkVerified {
    /// What was verified.
    pub tag: u16,
    /// The hierarchy of the key.
    pub hierarchy: TpmiRhHierarchy,
    /// The hash that made the digest; with `TPM_ST_DIGEST_VERIFIED` only.
    pub metadata: Option<TpmiAlgHash>,
    /// The HMAC.
    pub hmac: Tpm2bDigest,
}
impl Wire for TpmtTkVerified {
    fn read(r: &mut Reader<'_>) -> Result<Self, Rc> {
        let tag = u16::read(r)?;
        if ![TpmSt::VERIFIED, TpmSt::MESSAGE_VERIFIED, TpmSt::DIGEST_VERIFIED].contains(&tag) {
            return Err(Rc::TAG);
        }
        let hierarchy = TpmiRhHierarchy::read(r)?;
        // A null ticket is the tuple <tag, TPM_RH_NULL, 0x0000>, without metadata.
        let has_metadata =
            tag == TpmSt::DIGEST_VERIFIED && hierarchy.0 != <TpmiRhHierarchy as Nullable>::NULL;
        let metadata = if has_metadata { Some(TpmiAlgHash::read(r)?) } else { None };
        Ok(TpmtTkVerified { tag, hierarchy, metadata, hmac: Wire::read(r)? })
    }
    fn write(&self, w: &mut Vec<u8>) {
        self.tag.write(w);
        self.hierarchy.write(w);
        if let Some(hash) = self.metadata {
            hash.write(w);
        }
        self.hmac.write(w);
    }
}

structures! {
    /// `TPMS_CLOCK_INFO` (10.10.5).
    TpmsClockInfo: Debug PartialEq Eq {
        /// Milliseconds of operation, over power cycles.
        clock: u64,
        /// TPM Resets since the last `TPM2_Clear`.
        reset_count: u32,
        /// TPM Restarts and Resumes since the last TPM Reset.
        restart_count: u32,
        /// No earlier value of clock can have been greater.
        safe: TpmiYesNo,
    }
    /// `TPMS_TIME_INFO` (10.10.6).
    TpmsTimeInfo: Debug PartialEq Eq {
        /// Milliseconds since the last power-on.
        time: u64,
        /// The clock.
        clock_info: TpmsClockInfo,
    }
    /// `TPMS_CONTEXT` (14.5).
    TpmsContext: Debug {
        /// Orders the contexts of a TPM.
        sequence: u64,
        /// What kind of context it is.
        saved_handle: TpmiDhSaved,
        /// The hierarchy of the context.
        hierarchy: TpmiRhHierarchy,
        /// Integrity value and encrypted body.
        context_blob: Tpm2bContextData,
    }
    /// `TPMS_ID_OBJECT` (12.3): a credential, protected.
    TpmsIdObject: Debug {
        /// HMAC over `enc_identity`, as a `TPM2B_DIGEST`.
        integrity_hmac: Tpm2bDigest,
        /// The encrypted credential.
        enc_identity: Tpm2bDigest,
    }
}

/// `TPM2B_CREATION_DATA` wraps it; see the objects.
pub type Tpm2bCreationData = Sized2b<crate::TpmsCreationData>;
