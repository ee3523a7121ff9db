//! Requests from a byte stream that has no frame: by length, never by how the bytes were cut.
//!
//! A request may arrive in pieces, and several may arrive in one piece (QEMU sends a state blob
//! and the INIT after it without waiting). Only two things are told by what else is in the
//! buffer: whether a one-byte body was padded to four, and whether bytes behind a request are a
//! mistake of the sender.

use super::request::{Command, Request};
use crate::be32;

/// The largest state blob taken, in bytes.
pub const MAX_BLOB: u32 = 4 << 20;

/// Bytes of the C structures' padding behind a one-byte body.
const PADDING: usize = 3;
const NUMBER: usize = 4;

/// What the stream holds next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A request.
    Request(Request),
    /// A number that is no request. Whatever came with it is dropped.
    Unknown(u32),
    /// A request with bytes behind it that cannot belong to it or begin another. All dropped.
    Malformed,
    /// A state blob above [`MAX_BLOB`]. It is skipped.
    TooLarge,
}

/// What an incomplete request means once no more of it will come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remainder {
    /// There was none.
    Nothing,
    /// It is answered with `BAD_PARAMETER`; the stream goes on.
    TooShort,
    /// The stream makes no sense any more: close it without an answer.
    Broken,
}

/// The parser. It holds at most one request's bytes ([`MAX_BLOB`] and a header) beside what the
/// caller pushes in one go.
#[derive(Debug, Default)]
pub struct Parser {
    buffer: Vec<u8>,
    /// The last request had a one-byte body, and its padding may still come.
    padding_may_follow: bool,
    /// Bytes of HASH_DATA still to come.
    hashing: Option<u32>,
    /// Bytes of an oversized blob still to drop.
    skipping: u32,
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

    /// Takes the next request out, if it is whole.
    #[allow(
        clippy::should_implement_trait,
        reason = "a stream that ends for now is not an iterator that ends"
    )]
    pub fn next(&mut self) -> Option<Event> {
        self.skip();
        if let Some(remaining) = self.hashing {
            return self.hash_piece(remaining);
        }
        self.settle_padding();
        let number = be32(&self.buffer, 0)?;
        let Some(command) = Command::from_number(number) else {
            self.buffer.clear();
            return Some(Event::Unknown(number));
        };
        let body_end = NUMBER + command.body();
        let body = self.buffer.get(NUMBER..body_end)?;
        match command {
            Command::HashData => {
                self.hashing = Some(be32(body, 0)?);
                self.buffer.drain(..body_end);
                self.hash_piece(self.hashing?)
            }
            Command::SetStateBlob => {
                let length = be32(body, 8)?;
                if length > MAX_BLOB {
                    self.skipping = length;
                    self.buffer.drain(..body_end);
                    self.skip();
                    return Some(Event::TooLarge);
                }
                let end = body_end + length as usize;
                let data = self.buffer.get(body_end..end)?.to_vec();
                self.finish_request(command, body_end, end, data)
            }
            _ => self.finish_request(command, body_end, body_end, Vec::new()),
        }
    }

    /// The number of the next request, as soon as it can be told, without taking it out.
    pub fn peek(&mut self) -> Option<Command> {
        self.skip();
        if self.hashing.is_some() {
            return Some(Command::HashData);
        }
        self.settle_padding();
        Command::from_number(be32(&self.buffer, 0)?)
    }

    /// Whether part of a request is waiting for its rest.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        !self.buffer.is_empty() || self.hashing.is_some() || self.skipping > 0
    }

    /// Bytes held.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.buffer.len()
    }

    /// Gives up on a request whose rest did not come in time, or never will.
    pub fn give_up(&mut self) -> Remainder {
        if self.hashing.is_some() || self.skipping > 0 {
            return Remainder::Broken;
        }
        if self.buffer.is_empty() || (self.padding_may_follow && self.buffer.len() <= PADDING) {
            self.buffer.clear();
            self.padding_may_follow = false;
            return Remainder::Nothing;
        }
        let command = be32(&self.buffer, 0).and_then(Command::from_number);
        self.buffer.clear();
        match command {
            Some(Command::SetBufferSize | Command::GetInfo | Command::LockStorage) => Remainder::TooShort,
            _ => Remainder::Broken,
        }
    }

    fn finish_request(
        &mut self,
        command: Command,
        body_end: usize,
        end: usize,
        data: Vec<u8>,
    ) -> Option<Event> {
        let body = self.buffer.get(NUMBER..body_end)?;
        let request = Request::decode(command, body, data, true)?;
        let behind = self.buffer.get(end..)?;
        let padding = if command.padded() { padding_length(behind) } else { Some(0) };
        self.padding_may_follow = padding.is_none();
        let end = end + padding.unwrap_or(0);
        let stray = padding.is_some() && !could_begin_request(self.buffer.get(end..)?);
        if stray {
            self.buffer.clear();
            return Some(Event::Malformed);
        }
        self.buffer.drain(..end);
        Some(Event::Request(request))
    }

    /// The next piece of HASH_DATA. Data of length 0 is one empty piece.
    fn hash_piece(&mut self, remaining: u32) -> Option<Event> {
        let available = self.buffer.len().min(remaining as usize);
        if available == 0 && remaining > 0 {
            return None;
        }
        let data: Vec<u8> = self.buffer.drain(..available).collect();
        let rest = remaining.saturating_sub(available as u32);
        self.hashing = (rest > 0).then_some(rest);
        Some(Event::Request(Request::HashData { data, last: rest == 0 }))
    }

    fn skip(&mut self) {
        let n = self.buffer.len().min(self.skipping as usize);
        self.buffer.drain(..n);
        self.skipping = self.skipping.saturating_sub(n as u32);
    }

    /// Drops the padding of the last request if it came after all.
    fn settle_padding(&mut self) {
        if !self.padding_may_follow {
            return;
        }
        // With four bytes there it can be told: a request's number has three zero bytes and a
        // small one, and the first byte of the number behind the padding is zero.
        if let Some(word) = be32(&self.buffer, 0) {
            if Command::from_number(word).is_none() {
                self.buffer.drain(..PADDING);
            }
            self.padding_may_follow = false;
        }
    }
}

/// How many of the bytes behind a one-byte body are its padding; nothing if that cannot be told
/// yet.
fn padding_length(behind: &[u8]) -> Option<usize> {
    match be32(behind, 0) {
        Some(word) if Command::from_number(word).is_some() => Some(0),
        _ if behind.len() >= PADDING => Some(PADDING),
        _ => None,
    }
}

/// Whether these bytes are a request's number or the beginning of one.
fn could_begin_request(bytes: &[u8]) -> bool {
    match be32(bytes, 0) {
        Some(word) => Command::from_number(word).is_some(),
        None => bytes.iter().all(|b| *b == 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(parser: &mut Parser) -> Vec<Event> {
        std::iter::from_fn(|| parser.next()).collect()
    }

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    /// A migration's destination as traced, all of it in one stream.
    const STREAM: &str = "00000010 00000001 0000000e 0000001100000000 0000000e 0000001100000f80
        0000000d 00000000 00000001 00000006 0201000a0004
        0000000d 00000000 00000002 00000004 deadbeef
        0000000200000001 00000004 0000000503000000 0000000b03abcdef 00000009
        00000007 00000005 0102030405 00000008 0000000c 00000001 00000002 00000000
        00000012 0000000000000003 00000000 00000000 00000013 0000012c 0000000f 0000000a 00000003";

    fn expected() -> Vec<Request> {
        use Request::*;
        vec![
            SetDataFd,
            GetCapability,
            Stop,
            SetBufferSize(0),
            Stop,
            SetBufferSize(0xf80),
            SetStateBlob { flags: 0, kind: 1, data: hex("0201000a0004") },
            SetStateBlob { flags: 0, kind: 2, data: hex("deadbeef") },
            Init { flags: 1 },
            GetTpmEstablished,
            SetLocality(3),
            ResetTpmEstablished(3),
            CancelTpmCmd,
            HashData { data: vec![1, 2, 3, 4, 5], last: true },
            HashEnd,
            GetStateBlob { flags: 1, kind: 2, offset: 0 },
            GetInfo { flags: 3, offset: 0 },
            LockStorage { retries: 300 },
            GetConfig,
            StoreVolatile,
            Shutdown,
        ]
    }

    /// Pieces of HASH_DATA put together again.
    fn joined(events: Vec<Event>) -> Vec<Request> {
        let mut requests: Vec<Request> = Vec::new();
        for event in events {
            let Event::Request(request) = event else { panic!("{event:?}") };
            match (requests.last_mut(), request) {
                (Some(Request::HashData { data, last }), Request::HashData { data: more, last: end })
                    if !*last =>
                {
                    data.extend_from_slice(&more);
                    *last = end;
                }
                (_, request) => requests.push(request),
            }
        }
        requests
    }

    #[test]
    fn a_stream_in_one_piece() {
        let mut parser = Parser::new();
        parser.push(&hex(STREAM));
        assert_eq!(joined(all(&mut parser)), expected());
        assert!(!parser.is_partial());
    }

    #[test]
    fn a_stream_cut_anywhere_means_the_same() {
        let bytes = hex(STREAM);
        for size in 1..=bytes.len() {
            let mut parser = Parser::new();
            let mut events = Vec::new();
            for piece in bytes.chunks(size) {
                parser.push(piece);
                events.extend(all(&mut parser));
            }
            assert_eq!(joined(events), expected(), "pieces of {size} bytes");
        }
    }

    #[test]
    fn locality_of_one_byte() {
        let mut parser = Parser::new();
        parser.push(&hex("0000000501"));
        assert_eq!(parser.next(), Some(Event::Request(Request::SetLocality(1))));
        parser.push(&hex("0000000500000000"));
        assert_eq!(parser.next(), Some(Event::Request(Request::SetLocality(0))));
        assert_eq!(parser.next(), None);
        // Without padding, and the next request in the same piece.
        parser.push(&hex("00000005020000000e"));
        assert_eq!(parser.next(), Some(Event::Request(Request::SetLocality(2))));
        assert_eq!(parser.next(), Some(Event::Request(Request::Stop)));
    }

    #[test]
    fn padding_that_comes_late() {
        let mut parser = Parser::new();
        parser.push(&hex("0000000b03"));
        assert_eq!(parser.next(), Some(Event::Request(Request::ResetTpmEstablished(3))));
        parser.push(&hex("abcdef"));
        assert_eq!(parser.next(), None);
        parser.push(&hex("00000004"));
        assert_eq!(parser.next(), Some(Event::Request(Request::GetTpmEstablished)));
        // Padding that nothing follows is no broken request.
        parser.push(&hex("0000000503"));
        assert_eq!(parser.next(), Some(Event::Request(Request::SetLocality(3))));
        parser.push(&hex("000000"));
        assert_eq!(parser.next(), None);
        assert_eq!(parser.give_up(), Remainder::Nothing);
        assert!(!parser.is_partial());
    }

    #[test]
    fn what_is_no_request() {
        for (bytes, event) in [
            ("00000000", Event::Unknown(0)),
            ("00000014", Event::Unknown(0x14)),
            ("0000000e00000000", Event::Malformed),
            ("00000002000000000000", Event::Request(Request::Init { flags: 0 })),
            ("0000000200000000ffff", Event::Malformed),
        ] {
            let mut parser = Parser::new();
            parser.push(&hex(bytes));
            assert_eq!(parser.next(), Some(event), "{bytes}");
            assert_eq!(parser.next(), None, "{bytes}");
        }
    }

    #[test]
    fn what_stays_incomplete() {
        for (bytes, remainder) in [
            ("", Remainder::Nothing),
            ("0000", Remainder::Broken),
            ("00000005", Remainder::Broken),
            ("00000002", Remainder::Broken),
            ("00000011", Remainder::TooShort),
            ("000000120000", Remainder::TooShort),
            ("00000013", Remainder::TooShort),
            ("0000000c00000001", Remainder::Broken),
            ("0000000d00000000", Remainder::Broken),
            ("0000000d 00000000 00000001 00000004 aabb", Remainder::Broken),
            ("00000007 00000004", Remainder::Broken),
        ] {
            let mut parser = Parser::new();
            parser.push(&hex(bytes));
            assert_eq!(parser.next(), None, "{bytes}");
            assert_eq!(parser.is_partial(), !bytes.is_empty());
            assert_eq!(parser.give_up(), remainder, "{bytes}");
        }
    }

    #[test]
    fn an_oversized_blob_is_skipped_without_being_kept() {
        let mut parser = Parser::new();
        parser.push(&hex("0000000d 00000000 00000001"));
        parser.push(&(MAX_BLOB + 7).to_be_bytes());
        assert_eq!(parser.next(), Some(Event::TooLarge));
        let piece = vec![0u8; 1 << 16];
        let mut left = (MAX_BLOB + 7) as usize;
        while left > 0 {
            let n = left.min(piece.len());
            parser.push(&piece[..n]);
            assert_eq!(parser.next(), None);
            assert_eq!(parser.buffered(), 0);
            left -= n;
        }
        parser.push(&hex("0000000e"));
        assert_eq!(parser.next(), Some(Event::Request(Request::Stop)));
    }

    #[test]
    fn peek_does_not_take() {
        let mut parser = Parser::new();
        assert_eq!(parser.peek(), None);
        parser.push(&hex("00000009"));
        assert_eq!(parser.peek(), Some(Command::CancelTpmCmd));
        assert_eq!(parser.peek(), Some(Command::CancelTpmCmd));
        assert_eq!(parser.next(), Some(Event::Request(Request::CancelTpmCmd)));
        parser.push(&hex("0000000503 000000 00000009"));
        assert_eq!(parser.peek(), Some(Command::SetLocality));
    }
}
