//! Seals a TPM's state into records that only the holder of its key can read or make.
//!
//! Runs in the trustlet: no files, no clock, no entropy of its own. Each record is encrypted and authenticated
//! together with the identity of the state, its place in the sequence and the tag of the record before it, so
//! that records which were altered, dropped from the middle, reordered, repeated or taken from another VM are
//! refused by name. What no chain can show is that the *newest* records are missing: that needs a counter
//! outside the file.

mod error;
mod key;
mod record;
mod sealer;

pub use error::{ChainBreak, OpenError, SealError};
pub use key::StateKey;
pub use record::{DELTA_UNIT, Kind, MAX_PLAIN, SNAPSHOT_UNIT};
pub use sealer::{Opened, Sealer};
