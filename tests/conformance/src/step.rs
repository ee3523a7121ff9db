//! One step of a case, as both TPMs are to take it: what differs between them is named, not written.
use std::collections::BTreeMap;
use tpm2_wire::{Command, SHAPES, Shape, TpmRh};

/// A step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A command.
    Run(Step),
    /// `_TPM_Init`.
    Power,
    /// The locality of the commands that follow.
    Locality(u8),
    /// `_TPM_Hash_Start`, `_TPM_Hash_Data`, `_TPM_Hash_End`.
    Hash(Vec<u8>),
}

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// `TPM_CC`.
    pub code: u32,
    /// The handle area.
    pub handles: Vec<Handle>,
    /// The authorization area; empty for a command without sessions.
    pub auths: Vec<Auth>,
    /// The parameter area.
    pub params: Vec<Part>,
    /// The authorization value of the bind entity and the salt in clear, of a session that this starts.
    pub secret: Vec<u8>,
    /// Done to the command, in order, before it is sent.
    pub changes: Vec<Change>,
    /// The name under which the response is kept.
    pub keep: Option<String>,
}

/// A handle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handle {
    /// This one.
    Number(u32),
    /// The one in the response that was kept under this name.
    Of(String),
}

/// A session, or a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Auth {
    /// The session; `TPM_RS_PW` for a password.
    pub session: Handle,
    /// `TPMA_SESSION`.
    pub attributes: u8,
    /// What stands where the HMAC does.
    pub value: Value,
}

/// What authorizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// These bytes.
    Plain(Vec<u8>),
    /// An HMAC; the bytes are the authorization value that enters its key.
    Mac(Vec<u8>),
    /// An HMAC by a session that is bound to the entity, whose authorization value enters the encryption key alone.
    Bound(Vec<u8>),
}

/// A piece of the parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// These bytes.
    Bytes(Vec<u8>),
    /// A field of a response that was kept; of a session, `nonce` is its current nonceTPM.
    Field(String, String),
    /// The handle of a response that was kept.
    HandleOf(String),
    /// A `TPM2B` of these.
    Sized(Vec<Part>),
}

/// A change that makes a command wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The tag is this one.
    Tag(u16),
    /// The size that the header names is off by this.
    Size(i32),
    /// The size that the authorization area names is off by this.
    AuthSize(i32),
    /// Nothing follows the first so many bytes behind the header.
    Keep(u16),
    /// So many bytes are missing at the end of the parameters.
    Cut(u16),
    /// These bytes follow the parameters.
    Add(Vec<u8>),
    /// The byte at this offset of the parameters is this one. HMACs are made over it.
    Set(u16, u8),
    /// These bits of the byte at this offset of the parameters are flipped, likewise.
    Flip(u16, u8),
}

impl From<u32> for Handle {
    fn from(number: u32) -> Handle {
        Handle::Number(number)
    }
}
impl From<&str> for Handle {
    fn from(name: &str) -> Handle {
        Handle::Of(name.to_owned())
    }
}
impl From<&[u8]> for Part {
    fn from(bytes: &[u8]) -> Part {
        Part::Bytes(bytes.to_vec())
    }
}
impl From<Vec<u8>> for Part {
    fn from(bytes: Vec<u8>) -> Part {
        Part::Bytes(bytes)
    }
}
impl<const N: usize> From<[u8; N]> for Part {
    fn from(bytes: [u8; N]) -> Part {
        Part::Bytes(bytes.to_vec())
    }
}
impl From<u16> for Part {
    fn from(number: u16) -> Part {
        number.to_be_bytes().into()
    }
}
impl From<u32> for Part {
    fn from(number: u32) -> Part {
        number.to_be_bytes().into()
    }
}
impl From<u64> for Part {
    fn from(number: u64) -> Part {
        number.to_be_bytes().into()
    }
}
impl From<u8> for Part {
    fn from(number: u8) -> Part {
        [number].into()
    }
}

/// A `TPM2B` of bytes.
pub fn sized(bytes: &[u8]) -> Part {
    Part::Sized(vec![bytes.into()])
}
/// A field of a response that was kept.
pub fn of(slot: &str, field: &str) -> Part {
    Part::Field(slot.to_owned(), field.to_owned())
}
/// The handle of a response that was kept.
pub fn handle_of(slot: &str) -> Part {
    Part::HandleOf(slot.to_owned())
}

/// A command of type `C`, without anything yet.
pub fn cmd<C: Command>() -> Step {
    Step::new(C::SHAPE.code)
}

impl Step {
    /// The command of this code, without anything yet.
    pub fn new(code: u32) -> Step {
        Step {
            code,
            handles: Vec::new(),
            auths: Vec::new(),
            params: Vec::new(),
            secret: Vec::new(),
            changes: Vec::new(),
            keep: None,
        }
    }
    /// Adds a handle.
    pub fn h(mut self, handle: impl Into<Handle>) -> Step {
        self.handles.push(handle.into());
        self
    }
    /// Adds a password.
    pub fn pw(self, password: &str) -> Step {
        self.auth(TpmRh::PW, 0, Value::Plain(password.into()))
    }
    /// Adds a session whose HMAC is made with this authorization value.
    pub fn mac(self, session: impl Into<Handle>, auth: &str) -> Step {
        self.auth(session, 1, Value::Mac(auth.into()))
    }
    /// Adds a session.
    pub fn auth(mut self, session: impl Into<Handle>, attributes: u8, value: Value) -> Step {
        self.auths.push(Auth { session: session.into(), attributes, value });
        self
    }
    /// Adds a piece of the parameters.
    pub fn p(mut self, part: impl Into<Part>) -> Step {
        self.params.push(part.into());
        self
    }
    /// Adds a `TPM2B` of bytes.
    pub fn b(self, bytes: impl AsRef<[u8]>) -> Step {
        self.p(sized(bytes.as_ref()))
    }
    /// The response is kept under this name.
    pub fn keep(mut self, name: &str) -> Step {
        self.keep = Some(name.to_owned());
        self
    }
    /// The authorization value of the bind entity, and the salt.
    pub fn secret(mut self, secret: &[u8]) -> Step {
        self.secret = secret.to_vec();
        self
    }
    /// Adds a change.
    pub fn change(mut self, change: Change) -> Step {
        self.changes.push(change);
        self
    }
    /// What is declared of the command; `None` for a code that is no command's.
    pub fn shape(&self) -> Option<&'static Shape> {
        shape(self.code)
    }
    /// The name of the command, or its code.
    pub fn name(&self) -> String {
        self.shape().map_or_else(|| format!("{:#010x}", self.code), |shape| shape.name.to_owned())
    }
}
impl From<Step> for Event {
    fn from(step: Step) -> Event {
        Event::Run(step)
    }
}

/// What is declared of the command of this code.
pub fn shape(code: u32) -> Option<&'static Shape> {
    SHAPES.iter().find(|shape| shape.code == code)
}
/// What is declared of the command of this name.
pub fn shape_named(name: &str) -> Option<&'static Shape> {
    SHAPES.iter().find(|shape| shape.name == name)
}

/// Anything by name.
pub type Named<T> = BTreeMap<String, T>;
