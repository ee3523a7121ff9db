//! A TPM 2.0 without I/O: bytes, time and entropy in, bytes and state changes out.
//!
//! [`Tpm::execute`] takes one command and returns its response, with what must be made durable before the response
//! may leave. The engine has no clock, no threads, no files and no global state: many TPMs can live in one process,
//! and a test steps virtual time. It does not panic, block or grow without bound, whatever the bytes.
//!
//! ```
//! use tpm2_engine::{Config, EntropyError, Platform, Profile, Tpm};
//!
//! struct Machine(u64); // what the TPM needs of the world
//! impl Platform for Machine {
//!     fn entropy(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
//!         for byte in out {
//!             // In earnest: from the machine's generator. The TPM watches what it gets.
//!             self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
//!             *byte = (self.0 >> 56) as u8;
//!         }
//!         Ok(())
//!     }
//!     fn now_ms(&mut self) -> u64 {
//!         0 // in earnest: of a clock that never goes back
//!     }
//! }
//!
//! let mut machine = Machine(1);
//! let profile = Profile::by_name("pc-client").expect("a built-in profile");
//! let mut tpm = Tpm::manufacture(&tpm2_crypto::RUST, &Config { profile, ..Config::default() }, &mut machine)?;
//! let mut stored = vec![tpm.snapshot()]; // to be made durable, and secret
//! tpm.power_on(&mut machine);
//! let startup = [0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x44, 0, 0]; // TPM2_Startup(TPM_SU_CLEAR)
//! let done = tpm.execute(&mut machine, 0, &startup);
//! stored.extend(done.delta); // durable first,
//! assert_eq!(done.response[6..10], [0; 4]); // answered then: TPM_RC_SUCCESS
//!
//! let records: Vec<&[u8]> = stored.iter().map(|record| record.as_slice()).collect();
//! let again = Tpm::load(&tpm2_crypto::RUST, &records, &mut machine)?; // the same TPM, after a power cut
//! assert_eq!(again.profile().content().name, "pc-client");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `dispatch` is the one path of all commands, `command` has a file for each command's detailed actions (Part 3),
//! `state` says what survives what.
#![no_std]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::unimplemented,
        clippy::indexing_slicing
    )
)]
extern crate alloc;

mod command;
mod context;
mod crypt;
mod dispatch;
mod entity;
mod entropy;
mod events;
mod manufacture;
mod objects;
#[macro_use]
mod saved;
mod profile;
mod state;
mod tpm;

pub use manufacture::{Config, HierarchySecrets, Secrets};
pub use profile::{Content, Profile, ProfileError};
pub use saved::LoadError;
pub use tpm::Tpm;

use alloc::vec::Vec;
use zeroize::Zeroizing;

/// What the engine needs of the world.
pub trait Platform {
    /// Fills `out` with entropy.
    ///
    /// # Errors
    /// When there is none to be had; the TPM then enters failure mode.
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), EntropyError>;
    /// Milliseconds on a clock that never goes back and keeps running while the TPM is powered.
    fn now_ms(&mut self) -> u64;
    /// True when the caller asked to cancel the running command.
    fn canceled(&mut self) -> bool {
        false
    }
    /// True while physical presence is asserted (Part 1, 16.3): by whatever the embedder takes for it.
    fn physical_presence(&mut self) -> bool {
        false
    }
    /// The secure channel that the running command came over, if it came over one: what `TPM2_PolicyTransportSPDM`
    /// and `TPM_CAP_SPDM_SESSION_INFO` speak of.
    fn secure_channel(&mut self) -> Option<SecureChannel> {
        None
    }
    /// An authenticated countdown timer (`TPM_RH_ACT_0 + timer`) has begun to signal: it ran out, or was set to zero.
    /// What follows is the embedder's to say; a reset of the platform is the usual thing (Part 1, 40). Told with the
    /// command, or the [`Tpm::tick`], in which it happened.
    fn timer_expired(&mut self, timer: u8) {
        let _ = timer;
    }
}

/// The two ends of a secure channel, by the Names of their keys; empty where an end has none.
pub type SecureChannel = tpm2_wire::TpmsSpdmSessionInfo;

/// No entropy could be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntropyError;
impl core::fmt::Display for EntropyError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the platform gives no entropy")
    }
}
impl core::error::Error for EntropyError {}

/// A change of permanent state, as bytes: to be durable before the response is released.
pub type Delta = Zeroizing<Vec<u8>>;

/// The outcome of one command.
pub struct Executed {
    /// The response, header included.
    pub response: Vec<u8>,
    /// What must be durable before `response` may leave.
    pub delta: Option<Delta>,
}
