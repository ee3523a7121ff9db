//! What each request does, in which state of the TPM: the rules of the control channel over a
//! [`Backend`] that is the TPM.

use super::info::Info;
use super::reply::{self, Code, encode_state_blob};
use super::request::{BlobKind, Command, Request};
use super::{CAPABILITIES, Event, INIT_DELETE_VOLATILE, MAX_BUFFER, MIN_BUFFER};
use crate::tpm::{self, CC_SHUTDOWN, HEADER, RC_FAILURE, RC_INITIALIZE, RC_LOCALITY, Startup};

/// `TPM2_SetLocality`, swtpm's in-band extension: a header and one byte.
const CC_SET_LOCALITY: u32 = 0x2000_1000;

/// The TPM behind the channel. Every call is made while no command runs, but for `cancel`.
pub trait Backend {
    /// Power is applied: state is opened (and locked) if it is not yet, volatile state that was
    /// provided or stored is taken up, and forgotten afterwards if so asked. A TPM that was on is
    /// reset. Commands and responses have at most `buffer` bytes from now on, and the TPM tells so.
    fn power_on(&mut self, buffer: u32, delete_volatile: bool) -> Result<(), Code>;
    /// Power is gone. Permanent state stays.
    fn power_off(&mut self);
    /// Runs one command to its end and answers with the response.
    fn execute(&mut self, locality: u8, command: &[u8]) -> Vec<u8>;
    /// `_TPM_Hash_Start`
    fn hash_start(&mut self) -> Result<(), Code>;
    /// `_TPM_Hash_Data`
    fn hash_data(&mut self, data: &[u8]) -> Result<(), Code>;
    /// `_TPM_Hash_End`
    fn hash_end(&mut self) -> Result<(), Code>;
    /// The `tpmEstablished` bit.
    fn established(&mut self) -> Result<bool, Code>;
    /// Clears it; `BAD_LOCALITY` when this locality may not.
    fn reset_established(&mut self, locality: u8) -> Result<(), Code>;
    /// The running command, if any, should end soon.
    fn cancel(&mut self);
    /// Keeps the volatile state for the next `power_on`.
    fn store_volatile(&mut self) -> Result<(), Code>;
    /// One blob of state, or nothing if there is none of its kind.
    fn get_state(&mut self, kind: BlobKind) -> Result<Option<Vec<u8>>, Code>;
    /// Provides state for the next `power_on`; an empty blob takes back what was provided.
    fn set_state(&mut self, kind: BlobKind, blob: &[u8]) -> Result<(), Code>;
    /// Takes the lock on the state, trying again `retries` times, 10 ms apart.
    fn lock_storage(&mut self, retries: u32) -> Result<(), Code>;
}

/// Choices of whoever started the TPM.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Send no TPM2_Shutdown of our own before a reset or the end.
    pub disable_auto_shutdown: bool,
    /// Refuse locality 4 on the control channel.
    pub reject_locality_4: bool,
    /// Accept swtpm's TPM2_SetLocality on the data channel.
    pub allow_set_locality: bool,
}

/// What the caller does beside sending the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    None,
    /// The descriptor that came with the request is the data channel from now on.
    TakeDataFd,
    /// End the process once the reply is out.
    Terminate,
}

/// The outcome of one event of the control channel.
#[derive(Debug, PartialEq, Eq)]
pub struct Handled {
    /// To be sent in one write; empty between the pieces of HASH_DATA.
    pub reply: Vec<u8>,
    /// What else.
    pub action: Action,
}

/// What becomes of a command on the data channel.
#[derive(Debug, PartialEq, Eq)]
pub enum Admit {
    /// The TPM runs it at this locality.
    Execute {
        /// 0 to 4.
        locality: u8,
    },
    /// The TPM never sees it; this is the response.
    Respond(Vec<u8>),
}

/// The state of the channel that outlives connections, resets and power cycles.
pub struct Machine {
    options: Options,
    info: Info,
    running: bool,
    locality: u8,
    buffer: u32,
    data_attached: bool,
    /// The code of the last command the TPM ran.
    last_command: Option<u32>,
    /// Result of a HASH_DATA whose last piece is still to come.
    hashing: Result<(), Code>,
}

impl Machine {
    /// A TPM without power.
    #[must_use]
    pub fn new(info: Info, options: Options) -> Machine {
        Machine {
            options,
            info,
            running: false,
            locality: 0,
            buffer: MAX_BUFFER,
            data_attached: false,
            last_command: None,
            hashing: Ok(()),
        }
    }

    /// Answers one event. `has_fd`: a descriptor came with it.
    pub fn handle(&mut self, tpm: &mut dyn Backend, event: Event, has_fd: bool) -> Handled {
        let request = match event {
            Event::Request(request) => request,
            Event::Unknown(_) => return code(Code::BAD_ORDINAL),
            Event::Malformed => return code(Code::BAD_PARAMETER),
            Event::TooLarge => return code(if self.running { Code::BAD_ORDINAL } else { Code::FAIL }),
        };
        if !self.running && needs_power(request.command()) {
            return match request {
                Request::HashData { last: false, .. } => silent(),
                _ => code(Code::BAD_ORDINAL),
            };
        }
        match request {
            Request::GetCapability => reply(reply::capability(CAPABILITIES)),
            Request::Init { flags } => done(self.power_on(tpm, flags & INIT_DELETE_VOLATILE != 0)),
            Request::Stop => {
                self.power_off(tpm);
                code(Code::SUCCESS)
            }
            Request::Shutdown => {
                self.power_off(tpm);
                Handled { reply: Code::SUCCESS.encode(), action: Action::Terminate }
            }
            Request::GetTpmEstablished => match tpm.established() {
                Ok(bit) => reply(reply::established(bit)),
                Err(failed) => code(failed),
            },
            Request::ResetTpmEstablished(locality) => done(match locality {
                3 | 4 => tpm.reset_established(locality),
                _ => Err(Code::BAD_LOCALITY),
            }),
            Request::SetLocality(locality) => done(self.set_locality(locality)),
            Request::HashStart => done(tpm.hash_start()),
            Request::HashData { data, last } => self.hash_data(tpm, &data, last),
            Request::HashEnd => done(tpm.hash_end()),
            Request::CancelTpmCmd => {
                tpm.cancel();
                code(Code::SUCCESS)
            }
            Request::StoreVolatile => done(tpm.store_volatile()),
            Request::GetStateBlob { kind, offset, .. } => reply(get_state(tpm, kind, offset)),
            Request::SetStateBlob { kind, data, .. } => done(self.set_state(tpm, kind, &data)),
            Request::GetConfig => reply(reply::config(0)),
            Request::SetDataFd => self.set_data_fd(has_fd),
            Request::SetBufferSize(0) => self.buffer_size(),
            Request::SetBufferSize(_) if self.running => code(Code::BAD_ORDINAL),
            Request::SetBufferSize(wanted) => {
                self.buffer = wanted.clamp(MIN_BUFFER, MAX_BUFFER);
                self.buffer_size()
            }
            Request::GetInfo { flags, offset } => self.get_info(flags, offset),
            Request::LockStorage { retries } => done(tpm.lock_storage(retries)),
        }
    }

    /// Power on, or a reset if it was on: INIT, or what stands for it where no INIT is needed.
    pub fn power_on(&mut self, tpm: &mut dyn Backend, delete_volatile: bool) -> Result<(), Code> {
        self.power_off(tpm);
        tpm.power_on(self.buffer, delete_volatile)?;
        self.running = true;
        self.last_command = None;
        Ok(())
    }

    /// Power off: STOP, SHUTDOWN, or the end of the process. A TPM that was not shut down by its
    /// guest is shut down first, since an unorderly reset counts against dictionary attack
    /// protection (Part 1, 19.8.6). State is saved rather than cleared if the TPM lets us: a
    /// guest that resumes with Startup(STATE) finds it, one that starts with Startup(CLEAR) does
    /// not mind.
    pub fn power_off(&mut self, tpm: &mut dyn Backend) {
        if !self.running {
            return;
        }
        if !self.options.disable_auto_shutdown && self.last_command != Some(CC_SHUTDOWN) {
            for kind in [Startup::State, Startup::Clear] {
                let response = tpm.execute(self.locality, &tpm::shutdown_command(kind));
                // Not started up: there is nothing to shut down.
                if matches!(tpm::response_code(&response), Some(0 | RC_INITIALIZE)) {
                    break;
                }
            }
        }
        tpm.power_off();
        self.running = false;
    }

    /// Decides about a command on the data channel, and remembers it as the TPM's last if the TPM
    /// will run it. `locality`: the one in the command's own wrapper, which replaces the channel's.
    pub fn admit(&mut self, command: &[u8], locality: Option<u8>) -> Admit {
        if let Some(locality) = locality
            && self.set_locality(locality).is_err()
        {
            return Admit::Respond(tpm::error_response(RC_LOCALITY));
        }
        if !self.running {
            return Admit::Respond(tpm::error_response(RC_FAILURE));
        }
        let number = tpm::command_code(command);
        if number == Some(CC_SET_LOCALITY)
            && self.options.allow_set_locality
            && let Some(locality) = command.get(HEADER)
        {
            let result = self.set_locality(*locality).map_or(RC_LOCALITY, |()| 0);
            return Admit::Respond(tpm::error_response(result));
        }
        if number.is_some() {
            self.last_command = number;
        }
        Admit::Execute { locality: self.locality }
    }

    /// The data channel handed over by SET_DATAFD is closed; another may be handed over.
    pub fn data_closed(&mut self) {
        self.data_attached = false;
    }

    /// The control connection is closed: what it left unfinished is forgotten.
    pub fn control_closed(&mut self) {
        self.hashing = Ok(());
    }

    /// Whether the TPM has power.
    #[must_use]
    pub fn running(&self) -> bool {
        self.running
    }

    /// The buffer size in force: the largest command the data channel takes, in bytes.
    #[must_use]
    pub fn buffer(&self) -> usize {
        self.buffer as usize
    }

    fn set_locality(&mut self, locality: u8) -> Result<(), Code> {
        if locality > 4 || (locality == 4 && self.options.reject_locality_4) {
            return Err(Code::BAD_LOCALITY);
        }
        self.locality = locality;
        Ok(())
    }

    fn hash_data(&mut self, tpm: &mut dyn Backend, data: &[u8], last: bool) -> Handled {
        if self.hashing.is_ok() {
            self.hashing = tpm.hash_data(data);
        }
        if !last {
            return silent();
        }
        done(std::mem::replace(&mut self.hashing, Ok(())))
    }

    fn set_state(&mut self, tpm: &mut dyn Backend, kind: u32, data: &[u8]) -> Result<(), Code> {
        if self.running {
            return Err(Code::BAD_ORDINAL);
        }
        let kind = BlobKind::from_number(kind).ok_or(Code::BAD_PARAMETER)?;
        tpm.set_state(kind, data)
    }

    fn set_data_fd(&mut self, has_fd: bool) -> Handled {
        if self.data_attached {
            return code(Code::IO_ERROR);
        }
        if !has_fd {
            return code(Code::BAD_PARAMETER);
        }
        self.data_attached = true;
        Handled { reply: Code::SUCCESS.encode(), action: Action::TakeDataFd }
    }

    fn buffer_size(&self) -> Handled {
        reply(reply::buffer_size(self.buffer, MIN_BUFFER, MAX_BUFFER))
    }

    fn get_info(&self, flags: u64, offset: u32) -> Handled {
        let mut text = self.info.json(flags).into_bytes();
        text.push(0);
        // The terminating zero alone is no piece to ask for.
        match text.get(offset as usize..) {
            Some(piece) if piece.len() > 1 => reply(reply::info(text.len() as u32, piece)),
            _ => code(Code::BAD_PARAMETER),
        }
    }
}

/// Requests that mean nothing to a TPM without power.
fn needs_power(command: Command) -> bool {
    matches!(
        command,
        Command::GetTpmEstablished
            | Command::HashStart
            | Command::HashData
            | Command::HashEnd
            | Command::CancelTpmCmd
            | Command::StoreVolatile
            | Command::ResetTpmEstablished
            | Command::GetStateBlob
    )
}

fn get_state(tpm: &mut dyn Backend, kind: u32, offset: u32) -> Vec<u8> {
    let Some(kind) = BlobKind::from_number(kind) else {
        return encode_state_blob(Code::FAIL, &[]);
    };
    match tpm.get_state(kind) {
        Ok(Some(blob)) => encode_state_blob(Code::SUCCESS, blob.get(offset as usize..).unwrap_or(&[])),
        Ok(None) => encode_state_blob(Code::NONE, &[]),
        Err(failed) => encode_state_blob(failed, &[]),
    }
}

fn reply(reply: Vec<u8>) -> Handled {
    Handled { reply, action: Action::None }
}

fn silent() -> Handled {
    reply(Vec::new())
}

fn code(code: Code) -> Handled {
    reply(code.encode())
}

fn done(result: Result<(), Code>) -> Handled {
    code(result.err().unwrap_or(Code::SUCCESS))
}
