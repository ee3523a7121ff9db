//! The role "tpm": the program that holds one TPM, inside the container.
//!
//! Plain state, state key and engine exist only here. What leaves is TPM responses, sealed records
//! and one public key. It has no state of its own beside the TPM: the keeper drives it, and when
//! the channel closes it ends.

mod key;
mod platform;
mod state;

use vsm::Channel;

use crate::rpc::{Failure, FromTpm, OpenWith, Payload, ToTpm};
use platform::World;
use state::Held;

/// The name of the role.
pub const ROLE: &str = "tpm";

/// Records of a state that is about to be opened, all together, in bytes: a part of the secret
/// arena ([`vsm::HEAP_LEN`]) that leaves room for what is in them. A journal is compacted
/// long before.
const MAX_RECORDS: usize = 2 << 20;

/// Serves the keeper until the channel closes.
pub fn role(inside: &mut vsm::Inside) {
    serve(&inside.channel);
}

/// The same over any channel.
pub(crate) fn serve(channel: &Channel) {
    let mut trustlet = Trustlet { world: World::new(channel), keys: None, records: Vec::new(), held: None };
    let mut frame = Vec::new();
    while let Ok(true) = channel.recv(&mut frame) {
        // A keeper that does not speak our language cannot be told so, either.
        let Ok(request) = ToTpm::decode(&frame) else { return };
        if let Some(reply) = trustlet.handle(request)
            && channel.send(&reply.encode()).is_err()
        {
            return;
        }
    }
}

/// Why a request was not done.
pub(crate) struct Refused {
    failure: Failure,
    text: String,
}

impl Refused {
    pub(crate) fn new(failure: Failure, text: impl ToString) -> Refused {
        Refused { failure, text: text.to_string() }
    }

    fn entropy() -> Refused {
        Refused::new(Failure::Entropy, "the kernel gives no entropy to the trustlet")
    }
}

struct Trustlet<'c> {
    world: World<'c>,
    /// The keys of this run that a state key is released to.
    keys: Option<key::RunKeys>,
    records: Vec<Vec<u8>>,
    held: Option<Held>,
}

/// What a request brings: a record to be made durable, and what was asked for.
type Done = (Option<Vec<u8>>, Payload);

impl Trustlet<'_> {
    /// The reply, if the request has one.
    fn handle(&mut self, request: ToTpm) -> Option<FromTpm> {
        if matches!(request, ToTpm::Cancel) {
            return None;
        }
        if let ToTpm::Record(record) = request {
            let held: usize = self.records.iter().map(Vec::len).sum();
            // Records above the limit are dropped here and found missing when they are opened.
            if held.saturating_add(record.len()) <= MAX_RECORDS {
                self.records.push(record);
            }
            return None;
        }
        Some(match self.run(request) {
            Ok((record, payload)) => FromTpm::Done { record, payload },
            Err(Refused { failure, text }) => FromTpm::Failed { failure, text },
        })
    }

    fn run(&mut self, request: ToTpm) -> Result<Done, Refused> {
        let world = &mut self.world;
        match request {
            ToTpm::Hello => {
                let keys = key::RunKeys::generate(world)?;
                let public = keys.public();
                self.keys = Some(keys);
                Ok((None, Payload::Bytes(public)))
            }
            ToTpm::Create { state, guardian, profile } => {
                let (held, record) = Held::create(world, state, profile.as_deref())?;
                let protector = match guardian {
                    Some(guardian) => Payload::Bytes(key::protect(world, &guardian, state, held.key())?),
                    None => Payload::None,
                };
                self.held = Some(held);
                Ok((Some(record), protector))
            }
            ToTpm::Open { state, with } => {
                let records = std::mem::take(&mut self.records);
                let key = match with {
                    OpenWith::Released(released) => {
                        let keys = self
                            .keys
                            .take()
                            .ok_or_else(|| order("a key was released that nobody asked for"))?;
                        keys.open(&released, state)?
                    }
                    OpenWith::Held => {
                        let held = self.held.as_ref().filter(|held| held.is(state));
                        held.ok_or_else(|| order("another state is held, or none"))?.copy_key()?
                    }
                };
                self.held = Some(Held::open(world, state, key, &records)?);
                Ok((None, Payload::None))
            }
            request => {
                let held = self.held.as_mut().ok_or_else(|| order("no state is open"))?;
                held.run(world, request)
            }
        }
    }
}

fn order(why: &str) -> Refused {
    Refused::new(Failure::Order, why)
}
