//! The state of a TPM, in tiers by what each survives.
//!
//! A command runs on a copy of [`State`] that replaces the original when the command succeeds, and is dropped when
//! it fails: an error leaves the state as it was. Copies are cheap since all that is large is shared. What was
//! changed of the permanent tier is found by comparing the two ([`persist::delta`]), so that no action can forget
//! to say that it changed something.
pub(crate) mod clock;
pub(crate) mod commit;
pub(crate) mod limited;
pub(crate) mod nv;
pub(crate) mod object;
pub(crate) mod pcr;
pub(crate) mod persist;
pub(crate) mod sequence;
pub(crate) mod session;
pub(crate) mod timer;

use crate::profile::Content;
use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};
use clock::Rate;
use commit::Commits;
use nv::NvIndex;
use object::{Loaded, Object};
use pcr::{BankConfig, Pcrs};
use sequence::Sequence;
use session::Session;
use timer::Timer;
use tpm2_wire::{Secret, Tpm2bAuth, Tpm2bDigest, TpmRh, TpmiAlgHash};

/// Bytes of a primary seed (`PRIMARY_SEED_SIZE`).
pub(crate) const SEED_SIZE: usize = 64;
/// Bytes of a proof value (`PROOF_SIZE`).
pub(crate) const PROOF_SIZE: usize = 64;

/// All of it.
#[derive(Clone)]
pub(crate) struct State {
    /// Survives everything but `TPM2_Clear` and its like; each change is made durable.
    pub(crate) persistent: Persistent,
    /// Survives an orderly shutdown; after another it is rebuilt from what was last made durable.
    pub(crate) orderly: Orderly,
    /// Lost by a TPM Reset.
    pub(crate) reset: ResetState,
    /// Lost by a TPM Reset and a TPM Restart.
    pub(crate) clear: ClearState,
    /// Lost by `_TPM_Init`.
    pub(crate) volatile: Volatile,
}

/// The permanent tier: parts that change together share an `Arc`.
#[derive(Clone)]
pub(crate) struct Persistent {
    pub(crate) identity: Arc<Identity>,
    pub(crate) seeds: Arc<Seeds>,
    pub(crate) hierarchies: Arc<Hierarchies>,
    pub(crate) da: Arc<DictionaryAttack>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) audit: Arc<AuditConfig>,
    pub(crate) banks: Arc<BankConfig>,
    pub(crate) orderly: Arc<Orderly>,
    pub(crate) kept: Arc<Option<Kept>>,
    pub(crate) platform: Arc<PlatformConfig>,
    pub(crate) nv: Arc<BTreeMap<u32, Arc<NvIndex>>>,
    pub(crate) objects: Arc<BTreeMap<u32, Arc<Object>>>,
}

saved! {
    /// What the TPM is.
    Identity {
        /// The name of its profile.
        1 profile: Vec<u8>,
        /// All that its profile said when the TPM was made; states that lack it are of a time that had one profile.
        2 content: Option<Content> = None,
        /// What firmware-limited and SVN-limited hierarchies derive from: see `limited`. Empty in states from before
        /// they were thought of, until the state is loaded.
        3 firmware_root: Secret<SEED_SIZE> = Secret::default(),
    }
    /// The primary seeds and proofs. A TPM that takes another's place has the other's, which may be shorter.
    Seeds {
        1 endorsement: Secret<SEED_SIZE>,
        2 storage: Secret<SEED_SIZE>,
        3 platform: Secret<SEED_SIZE>,
        4 platform_proof: Secret<PROOF_SIZE>,
        5 storage_proof: Secret<PROOF_SIZE>,
        6 endorsement_proof: Secret<PROOF_SIZE>,
        /// How RSA primes are derived from each seed, in the order of the seeds: see `derive`.
        7 derivation: Vec<u8>,
    }
    /// A policy and the hash that it is computed with.
    Policy {
        1 alg: Option<TpmiAlgHash>,
        2 digest: Tpm2bDigest,
    }
    /// Authorizations of the hierarchies other than the platform's.
    Hierarchies {
        1 owner_auth: Tpm2bAuth,
        2 endorsement_auth: Tpm2bAuth,
        3 lockout_auth: Tpm2bAuth,
        4 owner_policy: Policy,
        5 endorsement_policy: Policy,
        6 lockout_policy: Policy,
        7 disable_clear: bool,
    }
    /// Dictionary-attack protection (Part 1, 19.8).
    DictionaryAttack {
        1 failed_tries: u32,
        2 max_tries: u32,
        /// Seconds.
        3 recovery_time: u32,
        /// Seconds.
        4 lockout_recovery: u32,
        5 lockout_auth_enabled: bool,
    }
    /// Counts of resets, and how the last run ended.
    Counters {
        /// All resets ever; secret values derive from it.
        1 total_reset_count: u64,
        /// Resets since `TPM2_Clear`.
        2 reset_count: u32,
        /// How the TPM was shut down: see `Shutdown`.
        3 shutdown: u8,
        /// `tpmEstablished` of the platform interface.
        4 established: bool,
        /// The highest count of any NV counter that was deleted (Part 3, 31.2).
        5 highest_counter: u64,
    }
    /// Command audit.
    AuditConfig {
        1 counter: u64,
        2 alg: Option<TpmiAlgHash>,
        3 commands: Vec<u32>,
    }
    /// The clock and the timers that follow it.
    Orderly {
        /// Milliseconds.
        1 clock: u64,
        2 clock_safe: bool,
        /// The clock value at which `failed_tries` was last lowered or raised.
        3 self_heal_timer: u64,
        /// The clock value at which lockout authorization last failed.
        4 lockout_timer: u64,
    }
    /// What the platform's firmware has configured for good.
    PlatformConfig {
        /// The policy of the PCRs that can have one, which are one set (Part 1, 14.7.3).
        1 pcr_policy: Policy,
        /// Commands that need physical presence beside `TPM2_PP_Commands`, in order (Part 1, 16.3).
        2 presence: Vec<u32>,
        /// `TPM2_SetAlgorithmSet`.
        3 algorithm_set: u32,
    }
    /// What `TPM2_Shutdown(STATE)` keeps.
    Kept {
        1 reset: ResetState,
        2 clear: ClearState,
        /// The locality of the `TPM2_Startup` of the run that is kept.
        3 startup_locality: u8 = 0,
        /// An H-CRTM measured in it.
        4 h_crtm: bool = false,
    }
    /// Lost by a TPM Reset.
    ResetState {
        1 null_proof: Secret<PROOF_SIZE>,
        2 null_seed: Secret<SEED_SIZE>,
        3 clear_count: u32,
        4 object_context_id: u64,
        /// Sessions that are saved, by the low bits of their handles, with the context identifier expected back.
        5 saved_sessions: BTreeMap<u32, u64>,
        6 context_counter: u64,
        7 command_audit_digest: Option<Tpm2bDigest>,
        8 restart_count: u32,
        9 pcr_counter: u32,
        /// `TPM2_Commit` and `TPM2_EC_Ephemeral`: the ephemeral keys that are pending.
        10 commits: Commits = Commits::new(),
    }
    /// Lost by a TPM Reset and a TPM Restart.
    ClearState {
        1 owner_enable: bool,
        2 endorsement_enable: bool,
        3 platform_nv_enable: bool,
        4 platform_auth: Tpm2bAuth,
        5 platform_policy: Policy,
        /// PCRs that a TPM Resume brings back.
        6 pcrs: Option<Pcrs>,
        /// `TPM2_ReadOnlyControl`.
        7 read_only: bool,
        /// Authenticated countdown timers that are not as they start, by number.
        8 timers: BTreeMap<u8, Timer> = BTreeMap::new(),
        /// The authorization value of the PCRs that can have one, which are one set (Part 1, 14.7.2).
        9 pcr_auth: Tpm2bAuth = Tpm2bAuth::default(),
    }
    /// Lost by `_TPM_Init`.
    Volatile {
        1 started: bool,
        2 platform_enable: bool,
        3 objects: BTreeMap<u32, Loaded>,
        4 sessions: BTreeMap<u32, Arc<Session>>,
        5 exclusive_audit: Option<u32>,
        6 pcrs: Arc<Pcrs>,
        /// Milliseconds since power-on.
        7 time: u64,
        /// The `_TPM_Hash_*` sequence that is open.
        8 event: Option<Arc<Sequence>>,
        /// What locality the H-CRTM or `TPM2_Startup` gave PCR 0.
        9 startup_locality: u8,
        10 h_crtm: bool,
        /// `TPM2_PCR_Allocate` waits for a reset: the TPM will not Resume.
        11 banks_changed: bool,
        /// Changes with each `TPM2_Startup` that lost track of time: timeouts of another epoch have expired.
        12 time_epoch: u32,
        /// The run before this one ended in an orderly shutdown (`TPMA_STARTUP_CLEAR.orderly`).
        13 orderly: bool,
        /// Was: which self-tests had passed. They are not part of the state any more; it is zero.
        14 retired_tests: u32,
        /// `TPM2_ClockRateAdjust`: how time runs here.
        15 rate: Rate,
        /// Orderly NV indices as they are, where that is not how they are kept: see `nv`.
        16 orderly_nv: Arc<BTreeMap<u32, Arc<NvIndex>>> = Arc::new(BTreeMap::new()),
    }
}

impl Seeds {
    /// How RSA primes derive from the seed of a hierarchy.
    pub(crate) fn level(&self, hierarchy: u32) -> u8 {
        let place = match hierarchy {
            TpmRh::ENDORSEMENT => 0,
            TpmRh::OWNER => 1,
            TpmRh::PLATFORM => 2,
            _ => 3,
        };
        self.derivation.get(place).copied().unwrap_or(1)
    }
}
impl Policy {
    pub(crate) fn none() -> Policy {
        Policy { alg: None, digest: Tpm2bDigest::default() }
    }
}

impl PlatformConfig {
    /// As manufactured, and what states from before it was kept have.
    pub(crate) fn new() -> Self {
        PlatformConfig { pcr_policy: Policy::none(), presence: Vec::new(), algorithm_set: 0 }
    }
}

/// How the last run ended (`Counters::shutdown`).
pub(crate) mod shutdown {
    /// Not orderly, or running.
    pub(crate) const NONE: u8 = 0;
    pub(crate) const CLEAR: u8 = 1;
    pub(crate) const STATE: u8 = 2;
    /// As `NONE`, and an authorization value under dictionary-attack protection was used (Part 1, 16.8.6).
    pub(crate) const DA_USED: u8 = 3;
    /// Was it orderly?
    pub(crate) const fn orderly(how: u8) -> bool {
        matches!(how, CLEAR | STATE)
    }
}

impl DictionaryAttack {
    /// Factory values, which `TPM2_Clear` restores as well.
    pub(crate) fn new(profile: &Content) -> Self {
        let (max_tries, recovery_time, lockout_recovery) = profile.dictionary_attack;
        DictionaryAttack {
            failed_tries: 0,
            max_tries,
            recovery_time,
            lockout_recovery,
            lockout_auth_enabled: true,
        }
    }
}
impl Hierarchies {
    pub(crate) fn new() -> Self {
        Hierarchies {
            owner_auth: Tpm2bAuth::default(),
            endorsement_auth: Tpm2bAuth::default(),
            lockout_auth: Tpm2bAuth::default(),
            owner_policy: Policy::none(),
            endorsement_policy: Policy::none(),
            lockout_policy: Policy::none(),
            disable_clear: false,
        }
    }
}
impl ClearState {
    /// The values of `TPM2_Startup(CLEAR)`.
    pub(crate) fn new() -> Self {
        ClearState {
            owner_enable: true,
            endorsement_enable: true,
            platform_nv_enable: true,
            platform_auth: Tpm2bAuth::default(),
            platform_policy: Policy::none(),
            pcrs: None,
            read_only: false,
            timers: BTreeMap::new(),
            pcr_auth: Tpm2bAuth::default(),
        }
    }
}
impl ResetState {
    /// The values of a TPM Reset, with fresh null seed and proof.
    pub(crate) fn new(null_proof: Secret<PROOF_SIZE>, null_seed: Secret<SEED_SIZE>) -> Self {
        ResetState {
            null_proof,
            null_seed,
            clear_count: 0,
            object_context_id: 0,
            saved_sessions: BTreeMap::new(),
            context_counter: 0,
            command_audit_digest: None,
            restart_count: 0,
            pcr_counter: 0,
            commits: Commits::new(),
        }
    }
}
impl Volatile {
    /// The values after `_TPM_Init`.
    pub(crate) fn new(pcrs: Pcrs) -> Self {
        Volatile {
            started: false,
            platform_enable: false,
            objects: BTreeMap::new(),
            sessions: BTreeMap::new(),
            exclusive_audit: None,
            pcrs: Arc::new(pcrs),
            time: 0,
            event: None,
            startup_locality: 0,
            h_crtm: false,
            banks_changed: false,
            time_epoch: 0,
            orderly: false,
            retired_tests: 0,
            rate: Rate::NOMINAL,
            orderly_nv: Arc::new(BTreeMap::new()),
        }
    }
}
