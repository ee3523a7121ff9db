//! Commands as a caller makes them, on whatever answers them.
use super::Error;
use std::time::{Duration, Instant};
use tpm2_wire::{Accept, Command, FlushContext, GetCapability, Reader, Shape, TpmRh, TpmSt, Wire};

/// Something that answers TPM commands.
pub(super) trait Transport {
    /// Sends a command and waits for the response.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error>;
}

/// One TPM under measurement.
pub(super) struct Caller {
    transport: Box<dyn Transport>,
}

/// What a command answered.
pub(super) struct Reply {
    /// The handle, for a command that yields one.
    pub(super) handle: u32,
    /// The response parameters.
    pub(super) params: Vec<u8>,
}

impl Caller {
    pub(super) fn new(transport: Box<dyn Transport>) -> Caller {
        Caller { transport }
    }
    /// Runs a command whose handles are authorized by empty passwords.
    pub(super) fn call<C: Command>(&mut self, handles: &[u32], params: &[u8]) -> Result<Reply, Error> {
        let response = self.transport.transmit(&command::<C>(handles, params))?;
        parse(&C::SHAPE, &response)
    }
    /// The time from sending a command to having its response, which must be a success.
    pub(super) fn time(&mut self, name: &'static str, command: &[u8]) -> Result<(Duration, Vec<u8>), Error> {
        let began = Instant::now();
        let response = self.transport.transmit(command)?;
        let took = began.elapsed();
        match code(&response) {
            0 => Ok((took, response)),
            rc => Err(Error::Refused { command: name, rc }),
        }
    }
    pub(super) fn flush(&mut self, handle: u32) -> Result<(), Error> {
        self.call::<FlushContext>(&[], &handle.to_be_bytes()).map(drop)
    }
    /// Flushes whatever an operation left: transient objects and loaded sessions.
    pub(super) fn flush_all(&mut self) -> Result<(), Error> {
        for first in [0x8000_0000u32, 0x0200_0000] {
            let params = [&1u32.to_be_bytes()[..], &first.to_be_bytes(), &64u32.to_be_bytes()].concat();
            let reply = self.call::<GetCapability>(&[], &params)?;
            let handles = reply.params.get(9..).unwrap_or_default();
            for handle in handles.chunks_exact(4) {
                self.flush(u32::from_be_bytes([handle[0], handle[1], handle[2], handle[3]]))?;
            }
        }
        Ok(())
    }
}

/// The response code of a response.
pub(super) fn code(response: &[u8]) -> u32 {
    response.get(6..10).and_then(|b| b.try_into().ok()).map_or(u32::MAX, u32::from_be_bytes)
}

/// The handle that a response begins with.
pub(super) fn handle(response: &[u8]) -> u32 {
    response.get(10..14).and_then(|b| b.try_into().ok()).map_or(u32::MAX, u32::from_be_bytes)
}

/// A `TPM2B` of these bytes.
pub(super) fn sized(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes(), bytes].concat()
}

/// The bytes of a command, its authorized handles with empty passwords.
pub(super) fn command<C: Command>(handles: &[u32], params: &[u8]) -> Vec<u8> {
    let sessions = vec![TpmRh::PW; C::SHAPE.authorized()];
    command_with::<C>(handles, &sessions, params)
}

/// The bytes of a command with these sessions, whose HMACs are empty.
pub(super) fn command_with<C: Command>(handles: &[u32], sessions: &[u32], params: &[u8]) -> Vec<u8> {
    let mut body: Vec<u8> = handles.iter().flat_map(|handle| handle.to_be_bytes()).collect();
    let auths: Vec<u8> =
        sessions.iter().flat_map(|session| [&session.to_be_bytes()[..], &[0, 0, 1, 0, 0]].concat()).collect();
    let tag = if auths.is_empty() { TpmSt::NO_SESSIONS } else { TpmSt::SESSIONS };
    if !auths.is_empty() {
        body.extend_from_slice(&(auths.len() as u32).to_be_bytes());
        body.extend_from_slice(&auths);
    }
    body.extend_from_slice(params);
    let size = 10 + body.len() as u32;
    [&tag.to_be_bytes()[..], &size.to_be_bytes(), &C::SHAPE.code.to_be_bytes(), &body].concat()
}

fn parse(shape: &'static Shape, response: &[u8]) -> Result<Reply, Error> {
    let broken = |_| Error::Failed(format!("{} answered what is no response", shape.name));
    match code(response) {
        0 => {}
        rc => return Err(Error::Refused { command: shape.name, rc }),
    }
    let mut r = Reader::new(response, &Accept::ALL);
    let tag = u16::read(&mut r).map_err(broken)?;
    r.take(8).map_err(broken)?;
    let handle = if shape.reply_handle { u32::read(&mut r).map_err(broken)? } else { 0 };
    let params = if tag == TpmSt::SESSIONS {
        let size = u32::read(&mut r).map_err(broken)?;
        r.take(size as usize).map_err(broken)?
    } else {
        r.rest()
    };
    Ok(Reply { handle, params: params.to_vec() })
}
