//! A TPM to test: a platform without surprises, and commands as a caller makes them.
#![allow(dead_code)] // no test uses all of it

pub(crate) mod keys;
pub(crate) mod policy;
pub(crate) mod session;

use tpm2_crypto::{CryptoProvider, RUST};
use tpm2_engine::{Config, Delta, EntropyError, Platform, Profile, SecureChannel, Tpm};
use tpm2_wire::{
    Accept, At, Command, NvDefineSpace, NvRead, PolicyCommandCode, PolicyGetDigest, Rc, Reader, Shape,
    Shutdown, StartAuthSession, Startup, Tpm2bDigest, TpmRh, TpmSe, TpmSt, TpmSu, TpmaNv, TpmiAlgHash,
    TpmiRhNvLegacyIndex, TpmsNvPublic, Wire, to_vec,
};

/// Entropy from a seed, and a clock that only the test moves.
pub(crate) struct Bench {
    seed: u64,
    /// Milliseconds.
    pub(crate) now: u64,
    /// There is no more entropy to be had.
    pub(crate) dry: bool,
    /// All entropy is zeros.
    pub(crate) stuck: bool,
    /// Physical presence is asserted.
    pub(crate) presence: bool,
    /// The secure channel that commands come over.
    pub(crate) channel: Option<SecureChannel>,
    /// The timers that have expired, in order.
    pub(crate) expired: Vec<u8>,
}
impl Bench {
    /// Entropy from this seed; time begins at zero.
    pub(crate) fn new(seed: u64) -> Bench {
        Bench { seed, now: 0, dry: false, stuck: false, presence: false, channel: None, expired: Vec::new() }
    }
}
impl Platform for Bench {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        for byte in &mut *out {
            // Knuth's MMIX generator: enough to tell one seed from another.
            self.seed =
                self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (self.seed >> 56) as u8;
        }
        if self.stuck {
            out.fill(0);
        }
        if self.dry { Err(EntropyError) } else { Ok(()) }
    }
    fn now_ms(&mut self) -> u64 {
        self.now
    }
    fn physical_presence(&mut self) -> bool {
        self.presence
    }
    fn secure_channel(&mut self) -> Option<SecureChannel> {
        self.channel.clone()
    }
    fn timer_expired(&mut self, timer: u8) {
        self.expired.push(timer);
    }
}

/// What a command answered.
pub(crate) struct Reply {
    /// The handle, for a command that yields one.
    pub(crate) handle: Option<u32>,
    /// The response parameters.
    pub(crate) params: Vec<u8>,
}
impl Reply {
    /// The parameters as one value, with nothing after it.
    pub(crate) fn value<T: Wire>(&self) -> T {
        let mut r = Reader::new(&self.params, &Accept::ALL);
        let value = T::read(&mut r).expect("a well-formed response");
        r.finish().expect("nothing after it");
        value
    }
    /// A reader over the parameters.
    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader::new(&self.params, &Accept::ALL)
    }
}

/// A TPM, its platform, and what a store would hold of it.
pub(crate) struct Chip {
    pub(crate) tpm: Tpm,
    pub(crate) bench: Bench,
    pub(crate) locality: u8,
    snapshot: Delta,
    pub(crate) deltas: Vec<Delta>,
}

impl Chip {
    /// A new TPM, started.
    pub(crate) fn new() -> Chip {
        let mut chip = Chip::manufactured(&RUST);
        chip.restart(TpmSu::Clear).expect("start-up");
        chip
    }
    /// A new TPM with entropy from this seed, started.
    pub(crate) fn seeded(seed: u64) -> Chip {
        let mut chip = Chip::manufactured_from(&RUST, seed);
        chip.restart(TpmSu::Clear).expect("start-up");
        chip
    }
    /// A TPM of this snapshot, started.
    pub(crate) fn of_snapshot(snapshot: Vec<u8>) -> Chip {
        let mut chip = Chip::new();
        (chip.snapshot, chip.deltas) = (snapshot.into(), Vec::new());
        chip.reload();
        chip
    }
    /// A new TPM of this provider, not started yet.
    pub(crate) fn manufactured(crypto: &'static CryptoProvider) -> Chip {
        Chip::manufactured_from(crypto, 1)
    }
    fn manufactured_from(crypto: &'static CryptoProvider, seed: u64) -> Chip {
        // What a test is about may be what the default profile leaves out.
        Chip::with_profile(crypto, seed, &Profile::by_name("everything").expect("a profile"))
    }
    /// A new TPM of this profile, not started yet.
    pub(crate) fn with_profile(crypto: &'static CryptoProvider, seed: u64, profile: &Profile) -> Chip {
        let mut bench = Bench::new(seed);
        let tpm =
            Tpm::manufacture(crypto, &Config { profile: profile.clone(), ..Config::default() }, &mut bench)
                .expect("entropy");
        let snapshot = tpm.snapshot();
        let mut chip = Chip { tpm, bench, locality: 0, snapshot, deltas: Vec::new() };
        chip.tpm.power_on(&mut chip.bench);
        chip
    }
    /// `_TPM_Init` and `TPM2_Startup`.
    pub(crate) fn restart(&mut self, how: TpmSu) -> Result<Reply, Rc> {
        self.tpm.power_on(&mut self.bench);
        self.send::<Startup>(&[], &[], &to_vec(&how))
    }
    /// `TPM2_Shutdown`, and power goes.
    pub(crate) fn cycle(&mut self, shutdown: TpmSu, startup: TpmSu) {
        self.send::<Shutdown>(&[], &[], &to_vec(&shutdown)).expect("shutdown");
        self.restart(startup).expect("start-up");
    }
    /// Sends a command whose handles are authorized by passwords, in order; those that are not given are
    /// empty.
    pub(crate) fn send<C: Command>(
        &mut self,
        handles: &[u32],
        passwords: &[&str],
        params: &[u8],
    ) -> Result<Reply, Rc> {
        let command = command(&C::SHAPE, handles, passwords, params);
        let response = self.raw(&command);
        parse(&C::SHAPE, &response)
    }
    /// The same, each handle with a policy session where there is one, and an empty password where there is
    /// none.
    pub(crate) fn send_policy<C: Command>(
        &mut self,
        handles: &[u32],
        sessions: &[Option<u32>],
        params: &[u8],
    ) -> Result<Reply, Rc> {
        let auths: Vec<u8> =
            sessions.iter().flat_map(|session| auth(session.unwrap_or(TpmRh::PW), b"")).collect();
        let response = self.raw(&assemble(&C::SHAPE, handles, &auths, params));
        parse(&C::SHAPE, &response)
    }
    /// A policy session, or a trial for one, that allows the command of this code; its handle and digest. An
    /// authorization by it needs no HMAC, as it has no key.
    pub(crate) fn policy(&mut self, kind: TpmSe, code: u32) -> (u32, Tpm2bDigest) {
        let none = [TpmRh::NULL, TpmRh::NULL];
        let params = [&sized(&[7; 16])[..], &[0, 0, kind.value(), 0, 0x10, 0, 0x0B]].concat();
        let session =
            self.send::<StartAuthSession>(&none, &[], &params).expect("a session").handle.expect("a handle");
        self.send::<PolicyCommandCode>(&[session], &[], &code.to_be_bytes()).expect("an assertion");
        let digest = self.send::<PolicyGetDigest>(&[session], &[], &[]).expect("a digest").value();
        (session, digest)
    }
    /// Sends bytes. What is to be durable is kept, as a store would.
    pub(crate) fn raw(&mut self, command: &[u8]) -> Vec<u8> {
        let executed = self.tpm.execute(&mut self.bench, self.locality, command);
        self.deltas.extend(executed.delta);
        executed.response
    }
    /// Sends a command without handles or authorization and reads the response as one value.
    pub(crate) fn ask<C: Command, T: Wire>(&mut self, params: &[u8]) -> T {
        self.send::<C>(&[], &[], params).expect("success").value()
    }
    /// Lets time pass.
    pub(crate) fn wait(&mut self, ms: u64) {
        self.bench.now += ms;
    }
    /// A store writes all anew, as it does once there are many deltas.
    pub(crate) fn compact(&mut self) {
        (self.snapshot, self.deltas) = (self.tpm.snapshot(), Vec::new());
    }
    /// What the store holds: a snapshot, and the deltas since.
    pub(crate) fn records(&self) -> Vec<Vec<u8>> {
        std::iter::once(&self.snapshot).chain(&self.deltas).map(|record| record.to_vec()).collect()
    }
    /// The TPM that the store holds, not powered.
    pub(crate) fn load(&mut self) -> Tpm {
        let records: Vec<&[u8]> =
            std::iter::once(&self.snapshot).chain(&self.deltas).map(|r| &***r).collect();
        Tpm::load(&RUST, &records, &mut self.bench).expect("records that can be loaded")
    }
    /// The process dies; another takes up what the store holds, and starts.
    pub(crate) fn reload(&mut self) {
        self.tpm = self.load();
        self.restart(TpmSu::Clear).expect("start-up");
    }
    /// What a store holds makes the same TPM as the one that runs.
    #[track_caller]
    pub(crate) fn check_durable(&mut self) {
        let loaded = self.load();
        assert!(*loaded.snapshot() == *self.tpm.snapshot(), "the durable state is not the running state");
    }
    /// The same for a TPM with orderly indices, whose durable state is behind on purpose.
    #[track_caller]
    pub(crate) fn check_durable_but_for_memory(&mut self) {
        let loaded = self.load();
        assert_eq!(
            loaded.snapshot().len(),
            self.tpm.snapshot().len(),
            "the durable state is of another shape"
        );
    }
    /// Defines an index of the owner or, with `PLATFORMCREATE`, of the platform. No authorization, no policy.
    pub(crate) fn define(&mut self, index: u32, attributes: TpmaNv, size: u16) -> Result<Reply, Rc> {
        self.define_with(public(index, attributes, size), "")
    }
    /// Defines an index with this public area and authorization value.
    pub(crate) fn define_with(&mut self, public: TpmsNvPublic, auth: &str) -> Result<Reply, Rc> {
        let platform = public.attributes.has(TpmaNv::PLATFORMCREATE);
        let by = if platform { TpmRh::PLATFORM } else { TpmRh::OWNER };
        self.send::<NvDefineSpace>(&[by], &[], &[sized(auth.as_bytes()), sized(&to_vec(&public))].concat())
    }
    /// Reads an index, authorized by the owner.
    pub(crate) fn nv_read(&mut self, index: u32, size: u16, offset: u16) -> Result<Vec<u8>, Rc> {
        let params = [size.to_be_bytes(), offset.to_be_bytes()].concat();
        let reply = self.send::<NvRead>(&[TpmRh::OWNER, index], &[], &params)?;
        Ok(reply.value::<tpm2_wire::Tpm2bMaxNvBuffer>().to_vec())
    }
}

/// The public area of an index with SHA-256 as its nameAlg and without a policy.
pub(crate) fn public(index: u32, attributes: TpmaNv, size: u16) -> TpmsNvPublic {
    TpmsNvPublic {
        nv_index: TpmiRhNvLegacyIndex(index),
        name_alg: TpmiAlgHash::Sha256,
        attributes,
        auth_policy: tpm2_wire::Tpm2bDigest::default(),
        data_size: size,
    }
}
/// Writes a seed or proof of 64 bytes into a snapshot (`docs/FORMAT.md`): item 2, field 1 for the endorsement
/// hierarchy's seed, 2 for the owner's, 5 for the owner's proof.
pub(crate) fn plant(snapshot: &[u8], field: u8, seed: &[u8]) -> Vec<u8> {
    let mut at = 1;
    let mut planted = snapshot.to_vec();
    let u32_at = |at: usize| u32::from_be_bytes(snapshot[at..at + 4].try_into().unwrap()) as usize;
    while snapshot[at] != 2 {
        assert_eq!(snapshot[at + 5], 1, "an item that is there");
        at += 10 + u32_at(at + 6);
    }
    at += 10;
    while snapshot[at] != field {
        at += 5 + u32_at(at + 1);
    }
    assert_eq!(&snapshot[at + 5..at + 7], [0, 64], "a seed of 64 bytes");
    planted[at + 7..at + 71].copy_from_slice(seed);
    planted
}

/// A `TPM2B` of these bytes.
pub(crate) fn sized(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes(), bytes].concat()
}

/// The bytes of a command that is authorized by passwords; those that are not given are empty.
pub(crate) fn command(shape: &Shape, handles: &[u32], passwords: &[&str], params: &[u8]) -> Vec<u8> {
    let password = |i: usize| passwords.get(i).copied().unwrap_or_default().as_bytes();
    let auths: Vec<u8> = (0..shape.authorized()).flat_map(|i| auth(TpmRh::PW, password(i))).collect();
    assemble(shape, handles, &auths, params)
}
/// One session in an authorization area: continued, without a nonce.
pub(crate) fn auth(session: u32, value: &[u8]) -> Vec<u8> {
    [&session.to_be_bytes()[..], &[0, 0, 1], &sized(value)].concat()
}
/// The bytes of a command with these sessions, of which there may be none.
pub(crate) fn assemble(shape: &Shape, handles: &[u32], auths: &[u8], params: &[u8]) -> Vec<u8> {
    let mut body: Vec<u8> = handles.iter().flat_map(|handle| handle.to_be_bytes()).collect();
    let tag = if auths.is_empty() { TpmSt::NO_SESSIONS } else { TpmSt::SESSIONS };
    if !auths.is_empty() {
        body.extend_from_slice(&(auths.len() as u32).to_be_bytes());
        body.extend_from_slice(auths);
    }
    body.extend_from_slice(params);
    let size = 10 + body.len() as u32;
    [&tag.to_be_bytes()[..], &size.to_be_bytes(), &shape.code.to_be_bytes(), &body].concat()
}

/// The parts of a response.
pub(crate) fn parse(shape: &Shape, response: &[u8]) -> Result<Reply, Rc> {
    let mut r = Reader::new(response, &Accept::ALL);
    let tag = u16::read(&mut r).expect("a tag");
    assert_eq!(
        u32::read(&mut r).expect("a size") as usize,
        response.len(),
        "the size that the response names"
    );
    let rc = Rc(u32::read(&mut r).expect("a code"));
    if rc != Rc::SUCCESS {
        assert_eq!(response.len(), 10, "a refusal is a header");
        return Err(rc);
    }
    let handle = shape.reply_handle.then(|| u32::read(&mut r).expect("a handle"));
    let params = if tag == TpmSt::SESSIONS {
        let size = u32::read(&mut r).expect("a size of parameters");
        r.take(size as usize).expect("parameters")
    } else {
        r.rest()
    };
    Ok(Reply { handle, params: params.to_vec() })
}

/// Asserts that a command was refused with this code.
#[track_caller]
pub(crate) fn refused<T>(result: Result<T, Rc>, rc: Rc) {
    match result {
        Ok(_) => panic!("succeeded, {rc:?} was expected"),
        Err(actual) => assert_eq!(actual, rc),
    }
}
/// The same, with the position of the code.
#[track_caller]
pub(crate) fn refused_at<T>(result: Result<T, Rc>, rc: Rc, at: At) {
    refused(result, rc.at(at));
}
