//! Read-Only mode (Part 1, 42; Part 3, 24.9): the commands that are refused in it.
//!
//! Some others depend on what they are used on: see `Context::check_writable`, and TPM2_PolicySecret.
use crate::state::State;
use tpm2_wire::{Rc, Shape};

/// Part 3, Table 207: not permitted.
const REFUSED: &[&str] = &[
    "Create",
    "ObjectChangeAuth",
    "CreateLoaded",
    "SetCommandCodeAuditStatus",
    "PcrAllocate",
    "PcrSetAuthPolicy",
    "PcrSetAuthValue",
    "CreatePrimary",
    "HierarchyControl",
    "SetPrimaryPolicy",
    "ChangePps",
    "ChangeEps",
    "Clear",
    "ClearControl",
    "HierarchyChangeAuth",
    "DictionaryAttackParameters",
    "PpCommands",
    "SetAlgorithmSet",
    "FieldUpgradeStart",
    "FieldUpgradeData",
    "EvictControl",
    "ClockSet",
    "ClockRateAdjust",
    "SetCapability",
    "NvDefineSpace",
    "NvUndefineSpace",
    "NvUndefineSpaceSpecial",
    "NvIncrement",
    "NvGlobalWriteLock",
    "NvChangeAuth",
    "NvDefineSpace2",
];

/// Refuses what Read-Only mode does not permit, before all else.
pub(super) fn check(state: &State, shape: &Shape) -> Result<(), Rc> {
    let refused = state.clear.read_only && REFUSED.contains(&shape.name);
    if refused { Err(Rc::READ_ONLY) } else { Ok(()) }
}
