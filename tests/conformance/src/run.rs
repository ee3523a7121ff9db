//! Takes one step on one TPM, with what that TPM answered to the steps before.
use crate::session::{self, Session, Use};
use crate::step::{Change, Event, Handle, Named, Part, Step};
use crate::target::{Snapshot, Target};
use std::io;
use tpm2_wire::{
    Accept, Command, NvReadPublic, Rc, ReadPublic, Reader, Shape, StartAuthSession, TpmHt, TpmSt, Wire,
    each_command,
};

/// Bytes of a header.
const HEADER: usize = 10;

/// A TPM and what it answered.
pub struct Party {
    pub target: Box<dyn Target>,
    slots: Named<Slot>,
}

/// A response that was kept.
#[derive(Clone)]
struct Slot {
    handle: Option<u32>,
    fields: Vec<(&'static str, Vec<u8>)>,
    session: Option<Session>,
}

/// Where a party was.
pub struct Mark {
    snapshot: Snapshot,
    slots: Named<Slot>,
}

/// What a step came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The response code.
    pub rc: Rc,
    /// The response's handle.
    pub handle: Option<u32>,
    /// The response's parameters.
    pub fields: Vec<(&'static str, Vec<u8>)>,
    /// The attributes of each session.
    pub attributes: Vec<u8>,
    /// For each HMAC whether it is right.
    pub macs: Vec<bool>,
    /// What is wrong with the response itself.
    pub malformed: Option<&'static str>,
}
impl Outcome {
    /// The outcome of what has no response.
    fn of(rc: Rc) -> Outcome {
        let (attributes, macs) = (Vec::new(), Vec::new());
        Outcome { rc, handle: None, fields: Vec::new(), attributes, macs, malformed: None }
    }
    fn malformed(rc: Rc, what: &'static str) -> Outcome {
        Outcome { malformed: Some(what), ..Outcome::of(rc) }
    }
}

impl Party {
    pub fn new(target: impl Target + 'static) -> Party {
        Party { target: Box::new(target), slots: Named::new() }
    }
    /// Remembers where it is.
    pub fn mark(&mut self) -> io::Result<Mark> {
        Ok(Mark { snapshot: self.target.save()?, slots: self.slots.clone() })
    }
    /// Goes back there.
    pub fn back_to(&mut self, mark: &Mark) -> io::Result<()> {
        self.slots = mark.slots.clone();
        self.target.restore(&mark.snapshot)
    }
    /// Takes a step. `None` when it needs a response that was not kept.
    pub fn take(&mut self, event: &Event) -> io::Result<Option<Outcome>> {
        match event {
            Event::Run(step) => return self.run(step),
            Event::Power => self.target.power_cycle()?,
            Event::Locality(locality) => self.target.set_locality(*locality)?,
            Event::Hash(data) => self.target.hash(data)?,
        }
        Ok(Some(Outcome::of(Rc::SUCCESS)))
    }
    /// The parameters of a step as bytes, before anything is changed.
    pub fn params(&self, step: &Step) -> Option<Vec<u8>> {
        self.bytes(&step.params)
    }

    fn run(&mut self, step: &Step) -> io::Result<Option<Outcome>> {
        let Some(mut order) = self.order(step) else { return Ok(None) };
        let authorized = step.shape().map_or(0, Shape::authorized);
        let names =
            if order.uses.iter().any(Use::needs_names) { self.names(&order.handles)? } else { Vec::new() };
        let command = order.command(step, authorized, &names);
        let mut response = self.target.execute(&command)?;
        if response.get(6..HEADER) == Some(&Rc::RETRY.0.to_be_bytes()) {
            // The TPM had to write its state first; every TSS sends the same bytes again.
            response = self.target.execute(&command)?;
        }
        let outcome = order.outcome(step.code, authorized, &response);
        for (auth, one) in step.auths.iter().zip(order.uses) {
            if let Handle::Of(name) = &auth.session
                && let Some(slot) = self.slots.get_mut(name)
            {
                slot.session = one.session;
            }
        }
        if let Some(name) = step.keep.as_ref().filter(|_| outcome.rc == Rc::SUCCESS) {
            let session = if step.code == StartAuthSession::SHAPE.code {
                let nonce = outcome.fields.first().and_then(|(_, nonce)| nonce.get(2..)).unwrap_or_default();
                Session::of(&order.handles, &order.params, nonce, &step.secret)
            } else {
                None
            };
            let slot = Slot { handle: outcome.handle, fields: outcome.fields.clone(), session };
            self.slots.insert(name.clone(), slot);
        }
        Ok(Some(outcome))
    }
    /// All names looked up.
    fn order(&self, step: &Step) -> Option<Order> {
        let handles = step.handles.iter().map(|handle| self.number(handle)).collect::<Option<_>>()?;
        let find = |name: &str| {
            let slot = self.slots.get(name)?;
            Some((slot.handle?, slot.session.clone()))
        };
        let uses = step.auths.iter().map(|auth| Use::of(auth, find)).collect::<Option<_>>()?;
        Some(Order { handles, uses, params: self.bytes(&step.params)? })
    }
    fn number(&self, handle: &Handle) -> Option<u32> {
        match handle {
            Handle::Number(number) => Some(*number),
            Handle::Of(name) => self.slots.get(name)?.handle,
        }
    }
    fn bytes(&self, parts: &[Part]) -> Option<Vec<u8>> {
        let mut all = Vec::new();
        for part in parts {
            match part {
                Part::Bytes(bytes) => all.extend_from_slice(bytes),
                Part::HandleOf(name) => all.extend_from_slice(&self.slots.get(name)?.handle?.to_be_bytes()),
                Part::Sized(parts) => put_sized(&self.bytes(parts)?, &mut all),
                Part::Field(name, field) => {
                    let slot = self.slots.get(name)?;
                    match &slot.session {
                        Some(session) if field == "nonce" => put_sized(&session.nonce_tpm, &mut all),
                        _ => all.extend_from_slice(&slot.fields.iter().find(|(name, _)| name == field)?.1),
                    }
                }
            }
        }
        Some(all)
    }
    /// The Names of entities, one after the other, as the TPM itself gives them.
    fn names(&mut self, handles: &[u32]) -> io::Result<Vec<u8>> {
        let mut names = Vec::new();
        for handle in handles {
            let (code, field) = match TpmHt::of(*handle) {
                TpmHt::NV_INDEX => (NvReadPublic::SHAPE.code, "nv_name"),
                TpmHt::TRANSIENT | TpmHt::PERSISTENT => (ReadPublic::SHAPE.code, "name"),
                _ => {
                    names.extend_from_slice(&handle.to_be_bytes());
                    continue;
                }
            };
            let asked = self.run(&Step::new(code).h(*handle))?;
            let fields = asked.map(|outcome| outcome.fields).unwrap_or_default();
            // What has no public area has an empty Name.
            let name = fields.iter().find(|(name, _)| *name == field).and_then(|(_, name)| name.get(2..));
            names.extend_from_slice(name.unwrap_or_default());
        }
        Ok(names)
    }
}

/// A step in numbers.
struct Order {
    handles: Vec<u32>,
    uses: Vec<Use>,
    params: Vec<u8>,
}

impl Order {
    /// The bytes of the command.
    fn command(&mut self, step: &Step, authorized: usize, names: &[u8]) -> Vec<u8> {
        for change in &step.changes {
            match change {
                Change::Cut(n) => self.params.truncate(self.params.len().saturating_sub(usize::from(*n))),
                Change::Add(bytes) => self.params.extend_from_slice(bytes),
                Change::Set(at, byte) => {
                    if let Some(old) = self.params.get_mut(usize::from(*at)) {
                        *old = *byte;
                    }
                }
                Change::Flip(at, bits) => {
                    if let Some(old) = self.params.get_mut(usize::from(*at)) {
                        *old ^= bits;
                    }
                }
                _ => {}
            }
        }
        let mut body: Vec<u8> = self.handles.iter().flat_map(|handle| handle.to_be_bytes()).collect();
        let mut params = self.params.clone();
        if !step.auths.is_empty() {
            let area = session::authorize(&mut self.uses, step.code, names, authorized, &mut params);
            let off =
                step.changes.iter().find_map(|c| if let Change::AuthSize(n) = c { Some(*n) } else { None });
            body.extend_from_slice(&(area.len() as i32 + off.unwrap_or(0)).to_be_bytes());
            body.extend_from_slice(&area);
        }
        body.extend_from_slice(&params);
        let mut tag = if step.auths.is_empty() { TpmSt::NO_SESSIONS } else { TpmSt::SESSIONS };
        let mut off = 0;
        for change in &step.changes {
            match change {
                Change::Tag(other) => tag = *other,
                Change::Size(n) => off = *n,
                Change::Keep(n) => body.truncate(usize::from(*n)),
                _ => {}
            }
        }
        let size = (HEADER + body.len()) as i32 + off;
        [&tag.to_be_bytes()[..], &size.to_be_bytes(), &step.code.to_be_bytes(), &body].concat()
    }
    /// What the response says; the sessions move on.
    fn outcome(&mut self, code: u32, authorized: usize, response: &[u8]) -> Outcome {
        let mut r = Reader::new(response, &Accept::ALL);
        let head = (u16::read(&mut r), u32::read(&mut r), u32::read(&mut r));
        let (Ok(tag), Ok(size), Ok(rc)) = head else { return Outcome::malformed(Rc(u32::MAX), "the header") };
        let rc = Rc(rc);
        if size as usize != response.len() {
            return Outcome::malformed(rc, "the size");
        }
        if rc != Rc::SUCCESS {
            let whole = r.finish().is_ok() && tag == TpmSt::NO_SESSIONS;
            return if whole {
                Outcome::of(rc)
            } else {
                Outcome::malformed(rc, "a refusal is more than a header")
            };
        }
        let mut outcome = Outcome::of(rc);
        if crate::step::shape(code).is_some_and(|shape| shape.reply_handle) {
            outcome.handle = u32::read(&mut r).ok();
        }
        let (mut params, area) = if tag == TpmSt::SESSIONS {
            let size = u32::read(&mut r).unwrap_or(u32::MAX) as usize;
            let Ok(params) = r.take(size) else {
                return Outcome::malformed(rc, "the size of the parameters");
            };
            (params.to_vec(), Some(r.rest()))
        } else {
            (r.rest().to_vec(), None)
        };
        if area.is_some() == self.uses.is_empty() {
            return Outcome::malformed(rc, "the tag");
        }
        if let Some(area) = area {
            match session::answer(&mut self.uses, code, authorized, &mut params, area) {
                Some(answers) => (outcome.attributes, outcome.macs) = (answers.attributes, answers.macs),
                None => return Outcome::malformed(rc, "the sessions"),
            }
        }
        match fields(code, &params) {
            Some(fields) => outcome.fields = fields,
            None => {
                outcome.malformed = Some("the parameters");
                outcome.fields = vec![("parameters", params)];
            }
        }
        outcome
    }
}

/// The parameters of a response, one by one, if it is well-formed.
fn fields(code: u32, params: &[u8]) -> Option<Vec<(&'static str, Vec<u8>)>> {
    let mut r = Reader::new(params, &Accept::ALL);
    macro_rules! of { ($($command:ident)*) => { $(
        if code == tpm2_wire::part3::$command::SHAPE.code {
            let fields = tpm2_wire::part3::$command::fields(&mut r).ok()?;
            r.finish().ok()?;
            return Some(fields.into_iter().map(|(name, bytes)| (name, bytes.to_vec())).collect());
        }
    )* } }
    each_command!(of);
    Some(vec![("parameters", params.to_vec())])
}

/// Appends a `TPM2B` of these bytes.
pub fn put_sized(bytes: &[u8], w: &mut Vec<u8>) {
    w.extend_from_slice(&(bytes.len() as u16).to_be_bytes());
    w.extend_from_slice(bytes);
}
