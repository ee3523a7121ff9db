//! Response codes (Part 2, 6.6) and the position that a format-one code carries.

/// A response code. Format-one codes say which handle, parameter or session is at fault.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rc(pub u32);

/// Where in a command the fault lies; positions count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The n-th handle.
    Handle(u8),
    /// The n-th parameter.
    Param(u8),
    /// The n-th session.
    Session(u8),
}

impl Rc {
    /// The code with a position; codes of format zero, and codes that have one already, stay as they are.
    #[must_use]
    pub const fn at(self, at: At) -> Rc {
        if self.0 & 0x080 == 0 || self.0 & 0xF40 != 0 {
            return self;
        }
        match at {
            At::Handle(n) => Rc(self.0 | ((n as u32) & 7) << 8),
            At::Session(n) => Rc(self.0 | 0x800 | ((n as u32) & 7) << 8),
            At::Param(n) => Rc(self.0 | 0x040 | ((n as u32) & 15) << 8),
        }
    }
    /// The code without its position.
    #[must_use]
    pub const fn bare(self) -> Rc {
        if self.0 & 0x080 != 0 { Rc(self.0 & 0xBF) } else { self }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $value:literal,)*) => {
        impl Rc { $( $(#[$doc])* pub const $name: Rc = Rc($value); )* }
        const NAMES: &[(u32, &str)] = &[$(($value, concat!("TPM_RC_", stringify!($name)))),*];
    };
}
codes! {
    /// No error.
    SUCCESS = 0x000,
    /// The tag is not one of TPM 2.0.
    BAD_TAG = 0x01E,
    /// The TPM is not initialized, or already is.
    INITIALIZE = 0x100,
    /// Failure mode.
    FAILURE = 0x101,
    /// A sequence is used where it may not be.
    SEQUENCE = 0x103,
    /// The command is disabled.
    DISABLED = 0x120,
    /// The exclusive audit session is required.
    EXCLUSIVE = 0x121,
    /// The authorization type is wrong for this command.
    AUTH_TYPE = 0x124,
    /// A handle needs authorization and has none.
    AUTH_MISSING = 0x125,
    /// The policy failed.
    POLICY = 0x126,
    /// A PCR check failed.
    PCR = 0x127,
    /// A PCR changed since it was checked.
    PCR_CHANGED = 0x128,
    /// The TPM needs a reboot for this.
    REBOOT = 0x130,
    /// Authorization is unavailable.
    AUTH_UNAVAILABLE = 0x12F,
    /// The authorization size is wrong for the context.
    AUTH_CONTEXT = 0x145,
    /// The command size does not match the bytes.
    COMMAND_SIZE = 0x142,
    /// The command code is not supported.
    COMMAND_CODE = 0x143,
    /// The authorization area is of the wrong size.
    AUTHSIZE = 0x144,
    /// An NV offset and size go beyond the index.
    NV_RANGE = 0x146,
    /// The data is larger than the index.
    NV_SIZE = 0x147,
    /// The index is locked.
    NV_LOCKED = 0x148,
    /// NV authorization failed.
    NV_AUTHORIZATION = 0x149,
    /// The index was never written.
    NV_UNINITIALIZED = 0x14A,
    /// No NV space left.
    NV_SPACE = 0x14B,
    /// The index or handle is defined already.
    NV_DEFINED = 0x14C,
    /// The saved context is not valid.
    BAD_CONTEXT = 0x150,
    /// The policy hash is set already, or does not match.
    CPHASH = 0x151,
    /// The handle is not a parent.
    PARENT = 0x152,
    /// The function needs testing.
    NEEDS_TEST = 0x153,
    /// No result can be had.
    NO_RESULT = 0x154,
    /// The sensitive area did not decrypt to something sensible.
    SENSITIVE = 0x155,
    /// Only reads are allowed now.
    READ_ONLY = 0x156,

    /// Asymmetric algorithm not supported or not correct.
    ASYMMETRIC = 0x081,
    /// Inconsistent attributes.
    ATTRIBUTES = 0x082,
    /// Hash algorithm not supported or not appropriate.
    HASH = 0x083,
    /// The value is out of range or not correct.
    VALUE = 0x084,
    /// The hierarchy is not enabled or not correct.
    HIERARCHY = 0x085,
    /// The key size is not supported.
    KEY_SIZE = 0x087,
    /// The mask generation function is not supported.
    MGF = 0x088,
    /// The mode is not supported.
    MODE = 0x089,
    /// The type is not appropriate.
    TYPE = 0x08A,
    /// The handle is not correct for the use.
    HANDLE = 0x08B,
    /// The key derivation function is not supported.
    KDF = 0x08C,
    /// The value was out of allowed range.
    RANGE = 0x08D,
    /// Authorization failed and the dictionary-attack counter went up.
    AUTH_FAIL = 0x08E,
    /// The nonce size or value is wrong.
    NONCE = 0x08F,
    /// Physical presence is needed.
    PP = 0x090,
    /// The scheme is not supported or not compatible.
    SCHEME = 0x092,
    /// The structure is of the wrong size.
    SIZE = 0x095,
    /// The symmetric algorithm or size is not supported.
    SYMMETRIC = 0x096,
    /// The tag is wrong.
    TAG = 0x097,
    /// The union selector is wrong.
    SELECTOR = 0x098,
    /// Bytes are missing.
    INSUFFICIENT = 0x09A,
    /// The signature is not valid.
    SIGNATURE = 0x09B,
    /// The key does not fit the use.
    KEY = 0x09C,
    /// The policy check failed.
    POLICY_FAIL = 0x09D,
    /// The integrity check failed.
    INTEGRITY = 0x09F,
    /// The ticket is not valid.
    TICKET = 0x0A0,
    /// Reserved bits are set.
    RESERVED_BITS = 0x0A1,
    /// Authorization failed; the object is not subject to dictionary-attack protection.
    BAD_AUTH = 0x0A2,
    /// The policy has expired.
    EXPIRED = 0x0A3,
    /// The command code in the policy is not this command's.
    POLICY_CC = 0x0A4,
    /// Public and sensitive part do not belong together.
    BINDING = 0x0A5,
    /// The curve is not supported.
    CURVE = 0x0A6,
    /// The point is not on the curve.
    ECC_POINT = 0x0A7,
    /// The hierarchy is firmware-limited.
    FW_LIMITED = 0x0A8,
    /// The hierarchy is SVN-limited.
    SVN_LIMITED = 0x0A9,
    /// The parameter set is not supported.
    PARMS = 0x0AA,
    /// An external mu is not allowed by the key.
    EXT_MU = 0x0AB,
    /// The key signs only in one shot.
    ONE_SHOT_SIGNATURE = 0x0AC,
    /// The signing context does not fit the key.
    SIGN_CONTEXT_KEY = 0x0AD,
    /// A secure channel is required.
    CHANNEL = 0x0B0,
    /// The secure channel's key is not the required one.
    CHANNEL_KEY = 0x0B1,

    /// There is a gap between saved session contexts.
    CONTEXT_GAP = 0x901,
    /// No object slot is free.
    OBJECT_MEMORY = 0x902,
    /// No session slot is free.
    SESSION_MEMORY = 0x903,
    /// Out of memory.
    MEMORY = 0x904,
    /// No session handle is free.
    SESSION_HANDLES = 0x905,
    /// No object handle is free.
    OBJECT_HANDLES = 0x906,
    /// The command was suspended; a test is running.
    TESTING = 0x90A,
    /// The command was canceled.
    CANCELED = 0x909,
    /// The locality is wrong for this.
    LOCALITY = 0x907,
    /// The command was suspended.
    YIELDED = 0x908,
    /// The first handle is a transient object that is not loaded; see [`Rc::reference_handle`].
    REFERENCE_H0 = 0x910,
    /// The first session is not loaded; see [`Rc::reference_session`].
    REFERENCE_S0 = 0x918,
    /// Writes come too fast.
    NV_RATE = 0x920,
    /// Authorizations of protected objects are locked out.
    LOCKOUT = 0x921,
    /// Try again.
    RETRY = 0x922,
    /// State could not be made permanent.
    NV_UNAVAILABLE = 0x923,
}

impl Rc {
    /// `TPM_RC_REFERENCE_H0 + n`, for the handle at index `n` (from 0).
    #[must_use]
    pub const fn reference_handle(n: u8) -> Rc {
        Rc(0x910 + (n as u32 & 7))
    }
    /// `TPM_RC_REFERENCE_S0 + n`, for the session at index `n` (from 0).
    #[must_use]
    pub const fn reference_session(n: u8) -> Rc {
        Rc(0x918 + (n as u32 & 7))
    }
}

impl core::fmt::Debug for Rc {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let bare = self.bare();
        match NAMES.iter().find(|(value, _)| *value == bare.0) {
            Some((_, name)) => write!(f, "{name}({:#x})", self.0),
            None => write!(f, "TPM_RC({:#x})", self.0),
        }
    }
}
