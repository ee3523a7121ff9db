//! Keeps the state of a vTPM on disk: sealed so that only its trustlet can read it, and journaled so that
//! nothing that was answered is lost.
//!
//! Two halves that share no code but [`StateId`]:
//!
//! * [`seal`] runs in the **trustlet**: it turns plaintext state into sealed records and back. It knows the
//!   key and touches no file.
//! * [`journal`] runs in the **keeper**: it makes opaque bytes durable. It touches files and knows no key.
//!
//! The bytes are described in `docs/FORMAT.md`, the reasons in `docs/adr/0004-journal.md`.

#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

#[cfg(feature = "faults")]
pub mod faults;
pub mod journal;
pub mod seal;
mod state_id;
mod store;

pub use state_id::{ParseStateIdError, StateId};
pub use store::{MemoryStore, Store};
