//! The replies of the control channel, byte for byte.

/// A result code of the control channel. These are TPM 1.2 codes, whatever the TPM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code(pub u32);

impl Code {
    /// Done.
    pub const SUCCESS: Code = Code(0);
    /// `TPM_BAD_PARAMETER`: too short, too long, or of no meaning.
    pub const BAD_PARAMETER: Code = Code(0x03);
    /// `TPM_FAIL`: not possible: state locked by another process, damaged, or the TPM is gone.
    pub const FAIL: Code = Code(0x09);
    /// `TPM_BAD_ORDINAL`: no such request, or not in this state of the TPM.
    pub const BAD_ORDINAL: Code = Code(0x0a);
    /// `TPM_KEYNOTFOUND`: the state needs a key that is not here.
    pub const KEY_NOT_FOUND: Code = Code(0x0d);
    /// `TPM_IOERROR`: the data channel is already taken.
    pub const IO_ERROR: Code = Code(0x1f);
    /// `TPM_DECRYPT_ERROR`: a state blob does not open with the key.
    pub const DECRYPT_ERROR: Code = Code(0x21);
    /// `TPM_BAD_LOCALITY`
    pub const BAD_LOCALITY: Code = Code(0x3d);
    /// `TPM_RETRY`: how a state blob that does not exist is reported. QEMU takes it for "none".
    pub const NONE: Code = Code(0x800);

    /// A reply that is only a code: four bytes.
    #[must_use]
    pub fn encode(self) -> Vec<u8> {
        words(&[self.0])
    }
}

/// `GET_CAPABILITY`: 64 bits, no code.
pub(super) fn capability(bits: u64) -> Vec<u8> {
    bits.to_be_bytes().to_vec()
}

/// `GET_TPMESTABLISHED`: code, the bit, three bytes of padding.
pub(super) fn established(bit: bool) -> Vec<u8> {
    let mut bytes = words(&[0]);
    bytes.extend_from_slice(&[u8::from(bit), 0, 0, 0]);
    bytes
}

/// `GET_CONFIG`: code, flags.
pub(super) fn config(flags: u32) -> Vec<u8> {
    words(&[0, flags])
}

/// `SET_BUFFERSIZE`: code, the size in force, the smallest and the largest.
pub(super) fn buffer_size(size: u32, min: u32, max: u32) -> Vec<u8> {
    words(&[0, size, min, max])
}

/// `GET_STATEBLOB`: code, flags, and twice the length, since the blob always goes out whole.
/// Flag 2 says that the blob is encrypted with swtpm's own keys, which ours never is: it is
/// sealed, and opaque to whoever carries it.
#[must_use]
pub fn encode_state_blob(code: Code, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap_or(0);
    let mut bytes = words(&[code.0, 0, length, length]);
    if length > 0 {
        bytes.extend_from_slice(data);
    }
    bytes
}

/// `GET_INFO`: code, the length of the whole text and of this piece of it (NUL included).
pub(super) fn info(total: u32, piece: &[u8]) -> Vec<u8> {
    let mut bytes = words(&[0, total, u32::try_from(piece.len()).unwrap_or(0)]);
    bytes.extend_from_slice(piece);
    bytes
}

fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_be_bytes()).collect()
}
