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

/// Clients of one port at a time; more wait until one leaves. The reference simulator has one, but tools open a
/// second connection while they hold the first (systemd-cryptenroll does), and would wait for themselves.
const CLIENTS: usize = 8;

/// Both ports.
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
    /// By slot.
    clients: [Option<(Socket, P)>; CLIENTS],
}

impl<P: Default> Port<P> {
    fn new(listener: TcpListener) -> Port<P> {
        Port { listener, clients: std::array::from_fn(|_| None) }
    }

    fn poll<'a>(
        &'a self,
        listen: Token,
        serve: fn(usize) -> Token,
        read: bool,
        want: &mut impl FnMut(Token, PollFd<'a>),
    ) {
        if self.clients.iter().any(Option::is_none) {
            want(listen, PollFd::new(&self.listener, PollFlags::IN));
        }
        for (slot, client) in self.clients.iter().enumerate() {
            if let Some((socket, _)) = client {
                let interest = socket.interest(read);
                if !interest.is_empty() {
                    want(serve(slot), PollFd::new(socket, interest));
                }
            }
        }
    }

    fn accept(&mut self, log: &Log) {
        if let Some(free) = self.clients.iter_mut().find(|client| client.is_none()) {
            let fd: Option<OwnedFd> = accept_tcp(&self.listener, log);
            *free = fd.and_then(|fd| Socket::new(fd).ok()).map(|socket| (socket, P::default()));
        }
    }

    /// Whether the client is still there afterwards.
    fn read(&mut self, slot: usize, push: impl FnOnce(&mut P, &[u8])) -> bool {
        let Some((socket, parser)) = self.client(slot) else { return false };
        socket.flush();
        let received = if socket.is_idle() { socket.receive() } else { Received::Nothing };
        match received {
            Received::Bytes(bytes, _) => push(parser, &bytes),
            Received::Nothing if !socket.is_broken() => {}
            _ => {
                self.close(slot);
                return false;
            }
        }
        true
    }

    fn send(&mut self, slot: usize, bytes: &[u8]) {
        if let Some((socket, _)) = self.client(slot) {
            socket.send(bytes);
        }
    }

    /// The next request, if the replies to those before it are out.
    fn next<E>(&mut self, slot: usize, next: impl FnOnce(&mut P) -> Option<E>) -> Option<E> {
        let (socket, parser) = self.client(slot)?;
        if socket.is_idle() { next(parser) } else { None }
    }

    fn client(&mut self, slot: usize) -> Option<&mut (Socket, P)> {
        self.clients.get_mut(slot)?.as_mut()
    }

    fn close(&mut self, slot: usize) {
        if let Some(client) = self.clients.get_mut(slot) {
            *client = None;
        }
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

    /// Serves what a poll found. False, when it was a client that has left.
    pub(super) fn ready(&mut self, token: Token, log: &Log) -> bool {
        match token {
            Token::CommandListener => self.command.accept(log),
            Token::PlatformListener => self.platform.accept(log),
            Token::Command(slot) => return self.command.read(slot, |parser, bytes| parser.push(bytes)),
            Token::Platform(slot) => return self.platform.read(slot, |parser, bytes| parser.push(bytes)),
            _ => {}
        }
        true
    }

    pub(super) fn respond(&mut self, slot: usize, response: &[u8]) {
        let size = u32::try_from(response.len()).unwrap_or(u32::MAX);
        self.note(2, size, response);
        self.command.send(slot, &encode_response(response));
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
        for slot in 0..CLIENTS {
            while self.ending.is_none() && self.serve_platform(slot) {}
        }
        // In turn, so that no client keeps the others waiting.
        while (0..CLIENTS).filter(|slot| self.serve_command(*slot)).count() > 0 {}
    }

    /// Serves one request of the platform port, if there is one that can be served now.
    fn serve_platform(&mut self, slot: usize) -> bool {
        let Some(mssim) = &mut self.mssim else { return false };
        // Power, resets and hashing wait for the running command; the cancel line does not.
        if self.running.is_some() {
            let cancels =
                |parser: &mut PlatformParser| parser.next_is_cancel().then(|| parser.next()).flatten();
            return match mssim.platform.next(slot, cancels) {
                Some(PlatformEvent::Request(request)) => self.platform_request(slot, request),
                _ => false,
            };
        }
        match mssim.platform.next(slot, PlatformParser::next) {
            None => false,
            Some(PlatformEvent::Request(request)) => self.platform_request(slot, request),
            Some(PlatformEvent::Unknown) => {
                mssim.platform.send(slot, &encode_unknown());
                mssim.platform.close(slot);
                false
            }
        }
    }

    fn platform_request(&mut self, slot: usize, request: PlatformRequest) -> bool {
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
                mssim.platform.close(slot);
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
                mssim.platform.send(slot, &encode_unknown());
                mssim.platform.close(slot);
                return false;
            }
        }
        if let Some(mssim) = &mut self.mssim {
            mssim.platform.send(slot, &reply);
        }
        true
    }

    /// Serves one request of a client of the command port, if there is one that can be served now.
    fn serve_command(&mut self, slot: usize) -> bool {
        if self.ending.is_some() || self.running.is_some() {
            return false;
        }
        let Some(mssim) = &mut self.mssim else { return false };
        match mssim.command.next(slot, CommandParser::next) {
            None => false,
            Some(CommandEvent::Request(request)) => self.command_request(slot, request),
            Some(CommandEvent::Broken) => {
                mssim.command.close(slot);
                false
            }
        }
    }

    fn command_request(&mut self, slot: usize, request: CommandRequest) -> bool {
        let Some(mssim) = &mut self.mssim else { return false };
        let reply = match request {
            CommandRequest::HashStart => done(self.vtpm.hash_start()),
            CommandRequest::HashData(data) => done(self.vtpm.hash_data(&data)),
            CommandRequest::HashEnd => done(self.vtpm.hash_end()),
            CommandRequest::SetAlternativeResult => encode_ack(),
            CommandRequest::Handshake(_) => encode_handshake(),
            CommandRequest::SessionEnd => {
                mssim.command.close(slot);
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
                        self.running = Some(Running::Mssim { slot });
                        if mssim.cancel {
                            self.vtpm.cancel();
                        }
                    }
                    Err(response) => mssim.respond(slot, &response),
                }
                return true;
            }
        };
        mssim.command.send(slot, &reply);
        true
    }
}

/// The protocol has no word for a failure here; the next command's response tells it.
fn done(_result: Result<(), vtpm_proto::ctrl::Code>) -> Vec<u8> {
    encode_ack()
}
