//! One vTPM put together: the trustlet that holds it ([`trustlet`]), the guardian that keeps its
//! key ([`guardian_role`]), and the keeper that stands between them, the disk and the clients
//! ([`keeper`], [`vtpm`]). The commands that run one are in [`cli`].
//!
//! A program that uses this crate is executed again as each of its trustlets, so that its `main`
//! begins with `vsm::trustlet_main(&vtpm::roles())`.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

pub mod cli;
pub mod guard;
pub mod guardian_role;
pub mod home;
pub mod keeper;
mod link;
pub mod log;
pub mod profile;
pub mod rpc;
pub mod trustlet;
pub mod vtpm;

pub use link::LinkError;

/// What a trustlet program runs.
pub type Role = fn(&mut vsm::Inside);

/// The roles of this crate, for `vsm::trustlet_main`.
#[must_use]
pub fn roles() -> [(&'static str, Role); 2] {
    [(trustlet::ROLE, trustlet::role), (guardian_role::ROLE, guardian_role::role)]
}
