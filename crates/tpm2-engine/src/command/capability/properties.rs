//! `TPM_CAP_TPM_PROPERTIES` (Part 2, 6.13): the group that only new firmware changes, and the group that
//! varies.
use crate::profile::{Active, CONTEXT_GAP};
use crate::context::Context;
use crate::crypt::CONTEXT_HASH;
use crate::state::State;
use crate::state::commit::SPLIT_MAX;
use crate::state::limited::SECURITY_VERSION;
use crate::state::nv::MAX_ORDERLY_COUNT;
use alloc::vec::Vec;
use tpm2_wire::{
    MAX_ACTIVE_SESSIONS, MAX_BUFFER, MAX_DIGEST, MAX_NV_BUFFER, PCR_COUNT, TpmAlg, TpmNt, TpmPt, TpmaMemory, TpmaMlParameterSet,
    TpmaModes, TpmaPermanent, TpmaStartupClear, TpmsPcrSelection, TpmsTaggedProperty,
};

/// The version of the firmware, which is that of this crate: 16 bits each for major, minor and patch.
pub(crate) const FIRMWARE_VERSION: u64 = number(env!("CARGO_PKG_VERSION_MAJOR")) << 48
    | number(env!("CARGO_PKG_VERSION_MINOR")) << 32
    | number(env!("CARGO_PKG_VERSION_PATCH")) << 16;

const MANUFACTURER: u32 = chars(b"DNJN");
const VENDOR: [u32; 4] = [chars(b"Donj"), chars(b"on v"), chars(b"TPM\0"), 0];
/// The revision of the PC Client platform specification that PCRs and localities follow: 1.06.
const PC_CLIENT_REVISION: u32 = 0x0106;
/// Contexts are smaller, by a margin (Part 2, 14.5).
const MAX_CONTEXT: u32 = 4096;
/// The size of `TPMS_CAPABILITY_DATA`, on which the lists of `tpm2_wire` are dimensioned.
const MAX_CAP_BUFFER: u32 = 1024;
/// The properties that failure mode still tells (Part 3, 30.2.1): who made what.
const IN_FAILURE: core::ops::RangeInclusive<u32> = TpmPt::FIXED + 5..=TpmPt::FIXED + 12;
/// Properties come in groups of this size, and one at a time.
const GROUP: u32 = 0x100;

/// The version of the firmware as the profile wants it told, in properties and attestations alike.
pub(crate) fn firmware_version(profile: &Active) -> u64 {
    let half = |offset, own| u64::from(profile.told(TpmPt::FIXED + offset).unwrap_or(own));
    half(11, (FIRMWARE_VERSION >> 32) as u32) << 32 | half(12, FIRMWARE_VERSION as u32)
}

/// The properties from `from` on, to the end of its group.
pub(super) fn from(cx: &Context<'_>, from: u32) -> Vec<TpmsTaggedProperty> {
    let from = from.max(TpmPt::FIXED);
    let (first, mut values) = match from / GROUP * GROUP {
        TpmPt::FIXED => (TpmPt::FIXED, told(fixed(cx), cx.profile)),
        TpmPt::VAR => (TpmPt::VAR, variable(cx.state, cx.profile)),
        _ => return Vec::new(),
    };
    if cx.failure.is_some() {
        values.retain(|(offset, _)| IN_FAILURE.contains(&(first + offset)));
    }
    let all =
        values.into_iter().map(|(offset, value)| TpmsTaggedProperty { property: first + offset, value });
    all.filter(|tagged| tagged.property >= from).collect()
}

/// The fixed properties as the profile wants them told.
fn told(mut values: Vec<(u32, u32)>, profile: &Active) -> Vec<(u32, u32)> {
    values.retain(|(offset, _)| TpmPt::FIXED + offset <= profile.last_property);
    for (offset, value) in &mut values {
        if let Some(other) = profile.told(TpmPt::FIXED + *offset) {
            *value = other;
        }
    }
    values
}

/// `PT_FIXED`.
fn fixed(cx: &Context<'_>) -> Vec<(u32, u32)> {
    let profile = cx.profile;
    let commands = size(profile.commands.len());
    let [vendor_1, vendor_2, vendor_3, vendor_4] = VENDOR;
    alloc::vec![
        (0, chars(b"2.0\0")),
        (1, 0),   // level
        (2, 185), // version
        (3, 1),   // errata
        (4, 0),   // a year, in earlier versions
        (5, MANUFACTURER),
        (6, vendor_1),
        (7, vendor_2),
        (8, vendor_3),
        (9, vendor_4),
        (10, 1), // model
        (11, (FIRMWARE_VERSION >> 32) as u32),
        (12, FIRMWARE_VERSION as u32),
        (13, size(MAX_BUFFER)),
        (14, size(profile.transient_objects)),
        (15, size(profile.persistent_objects)),
        (16, size(profile.loaded_sessions)),
        (17, MAX_ACTIVE_SESSIONS),
        (18, PCR_COUNT),
        (19, size(TpmsPcrSelection::BYTES)),
        (20, CONTEXT_GAP),
        (22, 0),        // counters: limited by NV memory alone
        (23, u32::from(profile.nv_index_size)),
        (24, TpmaMemory::default().0),
        (25, profile.clock_update),
        (26, u32::from(CONTEXT_HASH.id())),
        (27, u32::from(TpmAlg::AES)),
        (28, 256),
        (29, MAX_ORDERLY_COUNT as u32),
        (30, size(cx.buffer_size)),
        (31, size(cx.buffer_size)),
        (32, size(MAX_DIGEST)),
        (33, MAX_CONTEXT),
        (34, MAX_CONTEXT),
        (35, 1), // PC Client
        (36, 0), // its level
        (37, PC_CLIENT_REVISION),
        (38, 0), // and date
        (39, 0),
        (40, u32::from(SPLIT_MAX)),
        (41, commands),
        (42, commands),
        (43, 0), // none of them the vendor's
        (44, size(MAX_NV_BUFFER)),
        (45, TpmaModes::default().0),
        (46, MAX_CAP_BUFFER),
        (47, u32::from(SECURITY_VERSION)),
        (48, u32::from(u16::MAX)), // the security version can go up to any number
        (49, parameter_sets(profile).0),
    ]
}

/// What the profile has of ML-KEM and ML-DSA: all sets or none.
fn parameter_sets(profile: &Active) -> TpmaMlParameterSet {
    use TpmaMlParameterSet as A;
    let has = |alg| profile.accept.algorithm(alg);
    A::default()
        .with(A::ML_KEM_512 | A::ML_KEM_768 | A::ML_KEM_1024, has(TpmAlg::MLKEM))
        .with(A::ML_DSA_44 | A::ML_DSA_65 | A::ML_DSA_87, has(TpmAlg::MLDSA) || has(TpmAlg::HASH_MLDSA))
        .with(A::EXT_MU, has(TpmAlg::MLDSA))
}

/// `PT_VAR`.
fn variable(state: &State, profile: &Active) -> Vec<(u32, u32)> {
    let da = &state.persistent.da;
    let indices = &state.persistent.nv;
    let counters = indices.values().filter(|index| index.kind() == TpmNt::Counter).count();
    let free = profile.nv_total.saturating_sub(state.nv_used());
    let loaded = size(state.volatile.sessions.len());
    let active = loaded + size(state.reset.saved_sessions.len());
    let persistent = state.persistent.objects.len();
    let audit = state.persistent.audit.counter;
    alloc::vec![
        (0, permanent(state).0),
        (1, startup_clear(state).0),
        (2, size(indices.len())),
        (3, loaded),
        (4, size(profile.loaded_sessions).saturating_sub(loaded)),
        (5, active),
        (6, MAX_ACTIVE_SESSIONS.saturating_sub(active)),
        (7, size(profile.transient_objects.saturating_sub(state.volatile.objects.len()))),
        (8, size(persistent)),
        (9, size(profile.persistent_objects.saturating_sub(persistent))),
        (10, size(counters)),
        (11, size((free / crate::state::nv::COUNTER_FOOTPRINT).min(profile.nv_counters))),
        (12, state.persistent.platform.algorithm_set),
        (13, size(profile.curves.len())),
        (14, da.failed_tries),
        (15, da.max_tries),
        (16, da.recovery_time),
        (17, da.lockout_recovery),
        (18, 0), // NV takes writes at any rate
        (19, (audit >> 32) as u32),
        (20, audit as u32),
    ]
}

fn permanent(state: &State) -> TpmaPermanent {
    let hierarchies = &state.persistent.hierarchies;
    let da = &state.persistent.da;
    TpmaPermanent::TPM_GENERATED_EPS
        .with(TpmaPermanent::OWNER_AUTH_SET, !hierarchies.owner_auth.is_empty())
        .with(TpmaPermanent::ENDORSEMENT_AUTH_SET, !hierarchies.endorsement_auth.is_empty())
        .with(TpmaPermanent::LOCKOUT_AUTH_SET, !hierarchies.lockout_auth.is_empty())
        .with(TpmaPermanent::DISABLE_CLEAR, hierarchies.disable_clear)
        .with(TpmaPermanent::IN_LOCKOUT, da.failed_tries >= da.max_tries)
}

fn startup_clear(state: &State) -> TpmaStartupClear {
    TpmaStartupClear::default()
        .with(TpmaStartupClear::PH_ENABLE, state.volatile.platform_enable)
        .with(TpmaStartupClear::SH_ENABLE, state.clear.owner_enable)
        .with(TpmaStartupClear::EH_ENABLE, state.clear.endorsement_enable)
        .with(TpmaStartupClear::PH_ENABLE_NV, state.clear.platform_nv_enable)
        .with(TpmaStartupClear::READ_ONLY, state.clear.read_only)
        .with(TpmaStartupClear::ORDERLY, state.volatile.orderly)
}

fn size(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}
const fn chars(chars: &[u8; 4]) -> u32 {
    u32::from_be_bytes(*chars)
}
/// A decimal number. Evaluated at compile time.
#[allow(clippy::indexing_slicing)]
const fn number(decimal: &str) -> u64 {
    let digits = decimal.as_bytes();
    let (mut value, mut i) = (0, 0);
    while i < digits.len() {
        value = value * 10 + (digits[i] - b'0') as u64;
        i += 1;
    }
    value
}
