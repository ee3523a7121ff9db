//! The host's side of Donjon: security properties and the state of VBS, policy, the start gate, the VMs' life.
#![forbid(unsafe_code)]

pub mod conf;
pub mod cpuid;
pub mod error;
pub mod gate;
pub mod isolation;
pub mod machine;
pub mod policy;
pub mod properties;
pub mod status;
pub mod vm;

pub use error::Error;
