//! The role "guardian": the program that holds the local guardian's key for as long as one question
//! takes, inside the container.
//!
//! The key is in a file that the keeper opened. It is read, or the first time made and written, by
//! this process through the descriptor, so that it is in no other process's memory. The file is
//! `"DNJG"`, `u8` version 1, and 32 random bytes that the key pair follows from.

use std::os::fd::OwnedFd;

use zeroize::Zeroizing;

use crate::protect::KeyPair;
use crate::rpc::{FromGuardian, ToGuardian};

/// The name of the role.
pub const ROLE: &str = "guardian";
/// The argument with which it makes a new key and writes it to the empty file handed over.
pub const CREATE: &str = "create";

const MAGIC: &[u8; 5] = b"DNJG\x01";
const LENGTH: usize = MAGIC.len() + 32;

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

fn answer(inside: &vsm::Inside, keys: &KeyPair, request: ToGuardian) -> Result<Vec<u8>, String> {
    match request {
        ToGuardian::Public => Ok(keys.public()),
        ToGuardian::Release { protector, recipient } => {
            let mut failed = None;
            let released = keys.release(&protector, &recipient, &mut |out| {
                if let Err(e) = inside.getrandom(out) {
                    failed = Some(e.to_string());
                }
            });
            failed.map_or_else(|| released.map_err(|why| why.to_string()), Err)
        }
    }
}

fn keys(inside: &vsm::Inside) -> Result<KeyPair, String> {
    let file = inside.fds.first().ok_or("no key file was handed over")?;
    let mut bytes = Zeroizing::new([0; LENGTH]);
    if inside.args.first().is_some_and(|arg| arg == CREATE) {
        let (magic, seed) = bytes.split_at_mut(MAGIC.len());
        magic.copy_from_slice(MAGIC);
        inside.getrandom(seed).map_err(|e| e.to_string())?;
        write(file, bytes.as_slice()).map_err(|e| format!("writing the key: {e}"))?;
    } else if read(file, bytes.as_mut_slice()).map_err(|e| format!("reading the key: {e}"))? != LENGTH {
        return Err("the key file is cut short: restore a backup of it".into());
    }
    match bytes.split_first_chunk::<5>() {
        Some((magic, seed)) if magic == MAGIC => {
            let mut owned = Zeroizing::new([0; 32]);
            owned.copy_from_slice(seed);
            Ok(KeyPair::from_seed(&owned))
        }
        _ => Err("the key file is not a guardian key of this version".into()),
    }
}

/// Reads until the buffer is full or the file ends. Only `read`: anything else the standard library
/// might do with a file is not on the list of permitted calls.
fn read(file: &OwnedFd, buffer: &mut [u8]) -> Result<usize, rustix::io::Errno> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match rustix::io::read(file, rest)? {
            0 => break,
            n => filled += n,
        }
    }
    Ok(filled)
}

fn write(file: &OwnedFd, mut bytes: &[u8]) -> Result<(), rustix::io::Errno> {
    while !bytes.is_empty() {
        let n = rustix::io::write(file, bytes)?;
        bytes = bytes.get(n..).unwrap_or_default();
    }
    Ok(())
}
