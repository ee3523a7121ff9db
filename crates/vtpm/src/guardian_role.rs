//! The role "guardian": the program that holds the local guardian's key for as long as one question
//! takes, inside the container.
//!
//! The key is in a file that the keeper opened. It is read by this process through the descriptor,
//! or the first time made and written to a pipe, so that it is in no other process's memory.

use std::os::fd::OwnedFd;

use guardian::{LocalGuardian, Protector, PublicKey};
use zeroize::Zeroizing;

use crate::rpc::{FromGuardian, ToGuardian};

/// The name of the role.
pub const ROLE: &str = "guardian";
/// The argument with which it makes a new key and writes it to the pipe handed over.
pub const CREATE: &str = "create";
/// What a release is bound to beside state and recipient: nothing, since a trustlet makes its keys
/// for one release.
pub(crate) const CONTEXT: &[u8] = b"";

/// More than any key file has.
const LARGEST: usize = 8192;

/// Answers questions until the channel closes.
pub fn role(inside: &mut vsm::Inside) {
    let keys = keys(inside);
    let mut frame = Vec::new();
    while let Ok(true) = inside.channel.recv(&mut frame) {
        let Ok(request) = ToGuardian::decode(&frame) else { return };
        let reply = match keys.as_ref().map_err(Clone::clone).and_then(|keys| answer(inside, keys, request)) {
            Ok(bytes) => FromGuardian::Done(bytes),
            Err(why) => FromGuardian::Refused(why),
        };
        if inside.channel.send(&reply.encode()).is_err() {
            return;
        }
    }
}

fn answer(inside: &vsm::Inside, keys: &LocalGuardian, request: ToGuardian) -> Result<Vec<u8>, String> {
    match request {
        ToGuardian::Public => Ok(keys.public().as_bytes().to_vec()),
        ToGuardian::Release { state, protector, recipient } => {
            let text = |why: guardian::ReleaseError| why.to_string();
            let protector = Protector::parse(&protector).map_err(text)?;
            let recipient = PublicKey::parse(&recipient).map_err(text)?;
            let released = with_entropy(inside, |entropy| {
                keys.release(&protector, &state, &recipient, CONTEXT, entropy)
            })?;
            Ok(released.map_err(text)?.to_bytes())
        }
    }
}

fn keys(inside: &vsm::Inside) -> Result<LocalGuardian, String> {
    let file = inside.fds.first().ok_or("no key file was handed over")?;
    if inside.args.first().is_some_and(|arg| arg == CREATE) {
        let keys = with_entropy(inside, |entropy| LocalGuardian::create(entropy))?;
        write(file, &keys.to_bytes()).map_err(|e| format!("writing the key: {e}"))?;
        return Ok(keys);
    }
    let mut bytes = Zeroizing::new([0; LARGEST]);
    let length = read(file, bytes.as_mut_slice()).map_err(|e| format!("reading the key: {e}"))?;
    LocalGuardian::parse(bytes.get(..length).unwrap_or_default()).map_err(|why| why.to_string())
}

/// Calls `f` with a source of entropy that cannot fail, and fails afterwards if it did.
fn with_entropy<T>(
    inside: &vsm::Inside,
    f: impl FnOnce(&mut dyn FnMut(&mut [u8])) -> T,
) -> Result<T, String> {
    let mut result = Ok(());
    let value = f(&mut |out| {
        if let Err(e) = inside.getrandom(out) {
            result = Err(format!("the kernel gives no entropy: {e}"));
        }
    });
    result.map(|()| value)
}

/// Reads until the buffer is full or the file ends. Only `read`: anything else the standard library
/// might do with a file is not on the list of permitted calls.
fn read(file: &OwnedFd, buffer: &mut [u8]) -> Result<usize, rustix::io::Errno> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match rustix::io::read(file, rest) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

fn write(file: &OwnedFd, mut bytes: &[u8]) -> Result<(), rustix::io::Errno> {
    while !bytes.is_empty() {
        match rustix::io::write(file, bytes) {
            Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
            Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}
