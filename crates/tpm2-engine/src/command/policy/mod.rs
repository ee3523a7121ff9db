//! Part 3, 23: enhanced authorization.
mod assertions;
mod authorize;
mod nv;
mod or;
mod pcr;
mod secret;
mod signed;
mod support;
mod ticket;

actions! {
    PolicySigned PolicySecret PolicyTicket PolicyOr PolicyPcr PolicyLocality PolicyNv PolicyCounterTimer
    PolicyCommandCode PolicyCpHash PolicyNameHash PolicyDuplicationSelect PolicyAuthorize PolicyAuthValue
    PolicyPassword PolicyGetDigest PolicyNvWritten PolicyTemplate
}
