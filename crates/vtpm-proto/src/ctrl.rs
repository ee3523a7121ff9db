//! swtpm's control channel: how QEMU, libvirt's tools and Cloud Hypervisor power, reset, suspend
//! and move a TPM.
//!
//! A request is a big-endian `u32` number and a fixed body, for two requests followed by data
//! whose length the body states. A reply is a `u32` result code and a fixed body; there is no
//! frame around either, so the number alone says how long a message is. All integers are big
//! endian.

mod info;
mod machine;
mod parser;
mod reply;
mod request;

pub use info::Info;
pub use machine::{Action, Admit, Backend, Handled, Machine, Options};
pub use parser::{Event, MAX_BLOB, Parser, Remainder};
pub use reply::{Code, encode_state_blob};
pub use request::{BlobKind, Command, Request};

/// The capability word of [`Command::GetCapability`]: bits 0 (INIT) to 16 (LOCK_STORAGE), all of
/// them. It is sent as 64 bits whose high half must be zero: newer clients read that half as a
/// result code.
pub const CAPABILITIES: u64 = 0x0001_ffff;

/// The smallest buffer [`Command::SetBufferSize`] grants, in bytes.
pub const MIN_BUFFER: u32 = 0xb50;
/// The largest buffer, and the one in force until a client asks for less, in bytes.
pub const MAX_BUFFER: u32 = crate::MAX_COMMAND as u32;

/// INIT's flag: forget the stored volatile state once it has been taken up.
pub const INIT_DELETE_VOLATILE: u32 = 1;
