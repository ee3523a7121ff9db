//! The keeper's end of a trustlet: one request, one reply, and a clear word when the trustlet is
//! gone.

use std::os::fd::{AsFd, BorrowedFd};

use vsm::{ChannelError, SpawnError, SpawnOptions, Trustlet};

use crate::rpc::{Failure, FromTpm, Malformed, Payload, ToTpm};

/// Why a trustlet gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The trustlet could not be started.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    /// It ended. Nothing of what it held and had not sealed is left.
    #[error("the trustlet \"{role}\" {how}")]
    Gone {
        /// Its role.
        role: String,
        /// How it ended, and its last words.
        how: String,
    },
    /// The channel is of no more use.
    #[error("talking to the trustlet: {0}")]
    Channel(#[from] ChannelError),
    /// It answered what no trustlet of this version answers.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// It refused, and says why.
    #[error("{text}")]
    Refused {
        /// What kind of reason.
        failure: Failure,
        /// The reason.
        text: String,
    },
}

/// What a trustlet did: the record that must be durable before anybody learns of it, and the
/// answer.
pub(crate) struct Reply {
    pub(crate) record: Option<Vec<u8>>,
    pub(crate) payload: Payload,
}

impl Reply {
    pub(crate) fn bytes(self) -> Result<Vec<u8>, LinkError> {
        match self.payload {
            Payload::Bytes(bytes) => Ok(bytes),
            _ => Err(Malformed.into()),
        }
    }

    pub(crate) fn flag(&self) -> Result<bool, LinkError> {
        match self.payload {
            Payload::Flag(flag) => Ok(flag),
            _ => Err(Malformed.into()),
        }
    }
}

/// A running TPM trustlet.
pub(crate) struct Link {
    trustlet: Trustlet,
    frame: Vec<u8>,
}

impl Link {
    pub(crate) fn spawn(options: &SpawnOptions) -> Result<Link, LinkError> {
        Ok(Link { trustlet: vsm::spawn(options)?, frame: Vec::new() })
    }

    pub(crate) fn pid(&self) -> i32 {
        self.trustlet.pid()
    }

    /// Sends a request. Each but `Record` and `Cancel` is to be followed by one [`Link::receive`].
    pub(crate) fn send(&mut self, request: &ToTpm) -> Result<(), LinkError> {
        match self.trustlet.channel().send(&request.encode()) {
            Err(e) if e.is_closed() => Err(self.gone()),
            sent => Ok(sent?),
        }
    }

    /// Waits for the reply to the request sent last.
    pub(crate) fn receive(&mut self) -> Result<Reply, LinkError> {
        match self.trustlet.channel().recv(&mut self.frame) {
            Ok(true) => {}
            Ok(false) => return Err(self.gone()),
            Err(e) if e.is_closed() => return Err(self.gone()),
            Err(e) => return Err(e.into()),
        }
        match FromTpm::decode(&self.frame)? {
            FromTpm::Done { record, payload } => Ok(Reply { record, payload }),
            FromTpm::Failed { failure, text } => Err(LinkError::Refused { failure, text }),
        }
    }

    /// A request and its reply.
    pub(crate) fn call(&mut self, request: &ToTpm) -> Result<Reply, LinkError> {
        self.send(request)?;
        self.receive()
    }

    /// Readable when a reply is there.
    pub(crate) fn channel_fd(&self) -> BorrowedFd<'_> {
        self.trustlet.channel().as_fd()
    }

    /// Readable when the trustlet has ended.
    pub(crate) fn pidfd(&self) -> BorrowedFd<'_> {
        self.trustlet.pidfd()
    }

    /// How the trustlet ended. One that closed its channel is given no chance to linger.
    pub(crate) fn gone(&mut self) -> LinkError {
        let how = match self.trustlet.kill() {
            Ok(exit) => exit.to_string(),
            Err(e) => format!("closed its channel and cannot be waited for ({e})"),
        };
        LinkError::Gone { role: self.trustlet.role().to_owned(), how }
    }
}
