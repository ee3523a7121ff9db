//! What an action may use: the state that it changes, and the TPM's means.
use crate::Platform;
use crate::command::Untested;
use crate::entropy::Health;
use crate::profile::Active;
use crate::state::State;
use crate::state::object::{Loaded, Object};
use alloc::sync::Arc;
use tpm2_crypto::{CryptoProvider, Drbg};
use tpm2_wire::{At, Command, Rc};

/// The detailed actions of a command (Part 3). They never see bytes, sessions or authorization.
pub(crate) trait Action: Command {
    /// Runs the command on a copy of the state that is kept only if this succeeds.
    fn run(self, cx: &mut Context<'_>) -> Result<Self::Reply, Rc>;
}

/// The surroundings of an action.
pub(crate) struct Context<'a> {
    pub(crate) crypto: &'static CryptoProvider,
    pub(crate) profile: &'a Active,
    pub(crate) state: &'a mut State,
    pub(crate) rng: &'a mut Drbg,
    pub(crate) platform: &'a mut dyn Platform,
    pub(crate) locality: u8,
    /// The largest command and response, in bytes.
    pub(crate) buffer_size: usize,
    /// Why the TPM is in failure mode, if it is; a self-test says it here. Outside of the state, as `rng` is.
    pub(crate) failure: &'a mut Option<&'static str>,
    /// Self-tests that have not passed since power-on. Outside of the state likewise: what is restored elsewhere is
    /// tested there.
    pub(crate) untested: &'a mut Untested,
    /// What the platform's entropy was like so far. Outside of the state.
    pub(crate) health: &'a mut Health,
}

impl Context<'_> {
    /// The object of a handle; a sequence in its place is refused with `rc` at the handle's position.
    pub(crate) fn object(&self, handle: impl Into<u32>, rc: Rc, at: At) -> Result<Arc<Object>, Rc> {
        self.state.object(handle.into()).ok_or(rc.at(at))
    }
    /// Is a transient slot free? Asked before work that would be in vain.
    pub(crate) fn check_slot(&self) -> Result<(), Rc> {
        if self.state.volatile.objects.len() < self.profile.transient_objects {
            Ok(())
        } else {
            Err(Rc::OBJECT_MEMORY)
        }
    }
    /// Loads into a free transient slot; the handle.
    pub(crate) fn load(&mut self, loaded: Loaded) -> Result<u32, Rc> {
        self.check_slot()?;
        let handle = (0x8000_0000..0x80FF_FFFF)
            .find(|handle| !self.state.volatile.objects.contains_key(handle))
            .ok_or(Rc::OBJECT_MEMORY)?;
        self.state.volatile.objects.insert(handle, loaded);
        Ok(handle)
    }
    /// Random bytes of the TPM's generator.
    pub(crate) fn random(&mut self, len: usize) -> Result<zeroize::Zeroizing<alloc::vec::Vec<u8>>, Rc> {
        crate::crypt::random(self.rng, len)
    }
}
