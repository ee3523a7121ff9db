//! The requests of the control channel as types.

use crate::be32;

/// The number of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Command {
    /// What the TPM can do; never fails.
    GetCapability = 0x01,
    /// Power on, or reset.
    Init = 0x02,
    /// Power off and end the process.
    Shutdown = 0x03,
    /// The `tpmEstablished` bit.
    GetTpmEstablished = 0x04,
    /// The locality of the commands that follow on the data channel.
    SetLocality = 0x05,
    /// `_TPM_Hash_Start`
    HashStart = 0x06,
    /// `_TPM_Hash_Data`
    HashData = 0x07,
    /// `_TPM_Hash_End`
    HashEnd = 0x08,
    /// Cancel the running command.
    CancelTpmCmd = 0x09,
    /// Keep the volatile state for the next INIT.
    StoreVolatile = 0x0a,
    /// Clear the `tpmEstablished` bit.
    ResetTpmEstablished = 0x0b,
    /// Read one state blob.
    GetStateBlob = 0x0c,
    /// Provide one state blob for the next INIT.
    SetStateBlob = 0x0d,
    /// Power off.
    Stop = 0x0e,
    /// Which keys encrypt the state.
    GetConfig = 0x0f,
    /// Hand over the data channel's descriptor.
    SetDataFd = 0x10,
    /// Ask for or set the buffer size.
    SetBufferSize = 0x11,
    /// JSON about the TPM.
    GetInfo = 0x12,
    /// Take the storage lock again after a migration that did not happen.
    LockStorage = 0x13,
}

impl Command {
    /// All of them, in order of their number.
    pub const ALL: [Command; 19] = [
        Command::GetCapability,
        Command::Init,
        Command::Shutdown,
        Command::GetTpmEstablished,
        Command::SetLocality,
        Command::HashStart,
        Command::HashData,
        Command::HashEnd,
        Command::CancelTpmCmd,
        Command::StoreVolatile,
        Command::ResetTpmEstablished,
        Command::GetStateBlob,
        Command::SetStateBlob,
        Command::Stop,
        Command::GetConfig,
        Command::SetDataFd,
        Command::SetBufferSize,
        Command::GetInfo,
        Command::LockStorage,
    ];

    /// The command with this number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Command> {
        Command::ALL.into_iter().find(|c| *c as u32 == number)
    }

    /// Bytes of the fixed body that must be there before the request can be told. The padding of
    /// `SET_LOCALITY` and `RESET_TPMESTABLISHED` is not counted, nor is data of stated length.
    pub(super) fn body(self) -> usize {
        match self {
            Command::GetCapability
            | Command::Shutdown
            | Command::GetTpmEstablished
            | Command::HashStart
            | Command::HashEnd
            | Command::CancelTpmCmd
            | Command::StoreVolatile
            | Command::Stop
            | Command::GetConfig
            | Command::SetDataFd => 0,
            Command::SetLocality | Command::ResetTpmEstablished => 1,
            Command::Init | Command::HashData | Command::SetBufferSize | Command::LockStorage => 4,
            Command::GetStateBlob | Command::SetStateBlob => 12,
            Command::GetInfo => 16,
        }
    }

    /// A one-byte body that clients may pad to the four bytes of the C structure.
    pub(super) fn padded(self) -> bool {
        matches!(self, Command::SetLocality | Command::ResetTpmEstablished)
    }
}

/// Which part of the state a blob holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlobKind {
    /// Type 1: what survives power loss.
    Permanent,
    /// Type 2: what a running TPM holds besides.
    Volatile,
    /// Type 3: what Shutdown(STATE) saved. Ours is part of the permanent state, so there never is
    /// such a blob.
    SaveState,
}

impl BlobKind {
    /// The kind with this number on the wire.
    #[must_use]
    pub fn from_number(number: u32) -> Option<BlobKind> {
        match number {
            1 => Some(BlobKind::Permanent),
            2 => Some(BlobKind::Volatile),
            3 => Some(BlobKind::SaveState),
            _ => None,
        }
    }
}

/// One request, whole but for `HASH_DATA`, whose data comes in as many pieces as it arrived in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are the wire's, named in `Command`")]
pub enum Request {
    GetCapability,
    Init { flags: u32 },
    Shutdown,
    GetTpmEstablished,
    SetLocality(u8),
    HashStart,
    HashData { data: Vec<u8>, last: bool },
    HashEnd,
    CancelTpmCmd,
    StoreVolatile,
    ResetTpmEstablished(u8),
    GetStateBlob { flags: u32, kind: u32, offset: u32 },
    SetStateBlob { flags: u32, kind: u32, data: Vec<u8> },
    Stop,
    GetConfig,
    SetDataFd,
    SetBufferSize(u32),
    GetInfo { flags: u64, offset: u32 },
    LockStorage { retries: u32 },
}

impl Request {
    /// Reads the fixed body. `data` is what followed it, for the requests that have data.
    /// Nothing comes back only if `body` is shorter than [`Command::body`] says.
    pub(super) fn decode(command: Command, body: &[u8], data: Vec<u8>, last: bool) -> Option<Request> {
        Some(match command {
            Command::GetCapability => Request::GetCapability,
            Command::Init => Request::Init { flags: be32(body, 0)? },
            Command::Shutdown => Request::Shutdown,
            Command::GetTpmEstablished => Request::GetTpmEstablished,
            Command::SetLocality => Request::SetLocality(*body.first()?),
            Command::HashStart => Request::HashStart,
            Command::HashData => Request::HashData { data, last },
            Command::HashEnd => Request::HashEnd,
            Command::CancelTpmCmd => Request::CancelTpmCmd,
            Command::StoreVolatile => Request::StoreVolatile,
            Command::ResetTpmEstablished => Request::ResetTpmEstablished(*body.first()?),
            Command::GetStateBlob => {
                Request::GetStateBlob { flags: be32(body, 0)?, kind: be32(body, 4)?, offset: be32(body, 8)? }
            }
            Command::SetStateBlob => {
                Request::SetStateBlob { flags: be32(body, 0)?, kind: be32(body, 4)?, data }
            }
            Command::Stop => Request::Stop,
            Command::GetConfig => Request::GetConfig,
            Command::SetDataFd => Request::SetDataFd,
            Command::SetBufferSize => Request::SetBufferSize(be32(body, 0)?),
            Command::GetInfo => Request::GetInfo {
                flags: u64::from(be32(body, 0)?) << 32 | u64::from(be32(body, 4)?),
                offset: be32(body, 8)?,
            },
            Command::LockStorage => Request::LockStorage { retries: be32(body, 0)? },
        })
    }

    /// The number this request came with.
    #[must_use]
    pub fn command(&self) -> Command {
        match self {
            Request::GetCapability => Command::GetCapability,
            Request::Init { .. } => Command::Init,
            Request::Shutdown => Command::Shutdown,
            Request::GetTpmEstablished => Command::GetTpmEstablished,
            Request::SetLocality(_) => Command::SetLocality,
            Request::HashStart => Command::HashStart,
            Request::HashData { .. } => Command::HashData,
            Request::HashEnd => Command::HashEnd,
            Request::CancelTpmCmd => Command::CancelTpmCmd,
            Request::StoreVolatile => Command::StoreVolatile,
            Request::ResetTpmEstablished(_) => Command::ResetTpmEstablished,
            Request::GetStateBlob { .. } => Command::GetStateBlob,
            Request::SetStateBlob { .. } => Command::SetStateBlob,
            Request::Stop => Command::Stop,
            Request::GetConfig => Command::GetConfig,
            Request::SetDataFd => Command::SetDataFd,
            Request::SetBufferSize(_) => Command::SetBufferSize,
            Request::GetInfo { .. } => Command::GetInfo,
            Request::LockStorage { .. } => Command::LockStorage,
        }
    }
}
