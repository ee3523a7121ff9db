//! Takes each step on both TPMs and says in what their answers differ.
//!
//! What must differ is not compared: random bytes, time, and all that depends on them. A value is known to depend on
//! them when the step that gave it used a value that differed.
use crate::mask;
use crate::run::{Mark, Outcome, Party};
use crate::step::{Event, Handle, Part, Step};
use crate::target::twins;
use std::collections::BTreeSet;
use std::io;
use tpm2_wire::{At, Rc, TpmHt, TpmRh, TpmaSession};

/// Both TPMs.
pub struct Pair {
    pub ours: Party,
    pub swtpm: Party,
    /// Names of responses, and handles, that stand for different things on the two.
    unlike: BTreeSet<String>,
}

/// Where both were.
pub struct Marks {
    ours: Mark,
    swtpm: Mark,
    unlike: BTreeSet<String>,
}

/// What a step came to on both.
pub struct Taken {
    pub ours: Outcome,
    pub swtpm: Outcome,
    pub difference: Option<Difference>,
}
impl Taken {
    /// Did the step succeed on both or fail on both?
    pub fn agree(&self) -> bool {
        (self.ours.rc == Rc::SUCCESS) == (self.swtpm.rc == Rc::SUCCESS)
    }
    /// May it have changed the state of either?
    pub fn may_have_changed(&self) -> bool {
        // A wrong authorization value is charged to the state although the command fails.
        let charged = |rc: Rc| [Rc::AUTH_FAIL, Rc::BAD_AUTH, Rc::FAILURE].contains(&rc.bare());
        [self.ours.rc, self.swtpm.rc].iter().any(|rc| *rc == Rc::SUCCESS || charged(*rc))
    }
}

/// In what two answers differ.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// Ours: the response code, or `field=value`.
    pub ours: String,
    /// swtpm's, likewise.
    pub swtpm: String,
}

impl Pair {
    pub fn new() -> io::Result<Pair> {
        let (ours, swtpm) = twins()?;
        Ok(Pair { ours: Party::new(ours), swtpm: Party::new(swtpm), unlike: BTreeSet::new() })
    }
    /// Remembers where both are.
    pub fn mark(&mut self) -> io::Result<Marks> {
        Ok(Marks { ours: self.ours.mark()?, swtpm: self.swtpm.mark()?, unlike: self.unlike.clone() })
    }
    /// Goes back there.
    pub fn back_to(&mut self, marks: &Marks) -> io::Result<()> {
        self.unlike = marks.unlike.clone();
        self.ours.back_to(&marks.ours)?;
        self.swtpm.back_to(&marks.swtpm)
    }
    /// Takes a step on both. `None` when it needs a response that was not kept.
    pub fn take(&mut self, event: &Event) -> io::Result<Option<Taken>> {
        let (Some(ours), Some(swtpm)) = (self.ours.take(event)?, self.swtpm.take(event)?) else {
            return Ok(None);
        };
        let Event::Run(step) = event else {
            return Ok(Some(Taken { ours, swtpm, difference: None }));
        };
        let alike = !self.uses_unlike(step);
        let difference = differ(step, alike, &ours, &swtpm);
        if ours.rc == Rc::SUCCESS {
            let name = step.name();
            if let Some(keep) = &step.keep {
                let same = alike && (ours.fields == swtpm.fields || name == "StartAuthSession");
                if same {
                    self.unlike.remove(keep)
                } else {
                    self.unlike.insert(keep.clone())
                };
            }
            if !alike {
                self.unlike.extend(step.handles.iter().filter_map(key));
            }
            if ours.fields != swtpm.fields {
                // What a session audits is in its digest.
                let audits =
                    step.auths.iter().filter(|auth| TpmaSession(auth.attributes).has(TpmaSession::AUDIT));
                self.unlike.extend(audits.filter_map(|auth| key(&auth.session)));
            }
        }
        Ok(Some(Taken { ours, swtpm, difference }))
    }
    /// Does the step use something that is not the same on both?
    fn uses_unlike(&self, step: &Step) -> bool {
        let null = step.name() == "CreatePrimary" && step.handles == [Handle::Number(TpmRh::NULL)];
        let handle = |handle: &Handle| key(handle).is_some_and(|key| self.unlike.contains(&key));
        null || step.handles.iter().any(handle) || self.parts_unlike(&step.params)
    }
    fn parts_unlike(&self, parts: &[Part]) -> bool {
        parts.iter().any(|part| match part {
            Part::Bytes(_) => false,
            Part::Sized(inner) => self.parts_unlike(inner),
            Part::Field(_, field) if field == "nonce" => true,
            Part::Field(name, _) | Part::HandleOf(name) => self.unlike.contains(name),
        })
    }
}

/// What a handle stands for, where that can be different on the two.
fn key(handle: &Handle) -> Option<String> {
    match handle {
        Handle::Of(name) => Some(name.clone()),
        Handle::Number(number) if TpmHt::of(*number) == TpmHt::PERMANENT => None,
        Handle::Number(number) => Some(format!("{number:08x}")),
    }
}

fn differ(step: &Step, alike: bool, ours: &Outcome, swtpm: &Outcome) -> Option<Difference> {
    let difference = |ours: String, swtpm: String| Some(Difference { ours, swtpm });
    if ours.rc != swtpm.rc {
        return difference(code(ours.rc), code(swtpm.rc));
    }
    if ours.malformed != swtpm.malformed {
        let say = |outcome: &Outcome| format!("malformed={}", outcome.malformed.unwrap_or("nothing"));
        return difference(say(ours), say(swtpm));
    }
    if ours.handle != swtpm.handle {
        let say = |outcome: &Outcome| format!("handle={:08x}", outcome.handle.unwrap_or(0));
        return difference(say(ours), say(swtpm));
    }
    if ours.attributes != swtpm.attributes || ours.macs != swtpm.macs {
        let say = |outcome: &Outcome| format!("sessions={:02x?}{:?}", outcome.attributes, outcome.macs);
        return difference(say(ours), say(swtpm));
    }
    let name = step.name();
    ours.fields.iter().zip(&swtpm.fields).find_map(|((field, ours), (_, swtpm))| {
        let seen = |bytes: &[u8]| mask::comparable(&name, field, bytes, alike);
        let (ours, swtpm) = (seen(ours), seen(swtpm));
        if ours == swtpm {
            return None;
        }
        let say = |bytes: &[u8]| format!("{field}={}", crate::text::hex(bytes));
        difference(say(&ours), say(&swtpm))
    })
}

/// A response code by name, with its position.
pub fn code(rc: Rc) -> String {
    for (first, name) in [(Rc::REFERENCE_H0, "TPM_RC_REFERENCE_H"), (Rc::REFERENCE_S0, "TPM_RC_REFERENCE_S")]
    {
        if (first.0..first.0 + 7).contains(&rc.0) {
            return format!("{name}{}", rc.0 - first.0);
        }
    }
    let named = format!("{:?}", rc.bare());
    let name = named.split('(').next().unwrap_or_default();
    let name = if name == "TPM_RC" { format!("{:#x}", rc.bare().0) } else { name.to_owned() };
    if rc == rc.bare() {
        return name;
    }
    let places = (1..=15).map(|n| ("P", n, At::Param(n)));
    let places = places.chain((1..=7).flat_map(|n| [("H", n, At::Handle(n)), ("S", n, At::Session(n))]));
    for (letter, n, at) in places {
        if rc.bare().at(at) == rc {
            return format!("{name}:{letter}{n}");
        }
    }
    name
}
