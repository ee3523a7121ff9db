//! The cases that are written by hand, by chapter of Part 3: what each command does, and how it is refused.
//!
//! A case that is `varied` is also the origin of generated ones: see [`mod@crate::table`].
mod areas;
mod asymmetric;
mod attestation;
mod capability;
mod context;
mod hash;
mod hierarchy;
mod nv;
mod object;
mod pcr;
mod policy;
mod session;
mod signing;
mod startup;
mod symmetric;
pub mod world;

pub use areas::*;

use crate::step::{Event, Step};

/// A command in a certain state.
#[derive(Clone)]
pub struct Case {
    /// The command and what is special of this case.
    pub id: String,
    /// What leads there, from the world.
    pub setup: Vec<Event>,
    pub step: Event,
    /// It is the origin of generated cases.
    pub varied: bool,
}

/// A case. The clause of Part 3 is that of the command; where another one rules, `what` names it.
pub fn case(what: &str, step: Step) -> Case {
    let id = if what.is_empty() { step.name() } else { format!("{}: {what}", step.name()) };
    Case { id, setup: Vec::new(), step: step.into(), varied: false }
}
/// A case that is the origin of generated ones.
pub fn varied(what: &str, step: Step) -> Case {
    Case { varied: true, ..case(what, step) }
}
impl Case {
    /// What leads there.
    pub fn after<E: Into<Event>>(mut self, setup: impl IntoIterator<Item = E>) -> Case {
        self.setup.extend(setup.into_iter().map(Into::into));
        self
    }
}

/// All of them.
pub fn all() -> Vec<Case> {
    [
        startup::cases(),
        session::cases(),
        object::cases(),
        asymmetric::cases(),
        symmetric::cases(),
        hash::cases(),
        attestation::cases(),
        signing::cases(),
        pcr::cases(),
        policy::cases(),
        hierarchy::cases(),
        context::cases(),
        capability::cases(),
        nv::cases(),
    ]
    .concat()
}
