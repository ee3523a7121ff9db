use super::page::{Page, page};
use super::{algorithms, handles, pcrs, properties};
use crate::context::{Action, Context};
use crate::state::State;
use alloc::vec::Vec;
use tpm2_wire::{
    Flag, GetCapability, GetCapabilityReply, Rc, Shape, TpmCap, TpmHt, TpmRh, TpmaCc, TpmiEccCurve,
    TpmiYesNo, TpmsCapabilityData, TpmsTaggedPolicy, TpmtHa,
};

/// Part 3, 30.2.
impl Action for GetCapability {
    fn run(self, cx: &mut Context<'_>) -> Result<GetCapabilityReply, Rc> {
        if cx.failure.is_some() && self.capability != TpmCap::TpmProperties {
            return Err(Rc::FAILURE);
        }
        let (from, count) = (self.property, self.property_count);
        let bad_property = Rc::VALUE.at(Self::property);
        use TpmsCapabilityData as Data;
        let (more_data, capability_data) = match self.capability {
            TpmCap::Algs => wrap(page(algorithms::from(cx.profile, from), count), Data::Algorithms),
            TpmCap::Handles => {
                let handles = handles::from(cx.state, from).ok_or(Rc::HANDLE.at(Self::property))?;
                wrap(page(handles, count), Data::Handles)
            }
            TpmCap::Commands => {
                let shapes = cx.profile.shapes().filter(|shape| shape.code >= from);
                wrap(page(shapes.map(attributes), count), Data::Command)
            }
            // There is no pin to assert physical presence with, so no command asks for it.
            TpmCap::PpCommands => wrap(page([], count), Data::PpCommands),
            TpmCap::AuditCommands => wrap(page(audited(cx, from), count), Data::AuditCommands),
            TpmCap::Pcrs if from == 0 => wrap(pcrs::allocation(cx, count), Data::AssignedPcr),
            TpmCap::TpmProperties => wrap(page(properties::from(cx, from), count), Data::TpmProperties),
            TpmCap::PcrProperties => wrap(page(pcrs::properties(from), count), Data::PcrProperties),
            TpmCap::EccCurves => {
                let curves = cx.profile.curves.iter().filter(|curve| u32::from(**curve) >= from);
                wrap(page(curves.map(|curve| TpmiEccCurve(*curve)), count), Data::EccCurves)
            }
            TpmCap::AuthPolicies if TpmHt::of(from) == TpmHt::PERMANENT => {
                wrap(page(policies(cx.state, from), count), Data::AuthPolicies)
            }
            // No timers are there to be named.
            TpmCap::Pcrs | TpmCap::AuthPolicies | TpmCap::Act => return Err(bad_property),
            TpmCap::PubKeys | TpmCap::SpdmSessionInfo | TpmCap::VendorProperty => {
                return Err(Rc::VALUE.at(Self::capability));
            }
        };
        Ok(GetCapabilityReply { more_data, capability_data })
    }
}

fn wrap<T, const MAX: usize>(
    (more, list): Page<T, MAX>,
    make: fn(tpm2_wire::List<T, MAX>) -> TpmsCapabilityData,
) -> (TpmiYesNo, TpmsCapabilityData) {
    (more, make(list))
}

/// `TPMA_CC` (Part 2, 8.9): what a resource manager needs to know of a command.
fn attributes(shape: &Shape) -> TpmaCc {
    const VENDOR: u32 = 1 << 29;
    let handles = (shape.handles.len() as u32) << 25;
    TpmaCc(shape.code & (VENDOR | 0xFFFF) | handles)
        .with(TpmaCc::NV, shape.is(Flag::nv))
        .with(TpmaCc::EXTENSIVE, shape.is(Flag::extensive))
        .with(TpmaCc::FLUSHED, shape.is(Flag::flushed))
        .with(TpmaCc::R_HANDLE, shape.reply_handle)
}

/// The commands that are audited, as far as they are implemented.
fn audited(cx: &Context<'_>, from: u32) -> Vec<u32> {
    let audited = &cx.state.persistent.audit.commands;
    let codes = cx.profile.shapes().map(|shape| shape.code);
    codes.filter(|code| *code >= from && audited.contains(code)).collect()
}

/// The policies of the permanent handles that can have one.
fn policies(state: &State, from: u32) -> Vec<TpmsTaggedPolicy> {
    [TpmRh::OWNER, TpmRh::LOCKOUT, TpmRh::ENDORSEMENT, TpmRh::PLATFORM]
        .into_iter()
        .filter(|handle| *handle >= from)
        .map(|handle| {
            let (alg, digest) = state.auth_policy(handle);
            TpmsTaggedPolicy {
                handle,
                policy_hash: alg.map(|hash_alg| TpmtHa { hash_alg, digest: digest.to_vec() }),
            }
        })
        .collect()
}
