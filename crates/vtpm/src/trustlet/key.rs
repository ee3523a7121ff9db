//! The state key's way in and out of the trustlet.
use super::{Refused, platform::World};
use crate::rpc::Failure;
use vtpm_store::seal::StateKey;

pub(crate) struct RunKeys;
impl RunKeys {
    pub(crate) fn generate(_w: &mut World<'_>) -> Result<RunKeys, Refused> {
        Ok(RunKeys)
    }
    pub(crate) fn public(&self) -> Vec<u8> {
        Vec::new()
    }
    pub(crate) fn open(self, _released: &[u8], _state: [u8; 16]) -> Result<StateKey, Refused> {
        Err(Refused::new(Failure::Key, "x"))
    }
}
pub(crate) fn protect(
    _w: &mut World<'_>,
    _guardian: &[u8],
    _state: [u8; 16],
    _key: &StateKey,
) -> Result<Vec<u8>, Refused> {
    Err(Refused::new(Failure::Key, "x"))
}
