//! The platform port.

use crate::{MAX_COMMAND, be32};

/// One request of the platform port. Those without a field are answered with a `u32`, 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlatformRequest {
    /// Power on; nothing if it is on.
    PowerOn,
    /// Power off.
    PowerOff,
    /// Physical presence asserted or not.
    PhysicalPresence(bool),
    /// The running command is to be cancelled, until this is taken back.
    Cancel(bool),
    /// NV memory is there or not.
    NvAvailable(bool),
    /// Keep generated RSA keys for reuse; only the reference code does.
    KeyCache(bool),
    /// Reset: power stays, the TPM starts again.
    Reset,
    /// The same, as it would be after a hibernation.
    Restart,
    /// `_TPM_Hash_Start`; IBM's simulator takes these here too.
    HashStart,
    /// `_TPM_Hash_Data`
    HashData(Vec<u8>),
    /// `_TPM_Hash_End`
    HashEnd,
    /// The client closes the connection.
    SessionEnd,
    /// The simulator ends.
    Stop,
    /// Put the TPM in failure mode.
    TestFailureMode,
    /// The largest command and response so far.
    GetCommandResponseSizes,
    /// Whether this authenticated countdown timer is signaled: answered with a number.
    ActGetSignaled(u32),
    /// Vendor: what the firmware's hash would be.
    SetFirmwareHash(u32),
    /// Vendor: what the firmware's security version would be.
    SetFirmwareSvn(u32),
}

/// What the stream holds next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlatformEvent {
    /// A request.
    Request(PlatformRequest),
    /// No such request: answer with [`super::encode_unknown`] and close the connection.
    Unknown,
}

/// The parser. It holds at most what the caller pushes before it asks, and one request.
#[derive(Debug, Default)]
pub struct PlatformParser {
    buffer: Vec<u8>,
}

impl PlatformParser {
    /// An empty stream.
    #[must_use]
    pub fn new() -> PlatformParser {
        PlatformParser::default()
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
    pub fn next(&mut self) -> Option<PlatformEvent> {
        let (request, end) = match be32(&self.buffer, 0)? {
            1 => (PlatformRequest::PowerOn, 4),
            2 => (PlatformRequest::PowerOff, 4),
            3 => (PlatformRequest::PhysicalPresence(true), 4),
            4 => (PlatformRequest::PhysicalPresence(false), 4),
            5 => (PlatformRequest::HashStart, 4),
            6 => {
                let length = be32(&self.buffer, 4)? as usize;
                if length > MAX_COMMAND {
                    return self.unknown();
                }
                (PlatformRequest::HashData(self.buffer.get(8..8 + length)?.to_vec()), 8 + length)
            }
            7 => (PlatformRequest::HashEnd, 4),
            9 => (PlatformRequest::Cancel(true), 4),
            10 => (PlatformRequest::Cancel(false), 4),
            11 => (PlatformRequest::NvAvailable(true), 4),
            12 => (PlatformRequest::NvAvailable(false), 4),
            13 => (PlatformRequest::KeyCache(true), 4),
            14 => (PlatformRequest::KeyCache(false), 4),
            17 => (PlatformRequest::Reset, 4),
            18 => (PlatformRequest::Restart, 4),
            20 => (PlatformRequest::SessionEnd, 4),
            21 => (PlatformRequest::Stop, 4),
            25 => (PlatformRequest::GetCommandResponseSizes, 4),
            26 => (PlatformRequest::ActGetSignaled(be32(&self.buffer, 4)?), 8),
            30 => (PlatformRequest::TestFailureMode, 4),
            35 => (PlatformRequest::SetFirmwareHash(be32(&self.buffer, 4)?), 8),
            36 => (PlatformRequest::SetFirmwareSvn(be32(&self.buffer, 4)?), 8),
            _ => return self.unknown(),
        };
        self.buffer.drain(..end);
        Some(PlatformEvent::Request(request))
    }

    /// Whether the next request moves the cancel line: the only one to serve while a command runs.
    #[must_use]
    pub fn next_is_cancel(&self) -> bool {
        matches!(be32(&self.buffer, 0), Some(9 | 10))
    }

    fn unknown(&mut self) -> Option<PlatformEvent> {
        self.buffer.clear();
        Some(PlatformEvent::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_cut_anywhere() {
        use PlatformRequest::*;
        let expected = [
            PowerOn,
            NvAvailable(true),
            PhysicalPresence(true),
            PhysicalPresence(false),
            HashStart,
            HashData(vec![0xaa, 0xbb]),
            HashEnd,
            Cancel(true),
            Cancel(false),
            KeyCache(true),
            KeyCache(false),
            ActGetSignaled(0x4000_0110),
            SetFirmwareHash(2),
            SetFirmwareSvn(3),
            GetCommandResponseSizes,
            TestFailureMode,
            Reset,
            Restart,
            NvAvailable(false),
            PowerOff,
            SessionEnd,
            Stop,
        ];
        let words: [u32; 22] =
            [1, 11, 3, 4, 5, 6, 2, 0xaabb_0000, 7, 9, 10, 13, 14, 26, 0x4000_0110, 35, 2, 36, 3, 25, 30, 17];
        let mut stream: Vec<u8> = words.iter().flat_map(|w| w.to_be_bytes()).collect();
        stream.drain(30..32); // two bytes of hash data, not four
        stream.extend([18u32, 12, 2, 20, 21].iter().flat_map(|w| w.to_be_bytes()));
        for size in 1..=stream.len() {
            let mut parser = PlatformParser::new();
            let mut found = Vec::new();
            for piece in stream.chunks(size) {
                parser.push(piece);
                found.extend(std::iter::from_fn(|| parser.next()));
            }
            let expected: Vec<_> = expected.iter().cloned().map(PlatformEvent::Request).collect();
            assert_eq!(found, expected, "pieces of {size} bytes");
        }
    }

    #[test]
    fn the_cancel_line_is_told_before_it_is_taken() {
        for (word, cancel) in [(9, true), (10, true), (1, false), (0, false)] {
            let mut parser = PlatformParser::new();
            parser.push(&[0, 0, 0]);
            assert!(!parser.next_is_cancel());
            parser.push(&[word]);
            assert_eq!(parser.next_is_cancel(), cancel, "{word}");
        }
    }

    #[test]
    fn what_is_no_request() {
        for bytes in [&[0, 0, 0, 0][..], &[0, 0, 0, 8], &[0, 0, 0, 6, 0, 0, 0x20, 1]] {
            let mut parser = PlatformParser::new();
            parser.push(bytes);
            assert_eq!(parser.next(), Some(PlatformEvent::Unknown), "{bytes:?}");
        }
    }
}
