//! Sessions (Part 1, 19 and 21; Part 3, 11.1): what the caller computes apart from the engine is what it accepts.
mod common;

use common::keys::{DATA, HMAC, NULL, SIGNING, STORAGE, ecc, keyed_hash, rsa, storage};
use common::session::{Begin, Session, session_at};
use common::{Chip, assemble, auth, parse, public, refused, refused_at, sized};
use tpm2_crypto::{HashAlg, RUST, Rng, RsaPad};
use tpm2_wire::{
    At, Command, ContextLoad, ContextSave, GetRandom, Hash, HierarchyChangeAuth, NvRead, NvWrite,
    PolicyRestart, Rc, ReadClock, StartAuthSession, Tpm2bSensitiveData, TpmRh, TpmSe, TpmSu, TpmaNv,
    TpmaSession, TpmuPublicId, Unseal,
};

const AES_CFB: &[u8] = &[0, 6, 0, 128, 0, 0x43];
const XOR: &[u8] = &[0, 0x0A, 0, 0x0B];
const INDEX: u32 = 0x0150_0000;

struct Fixed(u8);
impl Rng for Fixed {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), tpm2_crypto::Error> {
        for byte in out {
            self.0 = self.0.wrapping_mul(5).wrapping_add(1);
            *byte = self.0 | 1;
        }
        Ok(())
    }
}

/// A TPM with a sealed datum "secret", authorized by "right"; its handle and Name.
fn sealed() -> (Chip, u32, Vec<u8>) {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let item = chip.child(srk, "right", b"secret", &keyed_hash(DATA, NULL, &[])).expect("an object");
    let name = chip.read_public(item).1.0;
    (chip, item, name)
}
fn unseal(chip: &mut Chip, item: u32, name: &[u8], sessions: &mut [&mut Session]) -> Result<Vec<u8>, Rc> {
    let reply = chip.send_sessions::<Unseal>(&[item], &[name], sessions, &[])?;
    Ok(reply.value::<Tpm2bSensitiveData>().0.clone())
}

#[test]
fn an_hmac_proves_the_authorization_value() {
    let (mut chip, item, name) = sealed();
    let mut session = Session::begin(&mut chip, &Begin::default()).expect("a session");
    session.auth = b"right".to_vec();
    for _ in 0..3 {
        assert_eq!(unseal(&mut chip, item, &name, &mut [&mut session]).expect("the secret"), b"secret");
    }
    let mut wrong = session.clone();
    wrong.auth = b"wrong".to_vec();
    refused_at(unseal(&mut chip, item, &name, &mut [&mut wrong]), Rc::BAD_AUTH, session_at(1));
    let mut without = session.clone();
    without.hmac = Some(Vec::new());
    refused_at(unseal(&mut chip, item, &name, &mut [&mut without]), Rc::BAD_AUTH, session_at(1));
    // A refusal leaves the nonces as they were.
    unseal(&mut chip, item, &name, &mut [&mut session]).expect("the secret");
    // The last use ends the session.
    session.attributes = TpmaSession(0);
    unseal(&mut chip, item, &name, &mut [&mut session]).expect("the secret");
    session.attributes = TpmaSession::CONTINUE;
    refused(unseal(&mut chip, item, &name, &mut [&mut session]), Rc::reference_session(0));
}

#[test]
fn a_command_cannot_be_replayed_or_changed() {
    let (mut chip, item, name) = sealed();
    let mut session = Session::begin(&mut chip, &Begin::default()).expect("a session");
    session.auth = b"right".to_vec();
    let command = chip.sign_command::<Unseal>(&[item], &[&name], &mut [&mut session], &[]);
    let response = chip.raw(&command);
    common::session::read_response::<Unseal>(&response, &mut [&mut session]).expect("the secret");
    let again = chip.raw(&command);
    refused_at(parse(&Unseal::SHAPE, &again), Rc::BAD_AUTH, session_at(1));
    // Each bit of nonce, attributes and HMAC counts, but for the reserved ones.
    for at in 18 + 4 + 2..command.len() {
        let mut changed = chip.sign_command::<Unseal>(&[item], &[&name], &mut [&mut session.clone()], &[]);
        changed[at] ^= 1;
        let shape = &Unseal::SHAPE;
        let response = chip.raw(&changed);
        assert!(parse(shape, &response).is_err(), "byte {at}");
    }
    unseal(&mut chip, item, &name, &mut [&mut session]).expect("the secret");
}

#[test]
fn bound_sessions() {
    let (mut chip, item, name) = sealed();
    let begin = Begin { bind: item, bind_auth: b"right", ..Begin::default() };
    let mut session = Session::begin(&mut chip, &begin).expect("a session");
    // The entity that it is bound to needs no more; its value is in the session key.
    unseal(&mut chip, item, &name, &mut [&mut session]).expect("the secret");
    // Another entity does.
    chip.send::<HierarchyChangeAuth>(&[TpmRh::OWNER], &[], &sized(b"owner")).expect("a value");
    let owner = TpmRh::OWNER.to_be_bytes();
    let change = |chip: &mut Chip, session: &mut Session, new: &[u8]| {
        let handles = [TpmRh::OWNER];
        chip.send_sessions::<HierarchyChangeAuth>(&handles, &[&owner], &mut [session], &sized(new)).map(drop)
    };
    refused_at(change(&mut chip, &mut session, b"x"), Rc::BAD_AUTH, session_at(1));
    // The response of a change is proven by the new value.
    let mut asking = session.clone();
    asking.auth = b"owner".to_vec();
    let command = {
        let params = sized(b"new");
        chip.sign_command::<HierarchyChangeAuth>(&[TpmRh::OWNER], &[&owner], &mut [&mut asking], &params)
    };
    let response = chip.raw(&command);
    asking.auth = b"new".to_vec();
    common::session::read_response::<HierarchyChangeAuth>(&response, &mut [&mut asking]).expect("a change");
    // Bound to what has changed since, it is bound to nothing.
    let begin = Begin { bind: TpmRh::OWNER, bind_auth: b"new", ..Begin::default() };
    let mut bound = Session::begin(&mut chip, &begin).expect("a session");
    chip.send::<HierarchyChangeAuth>(&[TpmRh::OWNER], &["new"], &sized(b"newer")).expect("a value");
    refused_at(change(&mut chip, &mut bound.clone(), b"x"), Rc::BAD_AUTH, session_at(1));
    bound.auth = b"newer".to_vec();
    let command =
        chip.sign_command::<HierarchyChangeAuth>(&[TpmRh::OWNER], &[&owner], &mut [&mut bound], &sized(b""));
    let response = chip.raw(&command);
    bound.auth.clear();
    common::session::read_response::<HierarchyChangeAuth>(&response, &mut [&mut bound]).expect("a change");
}

#[test]
fn salted_sessions() {
    let (mut chip, item, name) = sealed();
    // ECC: an ephemeral key, ECDH and KDFe.
    let key = chip.primary(TpmRh::OWNER, "", &storage()).expect("a key");
    let q = chip.point(key);
    let curve = tpm2_crypto::Curve::P256;
    let (d, ephemeral) = RUST.ec_generate(&mut Fixed(1), curve).expect("a key");
    let z = RUST.ec_mul(curve, &q, &d).expect("a point");
    let salt = RUST.kdfe(HashAlg::Sha256, &z.x, b"SECRET", &ephemeral.x, &q.x, 256);
    let sent = [sized(&ephemeral.x), sized(&ephemeral.y)].concat();
    let begin = Begin { tpm_key: key, salt: (&salt, &sent), symmetric: AES_CFB, ..Begin::default() };
    let mut session = Session::begin(&mut chip, &begin).expect("a session");
    session.auth = b"right".to_vec();
    session.crypt_auth = b"right".to_vec();
    session.attributes = TpmaSession::CONTINUE | TpmaSession::ENCRYPT;
    assert_eq!(unseal(&mut chip, item, &name, &mut [&mut session]).expect("the secret"), b"secret");
    // A salt that is on no curve, is the point at infinity, or is cut short.
    let nowhere = [sized(&[1; 32]), sized(&[1; 32])].concat();
    for bad in [&nowhere[..], &[0, 0, 0, 0], &sent[..40], &[&sent[..], &[0]].concat()] {
        let begin = Begin { tpm_key: key, salt: (&[], bad), ..Begin::default() };
        let answer = Session::begin(&mut chip, &begin);
        refused_at(answer, Rc::VALUE, StartAuthSession::encrypted_salt);
    }
    chip.flush(key);
    // RSA: OAEP.
    let key = chip.primary(TpmRh::OWNER, "", &rsa(STORAGE, AES_CFB, NULL)).expect("a key");
    let TpmuPublicId::Rsa(n) = chip.read_public(key).0.unique else { panic!("not an RSA key") };
    let salt = [9; 32];
    let pad = RsaPad::Oaep { hash: HashAlg::Sha256, label: b"SECRET\0" };
    let sent = RUST.rsa_encrypt(&n, 65537, pad, &salt, &mut Fixed(2)).expect("a message");
    let begin = Begin {
        tpm_key: key,
        salt: (&salt, &sent),
        bind: item,
        bind_auth: b"right",
        symmetric: XOR,
        ..Begin::default()
    };
    let mut session = Session::begin(&mut chip, &begin).expect("a session");
    session.crypt_auth = b"right".to_vec();
    session.attributes = TpmaSession::CONTINUE | TpmaSession::ENCRYPT;
    assert_eq!(unseal(&mut chip, item, &name, &mut [&mut session]).expect("the secret"), b"secret");
    let other = RsaPad::Oaep { hash: HashAlg::Sha256, label: b"IDENTITY\0" };
    let sent = RUST.rsa_encrypt(&n, 65537, other, &salt, &mut Fixed(3)).expect("a message");
    for bad in [&sent[..], &sent[1..]] {
        let begin = Begin { tpm_key: key, salt: (&salt, bad), ..Begin::default() };
        refused_at(Session::begin(&mut chip, &begin), Rc::VALUE, StartAuthSession::encrypted_salt);
    }
}

#[test]
fn parameters_travel_encrypted() {
    let mut chip = Chip::new();
    let own = TpmaNv::OWNERREAD | TpmaNv::OWNERWRITE;
    chip.define(INDEX, own, 6).expect("an index");
    let owner = TpmRh::OWNER.to_be_bytes();
    for symmetric in [AES_CFB, &[0, 6, 1, 0, 0, 0x43], XOR] {
        let begin = Begin { bind: TpmRh::OWNER, symmetric, ..Begin::default() };
        let mut session = Session::begin(&mut chip, &begin).expect("a session");
        let both = TpmaSession::CONTINUE | TpmaSession::DECRYPT;
        session.attributes = both;
        let name = index_name(&mut chip);
        let params = [&sized(b"abcdef")[..], &[0, 0]].concat();
        let handles = [TpmRh::OWNER, INDEX];
        let command = chip.sign_command::<NvWrite>(&handles, &[&owner, &name], &mut [&mut session], &params);
        assert!(!command.windows(6).any(|six| six == b"abcdef"), "it does not show on the wire");
        let response = chip.raw(&command);
        common::session::read_response::<NvWrite>(&response, &mut [&mut session]).expect("a write");
        assert_eq!(chip.nv_read(INDEX, 6, 0).expect("data"), b"abcdef");
        // Another session than the one that authorizes can encrypt; the first speaks for its nonce.
        let mut second = Session::begin(&mut chip, &begin).expect("a session");
        session.attributes = TpmaSession::CONTINUE;
        second.attributes = TpmaSession::CONTINUE | TpmaSession::ENCRYPT;
        let name = index_name(&mut chip);
        let mut both = [&mut session, &mut second];
        let read =
            chip.send_sessions::<NvRead>(&handles, &[&owner, &name], &mut both, &[0, 6, 0, 0]).expect("data");
        assert_eq!(read.params, sized(b"abcdef"));
        chip.flush(session.handle);
        chip.flush(second.handle);
    }
}
fn index_name(chip: &mut Chip) -> Vec<u8> {
    let reply = chip.send::<tpm2_wire::NvReadPublic>(&[INDEX], &[], &[]).expect("an index");
    let size = usize::from(u16::from_be_bytes([reply.params[0], reply.params[1]]));
    reply.params[size + 4..].to_vec()
}

/// CVE-2023-1017 and CVE-2023-1018: a first parameter that is shorter than its size field, or than the field.
#[test]
fn a_short_parameter_is_not_decrypted() {
    let mut chip = Chip::new();
    for symmetric in [AES_CFB, XOR] {
        let params = [&sized(&[7; 16])[..], &[0, 0, 0], symmetric, &[0, 0x0B]].concat();
        let reply = chip.send::<StartAuthSession>(&[TpmRh::NULL; 2], &[], &params).expect("a session");
        let session = reply.handle.expect("a handle");
        let both = TpmaSession::CONTINUE | TpmaSession::DECRYPT;
        let area = [&session.to_be_bytes()[..], &sized(&[1; 16]), &[both.0], &[0, 0]].concat();
        for params in [&[][..], &[0], &[0, 1], &[0, 2, 1], &[0xFF, 0xFF], &[0, 18, 0, 0, 0, 0]] {
            let hash = assemble(&Hash::SHAPE, &[], &area, params);
            let response = chip.raw(&hash);
            let rc = if params.len() < 2 { Rc::INSUFFICIENT } else { Rc::SIZE };
            refused_at(parse(&Hash::SHAPE, &response), rc, session_at(1));
        }
        // An empty one is whole.
        let params = [&[0, 0][..], &[0, 0x0B, 0x40, 0, 0, 7]].concat();
        let command = assemble(&Hash::SHAPE, &[], &area, &params);
        let response = chip.raw(&command);
        parse(&Hash::SHAPE, &response).expect("a digest");
    }
}

#[test]
fn audit_sessions() {
    let mut chip = Chip::new();
    let mut session =
        Session::begin(&mut chip, &Begin { bind: TpmRh::OWNER, ..Begin::default() }).expect("one");
    let audit = TpmaSession::CONTINUE | TpmaSession::AUDIT;
    let random = |chip: &mut Chip, session: &mut Session| {
        chip.send_sessions::<GetRandom>(&[], &[], &mut [session], &[0, 4]).map(drop)
    };
    session.attributes = audit;
    random(&mut chip, &mut session).expect("bytes");
    assert!(
        session.attributes.has(TpmaSession::AUDIT_EXCLUSIVE),
        "the first audited command begins exclusivity"
    );
    session.attributes = audit | TpmaSession::AUDIT_EXCLUSIVE;
    random(&mut chip, &mut session).expect("bytes");
    assert!(session.attributes.has(TpmaSession::AUDIT_EXCLUSIVE));
    // A command without the audit ends it,
    chip.send::<ReadClock>(&[], &[], &[]).expect("the time");
    session.attributes = audit | TpmaSession::AUDIT_EXCLUSIVE;
    refused(random(&mut chip, &mut session), Rc::EXCLUSIVE);
    session.attributes = audit;
    random(&mut chip, &mut session).expect("bytes");
    assert!(!session.attributes.has(TpmaSession::AUDIT_EXCLUSIVE));
    // until the audit is reset.
    session.attributes = audit | TpmaSession::AUDIT_RESET;
    random(&mut chip, &mut session).expect("bytes");
    assert!(session.attributes.has(TpmaSession::AUDIT_EXCLUSIVE));
    // Two audits, or one by a policy session, are refused.
    let mut other = Session::begin(&mut chip, &Begin::default()).expect("a session");
    (session.attributes, other.attributes) = (audit, audit);
    let two = chip.send_sessions::<GetRandom>(&[], &[], &mut [&mut session, &mut other], &[0, 4]);
    refused_at(two, Rc::ATTRIBUTES, session_at(2));
    let begin = Begin { kind: TpmSe::Policy, ..Begin::default() };
    let mut policy = Session::begin(&mut chip, &begin).expect("a session");
    policy.attributes = audit;
    refused_at(random(&mut chip, &mut policy), Rc::ATTRIBUTES, session_at(1));
}

#[test]
fn what_sessions_cannot_do() {
    let (mut chip, item, name) = sealed();
    let mut session = Session::begin(&mut chip, &Begin::default()).expect("a session");
    session.auth = b"right".to_vec();
    // Without a cipher nothing is encrypted,
    session.attributes = TpmaSession::CONTINUE | TpmaSession::ENCRYPT;
    refused_at(unseal(&mut chip, item, &name, &mut [&mut session.clone()]), Rc::SYMMETRIC, session_at(1));
    // a command without a sized first parameter decrypts nothing,
    session.attributes = TpmaSession::CONTINUE | TpmaSession::DECRYPT;
    let bytes = auth_bytes(&session);
    let command = assemble(&Unseal::SHAPE, &[item], &bytes, &[]);
    let response = chip.raw(&command);
    refused_at(parse(&Unseal::SHAPE, &response), Rc::ATTRIBUTES, session_at(1));
    // one session is not two,
    session.attributes = TpmaSession::CONTINUE;
    let twice = [auth(session.handle, b""), auth(session.handle, b"")].concat();
    let command = assemble(&Unseal::SHAPE, &[item], &twice, &[]);
    let response = chip.raw(&command);
    refused_at(parse(&Unseal::SHAPE, &response), Rc::HANDLE, session_at(2));
    // what does nothing is refused, as is a password that authorizes nothing,
    let extra = [auth(TpmRh::PW, b"right"), auth(session.handle, b"")].concat();
    let command = assemble(&Unseal::SHAPE, &[item], &extra, &[]);
    let response = chip.raw(&command);
    refused_at(parse(&Unseal::SHAPE, &response), Rc::ATTRIBUTES, session_at(2));
    let extra = [auth(TpmRh::PW, b"right"), auth(TpmRh::PW, b"")].concat();
    let command = assemble(&Unseal::SHAPE, &[item], &extra, &[]);
    let response = chip.raw(&command);
    refused_at(parse(&Unseal::SHAPE, &response), Rc::HANDLE, session_at(2));
    // and a handle that needs authorization has some.
    let command = assemble(&Unseal::SHAPE, &[item], &[], &[]);
    let response = chip.raw(&command);
    refused(parse(&Unseal::SHAPE, &response), Rc::AUTH_MISSING);
    // Nonces of less than 16 bytes or more than a digest, and modes other than CFB, are refused.
    for size in [15, 33] {
        let params = [&sized(&vec![7; size])[..], &[0, 0, 0, 0, 0x10, 0, 0x0B]].concat();
        let answer = chip.send::<StartAuthSession>(&[TpmRh::NULL; 2], &[], &params);
        refused_at(answer, Rc::SIZE, StartAuthSession::nonce_caller);
    }
    let begin = Begin { symmetric: &[0, 6, 0, 128, 0, 0x42], ..Begin::default() };
    refused_at(Session::begin(&mut chip, &begin), Rc::MODE, StartAuthSession::symmetric);
    // A PIN index cannot be bound to, nor a key without its private part.
    let pin =
        TpmaNv(TpmaNv::OWNERREAD.0 | TpmaNv::OWNERWRITE.0 | TpmaNv::AUTHREAD.0 | TpmaNv::NO_DA.0 | 9 << 4);
    chip.define_with(public(INDEX, pin, 8), "").expect("an index");
    let begin = Begin { bind: INDEX, ..Begin::default() };
    refused_at(Session::begin(&mut chip, &begin), Rc::HANDLE, StartAuthSession::bind);
    let mut area = ecc(STORAGE, AES_CFB, NULL, &[]);
    area.truncate(area.len() - 4);
    let key = chip.srk();
    let q = chip.point(key);
    area.extend_from_slice(&[sized(&q.x), sized(&q.y)].concat());
    let half = chip.external(None, &area, TpmRh::OWNER).expect("a public key");
    let begin = Begin { bind: half, ..Begin::default() };
    refused_at(Session::begin(&mut chip, &begin), Rc::HANDLE, StartAuthSession::bind);
    let begin = Begin { tpm_key: half, salt: (&[], &[1; 8]), ..Begin::default() };
    refused_at(Session::begin(&mut chip, &begin), Rc::HANDLE, StartAuthSession::tpm_key);
}
fn auth_bytes(session: &Session) -> Vec<u8> {
    [&session.handle.to_be_bytes()[..], &sized(&session.nonce_caller), &[session.attributes.0], &[0, 0]]
        .concat()
}

#[test]
fn a_saved_session_comes_back_once() {
    let (mut chip, item, name) = sealed();
    let mut session = Session::begin(&mut chip, &Begin::default()).expect("a session");
    session.auth = b"right".to_vec();
    let save = |chip: &mut Chip, handle: u32| chip.send::<ContextSave>(&[handle], &[], &[]);
    let first = save(&mut chip, session.handle).expect("a context").params;
    // While it is away it cannot be used,
    refused(unseal(&mut chip, item, &name, &mut [&mut session.clone()]), Rc::reference_session(0));
    refused(save(&mut chip, session.handle), Rc::reference_handle(0));
    // and its handle is not given away.
    let other = Session::begin(&mut chip, &Begin::default()).expect("a session");
    assert_ne!(other.handle, session.handle);
    chip.send::<ContextLoad>(&[], &[], &first).expect("the session");
    unseal(&mut chip, item, &name, &mut [&mut session]).expect("the secret");
    refused_at(chip.send::<ContextLoad>(&[], &[], &first), Rc::HANDLE, ContextLoad::context);
    // A later context ends the earlier one.
    let second = save(&mut chip, session.handle).expect("a context").params;
    refused_at(chip.send::<ContextLoad>(&[], &[], &first), Rc::HANDLE, ContextLoad::context);
    for at in [0, 8, 20, 90, second.len() - 1] {
        let mut changed = second.clone();
        changed[at] ^= 1;
        assert!(chip.send::<ContextLoad>(&[], &[], &changed).is_err(), "byte {at}");
    }
    // It survives a Restart, and a flush ends it.
    chip.cycle(TpmSu::State, TpmSu::Clear);
    chip.send::<ContextLoad>(&[], &[], &second).expect("the session");
    let third = save(&mut chip, session.handle).expect("a context").params;
    chip.flush(session.handle);
    refused_at(chip.send::<ContextLoad>(&[], &[], &third), Rc::HANDLE, ContextLoad::context);
    // A Reset ends all.
    let last = Session::begin(&mut chip, &Begin::default()).expect("a session");
    let fourth = save(&mut chip, last.handle).expect("a context").params;
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    refused_at(chip.send::<ContextLoad>(&[], &[], &fourth), Rc::INTEGRITY, ContextLoad::context);
}

#[test]
fn a_session_under_the_handle_of_the_other_type() {
    let mut chip = Chip::new();
    let begin = |kind| Begin { kind, ..Begin::default() };
    let hmac = Session::begin(&mut chip, &begin(TpmSe::Hmac)).expect("a session").handle;
    let other = hmac & 0x00FF_FFFF | 0x0300_0000;
    let wrong = chip.send_policy::<HierarchyChangeAuth>(&[TpmRh::OWNER], &[Some(other)], &sized(b"x"));
    refused_at(wrong, Rc::HANDLE, session_at(1));
    let wrong = chip.send_policy::<HierarchyChangeAuth>(&[TpmRh::OWNER], &[Some(other + 1)], &sized(b"x"));
    refused(wrong, Rc::reference_session(0));
    refused_at(chip.send::<PolicyRestart>(&[other], &[], &[]), Rc::HANDLE, At::Handle(1));
    refused(chip.send::<PolicyRestart>(&[other + 1], &[], &[]), Rc::reference_handle(0));
}

#[test]
fn the_type_of_the_key_is_looked_at_before_the_salt() {
    let mut chip = Chip::new();
    let key = chip.primary(TpmRh::OWNER, "", &keyed_hash(SIGNING, HMAC, &[])).expect("a key");
    let wrong = Session::begin(&mut chip, &Begin { tpm_key: key, ..Begin::default() });
    refused_at(wrong.map(drop), Rc::KEY, StartAuthSession::tpm_key);
    let srk = chip.srk();
    let wrong = Session::begin(&mut chip, &Begin { tpm_key: srk, ..Begin::default() });
    refused_at(wrong.map(drop), Rc::VALUE, StartAuthSession::encrypted_salt);
}
