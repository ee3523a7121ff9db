//! The detailed actions of Part 3: a folder for each chapter, a file for each command.
//!
//! A command that is in no chapter's list is not implemented, not announced, and answered with
//! `TPM_RC_COMMAND_CODE`; one that is in a list and has no action does not compile.
pub(crate) use capability::FIRMWARE_VERSION;

use crate::dispatch::Request;
use crate::{Platform, Tpm};
use alloc::vec::Vec;
use tpm2_wire::{Rc, Shape};

/// A command that is implemented: what is declared of it, and how it is run.
pub(crate) struct Entry {
    pub(crate) shape: Shape,
    pub(crate) run: Run,
}
/// Runs a command of one type; the whole response, or the code.
type Run = fn(&mut Tpm, &mut dyn Platform, &Request<'_>) -> Result<Vec<u8>, Rc>;

/// The commands of a chapter.
macro_rules! actions { ($($command:ident)*) => {
    pub(crate) static ENTRIES: &[$crate::command::Entry] = &[ $( $crate::command::Entry {
        shape: <tpm2_wire::part3::$command as tpm2_wire::Command>::SHAPE,
        run: $crate::dispatch::step::<tpm2_wire::part3::$command>,
    } ),* ];
} }

macro_rules! chapters { ($($(#[$doc:meta])* $chapter:ident)*) => {
    $( $(#[$doc])* mod $chapter; )*
    /// All commands that are implemented, in the order of their codes.
    pub(crate) fn implemented() -> Vec<&'static Entry> {
        let mut all: Vec<&'static Entry> = Vec::new();
        $( all.extend($chapter::ENTRIES); )*
        all.sort_by_key(|entry| entry.shape.code);
        all
    }
} }
pub(crate) use testing::Untested;

chapters! {
    /// Part 3, 9: start-up.
    startup
    /// Part 3, 11: sessions.
    session
    /// Part 3, 12 and 24.1: objects.
    object
    /// Part 3, 13: duplication.
    duplication
    /// Part 3, 14: asymmetric primitives.
    asymmetric
    /// Part 3, 15: symmetric primitives.
    symmetric
    /// Part 3, 17: sequences.
    hash_sequence
    /// Part 3, 18: attestation.
    attestation
    /// Part 3, 19: ephemeral EC keys.
    ephemeral
    /// Part 3, 20: signing.
    signing
    /// Part 3, 21: command audit.
    command_audit
    /// Part 3, 23: enhanced authorization.
    policy
    /// Part 3, 28: context management.
    context_management
    /// Part 3, 10 and 30.3: self-tests.
    testing
    /// Part 3, 16: random numbers.
    random
    /// Part 3, 22: PCRs.
    pcr
    /// Part 3, 24.2 to 24.9: hierarchies.
    hierarchy
    /// Part 3, 25: dictionary-attack protection.
    dictionary
    /// Part 3, 26: miscellaneous management.
    management
    /// Part 3, 29: clock.
    clock
    /// Part 3, 30.2 and 30.4: capabilities.
    capability
    /// Part 3, 31: NV indices.
    nv
    /// Part 3, 33: authenticated countdown timers.
    timer
}
