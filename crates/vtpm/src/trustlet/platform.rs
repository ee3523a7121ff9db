//! What the engine has of the world inside the container: entropy, a clock, and a glance at the
//! channel.

use std::time::Instant;

use rustix::rand::{GetRandomFlags, getrandom};
use tpm2_engine::{EntropyError, Platform};
use vsm::Channel;

/// The world, with the channel that a cancellation comes over.
pub(crate) struct World<'c> {
    channel: &'c Channel,
    began: Instant,
}

impl<'c> World<'c> {
    pub(crate) fn new(channel: &'c Channel) -> World<'c> {
        World { channel, began: Instant::now() }
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

    /// Since the trustlet began. The C library reads the clock without a system call, or with one
    /// that is on the list.
    fn now_ms(&mut self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// While a command runs the keeper sends nothing but [`crate::rpc::ToTpm::Cancel`], and a
    /// keeper that is gone needs no result.
    fn canceled(&mut self) -> bool {
        self.channel.peek_pending().unwrap_or(true)
    }
}
