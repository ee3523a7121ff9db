//! Part 2 structures and Part 3 command tables of the TPM 2.0 library (version 1.85), and their codec.
//!
//! A value is read once and is then right: types that Part 2 restricts cannot hold what it forbids, and a
//! reader that refuses says which response code Part 2 wants. [`part3`] is the table of all commands; what
//! can be derived from it (roles, encryption flags, error positions) is derived, never written by hand.
#![no_std]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::unimplemented,
        clippy::indexing_slicing
    )
)]
extern crate alloc;

mod accept;
mod codec;
mod rc;
#[macro_use]
mod macros;
mod part2;
#[macro_use]
mod schema;
#[macro_use]
pub mod part3;

pub use accept::{Accept, KEY_SIZES};
pub use codec::{Buffer, List, Nullable, Reader, Secret, Seen, Sized2b, SizedOpt, Wire, to_vec};
pub use part2::*;
pub use part3::*;
pub use rc::{At, Rc};
pub use schema::{Command, Flag, Role, Shape};
