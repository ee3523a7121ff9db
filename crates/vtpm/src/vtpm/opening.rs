//! Bringing a TPM to life: manufactured anew, opened from its records, or replaced by a state that
//! was provided.

use guardian::KeyFile;
use tpm2_engine::Content;
use vsm::SpawnOptions;
use vtpm_store::StateId;

use super::Vtpm;
use super::blob::Blob;
use crate::guard::{self, GuardianError};
use crate::home::{HomeError, Stored};
use crate::link::{Link, LinkError};
use crate::rpc::{Malformed, OpenWith, Payload, ToTpm};
use crate::trustlet;

/// Why a TPM could not be brought to life. Nothing on disk has changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The state directory.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The trustlet.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The guardian.
    #[error(transparent)]
    Guardian(#[from] GuardianError),
    /// The state came without the protector of its key.
    #[error(
        "the TPM state that was provided has no key protector: it was taken from a TPM that was not to outlive its process"
    )]
    NoProtector,
    /// The state is whole, and another TPM's.
    #[error(
        "the TPM state in {place} is another TPM's: its id is {found}, {wanted} belongs there; put this TPM's own state back from a backup"
    )]
    Another {
        /// Where it is.
        place: String,
        /// Whose it is.
        found: StateId,
        /// Whose it should be.
        wanted: StateId,
    },
    /// The TPM has another profile than it was asked to have.
    #[error(
        "the TPM in {place} was made with the profile {found}, and {wanted} was asked for: a TPM's profile does not change; leave --profile out, or begin with a new state"
    )]
    Profile {
        /// Where its state is.
        place: String,
        /// What it has.
        found: String,
        /// What was asked for.
        wanted: String,
    },
    /// Volatile state that is no such.
    #[error("the volatile state that was provided or stored is not one of donjon's")]
    NotVolatile,
    /// No entropy for a new state's id.
    #[error("the kernel gives no entropy for the id of a new TPM state: {0}")]
    Entropy(rustix::io::Errno),
}

impl Vtpm {
    /// Opens the state before power comes, to know early that it can be.
    ///
    /// # Errors
    /// [`OpenError`]; nothing on disk has changed then.
    pub fn open(&mut self) -> Result<(), OpenError> {
        self.make_ready()
    }

    /// Opens the state in the home, or manufactures one where there is none.
    pub(super) fn open_state(&mut self) -> Result<(), OpenError> {
        let stored = self.home.load()?;
        if let Some(stored) = &stored
            && let Err(why) = self.belongs_here(stored.state)
        {
            self.home.close();
            return Err(why);
        }
        let link = self.spawn()?;
        self.open = true;
        let result = match stored {
            Some(stored) => self.open_stored(link, stored).and_then(|()| self.is_as_wanted()),
            None => self.create(link),
        };
        self.open = result.is_ok();
        if self.open {
            self.tell_where();
        } else {
            self.link = None;
            self.home.close();
        }
        result
    }

    /// Opens a state that was provided, and only then replaces the one in the home by it.
    pub(super) fn open_replacement(&mut self, blob: Blob, held: bool) -> Result<(), OpenError> {
        let Blob { state, protector, record, .. } = blob;
        self.belongs_here(state)?;
        self.home.prepare()?;
        let link = match self.link.take() {
            Some(link) if held => self.link.insert(link),
            _ => {
                let link = self.spawn()?;
                self.link.insert(link)
            }
        };
        let with = if held {
            OpenWith::Held
        } else if protector.is_empty() {
            return Err(OpenError::NoProtector);
        } else {
            release(link, &self.home.guardian()?, &self.isolation, state, &protector)?
        };
        let result = open(link, state, with, &[&record]);
        if let Err(why) = result {
            // The state that was open before is still the one in the home; it is opened next time.
            self.link = None;
            self.open = false;
            return Err(why);
        }
        self.home.overwrite(state, &protector, &record)?;
        self.open = true;
        if !held {
            self.tell_where();
        }
        Ok(())
    }

    fn tell_where(&self) {
        if let Some(link) = &self.link {
            let (pid, level) = (link.pid(), self.isolation.level);
            self.log.line(&format!("the TPM runs in trustlet process {pid} at isolation level {level}"));
        }
    }

    fn belongs_here(&self, state: [u8; 16]) -> Result<(), OpenError> {
        match self.only {
            Some(wanted) if wanted.0 != state => {
                Err(OpenError::Another { place: self.home.place(), found: StateId(state), wanted })
            }
            _ => Ok(()),
        }
    }

    fn spawn(&mut self) -> Result<Link, OpenError> {
        let mut options = SpawnOptions::new(trustlet::ROLE, self.isolation.level);
        options.program.clone_from(&self.isolation.program);
        let link = Link::spawn(&options)?;
        Ok(link)
    }

    fn open_stored(&mut self, link: Link, stored: Stored) -> Result<(), OpenError> {
        if let Some(tail) = stored.dropped {
            self.log.line(&format!(
                "the last run was cut off while it wrote: {} bytes of a change that was never answered are gone",
                tail.bytes
            ));
        }
        let link = self.link.insert(link);
        let with = release(link, &self.home.guardian()?, &self.isolation, stored.state, &stored.protector)?;
        let records: Vec<&[u8]> = stored.records.iter().map(Vec::as_slice).collect();
        open(link, stored.state, with, &records)
    }

    /// Is the TPM that was opened of the profile that was asked for? The name decides: what a profile of this name says
    /// may have been something else when this TPM was made, and for this TPM it stays that.
    fn is_as_wanted(&mut self) -> Result<(), OpenError> {
        let Some(wanted) = self.profile.as_ref().map(|profile| profile.content().clone()) else {
            return Ok(());
        };
        let Some(link) = &mut self.link else { return Ok(()) };
        let found = link.call(&ToTpm::Profile)?.bytes()?;
        let found = Content::from_bytes(&found).map_err(|_| LinkError::from(Malformed))?;
        if found.name != wanted.name {
            let place = self.home.place();
            return Err(OpenError::Profile { place, found: found.name, wanted: wanted.name });
        }
        if found != wanted {
            self.log.line(&format!("the TPM keeps what the profile {} said when it was made", found.name));
        }
        Ok(())
    }

    fn create(&mut self, link: Link) -> Result<(), OpenError> {
        let link = self.link.insert(link);
        let guardian = match self.home.is_memory() {
            true => None,
            false => Some(guard::public_key(&self.home.guardian()?, &self.isolation)?),
        };
        let state = self.only.map_or_else(new_state_id, |only| Ok(only.0))?;
        let profile = self.profile.as_ref().map(|profile| profile.content().to_bytes());
        let reply = link.call(&ToTpm::Create { state, guardian: guardian.clone(), profile })?;
        let (Some(record), payload) = (reply.record, reply.payload) else {
            return Err(LinkError::from(Malformed).into());
        };
        let protector = match (payload, guardian) {
            (Payload::Bytes(protector), Some(_)) => protector,
            (Payload::None, None) => Vec::new(),
            _ => return Err(LinkError::from(Malformed).into()),
        };
        self.home.create(state, &protector, &record)?;
        Ok(())
    }
}

/// Has the guardian release the state key to the trustlet's own key.
fn release(
    link: &mut Link,
    guardian: &KeyFile,
    isolation: &super::Isolation,
    state: [u8; 16],
    protector: &[u8],
) -> Result<OpenWith, OpenError> {
    let recipient = link.call(&ToTpm::Hello)?.bytes()?;
    Ok(OpenWith::Released(guard::release(guardian, isolation, state, protector, &recipient)?))
}

fn open(link: &mut Link, state: [u8; 16], with: OpenWith, records: &[&[u8]]) -> Result<(), OpenError> {
    for record in records {
        link.send(&ToTpm::Record(record.to_vec()))?;
    }
    link.call(&ToTpm::Open { state, with })?;
    Ok(())
}

fn new_state_id() -> Result<[u8; 16], OpenError> {
    let mut id = [0; 16];
    let mut filled = 0;
    while let Some(rest) = id.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        filled += rustix::rand::getrandom(rest, rustix::rand::GetRandomFlags::empty())
            .map_err(OpenError::Entropy)?;
    }
    Ok(id)
}
