//! One connection: reads without blocking, and replies that leave in one write or, if the client
//! does not read, wait without anything else of that client being served.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg, sockopt};

/// Bytes taken in one go.
const CHUNK: usize = 64 * 1024;

/// What a read brought.
pub(super) enum Received {
    /// Bytes, and the descriptors that came with them.
    Bytes(Vec<u8>, Vec<OwnedFd>),
    /// Nothing now.
    Nothing,
    /// The client is gone.
    Closed,
}

/// A connected socket.
pub(super) struct Socket {
    fd: OwnedFd,
    /// What could not be written yet.
    unsent: Vec<u8>,
    broken: bool,
}

impl Socket {
    pub(super) fn new(fd: OwnedFd) -> std::io::Result<Socket> {
        rustix::io::ioctl_fionbio(&fd, true)?;
        Ok(Socket { fd, unsent: Vec::new(), broken: false })
    }

    /// Reads bytes; descriptors are not taken.
    pub(super) fn receive(&mut self) -> Received {
        let mut bytes = vec![0; CHUNK];
        // Clients send a request in pieces, each of which waits in their kernel for the acknowledgement of the one
        // before: 40 ms, if ours waits too. The option has to be set anew; a Unix socket knows no such option.
        let _ = sockopt::set_tcp_quickack(&self.fd, true);
        match rustix::io::read(&self.fd, &mut *bytes) {
            Ok(n) => Self::received(bytes, n, Vec::new()),
            Err(e) => Self::not_received(e),
        }
    }

    /// Reads bytes and takes every descriptor that came with them.
    pub(super) fn receive_with_fds(&mut self) -> Received {
        let mut bytes = vec![0; CHUNK];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(16))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut iov = [std::io::IoSliceMut::new(&mut bytes)];
        let result = recvmsg(&self.fd, &mut iov, &mut control, RecvFlags::CMSG_CLOEXEC);
        let mut fds = Vec::new();
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(rights) = message {
                fds.extend(rights);
            }
        }
        match result {
            Ok(message) => Self::received(bytes, message.bytes, fds),
            Err(e) => Self::not_received(e),
        }
    }

    fn received(mut bytes: Vec<u8>, n: usize, fds: Vec<OwnedFd>) -> Received {
        if n == 0 {
            return Received::Closed;
        }
        bytes.truncate(n);
        Received::Bytes(bytes, fds)
    }

    fn not_received(e: Errno) -> Received {
        match e {
            Errno::AGAIN | Errno::INTR => Received::Nothing,
            _ => Received::Closed,
        }
    }

    /// Sends a reply, in one write if the client reads at all.
    pub(super) fn send(&mut self, bytes: &[u8]) {
        self.unsent.extend_from_slice(bytes);
        self.flush();
    }

    /// Goes on with what could not be sent before.
    pub(super) fn flush(&mut self) {
        while !self.unsent.is_empty() {
            match rustix::io::write(&self.fd, &self.unsent) {
                Ok(n) => drop(self.unsent.drain(..n)),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                Err(_) => {
                    self.broken = true;
                    self.unsent.clear();
                }
            }
        }
    }

    /// Whether all replies are out, so that the next request may be served.
    pub(super) fn is_idle(&self) -> bool {
        self.unsent.is_empty()
    }

    /// Whether a write found the client gone.
    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }

    /// What to wait for. Hang-ups are told whatever is asked.
    pub(super) fn interest(&self, read: bool) -> PollFlags {
        let write = if self.is_idle() { PollFlags::empty() } else { PollFlags::OUT };
        if read && self.is_idle() { write | PollFlags::IN } else { write }
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
