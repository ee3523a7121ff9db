//! One TPM with its sealer: every change of permanent state leaves as a sealed record, in order.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tpm2_engine::{Config, Content, Delta, EntropyError, Profile, Tpm};
use vtpm_store::StateId;
use vtpm_store::seal::{Kind, Sealer, StateKey};
use zeroize::Zeroizing;

use super::platform::World;
use super::{Done, Refused};
use crate::rpc::{Failure, Payload, ToTpm};

/// Separates the key of volatile state from that of permanent state: the two kinds of record can
/// never be put in each other's place.
const VOLATILE_INFO: &[u8] = b"donjon volatile state key v1";

/// The TPM and the keys of its state.
pub(crate) struct Held {
    tpm: Tpm,
    sealer: Sealer,
}

impl Held {
    /// Manufactures a TPM of this profile, or the default one. The record is its first snapshot.
    pub(crate) fn create(
        world: &mut World<'_>,
        state: [u8; 16],
        profile: Option<&[u8]>,
    ) -> Result<(Held, Vec<u8>), Refused> {
        let profile = match profile {
            None => Profile::default(),
            Some(bytes) => {
                let content = Content::from_bytes(bytes).map_err(|why| Refused::new(Failure::Order, why))?;
                Profile::new(content).map_err(|why| Refused::new(Failure::Order, why))?
            }
        };
        let tpm = Tpm::manufacture(&tpm2_crypto::RUST, &Config { profile, ..Config::default() }, world)
            .map_err(|_| Refused::entropy())?;
        let key = with_entropy(world, |entropy| StateKey::generate(entropy))?;
        let sealer = with_entropy(world, |entropy| Sealer::create(key, StateId(state), entropy))?;
        let mut held = Held { tpm, sealer };
        let record = held.snapshot()?;
        Ok((held, record))
    }

    /// Opens a state: authenticates its records, then loads them.
    pub(crate) fn open(
        world: &mut World<'_>,
        state: [u8; 16],
        key: StateKey,
        records: &[Vec<u8>],
    ) -> Result<Held, Refused> {
        let opened = with_entropy(world, |entropy| Sealer::open(key, StateId(state), records, entropy))?;
        let (sealer, plains) = opened.map_err(|why| Refused::new(Failure::Damaged, why))?;
        let plains: Vec<&[u8]> = plains.iter().map(|plain| plain.as_slice()).collect();
        let tpm = Tpm::load(&tpm2_crypto::RUST, &plains, world)
            .map_err(|why| Refused::new(Failure::Unknown, why))?;
        Ok(Held { tpm, sealer })
    }

    /// Whether this is the state with that id.
    pub(crate) fn is(&self, state: [u8; 16]) -> bool {
        self.sealer.state() == StateId(state)
    }

    /// The state key, to protect it for a guardian.
    pub(crate) fn key(&self) -> &StateKey {
        self.sealer.key()
    }

    /// Another copy of the state key, for opening the same state anew.
    pub(crate) fn copy_key(&self) -> Result<StateKey, Refused> {
        StateKey::from_slice(self.key().expose())
            .ok_or_else(|| Refused::new(Failure::Key, "the state key is not whole"))
    }

    /// Does what a keeper asks of an open TPM.
    pub(crate) fn run(&mut self, world: &mut World<'_>, request: ToTpm) -> Result<Done, Refused> {
        let (delta, payload) = match request {
            ToTpm::PowerOn { buffer } => {
                self.tpm.set_buffer_size(buffer as usize);
                self.tpm.power_on(world);
                (None, Payload::None)
            }
            ToTpm::Execute { locality, command } => {
                let executed = self.tpm.execute(world, locality, &command);
                (executed.delta, Payload::Bytes(executed.response))
            }
            ToTpm::HashStart => {
                self.tpm.hash_start(world);
                (None, Payload::None)
            }
            ToTpm::HashData(data) => {
                self.tpm.hash_data(&data);
                (None, Payload::None)
            }
            ToTpm::HashEnd => (self.tpm.hash_end(world), Payload::None),
            ToTpm::Established => (None, Payload::Flag(self.tpm.established())),
            ToTpm::ResetEstablished(locality) => {
                let (done, delta) = self.tpm.reset_established(locality);
                (delta, Payload::Flag(done))
            }
            ToTpm::SaveVolatile => (None, Payload::Bytes(self.save_volatile(world)?)),
            ToTpm::LoadVolatile(blob) => {
                self.load_volatile(world, &blob)?;
                (None, Payload::None)
            }
            ToTpm::Snapshot => return Ok((Some(self.snapshot()?), Payload::None)),
            ToTpm::Profile => (None, Payload::Bytes(self.tpm.profile().content().to_bytes())),
            ToTpm::Hello | ToTpm::Create { .. } | ToTpm::Record(_) | ToTpm::Open { .. } | ToTpm::Cancel => {
                return Err(Refused::new(Failure::Order, "not a request to an open TPM"));
            }
        };
        Ok((self.seal_delta(delta)?, payload))
    }

    fn seal_delta(&mut self, delta: Option<Delta>) -> Result<Option<Vec<u8>>, Refused> {
        let Some(delta) = delta else { return Ok(None) };
        self.sealer.seal(Kind::Delta, &delta).map(Some).map_err(|why| Refused::new(Failure::Order, why))
    }

    fn snapshot(&mut self) -> Result<Vec<u8>, Refused> {
        self.sealer
            .seal(Kind::Snapshot, &self.tpm.snapshot())
            .map_err(|why| Refused::new(Failure::Order, why))
    }

    fn save_volatile(&self, world: &mut World<'_>) -> Result<Vec<u8>, Refused> {
        let plain = self.tpm.save_volatile();
        let key = self.volatile_key()?;
        let mut sealer = with_entropy(world, |entropy| Sealer::create(key, self.sealer.state(), entropy))?;
        sealer.seal(Kind::Snapshot, &plain).map_err(|why| Refused::new(Failure::Volatile, why))
    }

    fn load_volatile(&mut self, world: &mut World<'_>, blob: &[u8]) -> Result<(), Refused> {
        let key = self.volatile_key()?;
        let state = self.sealer.state();
        let opened = with_entropy(world, |entropy| Sealer::open(key, state, &[blob], entropy))?;
        let (_, plains) = opened.map_err(|why| Refused::new(Failure::Volatile, why))?;
        let plain = plains.first().ok_or_else(|| Refused::new(Failure::Volatile, "no volatile state"))?;
        self.tpm.load_volatile(world, plain).map_err(|why| Refused::new(Failure::Volatile, why))
    }

    fn volatile_key(&self) -> Result<StateKey, Refused> {
        let broken = || Refused::new(Failure::Key, "the state key is not whole");
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key().expose()).map_err(|_| broken())?;
        mac.update(VOLATILE_INFO);
        let mut bytes = Zeroizing::new([0; 32]);
        bytes.copy_from_slice(&mac.finalize().into_bytes());
        StateKey::from_slice(bytes.as_slice()).ok_or_else(broken)
    }
}

/// Calls `f` with a source of entropy that cannot fail, and fails afterwards if it did.
pub(crate) fn with_entropy<T>(
    world: &mut World<'_>,
    f: impl FnOnce(&mut dyn FnMut(&mut [u8])) -> T,
) -> Result<T, Refused> {
    let mut result = Ok(());
    let value = f(&mut |out| {
        if let Err(EntropyError) = world.random(out) {
            result = Err(Refused::entropy());
        }
    });
    result.map(|()| value)
}
