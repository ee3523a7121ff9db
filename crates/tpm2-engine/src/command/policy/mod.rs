//! Part 3, 23: enhanced authorization.
mod assertions;
mod authorize;
mod authorize_nv;
mod capability;
mod nv;
mod or;
mod pcr;
mod secret;
mod signed;
mod support;
mod ticket;
mod transport_spdm;

actions! {
    PolicySigned PolicySecret PolicyTicket PolicyOr PolicyPcr PolicyLocality PolicyNv PolicyCounterTimer
    PolicyCommandCode PolicyCpHash PolicyNameHash PolicyDuplicationSelect PolicyAuthorize PolicyAuthValue
    PolicyPassword PolicyGetDigest PolicyNvWritten PolicyTemplate PolicyPhysicalPresence PolicyAuthorizeNv
    PolicyCapability PolicyParameters PolicyTransportSpdm
}
