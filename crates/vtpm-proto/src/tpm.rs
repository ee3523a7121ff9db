//! The little a transport must know of TPM commands: their header, and the few that the platform
//! around a TPM sends itself (Part 1, 36.4; Part 3, 9.3 and 9.4).

use crate::be32;

/// The largest command or response, in bytes: `TPM_PT_MAX_COMMAND_SIZE` where no transport asks for less. A signature
/// of ML-DSA-87 has 4627.
pub const MAX_COMMAND: usize = 8192;

/// Bytes of a command or response header: tag, size, code.
pub(crate) const HEADER: usize = 10;

/// `TPM_RC_INITIALIZE`: no Startup yet, or one too many.
pub const RC_INITIALIZE: u32 = 0x100;
/// `TPM_RC_FAILURE`: what answers while there is no running TPM.
pub const RC_FAILURE: u32 = 0x101;
/// `TPM_RC_COMMAND_SIZE`: the size in the header is not the size of the command.
pub const RC_COMMAND_SIZE: u32 = 0x142;
/// `TPM_RC_LOCALITY`: no such locality.
pub const RC_LOCALITY: u32 = 0x907;

const CC_STARTUP: u32 = 0x144;
pub(crate) const CC_SHUTDOWN: u32 = 0x145;
const TAG_NO_SESSIONS: u16 = 0x8001;

/// The argument of Startup and Shutdown (`TPM_SU`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Startup {
    /// `TPM_SU_CLEAR`
    Clear,
    /// `TPM_SU_STATE`
    State,
}

/// A response that is nothing but a code: ten bytes.
#[must_use]
pub fn error_response(code: u32) -> Vec<u8> {
    header(code, HEADER as u32)
}

/// `TPM2_Startup(kind)`
#[must_use]
pub fn startup_command(kind: Startup) -> Vec<u8> {
    with_startup_type(CC_STARTUP, kind)
}

/// `TPM2_Shutdown(kind)`
#[must_use]
pub fn shutdown_command(kind: Startup) -> Vec<u8> {
    with_startup_type(CC_SHUTDOWN, kind)
}

/// The command code in a command's header, if the header is whole.
#[must_use]
pub fn command_code(command: &[u8]) -> Option<u32> {
    be32(command, 6)
}

/// The response code in a response's header, if the header is whole.
#[must_use]
pub fn response_code(response: &[u8]) -> Option<u32> {
    be32(response, 6)
}

fn with_startup_type(command: u32, kind: Startup) -> Vec<u8> {
    let mut bytes = header(command, HEADER as u32 + 2);
    let kind: u16 = match kind {
        Startup::Clear => 0,
        Startup::State => 1,
    };
    bytes.extend_from_slice(&kind.to_be_bytes());
    bytes
}

fn header(code: u32, size: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size as usize);
    bytes.extend_from_slice(&TAG_NO_SESSIONS.to_be_bytes());
    bytes.extend_from_slice(&size.to_be_bytes());
    bytes.extend_from_slice(&code.to_be_bytes());
    bytes
}
