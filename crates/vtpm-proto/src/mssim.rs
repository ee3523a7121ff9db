//! The TCP protocol of the TCG reference simulator ("mssim"), spoken by tpm2-tss, IBM's tools and
//! Microsoft's TSS.
//!
//! Two ports: the command port takes TPM commands, the platform port (one higher) takes what the
//! platform around a TPM does. A request is a big-endian `u32` and a body; the answer ends with a
//! `u32`, 0. (TCG reference code, `Simulator/include/TpmTcpProtocol.h`.)

mod command;
mod platform;

pub use command::{CommandEvent, CommandParser, CommandRequest};
pub use platform::{PlatformEvent, PlatformParser, PlatformRequest};

/// The number in front of a TPM command, on the command port and as the wrapper of
/// [`crate::data`].
pub const SEND_COMMAND: u32 = 8;

/// What the handshake answers: server version 1, and "platform available" (1), "raw mode" (4) and
/// "physical presence" (8).
const SERVER_VERSION: u32 = 1;
const ENDPOINT: u32 = 0x01 | 0x04 | 0x08;

/// The answer to most requests: done.
#[must_use]
pub fn encode_ack() -> Vec<u8> {
    vec![0; 4]
}

/// The platform port's answer to a number it does not know; the connection is closed after it.
#[must_use]
pub fn encode_unknown() -> Vec<u8> {
    1u32.to_be_bytes().to_vec()
}

/// The answer to a handshake.
#[must_use]
pub fn encode_handshake() -> Vec<u8> {
    words(&[SERVER_VERSION, ENDPOINT, 0])
}

/// The answer to a TPM command: size, response, `u32` 0.
#[must_use]
pub fn encode_response(response: &[u8]) -> Vec<u8> {
    let mut bytes = words(&[u32::try_from(response.len()).unwrap_or(0)]);
    bytes.extend_from_slice(response);
    bytes.extend_from_slice(&encode_ack());
    bytes
}

/// The answer to a question for one number: the number, `u32` 0.
#[must_use]
pub fn encode_number(number: u32) -> Vec<u8> {
    words(&[number, 0])
}

fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_be_bytes()).collect()
}
