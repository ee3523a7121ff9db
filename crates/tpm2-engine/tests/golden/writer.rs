//! Makes a TPM with something of everything that survives, and writes down its state and what it answers.
use super::common::keys::{DATA, ECDSA, HMAC, NULL, RSASSA, SIGNING, ecc, keyed_hash, rsa, storage};
use super::common::session::{Begin, Session};
use super::common::{Chip, assemble, auth, command, parse, public, sized};
use super::{folder, hex};
use tpm2_crypto::{HashAlg, RUST};
use tpm2_wire::*;

/// The counterpart of `play`: what was done, as text.
struct Writer {
    chip: Chip,
    text: String,
}

const NV: u32 = 0x0150_0000;
const NULL_TICKET: &[u8] = &[0x80, 0x24, 0x40, 0, 0, 7, 0, 0];
const RSA_KEY: u32 = 0x8100_0001;
const ECC_KEY: u32 = 0x8100_0002;
const STORAGE_KEY: u32 = 0x8100_0003;
const DATUM: u32 = 0x8100_0004;

#[test]
#[ignore = "writes a file into the source tree"]
fn write() {
    let name = std::env::var("DONJON_GOLDEN").expect("DONJON_GOLDEN names the file");
    let file = folder().join(name).with_extension("txt");
    assert!(!file.exists(), "{} is there: what was written once stays", file.display());
    let mut w = Writer { chip: Chip::seeded(2), text: String::new() };
    let world = fill(&mut w.chip);
    live(&mut w, world);
    kept(&mut w);
    std::fs::write(file, w.text).expect("a file");
}

/// What is volatile and has to be asked for by handle.
struct World {
    policy: u32,
    bound: Session,
    sequence: u32,
    event: u32,
    hmac_sequence: u32,
    signer: u32,
    context: Vec<u8>,
    session_context: Vec<u8>,
}

fn fill(chip: &mut Chip) -> World {
    indices(chip);
    let srk = chip.primary(TpmRh::OWNER, "srk", &storage()).expect("a storage key");
    persist(chip, srk, STORAGE_KEY);
    chip.flush(srk);
    let key = chip.primary(TpmRh::ENDORSEMENT, "", &rsa(SIGNING, NULL, RSASSA)).expect("an RSA key");
    persist(chip, key, RSA_KEY);
    chip.flush(key);
    let srk = chip.srk();
    let key = chip.child(srk, "", &[], &ecc(SIGNING, NULL, ECDSA, &[])).expect("a key");
    persist(chip, key, ECC_KEY);
    chip.flush(key);
    let datum = chip.child(srk, "auth", b"secret", &keyed_hash(DATA, NULL, &[])).expect("a datum");
    persist(chip, datum, DATUM);
    // Up to here one snapshot, from here deltas, of which one takes something away.
    chip.define(NV + 7, TpmaNv::OWNERWRITE | TpmaNv::OWNERREAD, 8).expect("an index");
    chip.compact();
    chip.send::<NvUndefineSpace>(&[TpmRh::OWNER, NV + 7], &[], &[]).expect("gone");
    let context = chip.send::<ContextSave>(&[datum], &[], &[]).expect("a context").params;
    chip.flush(datum);
    let signer = chip.child(srk, "", &[], &keyed_hash(SIGNING, HMAC, &[])).expect("an HMAC key");
    let (saved, _) = chip.policy(TpmSe::Policy, NvRead::SHAPE.code);
    let session_context = chip.send::<ContextSave>(&[saved], &[], &[]).expect("a context").params;
    let (policy, _) = chip.policy(TpmSe::Policy, NvWrite::SHAPE.code);
    chip.send::<PolicyAuthValue>(&[policy], &[], &[]).expect("an assertion");
    chip.send::<PolicyLocality>(&[policy], &[], &[9]).expect("an assertion");
    let begin = Begin { bind: ECC_KEY, symmetric: &[0, 6, 0, 128, 0, 0x43], ..Begin::default() };
    let bound = Session::begin(chip, &begin).expect("a session");
    let sequence = [&[0, 0][..], &[0, 0x0C]].concat();
    let sequence = chip.send::<HashSequenceStart>(&[], &[], &sequence).expect("a sequence").handle;
    let sequence = sequence.expect("a handle");
    chip.send::<SequenceUpdate>(&[sequence], &[], &sized(&[0x61; 200])).expect("an update");
    let event = chip.send::<HashSequenceStart>(&[], &[], &[&[0, 0], NULL].concat()).expect("a sequence");
    let event = event.handle.expect("a handle");
    chip.send::<SequenceUpdate>(&[event], &[], &sized(b"event")).expect("an update");
    let hmac = chip.send::<MacStart>(&[signer], &[], &[&[0, 0], NULL].concat()).expect("a sequence");
    let hmac_sequence = hmac.handle.expect("a handle");
    chip.send::<SequenceUpdate>(&[hmac_sequence], &[], &sized(b"some data")).expect("an update");
    for (pcr, alg, size) in [(0, 0x0Bu16, 32), (7, 0x0C, 48), (16, 4, 20), (23, 0x0D, 64)] {
        let params = [&[0, 0, 0, 1][..], &alg.to_be_bytes(), &vec![pcr as u8 + 1; size]].concat();
        chip.send::<PcrExtend>(&[pcr], &[], &params).expect("an extension");
    }
    let params = [&sized(&[7; 32])[..], &[0, 0x0B]].concat();
    chip.send::<SetPrimaryPolicy>(&[TpmRh::OWNER], &[], &params).expect("a policy");
    chip.send::<HierarchyChangeAuth>(&[TpmRh::LOCKOUT], &[], &sized(b"lock")).expect("an authorization");
    let da = [7u32, 100, 200].map(u32::to_be_bytes).concat();
    chip.send::<DictionaryAttackParameters>(&[TpmRh::LOCKOUT], &["lock"], &da).expect("parameters");
    chip.send::<ClockSet>(&[TpmRh::OWNER], &[], &1_000_000u64.to_be_bytes()).expect("a clock");
    chip.wait(777);
    World { policy, bound, sequence, event, hmac_sequence, signer, context, session_context }
}

/// One index of each type, written, and one that is not; attributes, a policy and an authorization value.
fn indices(chip: &mut Chip) {
    let all = TpmaNv::OWNERREAD | TpmaNv::OWNERWRITE | TpmaNv::AUTHREAD | TpmaNv::NO_DA;
    for (i, (kind, size)) in (0u32..).zip([(0u32, 40), (1, 8), (2, 8), (4, 32), (8, 8), (9, 8), (0, 5)]) {
        let mut area = public(NV + i, TpmaNv(all.0 | kind << 4), size);
        if i == 6 {
            area.auth_policy = Tpm2bDigest::from(&[3; 32][..]);
        }
        chip.define_with(area, "index").expect("an index");
    }
    let by_owner = |i: u32| [TpmRh::OWNER, NV + i];
    chip.send::<NvWrite>(&by_owner(0), &[], &[&sized(&[9; 40])[..], &[0; 2]].concat()).expect("written");
    chip.send::<NvIncrement>(&by_owner(1), &[], &[]).expect("counted");
    chip.send::<NvIncrement>(&by_owner(1), &[], &[]).expect("counted");
    chip.send::<NvSetBits>(&by_owner(2), &[], &[0x81, 0, 0, 0, 0, 0, 0, 1]).expect("set");
    chip.send::<NvExtend>(&by_owner(3), &[], &sized(b"extend")).expect("extended");
    for pin in [4, 5] {
        let value = [0, 0, 0, 1, 0, 0, 1, 0];
        chip.send::<NvWrite>(&by_owner(pin), &[], &[&sized(&value)[..], &[0; 2]].concat()).expect("written");
    }
}

fn persist(chip: &mut Chip, object: u32, handle: u32) {
    chip.send::<EvictControl>(&[TpmRh::OWNER, object], &[], &handle.to_be_bytes())
        .expect("a persistent object");
}

/// The TPM goes on where it was, then is reset.
fn live(w: &mut Writer, mut world: World) {
    w.records();
    w.on();
    w.line("volatile", &w.chip.tpm.save_volatile());
    w.permanent();
    w.ask::<PolicyGetDigest>(&[world.policy], &[], &[]);
    w.ask::<Mac>(&[world.signer], &[], &[&sized(b"data")[..], NULL].concat());
    w.ask::<SequenceComplete>(&[world.sequence], &[], &[sized(b"end"), NULL_HIERARCHY.to_vec()].concat());
    w.ask::<SequenceComplete>(
        &[world.hmac_sequence],
        &[],
        &[sized(b"end"), NULL_HIERARCHY.to_vec()].concat(),
    );
    w.ask::<EventSequenceComplete>(&[8, world.event], &[], &sized(b"!"));
    for bank in [4u8, 0x0B, 0x0C, 0x0D] {
        for pcrs in [[0x81, 1, 0], [0, 0, 0x83]] {
            w.ask::<PcrRead>(&[], &[], &[&[0, 0, 0, 1, 0, bank, 3][..], &pcrs].concat());
        }
    }
    w.ask::<ContextLoad>(&[], &[], &world.context);
    w.ask::<ContextLoad>(&[], &[], &world.session_context);
    w.ask::<PolicyGetDigest>(&[0x0300_0000], &[], &[]);
    // The session knows its key and its nonce: the HMAC over this command is right.
    let name = w.chip.read_public(ECC_KEY).1;
    let digest = RUST.digest(HashAlg::Sha256, &[b"message"]);
    let params = [&sized(&digest)[..], NULL, NULL_TICKET].concat();
    let bound = &mut world.bound;
    let bytes = w.chip.sign_command::<Sign>(&[ECC_KEY], &[&name], &mut [bound], &params);
    w.send(&bytes, false);
}

/// The same TPM after `TPM2_Shutdown(STATE)` and a Resume, then after a Reset.
fn kept(w: &mut Writer) {
    w.chip.send::<Shutdown>(&[], &[], &to_vec(&TpmSu::State)).expect("shutdown");
    w.chip.compact();
    w.text += "off\n";
    w.records();
    for how in [TpmSu::State, TpmSu::Clear] {
        w.on();
        w.chip.deltas.clear();
        w.chip.tpm = w.chip.load();
        w.chip.tpm.power_on(&mut w.chip.bench);
        w.ask::<Startup>(&[], &[], &to_vec(&how));
        w.permanent();
        for pcrs in [[0x81, 1, 0], [0, 0, 0x83]] {
            w.ask::<PcrRead>(&[], &[], &[&[0, 0, 0, 1, 0, 0x0C, 3][..], &pcrs].concat());
        }
    }
}

/// `TPM_RH_NULL`.
const NULL_HIERARCHY: &[u8] = &[0x40, 0, 0, 7];

impl Writer {
    fn line(&mut self, word: &str, bytes: &[u8]) {
        self.text += &format!("{word} {}\n", hex(bytes));
    }
    fn records(&mut self) {
        for record in self.chip.records() {
            self.line("record", &record);
        }
    }
    fn on(&mut self) {
        self.text += "on\n";
    }
    fn ask<C: Command>(&mut self, handles: &[u32], passwords: &[&str], params: &[u8]) {
        self.send(&command(&C::SHAPE, handles, passwords, params), true);
    }
    fn send(&mut self, bytes: &[u8], same: bool) -> Vec<u8> {
        let response = self.chip.raw(bytes);
        assert_eq!(response[6..10], [0; 4], "{} is answered with {}", hex(bytes), hex(&response));
        self.line("ask", bytes);
        if same {
            self.line("answer", &response);
        } else {
            self.text += "accepted\n";
        }
        response
    }
    /// What is permanent: keys, data, indices, hierarchies.
    fn permanent(&mut self) {
        for key in [RSA_KEY, ECC_KEY, STORAGE_KEY, DATUM] {
            self.ask::<ReadPublic>(&[key], &[], &[]);
        }
        let digest = RUST.digest(HashAlg::Sha256, &[b"message"]);
        self.ask::<Sign>(&[RSA_KEY], &[], &[&sized(&digest)[..], NULL, NULL_TICKET].concat());
        let sign = command(&Sign::SHAPE, &[ECC_KEY], &[], &[&sized(&digest)[..], NULL, NULL_TICKET].concat());
        self.send(&sign, false);
        self.ask::<Unseal>(&[DATUM], &["auth"], &[]);
        let params = [1u32, NV, 16].map(u32::to_be_bytes).concat();
        self.ask::<GetCapability>(&[], &[], &params);
        for (i, size) in (0u32..).zip([40u16, 8, 8, 32, 8, 8, 5]) {
            self.ask::<NvReadPublic>(&[NV + i], &[], &[]);
            if i < 6 {
                let params = [size.to_be_bytes(), [0; 2]].concat();
                self.ask::<NvRead>(&[TpmRh::OWNER, NV + i], &[], &params);
            }
        }
        let by_index = assemble(&NvRead::SHAPE, &[NV, NV], &auth(TpmRh::PW, b"index"), &[0, 8, 0, 0]);
        self.send(&by_index, true);
        // The primary seeds and how keys come of them.
        for hierarchy in [TpmRh::OWNER, TpmRh::ENDORSEMENT, TpmRh::PLATFORM] {
            let params = super::common::keys::create_params("", &[], &storage());
            let response = self.send(&command(&CreatePrimary::SHAPE, &[hierarchy], &[], &params), false);
            let handle = parse(&CreatePrimary::SHAPE, &response).ok().and_then(|reply| reply.handle);
            let handle = handle.expect("a handle");
            self.ask::<ReadPublic>(&[handle], &[], &[]);
            self.ask::<FlushContext>(&[], &[], &handle.to_be_bytes());
        }
        let params = [9u32, TpmRh::OWNER, 4].map(u32::to_be_bytes).concat();
        self.ask::<GetCapability>(&[], &[], &params);
        // lockoutAuth, and the parameters of dictionary-attack protection.
        self.ask::<DictionaryAttackLockReset>(&[TpmRh::LOCKOUT], &["lock"], &[]);
        let params = [6u32, 0x20E, 4].map(u32::to_be_bytes).concat();
        self.ask::<GetCapability>(&[], &[], &params);
    }
}
