//! Part 2: the types, one file for each of its larger clauses.

mod algorithms;
mod attest;
mod attributes;
mod capability;
mod constants;
mod handles;
mod nv;
mod objects;
mod schemes;
mod signatures;
mod simple;

pub use algorithms::*;
pub use attest::*;
pub use attributes::*;
pub use capability::*;
pub use constants::*;
pub use handles::*;
pub use nv::*;
pub use objects::*;
pub use schemes::*;
pub use signatures::*;
pub use simple::*;
