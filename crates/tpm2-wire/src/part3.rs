//! Part 3: every command of version 1.85, as a table.
//!
//! Names are Part 3's own in Rust case. What is not written here is derived: see [`Shape`].
#![allow(missing_docs)]
use crate::schema::{Command, Flag, Number, Role, Shape, first, handle_at, param_at};
use crate::*;
use alloc::vec::Vec;

commands! { ($)
    /// `TPM2_Startup`
    Startup = 0x0144 [nv no_sessions] => StartupReply {
        param startup_type: TpmSu;
    }
    /// `TPM2_Shutdown`
    Shutdown = 0x0145 [nv] => ShutdownReply {
        param shutdown_type: TpmSu;
    }
    /// `TPM2_SelfTest`
    SelfTest = 0x0143 [nv] => SelfTestReply {
        param full_test: TpmiYesNo;
    }
    /// `TPM2_IncrementalSelfTest`
    IncrementalSelfTest = 0x0142 [nv] => IncrementalSelfTestReply {
        param to_test: TpmlAlg;
        reply to_do_list: TpmlAlg;
    }
    /// `TPM2_GetTestResult`
    GetTestResult = 0x017C => GetTestResultReply {
        reply out_data: Tpm2bMaxBuffer;
        reply test_result: TpmRc;
    }
    /// `TPM2_StartAuthSession`
    StartAuthSession = 0x0176 => StartAuthSessionReply {
        handle tpm_key: Option<TpmiDhObject>;
        handle bind: Option<TpmiDhEntity>;
        param nonce_caller: Tpm2bNonce;
        param encrypted_salt: Tpm2bEncryptedSecret;
        param session_type: TpmSe;
        param symmetric: Option<TpmtSymDef>;
        param auth_hash: TpmiAlgHash;
        yields session_handle: TpmiShAuthSession;
        reply nonce_tpm: Tpm2bNonce;
    }
    /// `TPM2_PolicyRestart`
    PolicyRestart = 0x0180 => PolicyRestartReply {
        handle session_handle: TpmiShPolicy;
    }
    /// `TPM2_Create`
    Create = 0x0153 => CreateReply {
        handle parent_handle: TpmiDhObject, auth User;
        param in_sensitive: Tpm2bSensitiveCreate;
        param in_public: Tpm2bPublic;
        param outside_info: Tpm2bData;
        param creation_pcr: TpmlPcrSelection;
        reply out_private: Tpm2bPrivate;
        reply out_public: Tpm2bPublic;
        reply creation_data: Tpm2bCreationData;
        reply creation_hash: Tpm2bDigest;
        reply creation_ticket: TpmtTkCreation;
    }
    /// `TPM2_Load`
    Load = 0x0157 => LoadReply {
        handle parent_handle: TpmiDhObject, auth User;
        param in_private: Tpm2bPrivate;
        param in_public: Tpm2bPublic;
        yields object_handle: TpmHandle;
        reply name: Tpm2bName;
    }
    /// `TPM2_LoadExternal`
    LoadExternal = 0x0167 => LoadExternalReply {
        param in_private: Tpm2bSensitive;
        param in_public: Tpm2bPublicOpt;
        param hierarchy: TpmiRhHierarchy;
        yields object_handle: TpmHandle;
        reply name: Tpm2bName;
    }
    /// `TPM2_ReadPublic`
    ReadPublic = 0x0173 => ReadPublicReply {
        handle object_handle: TpmiDhObject;
        reply out_public: Tpm2bPublic;
        reply name: Tpm2bName;
        reply qualified_name: Tpm2bName;
    }
    /// `TPM2_ActivateCredential`
    ActivateCredential = 0x0147 => ActivateCredentialReply {
        handle activate_handle: TpmiDhObject, auth Admin;
        handle key_handle: TpmiDhObject, auth User;
        param credential_blob: Tpm2bIdObject;
        param secret: Tpm2bEncryptedSecret;
        reply cert_info: Tpm2bDigest;
    }
    /// `TPM2_MakeCredential`
    MakeCredential = 0x0168 => MakeCredentialReply {
        handle handle: TpmiDhObject;
        param credential: Tpm2bDigest;
        param object_name: Tpm2bName;
        reply credential_blob: Tpm2bIdObject;
        reply secret: Tpm2bEncryptedSecret;
    }
    /// `TPM2_Unseal`
    Unseal = 0x015E => UnsealReply {
        handle item_handle: TpmiDhObject, auth User;
        reply out_data: Tpm2bSensitiveData;
    }
    /// `TPM2_ObjectChangeAuth`
    ObjectChangeAuth = 0x0150 => ObjectChangeAuthReply {
        handle object_handle: TpmiDhObject, auth Admin;
        handle parent_handle: TpmiDhObject;
        param new_auth: Tpm2bAuth;
        reply out_private: Tpm2bPrivate;
    }
    /// `TPM2_CreateLoaded`
    CreateLoaded = 0x0191 [pp] => CreateLoadedReply {
        handle parent_handle: TpmiDhParent, auth User;
        param in_sensitive: Tpm2bSensitiveCreate;
        param in_public: Tpm2bTemplate;
        yields object_handle: TpmHandle;
        reply out_private: Tpm2bPrivate;
        reply out_public: Tpm2bPublic;
        reply name: Tpm2bName;
    }
    /// `TPM2_Duplicate`
    Duplicate = 0x014B => DuplicateReply {
        handle object_handle: TpmiDhObject, auth Dup;
        handle new_parent_handle: Option<TpmiDhObject>;
        param encryption_key_in: Tpm2bData;
        param symmetric_alg: Option<TpmtSymDefObject>;
        reply encryption_key_out: Tpm2bData;
        reply duplicate: Tpm2bPrivate;
        reply out_sym_seed: Tpm2bEncryptedSecret;
    }
    /// `TPM2_Rewrap`
    Rewrap = 0x0152 => RewrapReply {
        handle old_parent: Option<TpmiDhObject>, auth User;
        handle new_parent: Option<TpmiDhObject>;
        param in_duplicate: Tpm2bPrivate;
        param name: Tpm2bName;
        param in_sym_seed: Tpm2bEncryptedSecret;
        reply out_duplicate: Tpm2bPrivate;
        reply out_sym_seed: Tpm2bEncryptedSecret;
    }
    /// `TPM2_Import`
    Import = 0x0156 => ImportReply {
        handle parent_handle: TpmiDhObject, auth User;
        param encryption_key: Tpm2bData;
        param object_public: Tpm2bPublic;
        param duplicate: Tpm2bPrivate;
        param in_sym_seed: Tpm2bEncryptedSecret;
        param symmetric_alg: Option<TpmtSymDefObject>;
        reply out_private: Tpm2bPrivate;
    }
    /// `TPM2_RSA_Encrypt`
    RsaEncrypt = 0x0174 => RsaEncryptReply {
        handle key_handle: TpmiDhObject;
        param message: Tpm2bPublicKeyRsa;
        param in_scheme: Option<TpmtRsaDecrypt>;
        param label: Tpm2bData;
        reply out_data: Tpm2bPublicKeyRsa;
    }
    /// `TPM2_RSA_Decrypt`
    RsaDecrypt = 0x0159 => RsaDecryptReply {
        handle key_handle: TpmiDhObject, auth User;
        param cipher_text: Tpm2bPublicKeyRsa;
        param in_scheme: Option<TpmtRsaDecrypt>;
        param label: Tpm2bData;
        reply message: Tpm2bPublicKeyRsa;
    }
    /// `TPM2_ECDH_KeyGen`
    EcdhKeyGen = 0x0163 => EcdhKeyGenReply {
        handle key_handle: TpmiDhObject;
        reply z_point: Tpm2bEccPoint;
        reply pub_point: Tpm2bEccPoint;
    }
    /// `TPM2_ECDH_ZGen`
    EcdhZGen = 0x0154 => EcdhZGenReply {
        handle key_handle: TpmiDhObject, auth User;
        param in_point: Tpm2bEccPoint;
        reply out_point: Tpm2bEccPoint;
    }
    /// `TPM2_ECC_Parameters`
    EccParameters = 0x0178 => EccParametersReply {
        param curve_id: TpmiEccCurve;
        reply parameters: TpmsAlgorithmDetailEcc;
    }
    /// `TPM2_ZGen_2Phase`
    ZGen2Phase = 0x018D => ZGen2PhaseReply {
        handle key_a: TpmiDhObject, auth User;
        param in_qs_b: Tpm2bEccPoint;
        param in_qe_b: Tpm2bEccPoint;
        param in_scheme: TpmiEccKeyExchange;
        param counter: u16;
        reply out_z1: Tpm2bEccPoint;
        reply out_z2: Tpm2bEccPoint;
    }
    /// `TPM2_ECC_Encrypt`
    EccEncrypt = 0x0199 => EccEncryptReply {
        handle key_handle: TpmiDhObject;
        param plain_text: Tpm2bMaxBuffer;
        param in_scheme: Option<TpmtKdfScheme>;
        reply c1: Tpm2bEccPoint;
        reply c2: Tpm2bMaxBuffer;
        reply c3: Tpm2bDigest;
    }
    /// `TPM2_ECC_Decrypt`
    EccDecrypt = 0x019A => EccDecryptReply {
        handle key_handle: TpmiDhObject, auth User;
        param c1: Tpm2bEccPoint;
        param c2: Tpm2bMaxBuffer;
        param c3: Tpm2bDigest;
        param in_scheme: Option<TpmtKdfScheme>;
        reply plain_text: Tpm2bMaxBuffer;
    }
    /// `TPM2_Encapsulate`
    Encapsulate = 0x01A7 => EncapsulateReply {
        handle key_handle: TpmiDhObject;
        reply shared_secret: Tpm2bSharedSecret;
        reply ciphertext: Tpm2bKemCiphertext;
    }
    /// `TPM2_Decapsulate`
    Decapsulate = 0x01A8 => DecapsulateReply {
        handle key_handle: TpmiDhObject, auth User;
        param ciphertext: Tpm2bKemCiphertext;
        reply shared_secret: Tpm2bSharedSecret;
    }
    /// `TPM2_EncryptDecrypt`
    EncryptDecrypt = 0x0164 => EncryptDecryptReply {
        handle key_handle: TpmiDhObject, auth User;
        param decrypt: TpmiYesNo;
        param mode: Option<TpmiAlgCipherMode>;
        param iv_in: Tpm2bIv;
        param in_data: Tpm2bMaxBuffer;
        reply out_data: Tpm2bMaxBuffer;
        reply iv_out: Tpm2bIv;
    }
    /// `TPM2_EncryptDecrypt2`
    EncryptDecrypt2 = 0x0193 => EncryptDecrypt2Reply {
        handle key_handle: TpmiDhObject, auth User;
        param in_data: Tpm2bMaxBuffer;
        param decrypt: TpmiYesNo;
        param mode: Option<TpmiAlgCipherMode>;
        param iv_in: Tpm2bIv;
        reply out_data: Tpm2bMaxBuffer;
        reply iv_out: Tpm2bIv;
    }
    /// `TPM2_Hash`
    Hash = 0x017D => HashReply {
        param data: Tpm2bMaxBuffer;
        param hash_alg: TpmiAlgHash;
        param hierarchy: TpmiRhHierarchy;
        reply out_hash: Tpm2bDigest;
        reply validation: TpmtTkHashcheck;
    }
    /// `TPM2_MAC`, which is `TPM2_HMAC` and more
    Mac = 0x0155 => MacReply {
        handle handle: TpmiDhObject, auth User;
        param buffer: Tpm2bMaxBuffer;
        param in_scheme: Option<TpmiAlgMacScheme>;
        reply out_mac: Tpm2bDigest;
    }
    /// `TPM2_GetRandom`
    GetRandom = 0x017B => GetRandomReply {
        param bytes_requested: u16;
        reply random_bytes: Tpm2bDigest;
    }
    /// `TPM2_StirRandom`
    StirRandom = 0x0146 [nv] => StirRandomReply {
        param in_data: Tpm2bSensitiveData;
    }
    /// `TPM2_MAC_Start`, which is `TPM2_HMAC_Start` and more
    MacStart = 0x015B => MacStartReply {
        handle handle: TpmiDhObject, auth User;
        param auth: Tpm2bAuth;
        param in_scheme: Option<TpmiAlgMacScheme>;
        yields sequence_handle: TpmiDhObject;
    }
    /// `TPM2_HashSequenceStart`
    HashSequenceStart = 0x0186 => HashSequenceStartReply {
        param auth: Tpm2bAuth;
        param hash_alg: Option<TpmiAlgHash>;
        yields sequence_handle: TpmiDhObject;
    }
    /// `TPM2_SignSequenceStart`
    SignSequenceStart = 0x01AA => SignSequenceStartReply {
        handle key_handle: TpmiDhObject;
        param auth: Tpm2bAuth;
        param context: Tpm2bSignatureCtx;
        yields sequence_handle: TpmiDhObject;
    }
    /// `TPM2_VerifySequenceStart`
    VerifySequenceStart = 0x01A9 => VerifySequenceStartReply {
        handle key_handle: TpmiDhObject;
        param auth: Tpm2bAuth;
        param hint: Tpm2bSignatureHint;
        param context: Tpm2bSignatureCtx;
        yields sequence_handle: TpmiDhObject;
    }
    /// `TPM2_SequenceUpdate`
    SequenceUpdate = 0x015C => SequenceUpdateReply {
        handle sequence_handle: TpmiDhObject, auth User;
        param buffer: Tpm2bMaxBuffer;
    }
    /// `TPM2_SequenceComplete`
    SequenceComplete = 0x013E [flushed] => SequenceCompleteReply {
        handle sequence_handle: TpmiDhObject, auth User;
        param buffer: Tpm2bMaxBuffer;
        param hierarchy: TpmiRhHierarchy;
        reply result: Tpm2bDigest;
        reply validation: TpmtTkHashcheck;
    }
    /// `TPM2_EventSequenceComplete`
    EventSequenceComplete = 0x0185 [nv flushed] => EventSequenceCompleteReply {
        handle pcr_handle: Option<TpmiDhPcr>, auth User;
        handle sequence_handle: TpmiDhObject, auth User;
        param buffer: Tpm2bMaxBuffer;
        reply results: TpmlDigestValues;
    }
    /// `TPM2_Certify`
    Certify = 0x0148 => CertifyReply {
        handle object_handle: TpmiDhObject, auth Admin;
        handle sign_handle: Option<TpmiDhObject>, auth User;
        param qualifying_data: Tpm2bData;
        param in_scheme: Option<TpmtSigScheme>;
        reply certify_info: Tpm2bAttest;
        reply signature: Option<TpmtSignature>;
    }
    /// `TPM2_CertifyCreation`
    CertifyCreation = 0x014A => CertifyCreationReply {
        handle sign_handle: Option<TpmiDhObject>, auth User;
        handle object_handle: TpmiDhObject;
        param qualifying_data: Tpm2bData;
        param creation_hash: Tpm2bDigest;
        param in_scheme: Option<TpmtSigScheme>;
        param creation_ticket: TpmtTkCreation;
        reply certify_info: Tpm2bAttest;
        reply signature: Option<TpmtSignature>;
    }
    /// `TPM2_Quote`
    Quote = 0x0158 => QuoteReply {
        handle sign_handle: Option<TpmiDhObject>, auth User;
        param qualifying_data: Tpm2bData;
        param in_scheme: Option<TpmtSigScheme>;
        param pcrselect: TpmlPcrSelection;
        reply quoted: Tpm2bAttest;
        reply signature: Option<TpmtSignature>;
    }
    /// `TPM2_GetSessionAuditDigest`
    GetSessionAuditDigest = 0x014D => GetSessionAuditDigestReply {
        handle privacy_admin_handle: TpmiRhEndorsement, auth User;
        handle sign_handle: Option<TpmiDhObject>, auth User;
        handle session_handle: TpmiShHmac;
        param qualifying_data: Tpm2bData;
        param in_scheme: Option<TpmtSigScheme>;
        reply audit_info: Tpm2bAttest;
        reply signature: Option<TpmtSignature>;
    }
    /// `TPM2_GetCommandAuditDigest`
    GetCommandAuditDigest = 0x0133 [nv] => GetCommandAuditDigestReply {
        handle privacy_handle: TpmiRhEndorsement, auth User;
        handle sign_handle: Option<TpmiDhObject>, auth User;
        param qualifying_data: Tpm2bData;
        param in_scheme: Option<TpmtSigScheme>;
        reply audit_info: Tpm2bAttest;
        reply signature: Option<TpmtSignature>;
    }
    /// `TPM2_GetTime`
    GetTime = 0x014C => GetTimeReply {
        handle privacy_admin_handle: TpmiRhEndorsement, auth User;
        handle sign_handle: Option<TpmiDhObject>, auth User;
        param qualifying_data: Tpm2bData;
        param in_scheme: Option<TpmtSigScheme>;
        reply time_info: Tpm2bAttest;
        reply signature: Option<TpmtSignature>;
    }
    /// `TPM2_CertifyX509`
    CertifyX509 = 0x0197 => CertifyX509Reply {
        handle object_handle: TpmiDhObject, auth Admin;
        handle sign_handle: TpmiDhObject, auth User;
        param reserved: Tpm2bData;
        param in_scheme: Option<TpmtSigScheme>;
        param partial_certificate: Tpm2bMaxBuffer;
        reply added_to_certificate: Tpm2bMaxBuffer;
        reply tbs_digest: Tpm2bDigest;
        reply signature: TpmtSignature;
    }
    /// `TPM2_Commit`
    Commit = 0x018B => CommitReply {
        handle sign_handle: TpmiDhObject, auth User;
        param p1: Tpm2bEccPoint;
        param s2: Tpm2bSensitiveData;
        param y2: Tpm2bEccParameter;
        reply k: Tpm2bEccPoint;
        reply l: Tpm2bEccPoint;
        reply e: Tpm2bEccPoint;
        reply counter: u16;
    }
    /// `TPM2_EC_Ephemeral`
    EcEphemeral = 0x018E => EcEphemeralReply {
        param curve_id: TpmiEccCurve;
        reply q: Tpm2bEccPoint;
        reply counter: u16;
    }
    /// `TPM2_VerifySignature`
    VerifySignature = 0x0177 => VerifySignatureReply {
        handle key_handle: TpmiDhObject;
        param digest: Tpm2bDigest;
        param signature: TpmtSignature;
        reply validation: TpmtTkVerified;
    }
    /// `TPM2_VerifySequenceComplete`
    VerifySequenceComplete = 0x01A3 [flushed] => VerifySequenceCompleteReply {
        handle sequence_handle: TpmiDhObject, auth User;
        handle key_handle: TpmiDhObject;
        param signature: TpmtSignature;
        reply validation: TpmtTkVerified;
    }
    /// `TPM2_VerifyDigestSignature`
    VerifyDigestSignature = 0x01A5 => VerifyDigestSignatureReply {
        handle key_handle: TpmiDhObject;
        param context: Tpm2bSignatureCtx;
        param digest: Tpm2bDigest;
        param signature: TpmtSignature;
        reply validation: TpmtTkVerified;
    }
    /// `TPM2_Sign`
    Sign = 0x015D => SignReply {
        handle key_handle: TpmiDhObject, auth User;
        param digest: Tpm2bDigest;
        param in_scheme: Option<TpmtSigScheme>;
        param validation: TpmtTkHashcheck;
        reply signature: TpmtSignature;
    }
    /// `TPM2_SignSequenceComplete`
    SignSequenceComplete = 0x01A4 [flushed] => SignSequenceCompleteReply {
        handle sequence_handle: TpmiDhObject, auth User;
        handle key_handle: TpmiDhObject, auth User;
        param buffer: Tpm2bMaxBuffer;
        reply signature: TpmtSignature;
    }
    /// `TPM2_SignDigest`
    SignDigest = 0x01A6 => SignDigestReply {
        handle key_handle: TpmiDhObject, auth User;
        param context: Tpm2bSignatureCtx;
        param digest: Tpm2bDigest;
        param validation: TpmtTkHashcheck;
        reply signature: TpmtSignature;
    }
    /// `TPM2_SetCommandCodeAuditStatus`
    SetCommandCodeAuditStatus = 0x0140 [nv pp] => SetCommandCodeAuditStatusReply {
        handle auth: TpmiRhProvision, auth User;
        param audit_alg: Option<TpmiAlgHash>;
        param set_list: TpmlCc;
        param clear_list: TpmlCc;
    }
    /// `TPM2_PCR_Extend`
    PcrExtend = 0x0182 [nv] => PcrExtendReply {
        handle pcr_handle: Option<TpmiDhPcr>, auth User;
        param digests: TpmlDigestValues;
    }
    /// `TPM2_PCR_Event`
    PcrEvent = 0x013C [nv] => PcrEventReply {
        handle pcr_handle: Option<TpmiDhPcr>, auth User;
        param event_data: Tpm2bEvent;
        reply digests: TpmlDigestValues;
    }
    /// `TPM2_PCR_Read`
    PcrRead = 0x017E => PcrReadReply {
        param pcr_selection_in: TpmlPcrSelection;
        reply pcr_update_counter: u32;
        reply pcr_selection_out: TpmlPcrSelection;
        reply pcr_values: TpmlDigest;
    }
    /// `TPM2_PCR_Allocate`
    PcrAllocate = 0x012B [nv pp] => PcrAllocateReply {
        handle auth_handle: TpmiRhPlatform, auth User;
        param pcr_allocation: TpmlPcrSelection;
        reply allocation_success: TpmiYesNo;
        reply max_pcr: u32;
        reply size_needed: u32;
        reply size_available: u32;
    }
    /// `TPM2_PCR_SetAuthPolicy`
    PcrSetAuthPolicy = 0x012C [nv pp] => PcrSetAuthPolicyReply {
        handle auth_handle: TpmiRhPlatform, auth User;
        param auth_policy: Tpm2bDigest;
        param hash_alg: Option<TpmiAlgHash>;
        param pcr_num: TpmiDhPcr;
    }
    /// `TPM2_PCR_SetAuthValue`
    PcrSetAuthValue = 0x0183 => PcrSetAuthValueReply {
        handle pcr_handle: TpmiDhPcr, auth User;
        param auth: Tpm2bDigest;
    }
    /// `TPM2_PCR_Reset`
    PcrReset = 0x013D [nv] => PcrResetReply {
        handle pcr_handle: TpmiDhPcr, auth User;
    }
    /// `TPM2_PolicySigned`
    PolicySigned = 0x0160 => PolicySignedReply {
        handle auth_object: TpmiDhObject;
        handle policy_session: TpmiShPolicy;
        param nonce_tpm: Tpm2bNonce;
        param cp_hash_a: Tpm2bDigest;
        param policy_ref: Tpm2bNonce;
        param expiration: i32;
        param auth: TpmtSignature;
        reply timeout: Tpm2bTimeout;
        reply policy_ticket: TpmtTkAuth;
    }
    /// `TPM2_PolicySecret`
    PolicySecret = 0x0151 => PolicySecretReply {
        handle auth_handle: TpmiDhEntity, auth User;
        handle policy_session: TpmiShPolicy;
        param nonce_tpm: Tpm2bNonce;
        param cp_hash_a: Tpm2bDigest;
        param policy_ref: Tpm2bNonce;
        param expiration: i32;
        reply timeout: Tpm2bTimeout;
        reply policy_ticket: TpmtTkAuth;
    }
    /// `TPM2_PolicyTicket`
    PolicyTicket = 0x0172 => PolicyTicketReply {
        handle policy_session: TpmiShPolicy;
        param timeout: Tpm2bTimeout;
        param cp_hash_a: Tpm2bDigest;
        param policy_ref: Tpm2bNonce;
        param auth_name: Tpm2bName;
        param ticket: TpmtTkAuth;
    }
    /// `TPM2_PolicyOR`
    PolicyOr = 0x0171 => PolicyOrReply {
        handle policy_session: TpmiShPolicy;
        param p_hash_list: TpmlDigestOr;
    }
    /// `TPM2_PolicyPCR`
    PolicyPcr = 0x017F => PolicyPcrReply {
        handle policy_session: TpmiShPolicy;
        param pcr_digest: Tpm2bDigest;
        param pcrs: TpmlPcrSelection;
    }
    /// `TPM2_PolicyLocality`
    PolicyLocality = 0x016F => PolicyLocalityReply {
        handle policy_session: TpmiShPolicy;
        param locality: TpmaLocality;
    }
    /// `TPM2_PolicyNV`
    PolicyNv = 0x0149 => PolicyNvReply {
        handle auth_handle: TpmiRhNvAuth, auth User;
        handle nv_index: TpmiRhNvIndex;
        handle policy_session: TpmiShPolicy;
        param operand_b: Tpm2bOperand;
        param offset: u16;
        param operation: TpmEo;
    }
    /// `TPM2_PolicyCounterTimer`
    PolicyCounterTimer = 0x016D => PolicyCounterTimerReply {
        handle policy_session: TpmiShPolicy;
        param operand_b: Tpm2bOperand;
        param offset: u16;
        param operation: TpmEo;
    }
    /// `TPM2_PolicyCommandCode`
    PolicyCommandCode = 0x016C => PolicyCommandCodeReply {
        handle policy_session: TpmiShPolicy;
        param code: TpmCc;
    }
    /// `TPM2_PolicyPhysicalPresence`
    PolicyPhysicalPresence = 0x0187 => PolicyPhysicalPresenceReply {
        handle policy_session: TpmiShPolicy;
    }
    /// `TPM2_PolicyCpHash`
    PolicyCpHash = 0x016E => PolicyCpHashReply {
        handle policy_session: TpmiShPolicy;
        param cp_hash_a: Tpm2bDigest;
    }
    /// `TPM2_PolicyNameHash`
    PolicyNameHash = 0x0170 => PolicyNameHashReply {
        handle policy_session: TpmiShPolicy;
        param name_hash: Tpm2bDigest;
    }
    /// `TPM2_PolicyDuplicationSelect`
    PolicyDuplicationSelect = 0x0188 => PolicyDuplicationSelectReply {
        handle policy_session: TpmiShPolicy;
        param object_name: Tpm2bName;
        param new_parent_name: Tpm2bName;
        param include_object: TpmiYesNo;
    }
    /// `TPM2_PolicyAuthorize`
    PolicyAuthorize = 0x016A => PolicyAuthorizeReply {
        handle policy_session: TpmiShPolicy;
        param approved_policy: Tpm2bDigest;
        param policy_ref: Tpm2bNonce;
        param key_sign: Tpm2bName;
        param check_ticket: TpmtTkVerified;
    }
    /// `TPM2_PolicyAuthValue`
    PolicyAuthValue = 0x016B => PolicyAuthValueReply {
        handle policy_session: TpmiShPolicy;
    }
    /// `TPM2_PolicyPassword`
    PolicyPassword = 0x018C => PolicyPasswordReply {
        handle policy_session: TpmiShPolicy;
    }
    /// `TPM2_PolicyGetDigest`
    PolicyGetDigest = 0x0189 => PolicyGetDigestReply {
        handle policy_session: TpmiShPolicy;
        reply policy_digest: Tpm2bDigest;
    }
    /// `TPM2_PolicyNvWritten`
    PolicyNvWritten = 0x018F => PolicyNvWrittenReply {
        handle policy_session: TpmiShPolicy;
        param written_set: TpmiYesNo;
    }
    /// `TPM2_PolicyTemplate`
    PolicyTemplate = 0x0190 => PolicyTemplateReply {
        handle policy_session: TpmiShPolicy;
        param template_hash: Tpm2bDigest;
    }
    /// `TPM2_PolicyAuthorizeNV`
    PolicyAuthorizeNv = 0x0192 => PolicyAuthorizeNvReply {
        handle auth_handle: TpmiRhNvAuth, auth User;
        handle nv_index: TpmiRhNvIndex;
        handle policy_session: TpmiShPolicy;
    }
    /// `TPM2_PolicyCapability`
    PolicyCapability = 0x019B => PolicyCapabilityReply {
        handle policy_session: TpmiShPolicy;
        param operand_b: Tpm2bOperand;
        param offset: u16;
        param operation: TpmEo;
        param capability: TpmCap;
        param property: u32;
    }
    /// `TPM2_PolicyParameters`
    PolicyParameters = 0x019C => PolicyParametersReply {
        handle policy_session: TpmiShPolicy;
        param p_hash: Tpm2bDigest;
    }
    /// `TPM2_PolicyTransportSPDM`
    PolicyTransportSpdm = 0x01A1 => PolicyTransportSpdmReply {
        handle policy_session: TpmiShPolicy;
        param req_key_name: Tpm2bName;
        param tpm_key_name: Tpm2bName;
    }
    /// `TPM2_CreatePrimary`
    CreatePrimary = 0x0131 [pp] => CreatePrimaryReply {
        handle primary_handle: TpmiRhHierarchy, auth User;
        param in_sensitive: Tpm2bSensitiveCreate;
        param in_public: Tpm2bPublic;
        param outside_info: Tpm2bData;
        param creation_pcr: TpmlPcrSelection;
        yields object_handle: TpmHandle;
        reply out_public: Tpm2bPublic;
        reply creation_data: Tpm2bCreationData;
        reply creation_hash: Tpm2bDigest;
        reply creation_ticket: TpmtTkCreation;
        reply name: Tpm2bName;
    }
    /// `TPM2_HierarchyControl`
    HierarchyControl = 0x0121 [nv extensive pp] => HierarchyControlReply {
        handle auth_handle: TpmiRhBaseHierarchy, auth User;
        param enable: TpmiRhEnables;
        param state: TpmiYesNo;
    }
    /// `TPM2_SetPrimaryPolicy`
    SetPrimaryPolicy = 0x012E [nv pp] => SetPrimaryPolicyReply {
        handle auth_handle: TpmiRhHierarchyPolicy, auth User;
        param auth_policy: Tpm2bDigest;
        param hash_alg: Option<TpmiAlgHash>;
    }
    /// `TPM2_ChangePPS`
    ChangePps = 0x0125 [nv extensive pp] => ChangePpsReply {
        handle auth_handle: TpmiRhPlatform, auth User;
    }
    /// `TPM2_ChangeEPS`
    ChangeEps = 0x0124 [nv extensive pp] => ChangeEpsReply {
        handle auth_handle: TpmiRhPlatform, auth User;
    }
    /// `TPM2_Clear`
    Clear = 0x0126 [nv extensive pp] => ClearReply {
        handle auth_handle: TpmiRhClear, auth User;
    }
    /// `TPM2_ClearControl`
    ClearControl = 0x0127 [nv pp] => ClearControlReply {
        handle auth: TpmiRhClear, auth User;
        param disable: TpmiYesNo;
    }
    /// `TPM2_HierarchyChangeAuth`
    HierarchyChangeAuth = 0x0129 [nv pp] => HierarchyChangeAuthReply {
        handle auth_handle: TpmiRhHierarchyAuth, auth User;
        param new_auth: Tpm2bAuth;
    }
    /// `TPM2_ReadOnlyControl`
    ReadOnlyControl = 0x01A0 [pp] => ReadOnlyControlReply {
        handle auth_handle: TpmiRhPlatform, auth User;
        param state: TpmiYesNo;
    }
    /// `TPM2_DictionaryAttackLockReset`
    DictionaryAttackLockReset = 0x0139 [nv] => DictionaryAttackLockResetReply {
        handle lock_handle: TpmiRhLockout, auth User;
    }
    /// `TPM2_DictionaryAttackParameters`
    DictionaryAttackParameters = 0x013A [nv] => DictionaryAttackParametersReply {
        handle lock_handle: TpmiRhLockout, auth User;
        param new_max_tries: u32;
        param new_recovery_time: u32;
        param lockout_recovery: u32;
    }
    /// `TPM2_PP_Commands`
    PpCommands = 0x012D [nv pp] => PpCommandsReply {
        handle auth: TpmiRhPlatform, auth User;
        param set_list: TpmlCc;
        param clear_list: TpmlCc;
    }
    /// `TPM2_SetAlgorithmSet`
    SetAlgorithmSet = 0x013F [nv] => SetAlgorithmSetReply {
        handle auth_handle: TpmiRhPlatform, auth User;
        param algorithm_set: u32;
    }
    /// `TPM2_FieldUpgradeStart`
    FieldUpgradeStart = 0x012F [pp] => FieldUpgradeStartReply {
        handle authorization: TpmiRhPlatform, auth Admin;
        handle key_handle: TpmiDhObject;
        param fu_digest: Tpm2bDigest;
        param manifest_signature: TpmtSignature;
    }
    /// `TPM2_FieldUpgradeData`
    FieldUpgradeData = 0x0141 [nv] => FieldUpgradeDataReply {
        param fu_data: Tpm2bMaxBuffer;
        reply next_digest: Option<TpmtHa>;
        reply first_digest: TpmtHa;
    }
    /// `TPM2_FirmwareRead`
    FirmwareRead = 0x0179 => FirmwareReadReply {
        param sequence_number: u32;
        reply fu_data: Tpm2bMaxBuffer;
    }
    /// `TPM2_ContextSave`
    ContextSave = 0x0162 [no_sessions] => ContextSaveReply {
        handle save_handle: TpmiDhContext;
        reply context: TpmsContext;
    }
    /// `TPM2_ContextLoad`
    ContextLoad = 0x0161 [no_sessions] => ContextLoadReply {
        param context: TpmsContext;
        yields loaded_handle: TpmiDhContext;
    }
    /// `TPM2_FlushContext`
    FlushContext = 0x0165 [no_sessions] => FlushContextReply {
        param flush_handle: TpmiDhContext;
    }
    /// `TPM2_EvictControl`
    EvictControl = 0x0120 [nv pp] => EvictControlReply {
        handle auth: TpmiRhProvision, auth User;
        handle object_handle: TpmiDhObject;
        param persistent_handle: TpmiDhPersistent;
    }
    /// `TPM2_ReadClock`
    ReadClock = 0x0181 => ReadClockReply {
        reply current_time: TpmsTimeInfo;
    }
    /// `TPM2_ClockSet`
    ClockSet = 0x0128 [nv pp] => ClockSetReply {
        handle auth: TpmiRhProvision, auth User;
        param new_time: u64;
    }
    /// `TPM2_ClockRateAdjust`
    ClockRateAdjust = 0x0130 [pp] => ClockRateAdjustReply {
        handle auth: TpmiRhProvision, auth User;
        param rate_adjust: TpmClockAdjust;
    }
    /// `TPM2_GetCapability`
    GetCapability = 0x017A => GetCapabilityReply {
        param capability: TpmCap;
        param property: u32;
        param property_count: u32;
        reply more_data: TpmiYesNo;
        reply capability_data: TpmsCapabilityData;
    }
    /// `TPM2_TestParms`
    TestParms = 0x018A => TestParmsReply {
        param parameters: TpmtPublicParms;
    }
    /// `TPM2_SetCapability`
    SetCapability = 0x019F [nv pp] => SetCapabilityReply {
        handle auth_handle: Option<TpmiRhHierarchyAuth>, auth User;
        param set_capability_data: Tpm2bSetCapabilityData;
    }
    /// `TPM2_NV_DefineSpace`
    NvDefineSpace = 0x012A [nv pp] => NvDefineSpaceReply {
        handle auth_handle: TpmiRhProvision, auth User;
        param auth: Tpm2bAuth;
        param public_info: Tpm2bNvPublic;
    }
    /// `TPM2_NV_UndefineSpace`
    NvUndefineSpace = 0x0122 [nv pp] => NvUndefineSpaceReply {
        handle auth_handle: TpmiRhProvision, auth User;
        handle nv_index: TpmiRhNvDefinedIndex;
    }
    /// `TPM2_NV_UndefineSpaceSpecial`
    NvUndefineSpaceSpecial = 0x011F [nv pp] => NvUndefineSpaceSpecialReply {
        handle nv_index: TpmiRhNvDefinedIndex, auth Admin;
        handle platform: TpmiRhPlatform, auth User;
    }
    /// `TPM2_NV_ReadPublic`
    NvReadPublic = 0x0169 => NvReadPublicReply {
        handle nv_index: TpmiRhNvIndex;
        reply nv_public: Tpm2bNvPublic;
        reply nv_name: Tpm2bName;
    }
    /// `TPM2_NV_Write`
    NvWrite = 0x0137 [nv] => NvWriteReply {
        handle auth_handle: TpmiRhNvAuth, auth User;
        handle nv_index: TpmiRhNvIndex;
        param data: Tpm2bMaxNvBuffer;
        param offset: u16;
    }
    /// `TPM2_NV_Increment`
    NvIncrement = 0x0134 [nv] => NvIncrementReply {
        handle auth_handle: TpmiRhNvAuth, auth User;
        handle nv_index: TpmiRhNvIndex;
    }
    /// `TPM2_NV_Extend`
    NvExtend = 0x0136 [nv] => NvExtendReply {
        handle auth_handle: TpmiRhNvAuth, auth User;
        handle nv_index: TpmiRhNvIndex;
        param data: Tpm2bMaxNvBuffer;
    }
    /// `TPM2_NV_SetBits`
    NvSetBits = 0x0135 [nv] => NvSetBitsReply {
        handle auth_handle: TpmiRhNvAuth, auth User;
        handle nv_index: TpmiRhNvIndex;
        param bits: u64;
    }
    /// `TPM2_NV_WriteLock`
    NvWriteLock = 0x0138 [nv] => NvWriteLockReply {
        handle auth_handle: TpmiRhNvAuth, auth User;
        handle nv_index: TpmiRhNvIndex;
    }
    /// `TPM2_NV_GlobalWriteLock`
    NvGlobalWriteLock = 0x0132 [nv pp] => NvGlobalWriteLockReply {
        handle auth_handle: TpmiRhProvision, auth User;
    }
    /// `TPM2_NV_Read`
    NvRead = 0x014E => NvReadReply {
        handle auth_handle: TpmiRhNvAuth, auth User;
        handle nv_index: TpmiRhNvIndex;
        param size: u16;
        param offset: u16;
        reply data: Tpm2bMaxNvBuffer;
    }
    /// `TPM2_NV_ReadLock`
    NvReadLock = 0x014F [nv] => NvReadLockReply {
        handle auth_handle: TpmiRhNvAuth, auth User;
        handle nv_index: TpmiRhNvIndex;
    }
    /// `TPM2_NV_ChangeAuth`
    NvChangeAuth = 0x013B [nv] => NvChangeAuthReply {
        handle nv_index: TpmiRhNvIndex, auth Admin;
        param new_auth: Tpm2bAuth;
    }
    /// `TPM2_NV_Certify`
    NvCertify = 0x0184 => NvCertifyReply {
        handle sign_handle: Option<TpmiDhObject>, auth User;
        handle auth_handle: TpmiRhNvAuth, auth User;
        handle nv_index: TpmiRhNvIndex;
        param qualifying_data: Tpm2bData;
        param in_scheme: Option<TpmtSigScheme>;
        param size: u16;
        param offset: u16;
        reply certify_info: Tpm2bAttest;
        reply signature: Option<TpmtSignature>;
    }
    /// `TPM2_NV_DefineSpace2`
    NvDefineSpace2 = 0x019D [nv pp] => NvDefineSpace2Reply {
        handle auth_handle: TpmiRhProvision, auth User;
        param auth: Tpm2bAuth;
        param public_info: Tpm2bNvPublic2;
    }
    /// `TPM2_NV_ReadPublic2`
    NvReadPublic2 = 0x019E => NvReadPublic2Reply {
        handle nv_index: TpmiRhNvIndex;
        reply nv_public: Tpm2bNvPublic2;
        reply nv_name: Tpm2bName;
    }
    /// `TPM2_AC_GetCapability`
    AcGetCapability = 0x0194 => AcGetCapabilityReply {
        handle ac: TpmiRhAc;
        param capability: TpmAt;
        param count: u32;
        reply more_data: TpmiYesNo;
        reply capabilities_data: TpmlAcCapabilities;
    }
    /// `TPM2_AC_Send`
    AcSend = 0x0195 => AcSendReply {
        handle send_object: TpmiDhObject, auth Dup;
        handle auth_handle: TpmiRhNvAuth, auth User;
        handle ac: TpmiRhAc;
        param ac_data_in: Tpm2bMaxBuffer;
        reply ac_data_out: TpmsAcOutput;
    }
    /// `TPM2_Policy_AC_SendSelect`
    PolicyAcSendSelect = 0x0196 => PolicyAcSendSelectReply {
        handle policy_session: TpmiShPolicy;
        param object_name: Tpm2bName;
        param auth_handle_name: Tpm2bName;
        param ac_name: Tpm2bName;
        param include_object: TpmiYesNo;
    }
    /// `TPM2_ACT_SetTimeout`
    ActSetTimeout = 0x0198 => ActSetTimeoutReply {
        handle act_handle: TpmiRhAct, auth User;
        param start_timeout: u32;
    }
    /// `TPM2_Vendor_TCG_Test`
    VendorTcgTest = 0x20000000 => VendorTcgTestReply {
        param input_data: Tpm2bData;
        reply output_data: Tpm2bData;
    }
}
