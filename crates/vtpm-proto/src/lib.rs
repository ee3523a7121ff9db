//! The three ways a client reaches a software TPM, as codecs and state machines without I/O:
//! swtpm's control channel ([`ctrl`]), its data channel ([`data`]) and the TCP protocol of the
//! TCG reference simulator ([`mssim`]).
//!
//! Nothing here reads a socket, a clock or a file. Bytes go in, requests come out; what a request
//! does to the TPM is behind the [`ctrl::Backend`] trait. Whatever the bytes, nothing panics and
//! nothing grows beyond the bounds written beside each parser.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

pub mod ctrl;
pub mod data;
pub mod mssim;
mod tpm;

pub use tpm::{
    MAX_COMMAND, RC_COMMAND_SIZE, RC_FAILURE, RC_INITIALIZE, RC_LOCALITY, Startup, command_code,
    error_response, response_code, shutdown_command, startup_command,
};

/// Reads a big-endian `u32` at `at`, or nothing when the bytes are not there yet.
fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(word.try_into().ok()?))
}
