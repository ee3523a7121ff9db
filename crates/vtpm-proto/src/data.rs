//! TPM commands out of a byte stream (QEMU's data channel, swtpm's data port).
//!
//! A command states its own length in its header (tag, `u32` size, command code). It may also
//! come in the wrapper of the reference simulator, `u32` 8, `u8` locality, `u32` size, and is then
//! answered in that protocol's form. A guest chooses these bytes, and QEMU waits for an answer to
//! every write without a time limit, so each of them gets one: a size that cannot be is answered
//! with `TPM_RC_COMMAND_SIZE`, not waited for.

use crate::tpm::{HEADER, RC_COMMAND_SIZE, error_response};
use crate::{be32, mssim};

/// Bytes of the wrapper.
const WRAPPER: usize = 9;
const SIZE_AT: usize = 2;

/// What the stream holds next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// One command. Its size is the one its header states, and at least a header.
    Command {
        /// Header included.
        bytes: Vec<u8>,
        /// The locality in the wrapper, if it came in one; then [`wrap`] the response.
        wrapper: Option<u8>,
    },
    /// No command; this is the whole answer to it. The stream goes on behind it.
    Refused(Vec<u8>),
}

/// The response in the form of the wrapper its command came in: size, response, `u32` 0.
#[must_use]
pub fn wrap(response: &[u8]) -> Vec<u8> {
    mssim::encode_response(response)
}

/// The parser. It holds at most what the caller pushes before it asks.
#[derive(Debug, Default)]
pub struct Parser {
    buffer: Vec<u8>,
    /// What is buffered came behind a whole command in the same write, so that nobody waits for
    /// an answer to it until it is whole.
    is_tail: bool,
}

impl Parser {
    /// An empty stream.
    #[must_use]
    pub fn new() -> Parser {
        Parser::default()
    }

    /// Adds bytes in the order in which they arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Takes the next command out, if it is whole. `max`: the largest that is taken, in bytes.
    #[allow(
        clippy::should_implement_trait,
        reason = "a stream that ends for now is not an iterator that ends"
    )]
    pub fn next(&mut self, max: usize) -> Option<Frame> {
        let wrapped = be32(&self.buffer, 0) == Some(mssim::SEND_COMMAND);
        let start = if wrapped { WRAPPER } else { 0 };
        let size = be32(&self.buffer, if wrapped { WRAPPER - 4 } else { SIZE_AT })? as usize;
        if size < HEADER || size > max {
            return Some(self.refuse(wrapped));
        }
        let end = start + size;
        let bytes = self.buffer.get(start..end)?;
        if wrapped && be32(bytes, SIZE_AT).is_none_or(|inner| inner as usize != size) {
            return Some(self.refuse(wrapped));
        }
        if !could_begin_command(self.buffer.get(end..)?) {
            return Some(self.refuse(wrapped));
        }
        let frame = Frame::Command {
            bytes: bytes.to_vec(),
            wrapper: if wrapped { self.buffer.get(4).copied() } else { None },
        };
        self.buffer.drain(..end);
        self.is_tail = !self.buffer.is_empty();
        Some(frame)
    }

    /// Whether part of a command is waiting for its rest.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// Bytes held.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.buffer.len()
    }

    /// Gives up on a command whose rest did not come in time.
    pub fn give_up(&mut self) -> Option<Frame> {
        let answer = !self.buffer.is_empty() && !self.is_tail;
        self.is_tail = false;
        if answer {
            let wrapped = be32(&self.buffer, 0) == Some(mssim::SEND_COMMAND);
            return Some(self.refuse(wrapped));
        }
        self.buffer.clear();
        None
    }

    fn refuse(&mut self, wrapped: bool) -> Frame {
        self.buffer.clear();
        self.is_tail = false;
        let response = error_response(RC_COMMAND_SIZE);
        Frame::Refused(if wrapped { wrap(&response) } else { response })
    }
}

/// Whether these bytes may be the beginning of another command: one of the tags that exist (TPM
/// 1.2's too, which get their answer), or the wrapper.
fn could_begin_command(bytes: &[u8]) -> bool {
    match bytes {
        [] | [0x80 | 0x00] => true,
        [0x80, second, ..] => matches!(second, 0x01 | 0x02),
        [0x00, second, ..] => matches!(second, 0x00 | 0xc1..=0xc3),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET_RANDOM: [u8; 12] = [0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0, 8];
    const COMMAND_SIZE: [u8; 10] = [0x80, 1, 0, 0, 0, 10, 0, 0, 1, 0x42];

    fn command(bytes: &[u8]) -> Option<Frame> {
        Some(Frame::Command { bytes: bytes.to_vec(), wrapper: None })
    }

    #[test]
    fn cut_anywhere_and_coalesced() {
        let stream = [GET_RANDOM, GET_RANDOM, GET_RANDOM].concat();
        for size in 1..=stream.len() {
            let mut parser = Parser::new();
            let mut found = 0;
            for piece in stream.chunks(size) {
                parser.push(piece);
                while let Some(frame) = parser.next(4096) {
                    assert_eq!(Some(frame), command(&GET_RANDOM));
                    found += 1;
                }
            }
            assert_eq!((found, parser.is_partial()), (3, false), "pieces of {size} bytes");
        }
    }

    #[test]
    fn sizes_that_cannot_be_are_answered_at_once() {
        let traced = [0x80, 1, 0, 0, 0, 9, 0, 0, 1, 0x43, 0]; // swtpm: 0x142
        let mut too_large = vec![0x80, 1, 0, 0, 0x0f, 0x81, 0, 0, 1, 0x43];
        too_large.resize(0xf80, 0);
        let six_bytes = [0x80, 1, 0, 0, 0, 6];
        let behind = [&GET_RANDOM[..], &[1, 2, 3]].concat();
        for bytes in [&traced[..], &too_large, &six_bytes, &behind] {
            let mut parser = Parser::new();
            parser.push(bytes);
            assert_eq!(parser.next(0xf80), Some(Frame::Refused(COMMAND_SIZE.to_vec())));
            parser.push(&GET_RANDOM);
            assert_eq!(parser.next(0xf80), command(&GET_RANDOM));
        }
    }

    #[test]
    fn tags_are_not_this_layers_business() {
        for tag in [[0x80, 2], [0, 0], [0, 0xc1], [0xff, 0xff]] {
            let mut bytes = GET_RANDOM;
            bytes[..2].copy_from_slice(&tag);
            let mut parser = Parser::new();
            parser.push(&bytes);
            assert_eq!(parser.next(4096), command(&bytes));
        }
    }

    #[test]
    fn a_command_in_the_wrapper() {
        let mut parser = Parser::new();
        parser.push(&[0, 0, 0, 8, 3, 0, 0, 0, 12]);
        parser.push(&GET_RANDOM);
        let frame = parser.next(4096);
        assert_eq!(frame, Some(Frame::Command { bytes: GET_RANDOM.to_vec(), wrapper: Some(3) }));
        assert_eq!(wrap(&[1, 2]), [0, 0, 0, 2, 1, 2, 0, 0, 0, 0]);
        // The wrapper's size and the header's disagree.
        parser.push(&[0, 0, 0, 8, 3, 0, 0, 0, 11]);
        parser.push(&GET_RANDOM[..11]);
        assert_eq!(parser.next(4096), Some(Frame::Refused(wrap(&COMMAND_SIZE))));
    }

    #[test]
    fn what_stays_incomplete() {
        let mut parser = Parser::new();
        assert_eq!(parser.give_up(), None);
        for partial in [&GET_RANDOM[..3], &GET_RANDOM[..11]] {
            parser.push(partial);
            assert_eq!(parser.next(4096), None);
            assert_eq!(parser.give_up(), Some(Frame::Refused(COMMAND_SIZE.to_vec())));
        }
        // A stray byte behind a command is not answered: its sender waits for nothing.
        parser.push(&GET_RANDOM);
        parser.push(&[0]);
        assert_eq!(parser.next(4096), command(&GET_RANDOM));
        assert_eq!(parser.next(4096), None);
        assert_eq!(parser.give_up(), None);
        parser.push(&GET_RANDOM);
        assert_eq!(parser.next(4096), command(&GET_RANDOM));
    }
}
