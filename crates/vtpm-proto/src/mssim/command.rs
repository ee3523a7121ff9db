//! The command port.

use super::SEND_COMMAND;
use crate::{MAX_COMMAND, be32};

const HASH_START: u32 = 5;
const HASH_DATA: u32 = 6;
const HASH_END: u32 = 7;
const REMOTE_HANDSHAKE: u32 = 15;
const SET_ALTERNATIVE_RESULT: u32 = 16;
const SESSION_END: u32 = 20;
const STOP: u32 = 21;

/// One request of the command port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandRequest {
    /// `_TPM_Hash_Start`
    HashStart,
    /// `_TPM_Hash_Data`
    HashData(Vec<u8>),
    /// `_TPM_Hash_End`
    HashEnd,
    /// A TPM command. Its bytes are not checked in any way but for their number.
    SendCommand {
        /// As sent: not checked.
        locality: u8,
        /// As sent.
        command: Vec<u8>,
    },
    /// The client's version.
    Handshake(u32),
    /// Has no effect on a simulator.
    SetAlternativeResult,
    /// The client closes the connection.
    SessionEnd,
    /// The simulator ends.
    Stop,
}

/// What the stream holds next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandEvent {
    /// A request.
    Request(CommandRequest),
    /// An unknown number or an impossible length: close the connection.
    Broken,
}

/// The parser. It holds at most what the caller pushes before it asks, and one request.
#[derive(Debug, Default)]
pub struct CommandParser {
    buffer: Vec<u8>,
}

impl CommandParser {
    /// An empty stream.
    #[must_use]
    pub fn new() -> CommandParser {
        CommandParser::default()
    }

    /// Adds bytes in the order in which they arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Bytes held.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.buffer.len()
    }

    /// Takes the next request out, if it is whole.
    #[allow(
        clippy::should_implement_trait,
        reason = "a stream that ends for now is not an iterator that ends"
    )]
    pub fn next(&mut self) -> Option<CommandEvent> {
        let (request, end) = match be32(&self.buffer, 0)? {
            HASH_START => (CommandRequest::HashStart, 4),
            HASH_END => (CommandRequest::HashEnd, 4),
            SESSION_END => (CommandRequest::SessionEnd, 4),
            STOP => (CommandRequest::Stop, 4),
            REMOTE_HANDSHAKE => (CommandRequest::Handshake(be32(&self.buffer, 4)?), 8),
            SET_ALTERNATIVE_RESULT => {
                be32(&self.buffer, 4)?;
                (CommandRequest::SetAlternativeResult, 8)
            }
            HASH_DATA => {
                let Some(end) = end_of_array(be32(&self.buffer, 4)?, 8) else { return self.broken() };
                (CommandRequest::HashData(self.buffer.get(8..end)?.to_vec()), end)
            }
            SEND_COMMAND => {
                let locality = *self.buffer.get(4)?;
                let Some(end) = end_of_array(be32(&self.buffer, 5)?, 9) else { return self.broken() };
                (CommandRequest::SendCommand { locality, command: self.buffer.get(9..end)?.to_vec() }, end)
            }
            _ => return self.broken(),
        };
        self.buffer.drain(..end);
        Some(CommandEvent::Request(request))
    }

    fn broken(&mut self) -> Option<CommandEvent> {
        self.buffer.clear();
        Some(CommandEvent::Broken)
    }
}

fn end_of_array(length: u32, start: usize) -> Option<usize> {
    let length = length as usize;
    (length <= MAX_COMMAND).then_some(start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_cut_anywhere() {
        let stream: Vec<u8> = [
            &[0, 0, 0, 15, 0, 0, 0, 1][..],
            &[0, 0, 0, 8, 4, 0, 0, 0, 3, 9, 8, 7],
            &[0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 2, 1, 2, 0, 0, 0, 7],
            &[0, 0, 0, 16, 0, 0, 0, 0],
            &[0, 0, 0, 8, 0, 0, 0, 0, 0],
            &[0, 0, 0, 20, 0, 0, 0, 21],
        ]
        .concat();
        let expected = [
            CommandRequest::Handshake(1),
            CommandRequest::SendCommand { locality: 4, command: vec![9, 8, 7] },
            CommandRequest::HashStart,
            CommandRequest::HashData(vec![1, 2]),
            CommandRequest::HashEnd,
            CommandRequest::SetAlternativeResult,
            CommandRequest::SendCommand { locality: 0, command: vec![] },
            CommandRequest::SessionEnd,
            CommandRequest::Stop,
        ];
        for size in 1..=stream.len() {
            let mut parser = CommandParser::new();
            let mut found = Vec::new();
            for piece in stream.chunks(size) {
                parser.push(piece);
                found.extend(std::iter::from_fn(|| parser.next()));
            }
            let expected: Vec<_> = expected.iter().cloned().map(CommandEvent::Request).collect();
            assert_eq!(found, expected, "pieces of {size} bytes");
            assert_eq!(parser.buffered(), 0);
        }
    }

    #[test]
    fn what_closes_the_connection() {
        for bytes in
            [&[0, 0, 0, 1][..], &[0, 0, 0, 8, 0, 0, 0, 0x20, 1], &[0, 0, 0, 6, 0xff, 0xff, 0xff, 0xff]]
        {
            let mut parser = CommandParser::new();
            parser.push(bytes);
            assert_eq!(parser.next(), Some(CommandEvent::Broken), "{bytes:?}");
            assert_eq!(parser.next(), None);
        }
    }

    #[test]
    fn answers() {
        assert_eq!(super::super::encode_handshake(), [0, 0, 0, 1, 0, 0, 0, 13, 0, 0, 0, 0]);
        assert_eq!(super::super::encode_response(&[7]), [0, 0, 0, 1, 7, 0, 0, 0, 0]);
        assert_eq!(super::super::encode_ack(), [0; 4]);
        assert_eq!(super::super::encode_unknown(), [0, 0, 0, 1]);
        assert_eq!(super::super::encode_number(3), [0, 0, 0, 3, 0, 0, 0, 0]);
    }
}
