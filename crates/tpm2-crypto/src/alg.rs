//! Algorithm identifiers with the numbers of the TCG Algorithm Registry.

/// A hash algorithm (`TPMI_ALG_HASH`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HashAlg {
    /// SHA-1, 20-byte digest, 0x0004.
    Sha1,
    /// SHA-256, 32-byte digest, 0x000B.
    Sha256,
    /// SHA-384, 48-byte digest, 0x000C.
    Sha384,
    /// SHA-512, 64-byte digest, 0x000D.
    Sha512,
}

impl HashAlg {
    /// Every hash algorithm, in the order of its identifier.
    pub const ALL: [HashAlg; 4] = [HashAlg::Sha1, HashAlg::Sha256, HashAlg::Sha384, HashAlg::Sha512];

    /// The algorithm with this `TPM_ALG_ID`, if it is one of ours.
    pub const fn from_id(id: u16) -> Option<Self> {
        match id {
            0x0004 => Some(HashAlg::Sha1),
            0x000B => Some(HashAlg::Sha256),
            0x000C => Some(HashAlg::Sha384),
            0x000D => Some(HashAlg::Sha512),
            _ => None,
        }
    }

    /// The `TPM_ALG_ID`.
    pub const fn id(self) -> u16 {
        match self {
            HashAlg::Sha1 => 0x0004,
            HashAlg::Sha256 => 0x000B,
            HashAlg::Sha384 => 0x000C,
            HashAlg::Sha512 => 0x000D,
        }
    }

    /// Bytes of the digest.
    pub const fn digest_size(self) -> usize {
        match self {
            HashAlg::Sha1 => 20,
            HashAlg::Sha256 => 32,
            HashAlg::Sha384 => 48,
            HashAlg::Sha512 => 64,
        }
    }

    /// Bytes of a block of the compression function (the B of HMAC).
    pub const fn block_size(self) -> usize {
        match self {
            HashAlg::Sha1 | HashAlg::Sha256 => 64,
            HashAlg::Sha384 | HashAlg::Sha512 => 128,
        }
    }
}

/// A symmetric block cipher (`TPMI_ALG_SYM`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SymAlg {
    /// AES with 128-, 192- or 256-bit keys, 0x0006.
    Aes,
}

impl SymAlg {
    /// The cipher with this `TPM_ALG_ID`.
    pub const fn from_id(id: u16) -> Option<Self> {
        match id {
            0x0006 => Some(SymAlg::Aes),
            _ => None,
        }
    }

    /// The `TPM_ALG_ID`.
    pub const fn id(self) -> u16 {
        match self {
            SymAlg::Aes => 0x0006,
        }
    }

    /// Bytes of a cipher block, which is also the size of the IV.
    pub const fn block_size(self) -> usize {
        match self {
            SymAlg::Aes => 16,
        }
    }

    /// Whether `bits` is a key size of this cipher.
    pub const fn has_key_bits(self, bits: u16) -> bool {
        match self {
            SymAlg::Aes => matches!(bits, 128 | 192 | 256),
        }
    }
}

/// A mode of operation (`TPMI_ALG_CIPHER_MODE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CipherMode {
    /// Counter, 0x0040; the whole IV is one big-endian counter.
    Ctr,
    /// Output feedback, 0x0041.
    Ofb,
    /// Cipher block chaining, 0x0042; data are whole blocks.
    Cbc,
    /// Cipher feedback of a whole block, 0x0043; the only mode the TPM itself uses.
    Cfb,
    /// Electronic codebook, 0x0044; data are whole blocks, no IV.
    Ecb,
}

impl CipherMode {
    /// Every mode, in the order of its identifier.
    pub const ALL: [CipherMode; 5] =
        [CipherMode::Ctr, CipherMode::Ofb, CipherMode::Cbc, CipherMode::Cfb, CipherMode::Ecb];

    /// The mode with this `TPM_ALG_ID`.
    pub const fn from_id(id: u16) -> Option<Self> {
        match id {
            0x0040 => Some(CipherMode::Ctr),
            0x0041 => Some(CipherMode::Ofb),
            0x0042 => Some(CipherMode::Cbc),
            0x0043 => Some(CipherMode::Cfb),
            0x0044 => Some(CipherMode::Ecb),
            _ => None,
        }
    }

    /// The `TPM_ALG_ID`.
    pub const fn id(self) -> u16 {
        match self {
            CipherMode::Ctr => 0x0040,
            CipherMode::Ofb => 0x0041,
            CipherMode::Cbc => 0x0042,
            CipherMode::Cfb => 0x0043,
            CipherMode::Ecb => 0x0044,
        }
    }
}

/// Which way a cipher runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Plain text in, cipher text out.
    Encrypt,
    /// Cipher text in, plain text out.
    Decrypt,
}
