//! One TPM: made, powered, asked, saved.
use crate::command::Untested;
use crate::crypt::{CONTEXT_HASH, random};
use crate::dispatch::{Request, refuse};
use crate::entropy::Health;
use crate::profile::first;
use crate::saved::{Saved, bad, load_field, save_field};
use crate::state::pcr::{BankConfig, Pcrs};
use crate::state::persist;
use crate::state::{
    AuditConfig, ClearState, Counters, DictionaryAttack, Hierarchies, Identity, Orderly, Persistent,
    PlatformConfig, ResetState, Seeds, State, Volatile, shutdown,
};
use crate::{Config, Delta, EntropyError, Executed, LoadError, Platform, Profile};
use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};
use tpm2_crypto::{CryptoProvider, Drbg};
use tpm2_wire::{
    Accept, Command, GetCapability, GetTestResult, Rc, Reader, Secret, SetCommandCodeAuditStatus, TpmSt,
    TpmiAlgHash, Wire,
};
use zeroize::Zeroizing;

/// Requests after which the generator takes fresh entropy (SP 800-90A allows 2^48).
const RESEED_INTERVAL: u64 = 1 << 20;
/// The version of the volatile state format.
const VOLATILE_VERSION: u8 = 1;

/// One TPM.
pub struct Tpm {
    pub(crate) crypto: &'static CryptoProvider,
    pub(crate) profile: Profile,
    pub(crate) state: State,
    /// The largest command and response, in bytes.
    pub(crate) buffer_size: usize,
    /// Outside of the state: an error must not rewind it.
    pub(crate) rng: Drbg,
    /// Failure mode (Part 1, 12.4): why.
    pub(crate) failure: Option<&'static str>,
    /// Self-tests that have not passed since power-on.
    pub(crate) untested: Untested,
    pub(crate) health: Health,
    /// The platform's clock when it was last read, in milliseconds.
    last_ms: Option<u64>,
    /// Permanent state as the caller has it: what changed since is in the next delta, whatever changed it.
    durable: Persistent,
}

impl Tpm {
    /// A new TPM with fresh seeds. Make [`Tpm::snapshot`] durable before use.
    ///
    /// # Errors
    /// When the platform gives no entropy.
    pub fn manufacture(
        crypto: &'static CryptoProvider,
        config: &Config,
        platform: &mut dyn Platform,
    ) -> Result<Tpm, EntropyError> {
        let mut health = Health::default();
        let mut rng = health.generator(crypto, platform).map_err(|_| EntropyError)?;
        let mut secret =
            || random(&mut rng, 64).map(|bytes| Secret::from(&bytes[..])).map_err(|_| EntropyError);
        let seeds = Seeds {
            endorsement: secret()?,
            storage: secret()?,
            platform: secret()?,
            platform_proof: secret()?,
            storage_proof: secret()?,
            endorsement_proof: secret()?,
            derivation: alloc::vec![1, 1, 1, 1],
        };
        let (null_proof, null_seed, firmware_root) = (secret()?, secret()?, secret()?);
        let seeds = config.secrets.as_ref().map_or_else(|| seeds.clone(), |given| given.over(&seeds));
        let profile = config.profile.content();
        let banks = BankConfig::new(&profile.banks);
        let orderly = Orderly { clock: 0, clock_safe: true, self_heal_timer: 0, lockout_timer: 0 };
        let persistent = Persistent {
            identity: Arc::new(Identity {
                profile: profile.name.as_bytes().to_vec(),
                content: Some(profile.clone()),
                firmware_root,
            }),
            seeds: Arc::new(seeds),
            hierarchies: Arc::new(Hierarchies::new()),
            da: Arc::new(DictionaryAttack::new(profile)),
            counters: Arc::new(Counters {
                total_reset_count: 0,
                reset_count: 0,
                shutdown: shutdown::CLEAR, // nothing was lost before the first start-up
                established: false,
                highest_counter: 0,
            }),
            audit: Arc::new(AuditConfig {
                counter: 0,
                // The hash that protects contexts, as in the TCG's reference code.
                alg: TpmiAlgHash::from_id(CONTEXT_HASH.id()),
                commands: alloc::vec![SetCommandCodeAuditStatus::SHAPE.code],
            }),
            banks: Arc::new(banks.clone()),
            orderly: Arc::new(orderly.clone()),
            kept: Arc::new(None),
            platform: Arc::new(PlatformConfig::new()),
            nv: Arc::new(BTreeMap::new()),
            objects: Arc::new(BTreeMap::new()),
        };
        let state = State {
            persistent,
            orderly,
            reset: ResetState::new(null_proof, null_seed),
            clear: ClearState::new(),
            volatile: Volatile::new(Pcrs::new(&banks)),
        };
        Ok(Tpm::unpowered(crypto, config.profile.clone(), state, rng, health))
    }

    /// A TPM from its snapshot and the deltas that followed it, in order. It is not powered yet.
    ///
    /// # Errors
    /// When the records are not those of a TPM that this engine can be.
    pub fn load(
        crypto: &'static CryptoProvider,
        records: &[&[u8]],
        platform: &mut dyn Platform,
    ) -> Result<Tpm, LoadError> {
        let persistent = persist::replay(records)?;
        let profile = profile_of(&persistent.identity)?;
        let mut health = Health::default();
        let mut rng = health.generator(crypto, platform).map_err(|_| bad("no entropy"))?;
        let mut secret =
            || random(&mut rng, 64).map(|bytes| Secret::from(&bytes[..])).map_err(|_| bad("no entropy"));
        let reset = ResetState::new(secret()?, secret()?);
        let state = State {
            orderly: (*persistent.orderly).clone(),
            reset,
            clear: ClearState::new(),
            volatile: Volatile::new(Pcrs::new(&persistent.banks)),
            persistent,
        };
        Ok(Tpm::unpowered(crypto, profile, state, rng, health))
    }

    /// A TPM of this state, all of which is durable; nothing has been tested.
    fn unpowered(
        crypto: &'static CryptoProvider,
        profile: Profile,
        state: State,
        rng: Drbg,
        health: Health,
    ) -> Tpm {
        Tpm {
            crypto,
            buffer_size: profile.active().buffer_size,
            untested: Untested::all(profile.active()),
            durable: state.persistent.clone(),
            profile,
            state,
            rng,
            failure: None,
            health,
            last_ms: None,
        }
    }

    /// What it can do: chosen when it was manufactured.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// All permanent state, in the format of a delta.
    #[must_use]
    pub fn snapshot(&self) -> Delta {
        persist::delta(None, &self.state.persistent).unwrap_or_default()
    }

    /// Limits commands and responses to what the transport carries, in bytes; what is more than the profile's limit is
    /// that limit. `TPM_PT_MAX_COMMAND_SIZE` says so. Not part of the state: the transport sets it before start-up.
    pub fn set_buffer_size(&mut self, bytes: usize) {
        self.buffer_size = bytes.min(self.profile.active().buffer_size);
    }

    /// `_TPM_Init`: power was applied, or reset asserted. Volatile state is lost; `TPM2_Startup` must follow.
    pub fn power_on(&mut self, platform: &mut dyn Platform) {
        self.failure = None;
        self.untested = Untested::all(self.profile.active());
        match self.health.generator(self.crypto, platform) {
            Ok(rng) => self.rng = rng,
            Err(fault) => self.failure = Some(fault),
        }
        self.state.volatile = Volatile::new(Pcrs::new(&self.state.persistent.banks));
        self.last_ms = Some(platform.now_ms());
    }

    /// Runs one command. Never panics, whatever the bytes.
    pub fn execute(&mut self, platform: &mut dyn Platform, locality: u8, command: &[u8]) -> Executed {
        let signaled = self.state.signaled();
        self.pass_time(platform);
        let response = match self.run(platform, locality, command) {
            Ok(response) => response,
            Err(rc) => {
                if rc == Rc::FAILURE && self.failure.is_none() {
                    self.failure = Some("internal");
                }
                refuse(rc)
            }
        };
        self.tell_expired(platform, signaled);
        Executed { response, delta: self.delta() }
    }

    /// Lets time pass without a command: [`Platform::timer_expired`] is told of what ran out. What this returns must
    /// be made durable some time.
    pub fn tick(&mut self, platform: &mut dyn Platform) -> Option<Delta> {
        let signaled = self.state.signaled();
        self.pass_time(platform);
        self.tell_expired(platform, signaled);
        self.delta()
    }
    /// Milliseconds until an authenticated countdown timer expires, if one runs: when [`Tpm::tick`] has something to
    /// tell. By the TPM's clock, which `TPM2_ClockRateAdjust` can make run up to 15 percent slower or faster.
    #[must_use]
    pub fn next_expiry(&self) -> Option<u64> {
        self.state.next_expiry().filter(|_| self.state.volatile.started)
    }
    /// Tells of the timers that have begun to signal since those of `before` did.
    fn tell_expired(&mut self, platform: &mut dyn Platform, before: u16) {
        let new = self.state.signaled() & !before;
        (0..16).filter(|timer| new >> timer & 1 == 1).for_each(|timer| platform.timer_expired(timer));
    }

    /// What of the permanent state changed since this was asked last.
    pub(crate) fn delta(&mut self) -> Option<Delta> {
        let delta = persist::delta(Some(&self.durable), &self.state.persistent)?;
        self.durable = self.state.persistent.clone();
        Some(delta)
    }

    fn run(&mut self, platform: &mut dyn Platform, locality: u8, command: &[u8]) -> Result<Vec<u8>, Rc> {
        let accept = Accept::ALL;
        let mut r = Reader::new(command, &accept);
        let short = |_| Rc::COMMAND_SIZE;
        let tag = u16::read(&mut r).map_err(short)?;
        if tag != TpmSt::NO_SESSIONS && tag != TpmSt::SESSIONS {
            // Part 3, 5.2 for the code. With TPM_ST_NO_SESSIONS (6.1): this TPM is no TPM 1.2 too. Firmware asks with
            // a command of 1.2, and takes who answers with TPM_ST_RSP_COMMAND for one of those.
            return Err(Rc::BAD_TAG);
        }
        let size = u32::read(&mut r).map_err(short)? as usize;
        if size != command.len() || size > self.buffer_size {
            return Err(Rc::COMMAND_SIZE);
        }
        let code = u32::read(&mut r).map_err(short)?;
        if self.failure.is_some() {
            // Part 3, 10.4 and 30.2: these two alone, and without sessions.
            let allowed = [GetTestResult::SHAPE.code, GetCapability::SHAPE.code].contains(&code);
            if !allowed || tag != TpmSt::NO_SESSIONS {
                return Err(Rc::FAILURE);
            }
        }
        if self.rng.reseed_counter() > RESEED_INTERVAL {
            self.reseed(platform)?;
        }
        let entry = self.profile.active().command(code).ok_or(Rc::COMMAND_CODE)?;
        (entry.run)(self, platform, &Request { tag, locality, body: r.rest() })
    }

    /// Takes fresh entropy.
    fn reseed(&mut self, platform: &mut dyn Platform) -> Result<(), Rc> {
        self.health.reseed(platform, &mut self.rng, &[]).map_err(|fault| {
            self.failure = Some(fault);
            Rc::FAILURE
        })
    }

    /// Lets the clock catch up with the platform's.
    pub(crate) fn pass_time(&mut self, platform: &mut dyn Platform) {
        let now = platform.now_ms();
        let elapsed = self.last_ms.map_or(0, |last| now.saturating_sub(last));
        self.last_ms = Some(now);
        self.state.advance(elapsed, self.profile.active().clock_update);
    }

    /// All volatile state, for suspend and migration at any moment between commands. It holds secrets.
    #[must_use]
    pub fn save_volatile(&self) -> Zeroizing<Vec<u8>> {
        let mut w = Zeroizing::new(Vec::with_capacity(16 * 1024));
        w.push(VOLATILE_VERSION);
        let State { persistent, orderly, reset, clear, volatile } = &self.state;
        save_field(1, &persistent.counters.total_reset_count, &mut w);
        save_field(2, orderly, &mut w);
        save_field(3, reset, &mut w);
        save_field(4, clear, &mut w);
        save_field(5, volatile, &mut w);
        w
    }
    /// Takes up volatile state that [`Tpm::save_volatile`] made of the same TPM.
    ///
    /// # Errors
    /// When the bytes are not such, or are of another run than the permanent state.
    pub fn load_volatile(&mut self, platform: &mut dyn Platform, bytes: &[u8]) -> Result<(), LoadError> {
        let mut r = Reader::new(bytes, &Accept::ALL);
        if u8::load(&mut r)? != VOLATILE_VERSION {
            return Err(bad("the volatile state is of another version"));
        }
        let resets: u64 = load_field(1, &mut r)?;
        let (orderly, reset, clear) =
            (load_field(2, &mut r)?, load_field(3, &mut r)?, load_field(4, &mut r)?);
        let volatile = load_field(5, &mut r)?;
        r.finish().map_err(|_| bad("the volatile state is too long"))?;
        if resets != self.state.persistent.counters.total_reset_count {
            return Err(bad("the volatile state is not of the same run as the permanent state"));
        }
        self.state.orderly = orderly;
        self.state.reset = reset;
        self.state.clear = clear;
        self.state.volatile = volatile;
        self.last_ms = Some(platform.now_ms());
        // Another TPM may go on from the same bytes: no two shall draw the same numbers. Without entropy it is in failure
        // mode, which says why.
        let _ = self.reseed(platform);
        Ok(())
    }
}

/// What the profile of a saved TPM said when it was made.
fn profile_of(identity: &Identity) -> Result<Profile, LoadError> {
    let content = match &identity.content {
        Some(content) => content.clone(),
        None => core::str::from_utf8(&identity.profile)
            .ok()
            .and_then(first)
            .ok_or(bad("the profile is not known to this version"))?,
    };
    Profile::new(content).map_err(|_| bad("the profile has what this version lacks"))
}
