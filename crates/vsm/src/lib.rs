//! The isolated container: starts trustlets, confines them, measures that they are confined, and talks to
//! them. It is the Linux counterpart of what Hyper-V's secure mode is to `vmsp.exe`, at level L2, "secret
//! process".
//!
//! A *trustlet* is a process that holds one secret state (one TPM, one guardian) and nothing else: one
//! inherited channel, no files, no network, no capabilities, a short list of system calls, and a heap and a
//! stack that the kernel itself has unmapped (`memfd_secret`). It is the same program as its host, executed
//! again under the name `donjon-trustlet`:
//!
//! ```no_run
//! #[global_allocator]
//! static ALLOCATOR: vsm::SecretAlloc = vsm::SecretAlloc::new();
//!
//! fn echo(inside: &mut vsm::Inside) {
//!     let mut frame = Vec::new();
//!     while let Ok(true) = inside.channel.recv(&mut frame) {
//!         if inside.channel.send(&frame).is_err() {
//!             return;
//!         }
//!     }
//! }
//!
//! fn main() {
//!     vsm::trustlet_main(&[("echo", echo)]); // returns only when this process is not a trustlet
//!     let trustlet = vsm::spawn(&vsm::SpawnOptions::new("echo", vsm::Level::L2SecretProcess)).unwrap();
//!     trustlet.channel().send(b"hello").unwrap();
//! }
//! ```
//!
//! What a level holds against, and what it does not, is in `docs/THREATS.md`; why it is a process and why the
//! steps come in this order is in `docs/adr/0003-secret-process.md`.
//!
//! This is the only crate of the house that may use `unsafe`. What other crates need of it (inherited
//! descriptors, daemons, parent-death signals) is offered in [`fd`] and [`process`] behind safe functions.

#![cfg_attr(test, allow(clippy::unwrap_used))] // a test ends where something is not as it should be

mod alloc;
mod arena;
pub mod attack;
mod available;
mod channel;
mod confine;
mod exit;
pub mod fault;
pub mod fd;
mod inside;
mod level;
mod probe;
pub mod process;
mod registers;
mod spawn;
mod sys;
mod trustlet;

pub use alloc::SecretAlloc;
pub use arena::{HEAP_LEN, STACK_LEN};
pub use available::{Availability, Missing, available};
pub use channel::{Channel, ChannelError, MAX_FRAME};
pub use confine::seccomp::PERMITTED;
pub use exit::Exit;
pub use inside::{Inside, TRUSTLET_NAME, is_trustlet, trustlet_main};
pub use level::{Level, UnknownLevel};
pub use probe::{ProbeError, ProbeReport, Verdict, probe};
pub use spawn::{SpawnError, SpawnOptions, spawn};
pub use trustlet::Trustlet;
