//! The state key's way into the trustlet and, wrapped for a guardian, out of it.

use vtpm_store::seal::StateKey;
use zeroize::Zeroizing;

use super::Refused;
use super::platform::World;
use super::state::with_entropy;
use crate::protect::{self, KeyPair};
use crate::rpc::Failure;

/// The keys of one run: a state key is released to them, once.
pub(crate) struct RunKeys(KeyPair);

impl RunKeys {
    pub(crate) fn generate(world: &mut World<'_>) -> Result<RunKeys, Refused> {
        let mut seed = Zeroizing::new([0; 32]);
        world.random(seed.as_mut_slice()).map_err(|_| Refused::entropy())?;
        Ok(RunKeys(KeyPair::from_seed(&seed)))
    }

    pub(crate) fn public(&self) -> Vec<u8> {
        self.0.public()
    }

    /// Takes the released key; the keys of the run are used up.
    pub(crate) fn open(self, released: &[u8], state: [u8; 16]) -> Result<StateKey, Refused> {
        let key = self.0.open_released(&state, released).map_err(|why| Refused::new(Failure::Key, why))?;
        StateKey::from_slice(&key).ok_or_else(|| Refused::new(Failure::Key, "the released key is not 32 bytes"))
    }
}

/// The protector of a state key.
pub(crate) fn protect(
    world: &mut World<'_>,
    guardian: &[u8],
    state: [u8; 16],
    key: &StateKey,
) -> Result<Vec<u8>, Refused> {
    let protector = with_entropy(world, |entropy| protect::protect(guardian, &state, key.expose(), entropy))?;
    protector.map_err(|why| Refused::new(Failure::Key, why))
}
