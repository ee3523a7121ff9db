//! The serial console: keys to the guest, its output to the screen; Ctrl-] leaves.
use super::home::Home;
use super::name::Name;
use super::state;
use crate::Error;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::fs::{File, TryLockError};
use std::io::{self, IsTerminal, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Ctrl-], as telnet has it.
const LEAVE: u8 = 0x1d;

/// How the session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// The user left; the VM runs on.
    ByUser,
    /// The VM stopped.
    VmStopped,
}

/// Connects this process's standard input and output with the serial port. When the input ends (a file, a pipe), the
/// output goes on until the VM stops.
pub fn attach(home: &Home, name: &Name) -> Result<Left, Error> {
    let paths = home.existing(name)?;
    state::running(&paths, name)?;
    // QEMU serves one client, and lets a second wait in silence.
    let _only = only_one(&paths.console_lock(), name)?;
    let path = paths.serial();
    let socket = UnixStream::connect(&path).map_err(Error::io("connecting to the serial port", &path))?;
    let keys = socket.try_clone().map_err(Error::io("connecting to the serial port", &path))?;

    let terminal = io::stdin().is_terminal();
    if terminal {
        eprintln!("Connected to the serial console of VM {name}. Ctrl-] leaves.\r");
    }
    let raw = if terminal { Raw::enter().ok() } else { None };
    let left = Arc::new(AtomicBool::new(false));
    // The thread ends with the process: a blocked read of the standard input cannot be ended otherwise.
    let leaving = left.clone();
    std::thread::spawn(move || send_keys(io::stdin(), keys, &leaving));
    let result = show(&socket, io::stdout());
    drop(raw);
    if left.load(Ordering::Acquire) {
        return Ok(Left::ByUser);
    }
    result.map_err(Error::io("reading the serial port", &path))
}

fn only_one(path: &Path, name: &Name) -> Result<File, Error> {
    let open = File::options().create(true).truncate(false).read(true).write(true).open(path);
    let mut file = open.map_err(Error::io("opening", path))?;
    match file.try_lock() {
        Ok(()) => {
            let pid = std::process::id().to_string();
            file.set_len(0)
                .and_then(|()| file.write_all(pid.as_bytes()))
                .map_err(Error::io("writing", path))?;
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            let _ = file.read_to_string(&mut pid);
            Err(Error::Busy {
                what: format!("the console of VM \"{name}\""),
                by: Some(format!("process {pid}")),
                cure: "leave it there with Ctrl-] first".into(),
            })
        }
        Err(TryLockError::Error(e)) => Err(Error::io("locking", path)(e)),
    }
}

/// Sends input until it ends or Ctrl-] comes; the latter closes the connection, after `left` is set.
fn send_keys(mut input: impl Read, mut to: UnixStream, left: &AtomicBool) {
    let mut buffer = [0; 1024];
    loop {
        let typed = match input.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(n) => buffer.get(..n).unwrap_or_default(),
        };
        let leave = typed.iter().position(|b| *b == LEAVE);
        let send = typed.get(..leave.unwrap_or(typed.len())).unwrap_or_default();
        let gone = to.write_all(send).is_err();
        if leave.is_some() {
            left.store(true, Ordering::Release);
            let _ = to.shutdown(Shutdown::Both);
        }
        if leave.is_some() || gone {
            return;
        }
    }
}

/// Copies output as it comes, without waiting for a line's end, until either side has gone.
fn show(mut from: &UnixStream, mut to: impl Write) -> io::Result<Left> {
    let mut buffer = [0; 4096];
    loop {
        let got = match from.read(&mut buffer) {
            Ok(0) => return Ok(Left::VmStopped),
            Err(e) if e.kind() == io::ErrorKind::ConnectionReset => return Ok(Left::VmStopped),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
            Ok(n) => buffer.get(..n).unwrap_or_default(),
        };
        // Whoever read our output has gone: that is leaving, too.
        if to.write_all(got).and_then(|()| to.flush()).is_err() {
            return Ok(Left::ByUser);
        }
    }
}

/// The terminal in raw mode, and back as it was when this is dropped.
struct Raw(Termios);

impl Raw {
    fn enter() -> rustix::io::Result<Raw> {
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
        Ok(Raw(before))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_go_through_until_the_one_that_leaves() {
        let (ours, mut guest) = UnixStream::pair().expect("a pair");
        let left = AtomicBool::new(false);
        send_keys(&b"ls\n\x1dnot this"[..], ours, &left);
        assert!(left.into_inner());
        let mut got = String::new();
        guest.read_to_string(&mut got).expect("closed");
        assert_eq!(got, "ls\n");
    }

    #[test]
    fn the_end_of_input_leaves_the_connection_open() {
        let (ours, mut guest) = UnixStream::pair().expect("a pair");
        let kept = ours.try_clone().expect("a clone");
        let left = AtomicBool::new(false);
        send_keys(&b"x"[..], ours, &left);
        assert!(!left.into_inner());
        guest.write_all(b"still here").expect("open");
        drop(guest);
        let mut out = Vec::new();
        assert_eq!(show(&kept, &mut out).expect("read"), Left::VmStopped);
        assert_eq!(out, b"still here");
    }
}
