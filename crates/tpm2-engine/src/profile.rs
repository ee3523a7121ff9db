//! What a TPM can do: commands, algorithms, curves, sizes and limits. Chosen when it is manufactured, stored with its
//! state as a whole, and never changed after: what a later version of a built-in profile has, its older TPMs do not.
mod builtin;
mod first;

use crate::command::{self, Entry};
use crate::saved::{LoadError, Saved};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Deref;
use tpm2_crypto::HashAlg;
use tpm2_wire::{Accept, KEY_SIZES, Shape, TpmAlg, TpmPt};

pub(crate) use first::content as first;

/// A profile that can be run: [`Content`] that was checked. Cheap to clone.
#[derive(Clone)]
pub struct Profile(Arc<Active>);

/// A profile, and what follows from it.
pub(crate) struct Active {
    content: Content,
    pub(crate) accept: Accept,
    /// Its commands, in the order of their codes.
    pub(crate) commands: Vec<&'static Entry>,
}

saved! { pub
    /// What a profile says. It is plain data: take one of the built-in profiles', change it, and make a [`Profile`] of
    /// it.
    Content {
        /// The name, of the caller's choice for one that is not built in.
        1 name: String,
        /// For people.
        2 description: String,
        /// `TPM_CC` of each command. One that is not here is answered with `TPM_RC_COMMAND_CODE`, and not announced.
        3 commands: Vec<u32>,
        /// `TPM_ALG_ID` of each algorithm. One that is not here is refused as one that does not exist.
        4 algorithms: Vec<u16>,
        /// `TPM_ECC_CURVE` of each curve, likewise.
        5 curves: Vec<u16>,
        /// Sizes of keys: algorithm and bits. Of [`KEY_SIZES`].
        6 key_sizes: Vec<(u16, u16)>,
        /// PCR banks that a new TPM has.
        7 banks: Vec<HashAlg>,
        /// Transient objects that fit.
        8 transient_objects: usize,
        /// Loaded sessions that fit.
        9 loaded_sessions: usize,
        /// Persistent objects that fit.
        10 persistent_objects: usize,
        /// The largest NV index, in bytes.
        11 nv_index_size: u16,
        /// All NV data together, in bytes.
        12 nv_total: usize,
        /// The largest command and response, in bytes, where the transport sets no smaller one.
        13 buffer_size: usize,
        /// Dictionary-attack protection of a new TPM, and of one that was cleared: maxTries, recoveryTime and
        /// lockoutRecovery, the times in seconds.
        14 dictionary_attack: (u32, u32, u32),
        /// The clock is made durable at least this often, in milliseconds; a power of two, at most 2^22.
        15 clock_update: u32,
        /// Fixed properties (`TPM_PT`) that the TPM tells instead of its own values: one that takes another's place
        /// goes on telling who it was.
        16 properties: Vec<(u32, u32)>,
        /// The last fixed property that it tells.
        17 last_property: u32,
        /// NV counters that it tells are available, at most; NV memory may have room for fewer.
        18 nv_counters: usize,
        /// It has the firmware-limited and SVN-limited hierarchies of version 1.84 and later.
        19 limited_hierarchies: bool = false,
    }
}

/// `TPM_PT_CONTEXT_GAP_MAX`, where the profile does not say another.
pub(crate) const CONTEXT_GAP: u32 = u32::MAX;
const ALGORITHMS: &[u16] = &[
    TpmAlg::RSA,
    TpmAlg::TDES,
    TpmAlg::SHA1,
    TpmAlg::HMAC,
    TpmAlg::AES,
    TpmAlg::MGF1,
    TpmAlg::KEYEDHASH,
    TpmAlg::XOR,
    TpmAlg::SHA256,
    TpmAlg::SHA384,
    TpmAlg::SHA512,
    TpmAlg::SHA256_192,
    TpmAlg::SM3_256,
    TpmAlg::SM4,
    TpmAlg::RSASSA,
    TpmAlg::RSAES,
    TpmAlg::RSAPSS,
    TpmAlg::OAEP,
    TpmAlg::ECDSA,
    TpmAlg::ECDH,
    TpmAlg::ECDAA,
    TpmAlg::SM2,
    TpmAlg::ECSCHNORR,
    TpmAlg::ECMQV,
    TpmAlg::HKDF,
    TpmAlg::KDF1_SP800_56A,
    TpmAlg::KDF2,
    TpmAlg::KDF1_SP800_108,
    TpmAlg::ECC,
    TpmAlg::SYMCIPHER,
    TpmAlg::CAMELLIA,
    TpmAlg::SHA3_256,
    TpmAlg::SHA3_384,
    TpmAlg::SHA3_512,
    TpmAlg::SHAKE256_192,
    TpmAlg::SHAKE256_256,
    TpmAlg::SHAKE256_512,
    TpmAlg::CMAC,
    TpmAlg::CTR,
    TpmAlg::OFB,
    TpmAlg::CBC,
    TpmAlg::CFB,
    TpmAlg::ECB,
    TpmAlg::MLKEM,
    TpmAlg::MLDSA,
    TpmAlg::HASH_MLDSA,
];
const CURVES: &[u16] = &[0x01, 0x02, 0x03, 0x04, 0x05, 0x10, 0x11, 0x20];
/// RSA key sizes, in bits.
const RSA_BITS: &[u16] = &[2048, 3072, 4096];

/// The key sizes that the engine has.
fn key_sizes() -> Vec<(u16, u16)> {
    let has = |(alg, bits): &(u16, u16)| {
        ALGORITHMS.contains(alg) && (*alg != TpmAlg::RSA || RSA_BITS.contains(bits))
    };
    KEY_SIZES.into_iter().filter(has).collect()
}

/// Commands without which there is no TPM to speak of.
const NEEDED_COMMANDS: &[&str] = &["Startup", "Shutdown", "SelfTest", "GetTestResult", "GetCapability"];
/// Algorithms that the engine uses itself, whatever the caller asks for.
const NEEDED_ALGORITHMS: &[u16] = &[
    TpmAlg::HMAC,
    TpmAlg::AES,
    TpmAlg::KEYEDHASH,
    TpmAlg::SHA256,
    TpmAlg::SHA512,
    TpmAlg::KDF1_SP800_108,
    TpmAlg::CFB,
];

/// Content that no TPM can be made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProfileError {
    /// The engine has no such command (`TPM_CC`).
    Command(u32),
    /// The engine has no such algorithm (`TPM_ALG_ID`).
    Algorithm(u16),
    /// The engine has no such curve (`TPM_ECC_CURVE`).
    Curve(u16),
    /// An algorithm has no such key size, in bits.
    KeySize(u16, u16),
    /// A command is needed.
    NeedsCommand(&'static str),
    /// An algorithm (`TPM_ALG_ID`) is needed.
    NeedsAlgorithm(u16),
    /// A PCR bank's hash algorithm (`TPM_ALG_ID`) is not in the profile.
    Bank(u16),
    /// A limit is out of bounds: which, and the bounds.
    Limit(&'static str, usize, usize),
}
impl core::fmt::Display for ProfileError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Command(code) => write!(f, "there is no command {code:#x}"),
            Self::Algorithm(id) => write!(f, "there is no algorithm {id:#x}"),
            Self::Curve(id) => write!(f, "there is no curve {id:#x}"),
            Self::KeySize(alg, bits) => write!(f, "algorithm {alg:#x} has no keys of {bits} bits"),
            Self::NeedsCommand(name) => write!(f, "TPM2_{name} cannot be left out"),
            Self::NeedsAlgorithm(id) => write!(f, "algorithm {id:#x} cannot be left out"),
            Self::Bank(id) => write!(f, "a PCR bank has algorithm {id:#x}, which the profile lacks"),
            Self::Limit(what, least, most) => write!(f, "{what} must be from {least} to {most}"),
        }
    }
}
impl core::error::Error for ProfileError {}

impl Profile {
    /// Checks the content, and puts its lists in order.
    ///
    /// # Errors
    /// When it is not one that this engine can run.
    pub fn new(content: Content) -> Result<Profile, ProfileError> {
        content.check()?;
        Ok(Profile::of(content))
    }
    fn of(content: Content) -> Profile {
        let content = content.in_order();
        let accept = Accept::new(&content.algorithms, &content.curves, &content.key_sizes);
        let has = |entry: &&Entry| content.commands.binary_search(&entry.shape.code).is_ok();
        let commands = command::implemented().into_iter().filter(has).collect();
        Profile(Arc::new(Active { content, accept, commands }))
    }
    /// The built-in profile of this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Profile> {
        builtin::content(name).map(Profile::of)
    }
    /// The names of the built-in profiles.
    #[must_use]
    pub fn names() -> &'static [&'static str] {
        builtin::NAMES
    }
    /// What it says.
    #[must_use]
    pub fn content(&self) -> &Content {
        &self.0.content
    }
    pub(crate) fn active(&self) -> &Active {
        &self.0
    }
}
impl Default for Profile {
    /// The profile of a TPM that nobody asked to be another.
    fn default() -> Self {
        Profile::of(builtin::default())
    }
}
impl PartialEq for Profile {
    fn eq(&self, other: &Self) -> bool {
        self.content() == other.content()
    }
}
impl Eq for Profile {}
impl core::fmt::Debug for Profile {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Profile").field(&self.content().name).finish()
    }
}
impl Deref for Active {
    type Target = Content;
    fn deref(&self) -> &Content {
        &self.content
    }
}
impl Active {
    /// The command of this code.
    pub(crate) fn command(&self, code: u32) -> Option<&'static Entry> {
        let at = self.commands.binary_search_by_key(&code, |entry| entry.shape.code).ok()?;
        self.commands.get(at).copied()
    }
    /// The value that the profile has told for a fixed property (`TPM_PT`).
    pub(crate) fn told(&self, property: u32) -> Option<u32> {
        let at = self.properties.binary_search_by_key(&property, |(tag, _)| *tag).ok()?;
        self.properties.get(at).map(|(_, value)| *value)
    }
    /// How many session contexts can be saved after one that is saved still (`TPM_PT_CONTEXT_GAP_MAX`): what is told.
    pub(crate) fn context_gap(&self) -> u32 {
        self.told(TpmPt::FIXED + 20).unwrap_or(CONTEXT_GAP)
    }
    /// What is declared of its commands, in the order of their codes.
    pub(crate) fn shapes(&self) -> impl Iterator<Item = &'static Shape> {
        self.commands.iter().map(|entry| &entry.shape)
    }
}

impl Content {
    /// As numbered fields, in the format of the state (`docs/FORMAT.md`).
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Vec::new();
        self.save(&mut w);
        w
    }
    /// Reads what [`Content::to_bytes`] wrote.
    ///
    /// # Errors
    /// When the bytes are not such.
    pub fn from_bytes(bytes: &[u8]) -> Result<Content, LoadError> {
        Saved::from_bytes(bytes)
    }
    fn in_order(mut self) -> Content {
        fn order<T: Ord>(list: &mut Vec<T>) {
            list.sort_unstable();
            list.dedup();
        }
        order(&mut self.commands);
        order(&mut self.algorithms);
        order(&mut self.curves);
        order(&mut self.key_sizes);
        order(&mut self.properties);
        order(&mut self.banks);
        self
    }
    fn check(&self) -> Result<(), ProfileError> {
        use ProfileError as E;
        fn all<T: Copy + PartialEq>(list: &[T], known: &[T], error: fn(T) -> E) -> Result<(), E> {
            list.iter().find(|item| !known.contains(item)).map_or(Ok(()), |item| Err(error(*item)))
        }
        let implemented = command::implemented();
        let codes: Vec<u32> = implemented.iter().map(|entry| entry.shape.code).collect();
        all(&self.commands, &codes, E::Command)?;
        all(&self.algorithms, ALGORITHMS, E::Algorithm)?;
        all(&self.curves, CURVES, E::Curve)?;
        all(&self.key_sizes, &key_sizes(), |(alg, bits)| E::KeySize(alg, bits))?;
        let missing = |entry: &&&Entry| {
            NEEDED_COMMANDS.contains(&entry.shape.name) && !self.commands.contains(&entry.shape.code)
        };
        if let Some(entry) = implemented.iter().find(missing) {
            return Err(E::NeedsCommand(entry.shape.name));
        }
        all(NEEDED_ALGORITHMS, &self.algorithms, E::NeedsAlgorithm)?;
        all(&[(TpmAlg::AES, 128), (TpmAlg::AES, 256)], &self.key_sizes, |(alg, bits)| E::KeySize(alg, bits))?;
        if let Some(bank) = self.banks.iter().find(|bank| !self.algorithms.contains(&bank.id())) {
            return Err(E::Bank(bank.id()));
        }
        let limit = |what, value: usize, least: usize, most: usize| {
            if (least..=most).contains(&value) { Ok(()) } else { Err(E::Limit(what, least, most)) }
        };
        limit("the number of transient objects", self.transient_objects, 3, 64)?;
        limit("the number of loaded sessions", self.loaded_sessions, 3, 64)?;
        limit("the number of persistent objects", self.persistent_objects, 7, 1024)?;
        limit("the size of an NV index", usize::from(self.nv_index_size), 1600, 0xFFFF)?;
        limit("the size of NV memory", self.nv_total, 8192, 2 << 20)?;
        limit("the size of a command", self.buffer_size, 4096, 16 * 1024)?;
        limit("the clock's interval", self.clock_update as usize, 1, 1 << 22)
    }
}
