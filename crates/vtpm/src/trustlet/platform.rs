//! What the engine has of the world inside the container: entropy, a clock, and a glance at the
//! channel.

use rustix::rand::{GetRandomFlags, getrandom};
use rustix::time::{ClockId, clock_gettime};
use tpm2_engine::{EntropyError, Platform};
use vsm::Channel;

/// The world, with the channel that a cancellation comes over.
pub(crate) struct World<'c> {
    channel: &'c Channel,
}

impl<'c> World<'c> {
    pub(crate) fn new(channel: &'c Channel) -> World<'c> {
        World { channel }
    }

    /// Fills `out` by system calls straight into it.
    pub(crate) fn random(&mut self, mut out: &mut [u8]) -> Result<(), EntropyError> {
        while !out.is_empty() {
            match getrandom(&mut *out, GetRandomFlags::empty()) {
                Ok(n) => out = out.get_mut(n..).unwrap_or_default(),
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return Err(EntropyError),
            }
        }
        Ok(())
    }
}

impl Platform for World<'_> {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        self.random(out)
    }

    fn now_ms(&mut self) -> u64 {
        let now = clock_gettime(ClockId::Monotonic);
        let (seconds, nanos) = (u64::try_from(now.tv_sec).unwrap_or(0), u64::try_from(now.tv_nsec).unwrap_or(0));
        seconds.saturating_mul(1000).saturating_add(nanos / 1_000_000)
    }

    /// While a command runs the keeper sends nothing but [`crate::rpc::ToTpm::Cancel`], and a
    /// keeper that is gone needs no result.
    fn canceled(&mut self) -> bool {
        self.channel.peek_pending().unwrap_or(true)
    }
}
