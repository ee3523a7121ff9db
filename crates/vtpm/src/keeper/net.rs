//! The sockets a keeper is reached by: bound, inherited, and taken away again at the end.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags};
use rustix::fs::Mode;
use rustix::net::{SocketFlags, accept_with, sockopt};

use super::Token;
use crate::log::Log;

/// Why a socket cannot be had. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// Another process listens there.
    #[error("the socket {} is in use by another process: stop it, or choose another path", .0.display())]
    PathInUse(PathBuf),
    /// Something that is no socket is there.
    #[error("{} is there and is no socket: remove it, or choose another path", .0.display())]
    NotASocket(PathBuf),
    /// The port is taken.
    #[error("port {0} is in use by another process: stop it, or choose another port")]
    PortInUse(SocketAddr),
    /// No two neighbouring ports are free.
    #[error("no two neighbouring TCP ports are free on {0}")]
    NoPair(IpAddr),
    /// Anything else about a path.
    #[error("{doing} the socket {}: {source}", path.display())]
    Path {
        /// "binding", ...
        doing: &'static str,
        /// The socket.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// Anything else about a port.
    #[error("listening on {address}: {source}")]
    Port {
        /// The address.
        address: SocketAddr,
        /// What the kernel said.
        source: io::Error,
    },
    /// A descriptor that was inherited.
    #[error("descriptor {number} cannot be used as a socket: {source}")]
    Descriptor {
        /// Its number.
        number: i32,
        /// Why.
        source: io::Error,
    },
}

/// The sockets of one keeper. At least one should be there.
#[derive(Default)]
pub struct Endpoints {
    /// swtpm's control channel.
    pub control: Option<Endpoint>,
    /// swtpm's data channel, unless it is handed over on the control channel.
    pub data: Option<Endpoint>,
    /// Command and platform port of the reference simulator.
    pub mssim: Option<(TcpListener, TcpListener)>,
}

/// Where the clients of one channel come from.
pub enum Endpoint {
    /// There is one, and there will be no other.
    Connected(OwnedFd),
    /// They connect.
    Listening {
        /// The listening socket.
        fd: OwnedFd,
        /// Its name in the file system, removed at the end.
        name: Option<SocketName>,
    },
}

/// A socket's name, with what tells that it is still ours.
pub struct SocketName {
    path: PathBuf,
    device: u64,
    inode: u64,
}

/// Who may connect to a Unix socket.
#[derive(Debug, Clone, Copy)]
pub struct Access {
    /// Permission bits of the name.
    pub mode: u32,
    /// Owner, if it is to be another.
    pub uid: Option<u32>,
    /// Group, if it is to be another.
    pub gid: Option<u32>,
}

impl Endpoint {
    /// Listens on a path. A name left behind by a process that is gone is replaced.
    ///
    /// # Errors
    /// [`NetError`] when the path is in use, or cannot be bound.
    pub fn unix(path: &Path, access: Access) -> Result<Endpoint, NetError> {
        let failed = |doing| move |source| NetError::Path { doing, path: path.to_owned(), source };
        if let Ok(meta) = std::fs::symlink_metadata(path) {
            if !meta.file_type().is_socket() {
                return Err(NetError::NotASocket(path.to_owned()));
            }
            match UnixStream::connect(path) {
                Err(e) if e.kind() == io::ErrorKind::ConnectionRefused => {
                    std::fs::remove_file(path).map_err(failed("removing the left-over name of"))?;
                }
                Ok(_) => return Err(NetError::PathInUse(path.to_owned())),
                Err(e) => return Err(failed("looking at")(e)),
            }
        }
        // Nobody else may connect before owner and mode are as they should be.
        let mask = rustix::process::umask(Mode::from_raw_mode(0o177));
        let bound = UnixListener::bind(path);
        rustix::process::umask(mask);
        let listener = bound.map_err(failed("binding"))?;
        let endpoint = Endpoint::listening(listener.into(), Some(path)).map_err(failed("binding"))?;
        if access.uid.is_some() || access.gid.is_some() {
            std::os::unix::fs::chown(path, access.uid, access.gid)
                .map_err(failed("changing the owner of"))?;
        }
        let mode = std::fs::Permissions::from_mode(access.mode);
        std::fs::set_permissions(path, mode).map_err(failed("changing the mode of"))?;
        Ok(endpoint)
    }

    /// Listens on a TCP port.
    ///
    /// # Errors
    /// [`NetError`] when it is in use, or cannot be bound.
    pub fn tcp(address: SocketAddr) -> Result<Endpoint, NetError> {
        let listener = bind_tcp(address)?;
        Endpoint::listening(listener.into(), None).map_err(|source| NetError::Port { address, source })
    }

    /// Takes a bound TCP socket.
    ///
    /// # Errors
    /// [`NetError::Port`] when it cannot be used.
    pub fn from_tcp(listener: TcpListener) -> Result<Endpoint, NetError> {
        let address = listener.local_addr().unwrap_or_else(|_| SocketAddr::from(([0, 0, 0, 0], 0)));
        Endpoint::listening(listener.into(), None).map_err(|source| NetError::Port { address, source })
    }

    /// Takes an inherited descriptor, a listening socket or a connected one.
    ///
    /// # Errors
    /// [`NetError::Descriptor`] when it was not inherited, or is no socket.
    pub fn inherited(number: i32, listening: bool) -> Result<Endpoint, NetError> {
        let failed = |source| NetError::Descriptor { number, source };
        let fd = vsm::fd::inherited(number).map_err(failed)?;
        let listens = sockopt::socket_acceptconn(&fd).map_err(|e| failed(e.into()))?;
        if listens != listening {
            let why = if listening { "it does not listen" } else { "it listens, and is no connection" };
            return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, why)));
        }
        if listening { Endpoint::listening(fd, None).map_err(failed) } else { Ok(Endpoint::Connected(fd)) }
    }

    fn listening(fd: OwnedFd, path: Option<&Path>) -> io::Result<Endpoint> {
        rustix::io::ioctl_fionbio(&fd, true)?;
        let name = match path {
            None => None,
            Some(path) => {
                let meta = std::fs::symlink_metadata(path)?;
                Some(SocketName { path: path.to_owned(), device: meta.dev(), inode: meta.ino() })
            }
        };
        Ok(Endpoint::Listening { fd, name })
    }

    pub(super) fn poll<'a>(&'a self, token: Token, want: &mut impl FnMut(Token, PollFd<'a>)) {
        if let Endpoint::Listening { fd, .. } = self {
            want(token, PollFd::new(fd, PollFlags::IN));
        }
    }

    pub(super) fn accept(&self, log: &Log) -> Option<OwnedFd> {
        match self {
            Endpoint::Listening { fd, .. } => accept(fd, log),
            Endpoint::Connected(_) => None,
        }
    }

    /// Removes the socket's name, if it is still this socket's.
    pub(super) fn remove_name(&mut self) {
        if let Endpoint::Listening { name, .. } = self
            && let Some(name) = name.take()
            && let Ok(meta) = std::fs::symlink_metadata(&name.path)
            && (meta.dev(), meta.ino()) == (name.device, name.inode)
        {
            // Somebody may have been faster.
            let _ = std::fs::remove_file(&name.path);
        }
    }
}

/// Listens on two neighbouring ports, `port` and the next; any two, when `port` is 0.
///
/// # Errors
/// [`NetError`] when one is in use, or cannot be bound.
pub fn tcp_pair(address: IpAddr, port: u16) -> Result<(TcpListener, TcpListener), NetError> {
    if port != 0 {
        let next = port.checked_add(1).ok_or(NetError::NoPair(address))?;
        return Ok((bind_tcp((address, port).into())?, bind_tcp((address, next).into())?));
    }
    for _ in 0..64 {
        let first = bind_tcp((address, 0).into())?;
        let next = first.local_addr().ok().and_then(|a| a.port().checked_add(1));
        if let Some(Ok(second)) = next.map(|port| bind_tcp((address, port).into())) {
            return Ok((first, second));
        }
    }
    Err(NetError::NoPair(address))
}

fn bind_tcp(address: SocketAddr) -> Result<TcpListener, NetError> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    bound.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => NetError::PortInUse(address),
        _ => NetError::Port { address, source },
    })
}

pub(super) fn accept_tcp(listener: &TcpListener, log: &Log) -> Option<OwnedFd> {
    accept(listener, log)
}

fn accept(listener: impl AsFd, log: &Log) -> Option<OwnedFd> {
    match accept_with(listener, SocketFlags::CLOEXEC) {
        Ok(fd) => {
            // Replies are whole when they are written. A Unix socket knows no such option.
            let _ = sockopt::set_tcp_nodelay(&fd, true);
            Some(fd)
        }
        Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR | rustix::io::Errno::CONNABORTED) => None,
        Err(e) => {
            log.line(&format!("a client could not be accepted: {e}"));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIVATE: Access = Access { mode: 0o600, uid: None, gid: None };

    #[test]
    fn a_socket_in_use_is_refused_and_a_left_over_one_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let mut first = Endpoint::unix(&path, PRIVATE).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert!(matches!(Endpoint::unix(&path, PRIVATE), Err(NetError::PathInUse(_))));
        first.remove_name();
        assert!(!path.exists());
        let left_over = Endpoint::unix(&path, PRIVATE).unwrap();
        drop(left_over);
        assert!(path.exists());
        let mut second = Endpoint::unix(&path, Access { mode: 0o660, ..PRIVATE }).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o660);
        // A name that has become another's is left alone.
        std::fs::remove_file(&path).unwrap();
        let third = Endpoint::unix(&path, PRIVATE).unwrap();
        second.remove_name();
        assert!(path.exists());
        drop(third);
    }

    #[test]
    fn what_is_no_socket_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, "precious").unwrap();
        assert!(matches!(Endpoint::unix(&path, PRIVATE), Err(NetError::NotASocket(_))));
        assert_eq!(std::fs::read(&path).unwrap(), b"precious");
        let nowhere = dir.path().join("no/where");
        assert!(matches!(Endpoint::unix(&nowhere, PRIVATE), Err(NetError::Path { doing: "binding", .. })));
    }

    #[test]
    fn neighbouring_ports() {
        let local: IpAddr = [127, 0, 0, 1].into();
        let (a, b) = tcp_pair(local, 0).unwrap();
        let port = a.local_addr().unwrap().port();
        assert_eq!(b.local_addr().unwrap().port(), port + 1);
        assert!(matches!(tcp_pair(local, port), Err(NetError::PortInUse(_))));
        assert!(matches!(Endpoint::tcp((local, port).into()), Err(NetError::PortInUse(_))));
    }
}
