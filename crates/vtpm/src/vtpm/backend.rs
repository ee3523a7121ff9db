//! What the control channel asks of a TPM.

use vtpm_proto::ctrl::{Backend, BlobKind, Code};
use vtpm_proto::{RC_FAILURE, error_response};

use super::Vtpm;
use super::blob::Blob;
use super::opening::OpenError;
use crate::link::LinkError;
use crate::rpc::{Failure, ToTpm};

/// State provided for the next power-on.
#[derive(Debug, Default)]
pub(super) struct Staged {
    pub(super) permanent: Option<Blob>,
    /// Sealed volatile state: migrated here, or stored by STORE_VOLATILE.
    pub(super) volatile: Option<Vec<u8>>,
}

impl Backend for Vtpm {
    fn power_on(&mut self, buffer: u32, delete_volatile: bool) -> Result<(), Code> {
        self.try_power_on(buffer, delete_volatile).map_err(|why| {
            self.log.line(&format!("cannot power the TPM on: {why}"));
            why.code()
        })
    }

    /// The engine keeps its state; what is volatile in it is lost at the next power-on.
    fn power_off(&mut self) {}

    fn execute(&mut self, locality: u8, command: &[u8]) -> Vec<u8> {
        match self.start(locality, command) {
            Ok(()) => self.finish().unwrap_or_else(|| error_response(RC_FAILURE)),
            Err(response) => response,
        }
    }

    fn hash_start(&mut self) -> Result<(), Code> {
        self.done(&ToTpm::HashStart)
    }

    fn hash_data(&mut self, data: &[u8]) -> Result<(), Code> {
        self.done(&ToTpm::HashData(data.to_vec()))
    }

    fn hash_end(&mut self) -> Result<(), Code> {
        self.done(&ToTpm::HashEnd)
    }

    fn established(&mut self) -> Result<bool, Code> {
        let flag = self.ask(&ToTpm::Established).and_then(|reply| reply.flag());
        flag.map_err(|why| self.broken(&why))
    }

    fn reset_established(&mut self, locality: u8) -> Result<(), Code> {
        let flag = self.ask(&ToTpm::ResetEstablished(locality)).and_then(|reply| reply.flag());
        match flag {
            Ok(true) => Ok(()),
            Ok(false) => Err(Code::BAD_LOCALITY),
            Err(why) => Err(self.broken(&why)),
        }
    }

    fn cancel(&mut self) {
        Vtpm::cancel(self);
    }

    fn store_volatile(&mut self) -> Result<(), Code> {
        let blob = self.volatile()?;
        self.home.store_volatile(&blob).map_err(|why| {
            self.log.line(&why.to_string());
            Code::FAIL
        })
    }

    fn get_state(&mut self, kind: BlobKind) -> Result<Option<Vec<u8>>, Code> {
        let blob = match kind {
            BlobKind::SaveState => return Ok(None),
            BlobKind::Volatile => self.volatile()?,
            BlobKind::Permanent => self.permanent()?,
        };
        Ok(Some(blob))
    }

    fn set_state(&mut self, kind: BlobKind, bytes: &[u8]) -> Result<(), Code> {
        if bytes.is_empty() {
            match kind {
                BlobKind::Permanent => self.staged.permanent = None,
                BlobKind::Volatile => self.staged.volatile = None,
                BlobKind::SaveState => {}
            }
            return Ok(());
        }
        let Some(blob) = Blob::decode(bytes).filter(|blob| blob.kind == kind) else {
            self.log.line("a state blob was provided that is not one of donjon's: the TPM of another program cannot be taken over here");
            return Err(Code::BAD_PARAMETER);
        };
        match kind {
            BlobKind::Permanent => self.staged.permanent = Some(blob),
            _ => self.staged.volatile = Some(bytes.to_vec()),
        }
        Ok(())
    }

    fn lock_storage(&mut self, retries: u32) -> Result<(), Code> {
        self.home.lock(retries).map_err(|why| {
            self.log.line(&why.to_string());
            Code::FAIL
        })
    }
}

impl Vtpm {
    fn try_power_on(&mut self, buffer: u32, delete_volatile: bool) -> Result<(), OpenError> {
        self.make_ready()?;
        self.ask(&ToTpm::PowerOn { buffer })?;
        if let Some(bytes) = self.staged.volatile.take() {
            return self.load_volatile(&bytes);
        }
        let Some(stored) = self.home.stored_volatile()? else { return Ok(()) };
        match self.load_volatile(&stored) {
            // The guest has started anew since: what was stored is of no more use, and must not
            // keep the TPM from starting.
            Err(
                OpenError::NotVolatile
                | OpenError::Link(LinkError::Refused { failure: Failure::Volatile, .. }),
            ) => {
                self.log.line("the volatile state stored earlier does not fit the TPM any more: it is deleted, the TPM starts without it");
                Ok(self.home.delete_volatile()?)
            }
            Ok(()) if delete_volatile => Ok(self.home.delete_volatile()?),
            result => result,
        }
    }

    fn load_volatile(&mut self, bytes: &[u8]) -> Result<(), OpenError> {
        let blob = Blob::decode(bytes)
            .filter(|blob| blob.kind == BlobKind::Volatile)
            .ok_or(OpenError::NotVolatile)?;
        self.ask(&ToTpm::LoadVolatile(blob.record))?;
        Ok(())
    }

    /// Opens what is not open yet, and the state that was provided in the place of the one that is.
    pub(super) fn make_ready(&mut self) -> Result<(), OpenError> {
        if self.failed.is_some() {
            // The engine may be ahead of the disk, or gone: begin again from what the disk has.
            self.link = None;
            self.open = false;
            self.failed = None;
            self.gone = false;
            self.home.close();
        }
        if let Some(blob) = self.staged.permanent.take() {
            return self.replace_state(blob);
        }
        if self.open { Ok(()) } else { self.open_state() }
    }

    fn replace_state(&mut self, blob: Blob) -> Result<(), OpenError> {
        let held = self.open && self.home.state() == Some(blob.state);
        if !held {
            self.link = None;
            self.open = false;
        }
        self.open_replacement(blob, held)
    }

    /// All permanent state as one blob. The journal is compacted for it: the snapshot in the blob is
    /// the journal's own first record, so that whoever continues from it continues this chain.
    fn permanent(&mut self) -> Result<Vec<u8>, Code> {
        let reply =
            self.ready().and_then(|link| link.call(&ToTpm::Snapshot)).map_err(|why| self.broken(&why))?;
        let record = reply.record.ok_or(Code::FAIL)?;
        if let Err(why) = self.home.replace(&record) {
            self.fail_with(why.to_string());
            return Err(Code::FAIL);
        }
        let state = self.home.state().ok_or(Code::FAIL)?;
        let protector = self.home.protector().to_vec();
        Ok(Blob { kind: BlobKind::Permanent, state, protector, record }.encode())
    }

    fn volatile(&mut self) -> Result<Vec<u8>, Code> {
        let sealed = self.ask(&ToTpm::SaveVolatile).and_then(crate::link::Reply::bytes);
        let record = sealed.map_err(|why| self.broken(&why))?;
        let state = self.home.state().ok_or(Code::FAIL)?;
        Ok(Blob { kind: BlobKind::Volatile, state, protector: Vec::new(), record }.encode())
    }

    fn done(&mut self, request: &ToTpm) -> Result<(), Code> {
        match self.ask(request) {
            Ok(_) => Ok(()),
            Err(why) => Err(self.broken(&why)),
        }
    }

    /// A request that should have been done and was not: the TPM can no more be relied on.
    fn broken(&mut self, why: &LinkError) -> Code {
        self.fail(why);
        Code::FAIL
    }
}

impl OpenError {
    /// What the control channel says.
    fn code(&self) -> Code {
        match self {
            OpenError::Link(LinkError::Refused { failure: Failure::Key, .. }) => Code::DECRYPT_ERROR,
            OpenError::Guardian(_) | OpenError::NoProtector => Code::KEY_NOT_FOUND,
            OpenError::NotVolatile => Code::BAD_PARAMETER,
            _ => Code::FAIL,
        }
    }
}
