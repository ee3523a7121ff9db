//! Why a record could not be sealed, or a state not be opened.

use crate::StateId;

/// A plaintext that cannot become a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The first record of a state must be a snapshot.
    #[error("sealing a delta before the state's first snapshot")]
    NoSnapshot,
    /// The plaintext is over the limit.
    #[error("sealing {len} bytes of state: a record holds at most {max}")]
    TooLarge {
        /// Bytes given.
        len: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// 2^64 records: cannot happen in practice, and must not wrap.
    #[error("sealing state: the sequence numbers are used up")]
    Exhausted,
}

/// Sealed records that are not the state asked for. `record` is the position in the list given, from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// There are no records at all.
    #[error("opening TPM state {state}: there is no record")]
    Empty {
        /// The state asked for.
        state: StateId,
    },
    /// Not a sealed record: too short, or with fields that no writer sets.
    #[error("opening TPM state {state}: record {record} is malformed ({why}); restore a backup of the state")]
    Malformed {
        /// The state asked for.
        state: StateId,
        /// Position in the list.
        record: usize,
        /// The field at fault.
        why: &'static str,
    },
    /// A later format.
    #[error(
        "opening TPM state {state}: record {record} has sealed-record version {found}, this program reads \
         version {supported}; use the program that wrote it"
    )]
    UnsupportedVersion {
        /// The state asked for.
        state: StateId,
        /// Position in the list.
        record: usize,
        /// The version in the record.
        found: u8,
        /// The version understood here.
        supported: u8,
    },
    /// The record was sealed for another VM's TPM.
    #[error(
        "opening TPM state {expected}: record {record} belongs to TPM state {found}, which is another VM's; \
         put back this VM's own file"
    )]
    OtherState {
        /// Position in the list.
        record: usize,
        /// The state asked for.
        expected: StateId,
        /// The state the record says it is of.
        found: StateId,
    },
    /// The record was sealed with another key.
    #[error(
        "opening TPM state {state}: record {record} was sealed with another state key; use the key protector \
         that was stored with it"
    )]
    WrongKey {
        /// The state asked for.
        state: StateId,
        /// Position in the list.
        record: usize,
    },
    /// Authentication failed: some byte is not what was sealed.
    #[error(
        "opening TPM state {state}: record {record} was altered after it was sealed; restore a backup of the state"
    )]
    Altered {
        /// The state asked for.
        state: StateId,
        /// Position in the list.
        record: usize,
    },
    /// A genuine record in the wrong place.
    #[error(
        "opening TPM state {state}: the chain is broken at record {record}: {cause}; restore a backup of the state"
    )]
    BrokenChain {
        /// The state asked for.
        state: StateId,
        /// Position in the list.
        record: usize,
        /// What is wrong with its place.
        cause: ChainBreak,
    },
}

/// How a genuine record is out of place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChainBreak {
    /// A state starts with a snapshot.
    #[error(
        "the first record is a delta (sequence number {found}), not a snapshot: what came before it is missing"
    )]
    NoSnapshot {
        /// Its sequence number.
        found: u64,
    },
    /// A snapshot among the deltas.
    #[error("a second snapshot (epoch {found}) where a delta of epoch {expected} belongs")]
    SecondSnapshot {
        /// The epoch of the first record.
        expected: u64,
        /// The epoch of this one.
        found: u64,
    },
    /// A delta from before or after another snapshot.
    #[error("a delta of epoch {found} where one of epoch {expected} belongs")]
    Epoch {
        /// The epoch of the first record.
        expected: u64,
        /// The epoch of this one.
        found: u64,
    },
    /// Records missing, repeated or reordered.
    #[error(
        "sequence number {found} where {expected} belongs: a record is missing, repeated or out of order"
    )]
    Sequence {
        /// The number that belongs here.
        expected: u64,
        /// The number found.
        found: u64,
    },
    /// The right number, but written after another history.
    #[error("sequence number {found} continues another history: the record before it was replaced")]
    History {
        /// Its sequence number.
        found: u64,
    },
}
