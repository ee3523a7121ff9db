//! Fields of frames: numbers little endian, byte strings behind their `u32` length.

/// A frame that no peer of this version sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a frame between keeper and trustlet is not one this version knows; both must be of the same build")]
pub struct Malformed;

/// Appends fields to a frame.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn new(tag: u8) -> Writer {
        Writer(vec![tag])
    }

    pub(super) fn byte(mut self, value: u8) -> Writer {
        self.0.push(value);
        self
    }

    pub(super) fn bytes(mut self, value: &[u8]) -> Writer {
        self.0.extend_from_slice(&u32::try_from(value.len()).unwrap_or(u32::MAX).to_le_bytes());
        self.0.extend_from_slice(value);
        self
    }

    /// 0 for nothing, or 1 and the bytes.
    pub(super) fn maybe(self, value: Option<&[u8]>) -> Writer {
        match value {
            None => self.byte(0),
            Some(value) => self.byte(1).bytes(value),
        }
    }

    pub(super) fn array<const N: usize>(mut self, value: &[u8; N]) -> Writer {
        self.0.extend_from_slice(value);
        self
    }

    pub(super) fn end(self) -> Vec<u8> {
        self.0
    }
}

/// Takes fields off a frame.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl Reader<'_> {
    pub(super) fn byte(&mut self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn flag(&mut self) -> Result<bool, Malformed> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed),
        }
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*head)
    }

    pub(super) fn bytes(&mut self) -> Result<Vec<u8>, Malformed> {
        let length = u32::from_le_bytes(self.array()?) as usize;
        let (head, rest) = self.0.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        Ok(head.to_vec())
    }

    pub(super) fn maybe(&mut self) -> Result<Option<Vec<u8>>, Malformed> {
        if self.flag()? { self.bytes().map(Some) } else { Ok(None) }
    }

    pub(super) fn text(&mut self) -> Result<String, Malformed> {
        String::from_utf8(self.bytes()?).map_err(|_| Malformed)
    }

    /// `value`, if the frame ends here.
    pub(super) fn end<T>(self, value: T) -> Result<T, Malformed> {
        if self.0.is_empty() { Ok(value) } else { Err(Malformed) }
    }
}
