//! The data channel's connection: handed over on the control channel, accepted, or inherited.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::PollFd;
use vtpm_proto::ctrl::Admit;
use vtpm_proto::data::{Frame, Parser, wrap};

use super::net::Endpoint;
use super::socket::{Received, Socket};
use super::{Keeper, Running, Token};
use crate::log::Log;

/// How long the rest of a command may take. QEMU writes whole commands; a guest may have told it a
/// length too short to be one, and waits for an answer.
const REST_WITHIN: Duration = Duration::from_secs(2);

/// One client at a time.
pub(super) struct Data {
    endpoint: Option<Endpoint>,
    client: Option<Client>,
}

struct Client {
    socket: Socket,
    parser: Parser,
    /// It was handed over by SET_DATAFD.
    handed_over: bool,
    partial_since: Option<Instant>,
    /// To be closed as soon as the reply is out.
    closing: bool,
}

impl Data {
    pub(super) fn new(endpoint: Option<Endpoint>) -> Data {
        let mut data = Data { endpoint: None, client: None };
        match endpoint {
            Some(Endpoint::Connected(fd)) => data.client = Client::new(fd, false),
            endpoint => data.endpoint = endpoint,
        }
        data
    }

    pub(super) fn can_be_reached(&self) -> bool {
        self.endpoint.is_some() || self.client.is_some()
    }

    pub(super) fn poll<'a>(&'a self, command_runs: bool, want: &mut impl FnMut(Token, PollFd<'a>)) {
        match (&self.client, &self.endpoint) {
            (Some(client), _) => {
                let interest = client.socket.interest(!command_runs);
                if !interest.is_empty() {
                    want(Token::Data, PollFd::new(&client.socket, interest));
                }
            }
            (None, Some(endpoint)) => endpoint.poll(Token::DataListener, want),
            (None, None) => {}
        }
    }

    pub(super) fn accept(&mut self, log: &Log) {
        if let (None, Some(endpoint)) = (&self.client, &self.endpoint) {
            self.client = endpoint.accept(log).and_then(|fd| Client::new(fd, false));
        }
    }

    /// Takes over the descriptor of a SET_DATAFD.
    pub(super) fn attach(&mut self, fd: OwnedFd, log: &Log) {
        self.client = Client::new(fd, true);
        if self.client.is_none() {
            log.line("SET_DATAFD handed over a descriptor that cannot be used");
        }
    }

    /// When to give up on the rest of a command.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.client.as_ref().and_then(|client| client.partial_since).map(|since| since + REST_WITHIN)
    }

    pub(super) fn give_up(&mut self) {
        let Some(client) = &mut self.client else { return };
        client.partial_since = None;
        if let Some(Frame::Refused(answer)) = client.parser.give_up() {
            client.socket.send(&answer);
        }
    }

    /// Sends the response to the command that ran.
    pub(super) fn respond(&mut self, response: &[u8], wrapped: bool, disconnect: bool) {
        let Some(client) = &mut self.client else { return };
        if wrapped {
            client.socket.send(&wrap(response));
        } else {
            client.socket.send(response);
        }
        client.closing = disconnect;
    }

    pub(super) fn remove_name(&mut self) {
        if let Some(endpoint) = &mut self.endpoint {
            endpoint.remove_name();
        }
    }
}

impl Client {
    fn new(fd: OwnedFd, handed_over: bool) -> Option<Client> {
        let socket = Socket::new(fd).ok()?;
        Some(Client { socket, parser: Parser::new(), handed_over, partial_since: None, closing: false })
    }
}

impl Keeper {
    /// The data connection can be read or written.
    pub(super) fn data_ready(&mut self) {
        let Some(client) = &mut self.data.client else { return };
        client.socket.flush();
        if client.socket.is_broken() {
            return self.data_lost();
        }
        if !client.socket.is_idle() || self.running.is_some() {
            return;
        }
        match client.socket.receive() {
            Received::Nothing => {}
            Received::Closed => self.data_lost(),
            Received::Bytes(bytes, _) => client.parser.push(&bytes),
        }
    }

    /// Serves commands until one runs.
    pub(super) fn pump_data(&mut self) {
        while self.ending.is_none() && self.running.is_none() {
            let Some(client) = &mut self.data.client else { return };
            if !client.socket.is_idle() {
                return;
            }
            if client.closing {
                return self.data_lost();
            }
            let Some(frame) = client.parser.next(self.machine.buffer()) else { break };
            match frame {
                Frame::Refused(answer) => client.socket.send(&answer),
                Frame::Command { bytes, wrapper } => {
                    let wrapped = wrapper.is_some();
                    let response = match self.machine.admit(&bytes, wrapper) {
                        Admit::Respond(response) => Some(response),
                        Admit::Execute { locality } => self.vtpm.start(locality, &bytes).err(),
                    };
                    match response {
                        Some(response) => self.data.respond(&response, wrapped, self.behaviour.disconnect),
                        None => self.running = Some(Running::Data { wrapped }),
                    }
                }
            }
        }
        let Some(client) = &mut self.data.client else { return };
        if !client.parser.is_partial() {
            client.partial_since = None;
        } else if self.running.is_none() {
            client.partial_since.get_or_insert_with(Instant::now);
        }
    }

    fn data_lost(&mut self) {
        let Some(client) = self.data.client.take() else { return };
        if client.handed_over {
            self.machine.data_closed();
        }
        if let Some(Running::Data { .. }) = self.running {
            self.running = Some(Running::Nobody);
        }
        if self.behaviour.end_with_data {
            self.ending = Some("the data connection was lost");
        }
    }
}
