//! The signals that end a keeper, as something to poll.

use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use signal_hook::SigId;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level::{pipe, unregister};

use super::KeeperError;

/// SIGTERM, SIGINT and SIGHUP, from now until dropped.
pub(super) struct Signals {
    pipe: UnixStream,
    registered: Vec<SigId>,
}

impl Signals {
    pub(super) fn new() -> Result<Signals, KeeperError> {
        let failed = |source| KeeperError::System { doing: "listening to signals", source };
        let (read, write) = UnixStream::pair().map_err(failed)?;
        read.set_nonblocking(true).map_err(failed)?;
        let mut signals = Signals { pipe: read, registered: Vec::new() };
        for signal in [SIGTERM, SIGINT, SIGHUP] {
            let end = write.try_clone().map_err(failed)?;
            signals.registered.push(pipe::register(signal, end).map_err(failed)?);
        }
        Ok(signals)
    }

    /// Whether one came.
    pub(super) fn taken(&self) -> bool {
        let mut bytes = [0; 16];
        match (&self.pipe).read(&mut bytes) {
            Ok(n) => n > 0,
            Err(e) => !matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
        }
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for id in self.registered.drain(..) {
            unregister(id);
        }
    }
}
