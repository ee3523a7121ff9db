//! The keeper: one poll loop between the clients of a TPM and its trustlet.
//!
//! It moves bytes. It listens before anything slow happens, serves one client per socket of swtpm's protocol at
//! a time (a second one waits in the backlog), writes every reply in one piece, and reads the control
//! channel while a command runs, so that a cancellation arrives. It holds no secret.

mod control;
mod data;
mod end;
mod mssim;
pub mod net;
mod socket;

use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use vtpm_proto::ctrl::{Backend as _, Info, Machine, Options};
use vtpm_proto::{Startup, response_code, startup_command};

use crate::log::Log;
use crate::vtpm::{OpenError, Vtpm};
use control::Control;
use data::Data;
use end::Signals;
use mssim::Mssim;
use net::Endpoints;

/// Why a keeper ended that should not have.
#[derive(Debug, thiserror::Error)]
pub enum KeeperError {
    /// Signals, polling.
    #[error("{doing}: {source}")]
    System {
        /// What was being done.
        doing: &'static str,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// The trustlet ended under the keeper.
    #[error("{0}")]
    TrustletGone(String),
    /// The TPM had to be on from the start, and its state could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The TPM had to be on from the start, and could not be.
    #[error("the TPM could not be powered on at start (control channel code {0:#x})")]
    PowerOn(u32),
    /// The TPM had to be started up from the start, and was not.
    #[error("TPM2_Startup at start failed with response code {0:#x}")]
    Startup(u32),
}

/// When power comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// With INIT on the control channel.
    WhenAsked,
    /// At once, and with TPM2_Startup of this kind, if any.
    AtOnce(Option<Startup>),
}

/// How a keeper behaves.
#[derive(Debug, Clone, Copy)]
pub struct Behaviour {
    /// When power comes.
    pub power: Power,
    /// End when the data connection is lost.
    pub end_with_data: bool,
    /// End when the control connection is lost.
    pub end_with_control: bool,
    /// Close the data connection after each response.
    pub disconnect: bool,
    /// Rules of the control channel.
    pub machine: Options,
}

/// Who waits for the response to the running command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Running {
    Data {
        wrapped: bool,
    },
    Mssim {
        slot: usize,
    },
    /// The client went away; nobody does.
    Nobody,
}

/// What a poll was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Signal,
    Response,
    TrustletEnd,
    ControlListener,
    Control,
    DataListener,
    Data,
    CommandListener,
    Command(usize),
    PlatformListener,
    Platform(usize),
}

/// The keeper of one TPM.
pub struct Keeper {
    log: Log,
    vtpm: Vtpm,
    machine: Machine,
    behaviour: Behaviour,
    control: Control,
    data: Data,
    mssim: Option<Mssim>,
    running: Option<Running>,
    /// Why to end, once it is time.
    ending: Option<&'static str>,
}

impl Keeper {
    /// A keeper for these sockets. Nothing is started yet.
    #[must_use]
    pub fn new(vtpm: Vtpm, endpoints: Endpoints, info: Info, behaviour: Behaviour, log: Log) -> Keeper {
        let Endpoints { control, data, mssim } = endpoints;
        Keeper {
            log,
            vtpm,
            machine: Machine::new(info, behaviour.machine),
            behaviour,
            control: Control::new(control),
            data: Data::new(data),
            mssim: mssim.map(Mssim::new),
            running: None,
            ending: None,
        }
    }

    /// Serves until a client, a signal or the loss of a connection ends it. `ready` is called once
    /// the TPM is as [`Behaviour::power`] wants it.
    ///
    /// # Errors
    /// [`KeeperError`]; the sockets are closed and their names removed then, too.
    pub fn run(mut self, ready: impl FnOnce()) -> Result<(), KeeperError> {
        let signals = Signals::new()?;
        let served = self.power_at_start().and_then(|()| {
            ready();
            self.serve(&signals)
        });
        if served.is_ok() {
            self.finish_running();
            if self.mssim.is_some() && self.machine.running() {
                // A simulator's resets are as rude as its clients want them; its end is orderly.
                self.vtpm.execute(0, &vtpm_proto::shutdown_command(Startup::State));
            }
            self.machine.power_off(&mut self.vtpm);
            self.log.line(&format!("ended: {}", self.ending.unwrap_or("no more clients can come")));
        }
        self.control.remove_name();
        self.data.remove_name();
        served
    }

    fn power_at_start(&mut self) -> Result<(), KeeperError> {
        let Power::AtOnce(startup) = self.behaviour.power else { return Ok(()) };
        self.vtpm.open()?;
        self.machine.power_on(&mut self.vtpm, false).map_err(|code| KeeperError::PowerOn(code.0))?;
        let Some(kind) = startup else { return Ok(()) };
        let command = startup_command(kind);
        self.machine.admit(&command, None);
        let response = self.vtpm.execute(0, &command);
        match response_code(&response) {
            Some(0) => Ok(()),
            code => Err(KeeperError::Startup(code.unwrap_or(vtpm_proto::RC_FAILURE))),
        }
    }

    fn serve(&mut self, signals: &Signals) -> Result<(), KeeperError> {
        while self.ending.is_none() && self.can_be_reached() {
            for token in self.wait(signals)? {
                self.dispatch(token, signals)?;
            }
            self.give_up_on_partial_messages();
            self.pump();
        }
        Ok(())
    }

    /// Whether any client is connected or can come.
    fn can_be_reached(&self) -> bool {
        self.control.can_be_reached()
            || self.data.can_be_reached()
            || self.mssim.is_some()
            || self.running.is_some()
    }

    /// Waits until something can be done, and says what.
    fn wait(&self, signals: &Signals) -> Result<Vec<Token>, KeeperError> {
        let mut tokens = vec![Token::Signal];
        let mut fds = vec![PollFd::new(signals, PollFlags::IN)];
        let mut want = |token: Token, fd| {
            tokens.push(token);
            fds.push(fd);
        };
        if let Some(fd) = self.vtpm.end_fd() {
            want(Token::TrustletEnd, PollFd::from_borrowed_fd(fd, PollFlags::IN));
        }
        if let (Some(fd), Some(_)) = (self.vtpm.response_fd(), self.running) {
            want(Token::Response, PollFd::from_borrowed_fd(fd, PollFlags::IN));
        }
        self.control.poll(&mut want);
        self.data.poll(self.running.is_some(), &mut want);
        if let Some(mssim) = &self.mssim {
            mssim.poll(self.running.is_some(), &mut want);
        }
        let deadline = [self.control.deadline(), self.data.deadline()].into_iter().flatten().min();
        let timeout = deadline.map(|at| timespec(at.saturating_duration_since(Instant::now())));
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(KeeperError::System { doing: "waiting for clients", source: e.into() }),
        }
        Ok(tokens
            .into_iter()
            .zip(&fds)
            .filter(|(_, fd)| !fd.revents().is_empty())
            .map(|(token, _)| token)
            .collect())
    }

    fn dispatch(&mut self, token: Token, signals: &Signals) -> Result<(), KeeperError> {
        match token {
            Token::Signal => {
                if signals.taken() {
                    self.ending = Some("a signal asked for it");
                }
            }
            Token::TrustletEnd => return self.trustlet_ended(),
            Token::Response => self.respond(),
            Token::ControlListener => self.control.accept(&self.log),
            Token::Control => self.control_ready(),
            Token::DataListener => self.data.accept(&self.log),
            Token::Data => self.data_ready(),
            Token::CommandListener | Token::Command(_) | Token::PlatformListener | Token::Platform(_) => {
                let stays = self.mssim.as_mut().is_none_or(|mssim| mssim.ready(token, &self.log));
                if let (false, Token::Command(slot)) = (stays, token)
                    && self.running == Some(Running::Mssim { slot })
                {
                    self.running = Some(Running::Nobody);
                }
            }
        }
        Ok(())
    }

    fn trustlet_ended(&mut self) -> Result<(), KeeperError> {
        // An answer that came before the end still counts.
        if self.running.is_some() {
            self.respond();
        }
        Err(KeeperError::TrustletGone(self.vtpm.ended()))
    }

    /// Takes what can be taken from the clients' streams, as far as nothing has to wait.
    fn pump(&mut self) {
        self.pump_control();
        self.pump_data();
        self.pump_mssim();
    }

    /// The response to the running command, to whoever waits for it.
    fn respond(&mut self) {
        let Some(running) = self.running.take() else { return };
        let Some(response) = self.vtpm.finish() else { return };
        match running {
            Running::Data { wrapped } => self.data.respond(&response, wrapped, self.behaviour.disconnect),
            Running::Mssim { slot } => {
                if let Some(mssim) = &mut self.mssim {
                    mssim.respond(slot, &response);
                }
            }
            Running::Nobody => {}
        }
    }

    /// Lets the running command come to its end, soon.
    fn finish_running(&mut self) {
        if self.running.is_some() {
            self.vtpm.cancel();
            self.respond();
        }
    }

    fn give_up_on_partial_messages(&mut self) {
        let now = Instant::now();
        if self.control.deadline().is_some_and(|at| at <= now) {
            self.control.give_up(&self.log);
        }
        if self.data.deadline().is_some_and(|at| at <= now) {
            self.data.give_up();
        }
    }
}

fn timespec(duration: Duration) -> Timespec {
    // Rounded up: waking just before a deadline would only wait again.
    let duration = duration + Duration::from_millis(1);
    Timespec {
        tv_sec: duration.as_secs().try_into().unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    }
}
