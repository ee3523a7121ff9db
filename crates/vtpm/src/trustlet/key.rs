//! The state key's way into the trustlet and, wrapped for a guardian, out of it.

use guardian::{PublicKey, Recipient, Released};
use vtpm_store::seal::StateKey;

use super::Refused;
use super::platform::World;
use super::state::with_entropy;
use crate::guardian_role::CONTEXT;
use crate::rpc::Failure;

/// The keys of one run: a state key is released to them, once.
pub(crate) struct RunKeys(Recipient);

impl RunKeys {
    pub(crate) fn generate(world: &mut World<'_>) -> Result<RunKeys, Refused> {
        with_entropy(world, |entropy| RunKeys(Recipient::new(entropy)))
    }

    pub(crate) fn public(&self) -> Vec<u8> {
        self.0.public().as_bytes().to_vec()
    }

    /// Takes the released key; the keys of the run are used up.
    pub(crate) fn open(self, released: &[u8], state: [u8; 16]) -> Result<StateKey, Refused> {
        let refused = |why| Refused::new(Failure::Key, why);
        let released = Released::parse(released).map_err(refused)?;
        let key = self.0.open(&released, &state, CONTEXT).map_err(refused)?;
        StateKey::from_slice(key.as_slice())
            .ok_or_else(|| Refused::new(Failure::Key, "the released key is not 32 bytes"))
    }
}

/// The protector of a state key.
pub(crate) fn protect(
    world: &mut World<'_>,
    guardian: &[u8],
    state: [u8; 16],
    key: &StateKey,
) -> Result<Vec<u8>, Refused> {
    let refused = |why| Refused::new(Failure::Key, why);
    let guardian = PublicKey::parse(guardian).map_err(refused)?;
    let protector =
        with_entropy(world, |entropy| guardian::protect(key.expose(), &state, &guardian, entropy))?;
    Ok(protector.map_err(refused)?.to_bytes())
}
