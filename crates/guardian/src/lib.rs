//! Key protectors: a TPM's state key wrapped for a *guardian*, who releases it to one run of a trustlet
//! and to nobody else.
//!
//! The ways of a state key, each a pure function of bytes and entropy:
//!
//! 1. The trustlet that makes a TPM calls [`protect`] with its guardian's [`PublicKey`]. The
//!    [`Protector`] is kept beside the sealed state.
//! 2. A trustlet that opens the state makes a [`Recipient`] for this run, and hands its public key out.
//! 3. The guardian, in a trustlet of its own, reads its [`LocalGuardian`] from the key file and answers with
//!    [`LocalGuardian::release`].
//! 4. The trustlet gets the state key from the [`Released`] message with [`Recipient::open`].
//!
//! Whoever carries these messages sees ciphertext only. Both are bound to the state id, so that one VM's
//! protector is of no use to another, and a released message to one recipient and one context.
//!
//! What this does not do: prove *which guardian* released a key. Whoever knows a recipient's public key can
//! send it a state key of their own choosing; it then opens none of the records that are sealed with the
//! real one.
//!
//! [`KeyFile`] keeps a local guardian's key on disk; nothing else here does I/O.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod error;
mod hex;
mod key_file;
mod local;
mod protector;
mod public;
mod release;
mod wrap;

pub use error::{KeyFileError, Message, ReleaseError};
pub use hex::Hex;
pub use key_file::KeyFile;
pub use local::LocalGuardian;
pub use protector::{ALGORITHM, Protector, protect};
pub use public::{GuardianId, PublicKey};
pub use release::{Recipient, Released};
