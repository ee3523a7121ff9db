//! One TPM as the keeper has it: the trustlet that runs it and the store that keeps its records.
//!
//! The rule of the house is here and nowhere else: **a record is durable before anybody learns of
//! the change in it**. When the store cannot make it durable, the engine is ahead of the disk and
//! nothing it says may be believed: the TPM is in failure mode until it is opened anew from what
//! the disk has.

mod backend;
mod blob;
mod opening;

use std::os::fd::BorrowedFd;

use tpm2_engine::Profile;
use vtpm_proto::error_response;
use vtpm_store::StateId;

use crate::home::Home;
use crate::link::{Link, LinkError, Reply};
use crate::log::Log;
use crate::rpc::{Malformed, ToTpm};
pub use opening::OpenError;

/// `TPM_RC_NV_UNAVAILABLE`: the answer to the command whose change could not be made durable.
const RC_NV_UNAVAILABLE: u32 = 0x923;
/// `TPM_RC_FAILURE`: the answer to every command after it.
const RC_FAILURE: u32 = vtpm_proto::RC_FAILURE;

/// How trustlets are started.
#[derive(Debug, Clone)]
pub struct Isolation {
    /// The level: had or refused, never lowered.
    pub level: vsm::Level,
    /// The program that has the roles, when it is not the running one (tests).
    pub program: Option<std::path::PathBuf>,
}

/// One TPM.
pub struct Vtpm {
    isolation: Isolation,
    log: Log,
    home: Home,
    /// The only state that may be opened, and the id of one that is made.
    only: Option<StateId>,
    /// What a new TPM is to be, and one that is opened must be.
    profile: Option<Profile>,
    link: Option<Link>,
    /// The state is open in the trustlet.
    open: bool,
    /// Why the TPM is in failure mode.
    failed: Option<String>,
    /// The trustlet was found to have ended.
    gone: bool,
    /// The last attempt at a compaction failed, and was told.
    compaction_failed: bool,
    /// Provided by SET_STATEBLOB for the next power-on.
    staged: backend::Staged,
}

impl Vtpm {
    /// A TPM whose state lives in `home`. Nothing is opened or started yet.
    pub fn new(home: Home, isolation: Isolation, log: Log) -> Vtpm {
        Vtpm {
            isolation,
            log,
            home,
            only: None,
            profile: None,
            link: None,
            open: false,
            failed: None,
            gone: false,
            compaction_failed: false,
            staged: backend::Staged::default(),
        }
    }

    /// Makes a new state under this id, and opens no other: a VM's TPM does not become another VM's
    /// by a file that was put in its place.
    #[must_use]
    pub fn only(self, id: StateId) -> Vtpm {
        Vtpm { only: Some(id), ..self }
    }

    /// Makes a new TPM of this profile, and opens no TPM of another: a TPM is what it was made as.
    #[must_use]
    pub fn profile(self, profile: Option<Profile>) -> Vtpm {
        Vtpm { profile, ..self }
    }

    /// Starts a command. [`Vtpm::finish`] must follow before anything else is asked; only
    /// [`Vtpm::cancel`] may come between. An error response, if it cannot even be started.
    pub(crate) fn start(&mut self, locality: u8, command: &[u8]) -> Result<(), Vec<u8>> {
        let request = ToTpm::Execute { locality, command: command.to_vec() };
        match self.ready().and_then(|link| link.send(&request)) {
            Ok(()) => Ok(()),
            Err(why) => {
                let response = self.fail(&why);
                // What has no TPM any more has no answer, either.
                if self.gone { Ok(()) } else { Err(response) }
            }
        }
    }

    /// The response to the command started, once its change is durable. Waits for it. Nothing, when
    /// the trustlet ended first: whether the TPM would have said yes or no, nobody knows.
    pub(crate) fn finish(&mut self) -> Option<Vec<u8>> {
        let reply = match self.ready() {
            Ok(link) => link.receive(),
            Err(why) => Err(why),
        };
        match reply {
            Ok(reply) => Some(self.release(reply)),
            Err(why) => {
                let response = self.fail(&why);
                (!self.gone).then_some(response)
            }
        }
    }

    /// The running command should end soon.
    pub(crate) fn cancel(&mut self) {
        if let Some(link) = &mut self.link
            && let Err(why) = link.send(&ToTpm::Cancel)
        {
            self.fail(&why);
        }
    }

    /// Readable when the response to the running command is there.
    pub(crate) fn response_fd(&self) -> Option<BorrowedFd<'_>> {
        self.link.as_ref().map(Link::channel_fd)
    }

    /// Readable when the trustlet has ended.
    pub(crate) fn end_fd(&self) -> Option<BorrowedFd<'_>> {
        self.link.as_ref().map(Link::pidfd)
    }

    /// How the trustlet ended, after [`Vtpm::end_fd`] became readable.
    pub(crate) fn ended(&mut self) -> String {
        let how =
            self.link.as_mut().map_or_else(|| "no trustlet runs".to_owned(), |link| link.gone().to_string());
        let rest = match self.home.is_memory() {
            true => "the TPM was in memory only and is gone",
            false => "the TPM's sealed state has all that was answered: start it again",
        };
        let how = format!("{how}; {rest}");
        self.failed = Some(how.clone());
        self.link = None;
        how
    }

    /// The TPM's response to one command that ran to its end.
    fn release(&mut self, reply: Reply) -> Vec<u8> {
        let Reply { record, payload } = reply;
        if let Err(why) = self.keep(record) {
            self.fail_with(why);
            return error_response(RC_NV_UNAVAILABLE);
        }
        match (Reply { record: None, payload }).bytes() {
            Ok(response) => response,
            Err(why) => self.fail(&why),
        }
    }

    /// A request whose reply may carry a record, made durable here.
    fn ask(&mut self, request: &ToTpm) -> Result<Reply, LinkError> {
        let Reply { record, payload } = self.ready()?.call(request)?;
        if let Err(why) = self.keep(record) {
            self.fail_with(why.clone());
            return Err(LinkError::Refused { failure: crate::rpc::Failure::Order, text: why });
        }
        Ok(Reply { record: None, payload })
    }

    /// Makes a record durable, and compacts the journal when it has grown.
    fn keep(&mut self, record: Option<Vec<u8>>) -> Result<(), String> {
        let Some(record) = record else { return Ok(()) };
        self.home.append(&record).map_err(|e| e.to_string())?;
        if self.home.wants_compaction() {
            self.compact();
        }
        Ok(())
    }

    /// Replaces all records by one snapshot. What was appended is durable whatever comes of it, so that a
    /// failure is not the command's: a full disk leaves the journal as it was, and the next command tries again.
    fn compact(&mut self) {
        let snapshot = self.ready().and_then(|link| link.call(&ToTpm::Snapshot));
        let record = match snapshot.map(|reply| reply.record) {
            Ok(Some(record)) => record,
            Ok(None) => return drop(self.fail(&Malformed.into())),
            Err(why) => return drop(self.fail(&why)),
        };
        match self.home.replace(&record) {
            Ok(()) => self.compaction_failed = false,
            Err(why) => {
                if !std::mem::replace(&mut self.compaction_failed, true) {
                    self.log.line(&format!("the journal grows, it cannot be compacted: {why}"));
                }
            }
        }
    }

    fn ready(&mut self) -> Result<&mut Link, LinkError> {
        let order = |text: String| LinkError::Refused { failure: crate::rpc::Failure::Order, text };
        if let Some(why) = &self.failed {
            return Err(order(why.clone()));
        }
        match &mut self.link {
            Some(link) if self.open => Ok(link),
            _ => Err(order("the TPM's state is not open".into())),
        }
    }

    fn fail(&mut self, why: &LinkError) -> Vec<u8> {
        self.gone |= matches!(why, LinkError::Gone { .. });
        self.fail_with(why.to_string());
        error_response(RC_FAILURE)
    }

    fn fail_with(&mut self, why: String) {
        if self.failed.is_none() {
            self.log.line(&format!("the TPM enters failure mode: {why}"));
            self.failed = Some(why);
        }
    }
}
