//! Algorithm identifiers with the numbers of the TCG Algorithm Registry.

/// A hash algorithm (`TPMI_ALG_HASH`): every one that Part 2 of v1.85 permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u16)]
pub enum HashAlg {
    /// SHA-1, 20-byte digest.
    Sha1 = 0x0004,
    /// SHA-256, 32-byte digest.
    Sha256 = 0x000B,
    /// SHA-384, 48-byte digest.
    Sha384 = 0x000C,
    /// SHA-512, 64-byte digest.
    Sha512 = 0x000D,
    /// SHA-256 cut to 24 bytes (SP 800-208, 2.3).
    Sha256_192 = 0x000E,
    /// SM3 (GB/T 32905), 32-byte digest.
    Sm3 = 0x0012,
    /// SHA3-256, 32-byte digest.
    Sha3_256 = 0x0027,
    /// SHA3-384, 48-byte digest.
    Sha3_384 = 0x0028,
    /// SHA3-512, 64-byte digest.
    Sha3_512 = 0x0029,
    /// SHAKE256 with 24 bytes of output.
    Shake256_192 = 0x002C,
    /// SHAKE256 with 32 bytes of output.
    Shake256_256 = 0x002D,
    /// SHAKE256 with 64 bytes of output.
    Shake256_512 = 0x002E,
}
use HashAlg as H;

impl HashAlg {
    /// Every hash algorithm, in the order of its identifier.
    pub const ALL: [HashAlg; 12] = [
        H::Sha1,
        H::Sha256,
        H::Sha384,
        H::Sha512,
        H::Sha256_192,
        H::Sm3,
        H::Sha3_256,
        H::Sha3_384,
        H::Sha3_512,
        H::Shake256_192,
        H::Shake256_256,
        H::Shake256_512,
    ];

    /// The algorithm with this `TPM_ALG_ID`, if it is one of ours.
    pub fn from_id(id: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|alg| alg.id() == id)
    }

    /// The `TPM_ALG_ID`.
    pub const fn id(self) -> u16 {
        self as u16
    }

    /// Bytes of the digest.
    pub const fn digest_size(self) -> usize {
        match self {
            H::Sha1 => 20,
            H::Sha256_192 | H::Shake256_192 => 24,
            H::Sha256 | H::Sm3 | H::Sha3_256 | H::Shake256_256 => 32,
            H::Sha384 | H::Sha3_384 => 48,
            H::Sha512 | H::Sha3_512 | H::Shake256_512 => 64,
        }
    }

    /// Bytes of a block of the compression function, or of the sponge's rate (the B of HMAC).
    pub const fn block_size(self) -> usize {
        match self {
            H::Sha1 | H::Sha256 | H::Sha256_192 | H::Sm3 => 64,
            H::Sha384 | H::Sha512 => 128,
            H::Sha3_256 | H::Shake256_192 | H::Shake256_256 | H::Shake256_512 => 136,
            H::Sha3_384 => 104,
            H::Sha3_512 => 72,
        }
    }

    /// The largest [`HashAlg::block_size`].
    pub const MAX_BLOCK: usize = 136;
}

/// A symmetric block cipher (`TPMI_ALG_SYM_OBJECT`). All but AES are computed with tables in the pure-Rust
/// provider, and so in time that depends on key and data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum SymAlg {
    /// Triple DES with two keys (128 bits) or three (192), parity bits included.
    Tdes = 0x0003,
    /// AES with 128-, 192- or 256-bit keys.
    Aes = 0x0006,
    /// SM4 (GB/T 32907) with 128-bit keys.
    Sm4 = 0x0013,
    /// Camellia (RFC 3713) with 128-, 192- or 256-bit keys.
    Camellia = 0x0026,
}

impl SymAlg {
    /// Every cipher, in the order of its identifier.
    pub const ALL: [SymAlg; 4] = [SymAlg::Tdes, SymAlg::Aes, SymAlg::Sm4, SymAlg::Camellia];

    /// The largest [`SymAlg::block_size`].
    pub const MAX_BLOCK: usize = 16;

    /// Bytes of the largest key.
    pub const MAX_KEY: usize = 32;

    /// The cipher with this `TPM_ALG_ID`.
    pub fn from_id(id: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|alg| alg.id() == id)
    }

    /// The `TPM_ALG_ID`.
    pub const fn id(self) -> u16 {
        self as u16
    }

    /// Bytes of a cipher block, which is also the size of the IV.
    pub const fn block_size(self) -> usize {
        match self {
            SymAlg::Tdes => 8,
            SymAlg::Aes | SymAlg::Sm4 | SymAlg::Camellia => 16,
        }
    }

    /// The key sizes in bits.
    pub const fn key_sizes(self) -> &'static [u16] {
        match self {
            SymAlg::Tdes => &[128, 192],
            SymAlg::Sm4 => &[128],
            SymAlg::Aes | SymAlg::Camellia => &[128, 192, 256],
        }
    }

    /// Whether `bits` is a key size of this cipher.
    pub fn has_key_bits(self, bits: u16) -> bool {
        self.key_sizes().contains(&bits)
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
