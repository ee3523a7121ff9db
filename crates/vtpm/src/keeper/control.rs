//! The control channel's connection, and what its requests do to the keeper.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::PollFd;
use vtpm_proto::ctrl::{Action, Code, Command, Handled, Parser, Remainder};

use super::net::Endpoint;
use super::socket::{Received, Socket};
use super::{Keeper, Token};
use crate::log::Log;

/// How long the rest of a request may take; swtpm waits as long.
const REST_WITHIN: Duration = Duration::from_millis(500);
/// Bytes that are read ahead while a command runs.
const READ_AHEAD: usize = 64 * 1024;

/// One client at a time.
pub(super) struct Control {
    endpoint: Option<Endpoint>,
    client: Option<Client>,
}

struct Client {
    socket: Socket,
    parser: Parser,
    /// Came with the bytes last read, for a SET_DATAFD among them.
    fd: Option<OwnedFd>,
    /// When part of a request arrived.
    partial_since: Option<Instant>,
}

impl Control {
    pub(super) fn new(endpoint: Option<Endpoint>) -> Control {
        let mut control = Control { endpoint: None, client: None };
        match endpoint {
            Some(Endpoint::Connected(fd)) => control.client = Client::new(fd),
            endpoint => control.endpoint = endpoint,
        }
        control
    }

    pub(super) fn can_be_reached(&self) -> bool {
        self.endpoint.is_some() || self.client.is_some()
    }

    pub(super) fn poll<'a>(&'a self, want: &mut impl FnMut(Token, PollFd<'a>)) {
        match (&self.client, &self.endpoint) {
            (Some(client), _) => {
                let interest = client.socket.interest(client.parser.buffered() < READ_AHEAD);
                if !interest.is_empty() {
                    want(Token::Control, PollFd::new(&client.socket, interest));
                }
            }
            (None, Some(endpoint)) => endpoint.poll(Token::ControlListener, want),
            (None, None) => {}
        }
    }

    pub(super) fn accept(&mut self, log: &Log) {
        if let (None, Some(endpoint)) = (&self.client, &self.endpoint) {
            self.client = endpoint.accept(log).and_then(Client::new);
        }
    }

    /// When to give up on the rest of a request.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.client.as_ref().and_then(|client| client.partial_since).map(|since| since + REST_WITHIN)
    }

    pub(super) fn give_up(&mut self, log: &Log) {
        let Some(client) = &mut self.client else { return };
        client.partial_since = None;
        match client.parser.give_up() {
            Remainder::Nothing => {}
            Remainder::TooShort => client.socket.send(&Code::BAD_PARAMETER.encode()),
            Remainder::Broken => {
                log.line("control channel: half a request and no more of it: connection closed");
                self.client = None;
            }
        }
    }

    pub(super) fn remove_name(&mut self) {
        if let Some(endpoint) = &mut self.endpoint {
            endpoint.remove_name();
        }
    }
}

impl Client {
    fn new(fd: OwnedFd) -> Option<Client> {
        let socket = Socket::new(fd).ok()?;
        Some(Client { socket, parser: Parser::new(), fd: None, partial_since: None })
    }
}

impl Keeper {
    /// The control connection can be read or written.
    pub(super) fn control_ready(&mut self) {
        let Some(client) = &mut self.control.client else { return };
        client.socket.flush();
        if client.socket.is_broken() {
            return self.control_lost();
        }
        if !client.socket.is_idle() {
            return;
        }
        match client.socket.receive_with_fds() {
            Received::Nothing => {}
            Received::Closed => {
                // A client that ends its side may still read the answer to half a request.
                if matches!(client.parser.give_up(), Remainder::TooShort) {
                    client.socket.send(&Code::BAD_PARAMETER.encode());
                }
                self.control_lost();
            }
            Received::Bytes(bytes, fds) => {
                client.parser.push(&bytes);
                // Some clients attach a descriptor to every request: all but the one that a
                // SET_DATAFD takes are closed.
                if let Some(fd) = fds.into_iter().next_back() {
                    client.fd = Some(fd);
                }
            }
        }
    }

    /// Serves requests, in order, each after the reply to the one before it is out. While a command
    /// runs only its cancellation is served.
    pub(super) fn pump_control(&mut self) {
        while self.ending.is_none() {
            let Some(client) = &mut self.control.client else { return };
            if !client.socket.is_idle() {
                return;
            }
            if self.running.is_some() && client.parser.peek() != Some(Command::CancelTpmCmd) {
                break;
            }
            let Some(event) = client.parser.next() else { break };
            let Handled { reply, action } = self.machine.handle(&mut self.vtpm, event, client.fd.is_some());
            client.socket.send(&reply);
            match action {
                Action::None => {}
                Action::TakeDataFd => {
                    if let Some(fd) = client.fd.take() {
                        self.data.attach(fd, &self.log);
                    }
                }
                Action::Terminate => self.ending = Some("the control channel asked for it"),
            }
        }
        let Some(client) = &mut self.control.client else { return };
        if client.parser.is_partial() {
            // While a command runs, what is buffered is not partial but waiting.
            if self.running.is_none() {
                client.partial_since.get_or_insert_with(Instant::now);
            }
        } else {
            client.partial_since = None;
            client.fd = None;
        }
    }

    fn control_lost(&mut self) {
        self.control.client = None;
        self.machine.control_closed();
        if self.behaviour.end_with_control {
            self.ending = Some("the control connection was lost");
        }
    }
}
