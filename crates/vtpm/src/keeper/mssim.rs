//! The two ports of the reference simulator's protocol.

use std::net::TcpListener;
use std::os::fd::OwnedFd;

use rustix::event::{PollFd, PollFlags};
use vtpm_proto::ctrl::{Admit, Backend as _};
use vtpm_proto::mssim::{
    CommandEvent, CommandParser, CommandRequest, PlatformEvent, PlatformParser, PlatformRequest, encode_ack,
    encode_handshake, encode_number, encode_response, encode_unknown,
};
use vtpm_proto::response_code;

use super::net::accept_tcp;
use super::socket::{Received, Socket};
use super::{Keeper, Running, Token};
use crate::log::Log;

/// Both ports, one client each at a time.
pub(super) struct Mssim {
    command: Port<CommandParser>,
    platform: Port<PlatformParser>,
    /// The platform holds the cancel line: every command is told so.
    cancel: bool,
    /// The largest command and response so far: size and code of each.
    largest: [u32; 4],
}

struct Port<P> {
    listener: TcpListener,
    client: Option<(Socket, P)>,
}

impl<P: Default> Port<P> {
    fn new(listener: TcpListener) -> Port<P> {
        Port { listener, client: None }
    }

    fn poll<'a>(&'a self, listen: Token, serve: Token, read: bool, want: &mut impl FnMut(Token, PollFd<'a>)) {
        match &self.client {
            None => want(listen, PollFd::new(&self.listener, PollFlags::IN)),
            Some((socket, _)) => {
                let interest = socket.interest(read);
                if !interest.is_empty() {
                    want(serve, PollFd::new(socket, interest));
                }
            }
        }
    }

    fn accept(&mut self, log: &Log) {
        if self.client.is_none() {
            let fd: Option<OwnedFd> = accept_tcp(&self.listener, log);
            self.client = fd.and_then(|fd| Socket::new(fd).ok()).map(|socket| (socket, P::default()));
        }
    }

    fn read(&mut self, push: impl FnOnce(&mut P, &[u8])) {
        let Some((socket, parser)) = &mut self.client else { return };
        socket.flush();
        let received = if socket.is_idle() { socket.receive() } else { Received::Nothing };
        match received {
            Received::Bytes(bytes, _) => push(parser, &bytes),
            Received::Nothing if !socket.is_broken() => {}
            _ => self.client = None,
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        if let Some((socket, _)) = &mut self.client {
            socket.send(bytes);
        }
    }

    /// The next request, if the replies to those before it are out.
    fn next<E>(&mut self, next: impl FnOnce(&mut P) -> Option<E>) -> Option<E> {
        let (socket, parser) = self.client.as_mut()?;
        if socket.is_idle() { next(parser) } else { None }
    }
}

impl Mssim {
    pub(super) fn new((command, platform): (TcpListener, TcpListener)) -> Mssim {
        Mssim { command: Port::new(command), platform: Port::new(platform), cancel: false, largest: [0; 4] }
    }

    pub(super) fn poll<'a>(&'a self, command_runs: bool, want: &mut impl FnMut(Token, PollFd<'a>)) {
        self.command.poll(Token::CommandListener, Token::Command, !command_runs, want);
        self.platform.poll(Token::PlatformListener, Token::Platform, true, want);
    }

    pub(super) fn ready(&mut self, token: Token, log: &Log) {
        match token {
            Token::CommandListener => self.command.accept(log),
            Token::PlatformListener => self.platform.accept(log),
            Token::Command => self.command.read(|parser, bytes| parser.push(bytes)),
            Token::Platform => self.platform.read(|parser, bytes| parser.push(bytes)),
            _ => {}
        }
    }

    pub(super) fn respond(&mut self, response: &[u8]) {
        let size = u32::try_from(response.len()).unwrap_or(u32::MAX);
        self.note(2, size, response);
        self.command.send(&encode_response(response));
    }

    /// Remembers the size and code of the largest message of a kind; `at`: 0 commands, 2 responses.
    fn note(&mut self, at: usize, size: u32, message: &[u8]) {
        if let Some([largest, code]) = self.largest.get_mut(at..at + 2)
            && size > *largest
        {
            *largest = size;
            *code = response_code(message).unwrap_or(0);
        }
    }
}

impl Keeper {
    pub(super) fn pump_mssim(&mut self) {
        while self.ending.is_none() && self.serve_platform() {}
        while self.ending.is_none() && self.running.is_none() && self.serve_command() {}
    }

    /// Serves one request of the platform port, if there is one that can be served now.
    fn serve_platform(&mut self) -> bool {
        let Some(mssim) = &mut self.mssim else { return false };
        // Power, resets and hashing wait for the running command; the cancel line does not.
        if self.running.is_some() {
            let cancels =
                |parser: &mut PlatformParser| parser.next_is_cancel().then(|| parser.next()).flatten();
            return match mssim.platform.next(cancels) {
                Some(PlatformEvent::Request(request)) => self.platform_request(request),
                _ => false,
            };
        }
        match mssim.platform.next(PlatformParser::next) {
            None => false,
            Some(PlatformEvent::Request(request)) => self.platform_request(request),
            Some(PlatformEvent::Unknown) => {
                mssim.platform.send(&encode_unknown());
                mssim.platform.client = None;
                false
            }
        }
    }

    fn platform_request(&mut self, request: PlatformRequest) -> bool {
        let Some(mssim) = &mut self.mssim else { return false };
        let mut reply = encode_ack();
        match request {
            PlatformRequest::PowerOn if self.machine.running() => {}
            PlatformRequest::PowerOn | PlatformRequest::Reset | PlatformRequest::Restart => {
                // A failure shows in the next command's response: the protocol has no word for it.
                let _ = self.machine.power_on(&mut self.vtpm, false);
            }
            PlatformRequest::PowerOff => self.machine.power_off(&mut self.vtpm),
            PlatformRequest::Cancel(on) => {
                mssim.cancel = on;
                if on && self.running.is_some() {
                    self.vtpm.cancel();
                }
            }
            PlatformRequest::HashStart => drop(self.vtpm.hash_start()),
            PlatformRequest::HashData(data) => drop(self.vtpm.hash_data(&data)),
            PlatformRequest::HashEnd => drop(self.vtpm.hash_end()),
            PlatformRequest::SessionEnd => {
                mssim.platform.client = None;
                return false;
            }
            PlatformRequest::Stop => {
                self.ending = Some("a simulator client asked for it");
                return false;
            }
            PlatformRequest::GetCommandResponseSizes => {
                let sizes: Vec<u8> = mssim.largest.iter().flat_map(|word| word.to_ne_bytes()).collect();
                mssim.largest = [0; 4];
                reply = encode_response(&sizes);
            }
            PlatformRequest::ActGetSignaled(_) => reply = encode_number(0),
            // There is nothing behind these lines here, so that moving them changes nothing.
            PlatformRequest::PhysicalPresence(_)
            | PlatformRequest::NvAvailable(true)
            | PlatformRequest::KeyCache(_) => {}
            // These would have to change something, and cannot.
            PlatformRequest::NvAvailable(false)
            | PlatformRequest::TestFailureMode
            | PlatformRequest::SetFirmwareHash(_)
            | PlatformRequest::SetFirmwareSvn(_) => {
                mssim.platform.send(&encode_unknown());
                mssim.platform.client = None;
                return false;
            }
        }
        if let Some(mssim) = &mut self.mssim {
            mssim.platform.send(&reply);
        }
        true
    }

    /// Serves one request of the command port, if there is one.
    fn serve_command(&mut self) -> bool {
        let Some(mssim) = &mut self.mssim else { return false };
        match mssim.command.next(CommandParser::next) {
            None => false,
            Some(CommandEvent::Request(request)) => self.command_request(request),
            Some(CommandEvent::Broken) => {
                mssim.command.client = None;
                false
            }
        }
    }

    fn command_request(&mut self, request: CommandRequest) -> bool {
        let Some(mssim) = &mut self.mssim else { return false };
        let reply = match request {
            CommandRequest::HashStart => done(self.vtpm.hash_start()),
            CommandRequest::HashData(data) => done(self.vtpm.hash_data(&data)),
            CommandRequest::HashEnd => done(self.vtpm.hash_end()),
            CommandRequest::SetAlternativeResult => encode_ack(),
            CommandRequest::Handshake(_) => encode_handshake(),
            CommandRequest::SessionEnd => {
                mssim.command.client = None;
                return false;
            }
            CommandRequest::Stop => {
                self.ending = Some("a simulator client asked for it");
                return false;
            }
            CommandRequest::SendCommand { locality, command } => {
                mssim.note(0, u32::try_from(command.len()).unwrap_or(u32::MAX), &command);
                let started = match self.machine.admit(&command, Some(locality)) {
                    Admit::Respond(response) => Err(response),
                    Admit::Execute { locality } => self.vtpm.start(locality, &command),
                };
                match started {
                    Ok(()) => {
                        self.running = Some(Running::Mssim);
                        if mssim.cancel {
                            self.vtpm.cancel();
                        }
                    }
                    Err(response) => mssim.respond(&response),
                }
                return true;
            }
        };
        mssim.command.send(&reply);
        true
    }
}

/// The protocol has no word for a failure here; the next command's response tells it.
fn done(_result: Result<(), vtpm_proto::ctrl::Code>) -> Vec<u8> {
    encode_ack()
}
