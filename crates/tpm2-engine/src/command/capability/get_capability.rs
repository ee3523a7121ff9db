use super::page::{Page, page};
use super::{algorithms, handles, pcrs, properties};
use crate::command::timer;
use crate::context::{Action, Context};
use crate::state::session::index;
use alloc::vec::Vec;
use tpm2_wire::{
    At, Flag, GetCapability, GetCapabilityReply, List, Rc, Shape, TpmCap, TpmHt, TpmPt, TpmRh, TpmaCc, TpmiEccCurve,
    TpmiYesNo, TpmsActData, TpmsCapabilityData, TpmsTaggedPolicy, TpmtHa, Wire, to_vec,
};

/// `TPM_PT_REVISION`, and the first one with `TPM_CAP_PUB_KEYS` and `TPM_CAP_SPDM_SESSION_INFO`.
const REVISION: u32 = TpmPt::FIXED + 2;
const SPDM_SINCE: u32 = 184;

/// Part 3, 30.2.
impl Action for GetCapability {
    fn run(self, cx: &mut Context<'_>) -> Result<GetCapabilityReply, Rc> {
        if cx.failure.is_some() && self.capability != TpmCap::TpmProperties {
            return Err(Rc::FAILURE);
        }
        let blame = (Self::capability, Self::property);
        let (more_data, capability_data) =
            query(cx, self.capability, self.property, self.property_count, blame)?;
        Ok(GetCapabilityReply { more_data, capability_data })
    }
}

/// The one element of a capability that `property` names, as bytes (Part 3, Table 184); `None` if there is none.
pub(crate) fn element(
    cx: &mut Context<'_>,
    capability: TpmCap,
    property: u32,
    blame: (At, At),
) -> Result<Option<Vec<u8>>, Rc> {
    // All banks are one property, which has no type here.
    if capability == TpmCap::Pcrs {
        return Err(Rc::VALUE.at(blame.0));
    }
    fn first<T: Wire, const MAX: usize>(list: &List<T, MAX>, key: impl Fn(&T) -> u32) -> Option<(u32, Vec<u8>)> {
        list.first().map(|element| (key(element), to_vec(element)))
    }
    use TpmsCapabilityData as Data;
    let found = match query(cx, capability, property, 1, blame)?.1 {
        Data::Algorithms(list) => first(&list, |algorithm| u32::from(algorithm.alg)),
        Data::Command(list) => first(&list, code),
        Data::PpCommands(list) | Data::AuditCommands(list) => first(&list, |code| *code),
        // Saved sessions are listed with a type that need not be theirs.
        Data::Handles(list) => match list.first() {
            Some(handle) if TpmHt::of(property) == TpmHt::POLICY_SESSION && index(*handle) == index(property) => {
                Some((property, to_vec(&property)))
            }
            _ => first(&list, |handle| *handle),
        },
        Data::TpmProperties(list) => first(&list, |tagged| tagged.property),
        Data::PcrProperties(list) => first(&list, |tagged| tagged.tag),
        Data::EccCurves(list) => first(&list, |curve| u32::from(curve.0)),
        Data::AuthPolicies(list) => first(&list, |tagged| tagged.handle),
        Data::ActData(list) => first(&list, |timer| timer.handle),
        Data::SpdmSessionInfo(list) => first(&list, |_| property),
        Data::AssignedPcr(_) | Data::PubKeys(_) | Data::VendorProperty(_) => None,
    };
    Ok(found.filter(|(key, _)| *key == property).map(|(_, bytes)| bytes))
}

/// A page of a capability, from `from` on. `blame` says where capability and property stand in the command.
fn query(
    cx: &mut Context<'_>,
    capability: TpmCap,
    from: u32,
    count: u32,
    blame: (At, At),
) -> Result<(TpmiYesNo, TpmsCapabilityData), Rc> {
    use TpmsCapabilityData as Data;
    let bad_property = Rc::VALUE.at(blame.1);
    Ok(match capability {
        // A profile of an older TPM does not know what came later.
        TpmCap::PubKeys | TpmCap::SpdmSessionInfo
            if cx.profile.told(REVISION).is_some_and(|revision| revision < SPDM_SINCE) =>
        {
            return Err(Rc::VALUE.at(blame.0));
        }
        TpmCap::Algs => wrap(page(algorithms::from(cx.profile, from), count), Data::Algorithms),
        TpmCap::Handles => {
            let handles = handles::from(cx, from).ok_or(Rc::HANDLE.at(blame.1))?;
            wrap(page(handles, count), Data::Handles)
        }
        TpmCap::Commands => {
            let shapes = cx.profile.shapes().filter(|shape| shape.code >= from);
            wrap(page(shapes.map(attributes), count), Data::Command)
        }
        TpmCap::PpCommands => {
            let codes = cx.profile.shapes().filter(|shape| cx.state.needs_presence(shape));
            let codes = codes.map(|shape| shape.code).filter(|code| *code >= from);
            wrap(page(codes, count), Data::PpCommands)
        }
        TpmCap::AuditCommands => wrap(page(audited(cx, from), count), Data::AuditCommands),
        TpmCap::Pcrs if from == 0 => wrap(pcrs::allocation(cx, count), Data::AssignedPcr),
        TpmCap::TpmProperties => wrap(page(properties::from(cx, from), count), Data::TpmProperties),
        TpmCap::PcrProperties => wrap(page(pcrs::properties(from), count), Data::PcrProperties),
        TpmCap::EccCurves => {
            let curves = cx.profile.curves.iter().filter(|curve| u32::from(**curve) >= from);
            wrap(page(curves.map(|curve| TpmiEccCurve(*curve)), count), Data::EccCurves)
        }
        TpmCap::AuthPolicies if TpmHt::of(from) == TpmHt::PERMANENT => {
            wrap(page(policies(cx, from), count), Data::AuthPolicies)
        }
        TpmCap::Act if TpmHt::of(from) == TpmHt::PERMANENT => {
            wrap(page(timers(cx, from), count), Data::ActData)
        }
        TpmCap::SpdmSessionInfo => wrap(page(cx.platform.secure_channel(), count), Data::SpdmSessionInfo),
        // There are no keys but those of objects.
        TpmCap::Pcrs | TpmCap::AuthPolicies | TpmCap::Act | TpmCap::PubKeys => return Err(bad_property),
        TpmCap::VendorProperty => return Err(Rc::VALUE.at(blame.0)),
    })
}

fn wrap<T, const MAX: usize>(
    (more, list): Page<T, MAX>,
    make: fn(tpm2_wire::List<T, MAX>) -> TpmsCapabilityData,
) -> (TpmiYesNo, TpmsCapabilityData) {
    (more, make(list))
}

/// Of a command code and of `TPMA_CC`: the command is the vendor's.
const VENDOR: u32 = 1 << 29;
/// The command code in `TPMA_CC`.
fn code(attributes: &TpmaCc) -> u32 {
    attributes.0 & (VENDOR | 0xFFFF)
}
/// `TPMA_CC` (Part 2, 8.9): what a resource manager needs to know of a command.
fn attributes(shape: &Shape) -> TpmaCc {
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
fn policies(cx: &Context<'_>, from: u32) -> Vec<TpmsTaggedPolicy> {
    [TpmRh::OWNER, TpmRh::LOCKOUT, TpmRh::ENDORSEMENT, TpmRh::PLATFORM]
        .into_iter()
        .chain(timer::handles(cx.profile))
        .filter(|handle| *handle >= from)
        .map(|handle| {
            let (alg, digest) = cx.state.auth_policy(handle);
            TpmsTaggedPolicy {
                handle,
                policy_hash: alg.map(|hash_alg| TpmtHa { hash_alg, digest: digest.to_vec() }),
            }
        })
        .collect()
}

/// The authenticated countdown timers.
fn timers(cx: &Context<'_>, from: u32) -> Vec<TpmsActData> {
    timer::handles(cx.profile)
        .filter(|handle| *handle >= from)
        .map(|handle| {
            let timer = cx.state.timer((handle & 15) as u8);
            TpmsActData { handle, timeout: timer.seconds(), attributes: timer.attributes() }
        })
        .collect()
}
