//! The one way into and out of a trustlet: length-prefixed frames over a Unix stream socket.
//!
//! A frame is its length as a little-endian `u32`, then that many bytes, at most [`MAX_FRAME`].

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use zeroize::Zeroize;

use crate::{registers, sys};

/// The longest frame, in bytes.
pub const MAX_FRAME: usize = 8 << 20;

/// Header and short payload leave in one call: one packet on the socket, one wake-up of the peer.
const ONE_CALL: usize = 4096;

/// Why a frame did not pass. After any of them but [`ChannelError::FrameTooLong`] from
/// [`Channel::send`] the frames are out of step and the channel is of no more use.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// The peer announced, or the caller sent, more than [`MAX_FRAME`] bytes.
    #[error(
        "a frame of {0} bytes on the trustlet channel: the longest is {MAX_FRAME}; the peer is not ours, or broken"
    )]
    FrameTooLong(u64),
    /// No room for the frame, in a trustlet: the secret arena is too full.
    #[error("no memory for a frame of {0} bytes from the trustlet channel")]
    OutOfMemory(u64),
    /// The peer went away in the middle of a frame.
    #[error("the peer of the trustlet channel ended in the middle of a frame")]
    CutShort,
    /// The peer is there and sends nothing more, in the middle of a frame.
    #[error("the peer of the trustlet channel stopped in the middle of a frame")]
    Stalled,
    /// Nothing came in time; the channel is still in step.
    #[error("nothing came over the trustlet channel within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// The system call failed.
    #[error("{doing} the trustlet channel failed: {source}")]
    Io {
        /// "reading" or "writing".
        doing: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
}

impl ChannelError {
    /// True when the peer is gone: it closed its end, ended, or was killed.
    pub fn is_closed(&self) -> bool {
        match self {
            ChannelError::CutShort => true,
            ChannelError::Io { source, .. } => {
                matches!(source.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset)
            }
            _ => false,
        }
    }
}

/// One end of a trustlet's channel.
///
/// Every method takes `&self`, but frames are whole only while one thread sends and one receives.
pub struct Channel {
    fd: OwnedFd,
    /// Inside a trustlet: leave no secret in the vector registers while the kernel holds them.
    wipes_registers: bool,
}

impl Channel {
    /// Makes a channel of one end of a stream socket.
    pub fn new(fd: OwnedFd) -> Self {
        Channel { fd, wipes_registers: false }
    }

    /// Two channels that talk to each other, for tests of what speaks over one.
    pub fn pair() -> io::Result<(Self, Self)> {
        let (a, b) = sys::socketpair()?;
        Ok((Channel::new(a), Channel::new(b)))
    }

    pub(crate) fn wiping_registers(mut self) -> Self {
        self.wipes_registers = true;
        self
    }

    /// Sends one frame; blocks while the peer's buffer is full.
    pub fn send(&self, frame: &[u8]) -> Result<(), ChannelError> {
        if frame.len() > MAX_FRAME {
            return Err(ChannelError::FrameTooLong(frame.len() as u64));
        }
        let header = (frame.len() as u32).to_le_bytes();
        let whole = header.len() + frame.len();
        if whole <= ONE_CALL {
            let mut packet = [0_u8; ONE_CALL];
            let (head, body) = packet.split_at_mut(header.len());
            head.copy_from_slice(&header);
            if let Some(body) = body.get_mut(..frame.len()) {
                body.copy_from_slice(frame);
            }
            let sent = self.send_all(packet.get(..whole).unwrap_or_default(), 0);
            registers::forget(packet.get_mut(..whole).unwrap_or_default());
            sent
        } else {
            self.send_all(&header, libc::MSG_MORE)?;
            self.send_all(frame, 0)
        }
    }

    /// Receives one frame into `frame`, whose old content is wiped. False: the peer closed the channel.
    pub fn recv(&self, frame: &mut Vec<u8>) -> Result<bool, ChannelError> {
        self.recv_until(frame, None).map(|got| got.unwrap_or(false))
    }

    /// As [`Channel::recv`], but gives up with [`ChannelError::TimedOut`] when no frame began, and with
    /// [`ChannelError::Stalled`] when none ended, within `timeout`.
    pub fn recv_timeout(&self, frame: &mut Vec<u8>, timeout: Duration) -> Result<bool, ChannelError> {
        let deadline = Instant::now().checked_add(timeout);
        self.recv_until(frame, deadline)?.ok_or(ChannelError::TimedOut(timeout))
    }

    /// True when a receive would not block: a frame has begun to arrive, or the peer has gone. Never blocks.
    ///
    /// A trustlet asks it during long work, to notice a cancellation.
    pub fn peek_pending(&self) -> Result<bool, ChannelError> {
        sys::wait_readable(self.fd.as_fd(), Some(Duration::ZERO)).map_err(reading)
    }

    /// `Ok(None)`: the deadline passed before the first byte.
    fn recv_until(
        &self,
        frame: &mut Vec<u8>,
        deadline: Option<Instant>,
    ) -> Result<Option<bool>, ChannelError> {
        frame.zeroize();
        if self.wipes_registers {
            registers::wipe();
        }
        let mut header = [0_u8; 4];
        match self.recv_all(&mut header, deadline) {
            Ok(0) => return Ok(Some(false)),
            Ok(4) => {}
            Ok(_) => return Err(ChannelError::CutShort),
            Err(Stop::Late { got: 0 }) => return Ok(None),
            Err(Stop::Late { .. }) => return Err(ChannelError::Stalled),
            Err(Stop::Io(e)) => return Err(reading(e)),
        }
        let len = u32::from_le_bytes(header) as usize;
        if len > MAX_FRAME {
            return Err(ChannelError::FrameTooLong(len as u64));
        }
        // `frame` is empty, so that growing it copies nothing that would stay behind.
        frame.try_reserve_exact(len).map_err(|_| ChannelError::OutOfMemory(len as u64))?;
        frame.resize(len, 0);
        match self.recv_all(frame, deadline) {
            Ok(n) if n == len => Ok(Some(true)),
            Ok(_) => Err(ChannelError::CutShort),
            Err(Stop::Late { .. }) => Err(ChannelError::Stalled),
            Err(Stop::Io(e)) => Err(reading(e)),
        }
    }

    fn send_all(&self, mut bytes: &[u8], flags: libc::c_int) -> Result<(), ChannelError> {
        while !bytes.is_empty() {
            let flags = flags | libc::MSG_NOSIGNAL;
            // SAFETY: the buffer is valid for its length.
            let n = unsafe { libc::send(self.fd.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), flags) };
            match sys::check(n as libc::c_long) {
                Ok(n) => bytes = bytes.get(n as usize..).unwrap_or_default(),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => return Err(ChannelError::Io { doing: "writing to", source }),
            }
        }
        Ok(())
    }

    /// Fills `buffer`; the count is short only when the peer closed the channel.
    fn recv_all(&self, buffer: &mut [u8], deadline: Option<Instant>) -> Result<usize, Stop> {
        let mut got = 0;
        while let Some(rest) = buffer.get_mut(got..).filter(|rest| !rest.is_empty()) {
            if let Some(deadline) = deadline {
                let left = deadline.saturating_duration_since(Instant::now());
                if !sys::wait_readable(self.fd.as_fd(), Some(left)).map_err(Stop::Io)? {
                    return Err(Stop::Late { got });
                }
            }
            // SAFETY: the buffer is valid for its length.
            let n = unsafe { libc::recv(self.fd.as_raw_fd(), rest.as_mut_ptr().cast(), rest.len(), 0) };
            match sys::check(n as libc::c_long) {
                Ok(0) => break,
                Ok(n) => got += n as usize,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                // A peer that was killed with unread bytes resets the channel: for us it is closed.
                Err(e) if e.kind() == io::ErrorKind::ConnectionReset => break,
                Err(e) => return Err(Stop::Io(e)),
            }
        }
        Ok(got)
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Why a read stopped before its end.
enum Stop {
    Late { got: usize },
    Io(io::Error),
}

fn reading(source: io::Error) -> ChannelError {
    ChannelError::Io { doing: "reading from", source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    /// A channel and the raw socket at its other end.
    fn raw_pair() -> (Channel, UnixStream) {
        let (a, b) = UnixStream::pair().unwrap();
        (Channel::new(a.into()), b)
    }

    #[test]
    fn frames_of_every_size_pass_whole_and_in_order() {
        let (a, b) = Channel::pair().unwrap();
        let sizes = [0, 1, 4, ONE_CALL - 5, ONE_CALL - 4, ONE_CALL - 3, 70_000, MAX_FRAME];
        let sender = std::thread::spawn(move || {
            for (i, size) in sizes.into_iter().enumerate() {
                a.send(&vec![i as u8 + 1; size]).unwrap();
            }
        });
        let mut frame = Vec::new();
        for (i, size) in sizes.into_iter().enumerate() {
            assert!(b.recv(&mut frame).unwrap());
            assert_eq!(frame.len(), size);
            assert!(frame.iter().all(|byte| *byte == i as u8 + 1));
        }
        sender.join().unwrap();
        assert!(!b.recv(&mut frame).unwrap(), "a closed peer is no frame");
    }

    #[test]
    fn a_frame_longer_than_the_longest_is_neither_sent_nor_believed() {
        let (channel, mut raw) = raw_pair();
        let error = channel.send(&vec![0; MAX_FRAME + 1]).unwrap_err();
        assert!(matches!(error, ChannelError::FrameTooLong(n) if n == MAX_FRAME as u64 + 1));
        raw.write_all(&u32::MAX.to_le_bytes()).unwrap();
        let error = channel.recv(&mut Vec::new()).unwrap_err();
        assert!(matches!(error, ChannelError::FrameTooLong(n) if n == u64::from(u32::MAX)));
    }

    #[test]
    fn a_peer_that_ends_inside_a_frame_is_told_from_one_that_closes() {
        for cut in [&b"\x05\0"[..], b"\x05\0\0\0", b"\x05\0\0\0abc"] {
            let (channel, mut raw) = raw_pair();
            raw.write_all(cut).unwrap();
            drop(raw);
            let error = channel.recv(&mut Vec::new()).unwrap_err();
            assert!(matches!(error, ChannelError::CutShort), "{cut:?}: {error}");
            assert!(error.is_closed());
        }
    }

    #[test]
    fn a_timeout_before_a_frame_keeps_step_and_one_inside_does_not() {
        let (channel, mut raw) = raw_pair();
        let short = Duration::from_millis(1);
        let error = channel.recv_timeout(&mut Vec::new(), short).unwrap_err();
        assert!(matches!(error, ChannelError::TimedOut(_)));
        raw.write_all(b"\x03\0\0\0ab").unwrap();
        let error = channel.recv_timeout(&mut Vec::new(), short).unwrap_err();
        assert!(matches!(error, ChannelError::Stalled));
    }

    #[test]
    fn pending_tells_a_waiting_frame_and_a_gone_peer() {
        let (a, b) = Channel::pair().unwrap();
        assert!(!a.peek_pending().unwrap());
        b.send(b"cancel").unwrap();
        assert!(a.peek_pending().unwrap());
        let mut frame = Vec::new();
        assert!(a.recv(&mut frame).unwrap());
        assert_eq!(frame, b"cancel");
        assert!(!a.peek_pending().unwrap());
        drop(b);
        assert!(a.peek_pending().unwrap());
    }

    #[test]
    fn sending_to_a_gone_peer_is_an_error_and_no_signal() {
        let (a, b) = Channel::pair().unwrap();
        drop(b);
        assert!(a.send(b"x").unwrap_err().is_closed());
    }
}
