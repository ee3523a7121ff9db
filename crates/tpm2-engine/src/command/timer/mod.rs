//! Part 3, 33: authenticated countdown timers.
mod set_timeout;

use crate::profile::Active;
use tpm2_wire::{ActSetTimeout, Command, TpmRh};

/// The handles of the timers, in order; there are none in a profile that cannot set them.
pub(crate) fn handles(profile: &Active) -> impl Iterator<Item = u32> + use<> {
    let present = profile.command(ActSetTimeout::SHAPE.code).is_some();
    (TpmRh::ACT_0..=TpmRh::ACT_F).filter(move |_| present)
}

actions! { ActSetTimeout }
