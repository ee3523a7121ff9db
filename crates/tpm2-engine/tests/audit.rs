//! Audit of sessions and of commands (Part 1, 17; Part 3, 18.5, 18.6 and 21), computed apart from the engine.
mod common;

use common::keys::{ECDSA, NULL, SIGNING, ecc};
use common::session::{Begin, Session};
use common::{Chip, refused, refused_at, sized};
use tpm2_crypto::{Curve, HashAlg, Point, RUST};
use tpm2_wire::{
    Command, FlushContext, GetCapability, GetCommandAuditDigest, GetRandom, GetSessionAuditDigest,
    HierarchyControl, List, PcrRead, Rc, ReadClock, SetCommandCodeAuditStatus, Shutdown, StirRandom,
    Tpm2bAttest, TpmCap, TpmPt, TpmRh, TpmSu, TpmaSession, TpmiYesNo, TpmsAttest, TpmsCapabilityData,
    TpmsCommandAuditInfo, TpmsSessionAuditInfo, TpmtSignature, TpmuAttest, Wire, to_vec,
};

const EH: u32 = TpmRh::ENDORSEMENT;

fn sha(alg: HashAlg, parts: &[&[u8]]) -> Vec<u8> {
    RUST.digest(alg, parts).to_vec()
}
/// `cpHash ‖ rpHash` of a command that succeeded.
fn hashes<C: Command>(alg: HashAlg, names: &[u8], params: &[u8], reply: &[u8]) -> Vec<u8> {
    let code = C::SHAPE.code.to_be_bytes();
    [sha(alg, &[&code, names, params]), sha(alg, &[&[0; 4], &code, reply])].concat()
}
/// The attestation, and whether there was a signature.
fn attest(reply: &common::Reply) -> (TpmsAttest, Vec<u8>, Option<TpmtSignature>) {
    let mut r = reply.reader();
    let bytes = Tpm2bAttest::read(&mut r).expect("an attestation").0;
    let signature = Option::<TpmtSignature>::read(&mut r).expect("a signature");
    let mut inner = tpm2_wire::Reader::new(&bytes, &tpm2_wire::Accept::ALL);
    (TpmsAttest::read(&mut inner).expect("an attestation"), bytes, signature)
}
fn session_audit(chip: &mut Chip, key: u32, session: u32) -> Result<TpmsSessionAuditInfo, Rc> {
    let params = [&sized(b"nonce")[..], NULL].concat();
    let reply = chip.send::<GetSessionAuditDigest>(&[EH, key, session], &[], &params)?;
    match attest(&reply).0.attested {
        TpmuAttest::SessionAudit(info) => Ok(info),
        _ => panic!("another attestation"),
    }
}
fn command_audit(chip: &mut Chip, key: u32) -> Result<(TpmsCommandAuditInfo, Vec<u8>, common::Reply), Rc> {
    let params = [&sized(b"nonce")[..], NULL].concat();
    let reply = chip.send::<GetCommandAuditDigest>(&[EH, key], &[], &params)?;
    match attest(&reply).0.attested {
        TpmuAttest::CommandAudit(info) => Ok((info, params, reply)),
        _ => panic!("another attestation"),
    }
}
fn status(chip: &mut Chip, alg: &[u8], set: &[u32], clear: &[u32]) -> Result<Vec<u8>, Rc> {
    let list = |codes: &[u32]| to_vec(&List::<u32, 256>(codes.to_vec()));
    let params = [alg, &list(set), &list(clear)].concat();
    chip.send::<SetCommandCodeAuditStatus>(&[TpmRh::OWNER], &[], &params)?;
    Ok(params)
}
fn audited(chip: &mut Chip) -> Vec<u32> {
    let params = [TpmCap::AuditCommands as u32, 0, 250].map(u32::to_be_bytes).concat();
    let reply = chip.send::<GetCapability>(&[], &[], &params).expect("commands");
    match TpmsCapabilityData::read(&mut tpm2_wire::Reader::new(&reply.params[1..], &tpm2_wire::Accept::ALL)) {
        Ok(TpmsCapabilityData::AuditCommands(List(codes))) => codes,
        _ => panic!("not commands"),
    }
}
/// The audit counter of the properties.
fn counter(chip: &mut Chip) -> u64 {
    let params = [TpmCap::TpmProperties as u32, TpmPt::VAR + 19, 2].map(u32::to_be_bytes).concat();
    let reply = chip.send::<GetCapability>(&[], &[], &params).expect("properties");
    match TpmsCapabilityData::read(&mut tpm2_wire::Reader::new(&reply.params[1..], &tpm2_wire::Accept::ALL)) {
        Ok(TpmsCapabilityData::TpmProperties(List(all))) => {
            u64::from(all[0].value) << 32 | u64::from(all[1].value)
        }
        _ => panic!("not properties"),
    }
}
/// An attestation key of the endorsement hierarchy, with its scheme.
fn key(chip: &mut Chip) -> u32 {
    chip.primary(EH, "", &ecc(SIGNING, NULL, ECDSA, &[])).expect("a key")
}

#[test]
fn a_session_audits_what_it_is_used_for() {
    let mut chip = Chip::new();
    let key = key(&mut chip);
    let mut session = Session::begin(&mut chip, &Begin::default()).expect("a session");
    // It is none before it has audited.
    refused_at(
        session_audit(&mut chip, key, session.handle),
        Rc::TYPE,
        GetSessionAuditDigest::session_handle,
    );
    let audit = TpmaSession::CONTINUE | TpmaSession::AUDIT;
    let mut expected = vec![0; 32];
    for _ in 0..2 {
        session.attributes = audit;
        let reply =
            chip.send_sessions::<GetRandom>(&[], &[], &mut [&mut session], &[0, 8]).expect("random bytes");
        assert!(session.attributes.has(TpmaSession::AUDIT_EXCLUSIVE));
        let more = hashes::<GetRandom>(HashAlg::Sha256, &[], &[0, 8], &reply.params);
        expected = sha(HashAlg::Sha256, &[&expected, &more]);
    }
    let info = session_audit(&mut chip, TpmRh::NULL, session.handle).expect("a digest");
    assert_eq!(info.session_digest.0, expected);
    // Looking at it was itself a command that it did not audit, which it sees the next time.
    assert_eq!(info.exclusive_session, TpmiYesNo::Yes);
    let info = session_audit(&mut chip, TpmRh::NULL, session.handle).expect("a digest");
    assert_eq!((info.exclusive_session, &info.session_digest.0), (TpmiYesNo::No, &expected));
    session.attributes = audit | TpmaSession::AUDIT_EXCLUSIVE;
    let exclusive = chip.send_sessions::<GetRandom>(&[], &[], &mut [&mut session.clone()], &[0, 8]);
    refused(exclusive, Rc::EXCLUSIVE);
    // A refusal changes nothing.
    let info = session_audit(&mut chip, TpmRh::NULL, session.handle).expect("a digest");
    assert_eq!(info.session_digest.0, expected);
    // A reset begins anew, exclusively.
    session.attributes = audit | TpmaSession::AUDIT_RESET | TpmaSession::AUDIT_EXCLUSIVE;
    let reply = chip.send_sessions::<ReadClock>(&[], &[], &mut [&mut session], &[]).expect("the time");
    let info = session_audit(&mut chip, key, session.handle).expect("a digest");
    let more = hashes::<ReadClock>(HashAlg::Sha256, &[], &[], &reply.params);
    assert_eq!(info.session_digest.0, sha(HashAlg::Sha256, &[&[0; 32], &more]));
    // Commands without sessions do not end it; it ends with the session.
    session.attributes = audit | TpmaSession::AUDIT_RESET;
    chip.send_sessions::<GetRandom>(&[], &[], &mut [&mut session], &[0, 8]).expect("random bytes");
    let other = Session::begin(&mut chip, &Begin::default()).expect("a session");
    session.attributes = audit | TpmaSession::AUDIT_RESET;
    chip.send_sessions::<GetRandom>(&[], &[], &mut [&mut session], &[0, 8]).expect("random bytes");
    chip.send::<FlushContext>(&[], &[], &other.handle.to_be_bytes()).expect("flushed");
    let info = session_audit(&mut chip, TpmRh::NULL, session.handle).expect("a digest");
    assert_eq!(info.exclusive_session, TpmiYesNo::Yes);
}

#[test]
fn an_audit_digest_is_signed() {
    let mut chip = Chip::new();
    let key = key(&mut chip);
    let mut session = Session::begin(&mut chip, &Begin::default()).expect("a session");
    session.attributes = TpmaSession::CONTINUE | TpmaSession::AUDIT;
    chip.send_sessions::<GetRandom>(&[], &[], &mut [&mut session], &[0, 8]).expect("random bytes");
    let params = [&sized(b"nonce")[..], NULL].concat();
    let reply =
        chip.send::<GetSessionAuditDigest>(&[EH, key, session.handle], &[], &params).expect("a digest");
    let (attestation, bytes, signature) = attest(&reply);
    assert_eq!(attestation.extra_data.0, b"nonce");
    let Some(TpmtSignature::Ecdsa(s)) = signature else { panic!("not ECDSA") };
    let Point { x, y } = chip.point(key);
    let digest = sha(HashAlg::Sha256, &[&bytes]);
    assert!(RUST.ecdsa_verify(
        Curve::from_id(3).expect("P-256"),
        &Point { x, y },
        &digest,
        &s.signature_r,
        &s.signature_s
    ));
    // The refusals of all attestations.
    let with = |chip: &mut Chip, handles: [u32; 3], scheme: &[u8]| {
        let params = [&sized(b"nonce")[..], scheme].concat();
        chip.send::<GetSessionAuditDigest>(&handles, &[], &params).map(drop)
    };
    let srk = chip.srk();
    refused_at(with(&mut chip, [EH, srk, session.handle], NULL), Rc::KEY, GetSessionAuditDigest::sign_handle);
    let other: &[u8] = &[0, 0x18, 0, 0x0C];
    refused_at(
        with(&mut chip, [EH, key, session.handle], other),
        Rc::SCHEME,
        GetSessionAuditDigest::in_scheme,
    );
    let policy = chip.policy(tpm2_wire::TpmSe::Policy, 0x14E).0;
    refused_at(with(&mut chip, [EH, key, policy], NULL), Rc::VALUE, GetSessionAuditDigest::session_handle);
    let at = GetSessionAuditDigest::privacy_admin_handle;
    refused_at(with(&mut chip, [TpmRh::OWNER, key, session.handle], NULL), Rc::VALUE, at);
    refused(with(&mut chip, [EH, key, 0x0200_0030], NULL), Rc::reference_handle(2));
}

#[test]
fn the_list_of_audited_commands() {
    let mut chip = Chip::new();
    let own = SetCommandCodeAuditStatus::SHAPE.code;
    let (random, stir) = (GetRandom::SHAPE.code, StirRandom::SHAPE.code);
    assert_eq!(audited(&mut chip), [own]);
    // Unknown commands and TPM2_Shutdown are passed over; clearing comes last, and never clears the command itself.
    let shutdown = Shutdown::SHAPE.code;
    status(&mut chip, NULL, &[random, shutdown, 0x12345, stir], &[stir, own]).expect("a list");
    assert_eq!(audited(&mut chip), [own, random]);
    chip.check_durable();
    chip.reload();
    assert_eq!(audited(&mut chip), [own, random]);
    // The same hash is no change; another is, and excludes a list.
    status(&mut chip, &[0, 0x0D], &[stir], &[random]).expect("a list");
    assert_eq!(audited(&mut chip), [own, stir]);
    for lists in [(&[random][..], &[][..]), (&[], &[random])] {
        let both = status(&mut chip, &[0, 0x0B], lists.0, lists.1);
        refused_at(both, Rc::VALUE, SetCommandCodeAuditStatus::audit_alg);
    }
    let unknown = status(&mut chip, &[0, 0x99], &[], &[]);
    refused_at(unknown, Rc::HASH, SetCommandCodeAuditStatus::audit_alg);
    let by_lockout = chip.send::<SetCommandCodeAuditStatus>(&[TpmRh::LOCKOUT], &[], &[0; 10]);
    refused_at(by_lockout, Rc::VALUE, SetCommandCodeAuditStatus::auth);
}

#[test]
fn commands_are_audited() {
    let mut chip = Chip::new();
    let key = key(&mut chip);
    let (own, random) = (SetCommandCodeAuditStatus::SHAPE.code, GetRandom::SHAPE.code);
    // Nothing yet: the change of the hash is not audited.
    status(&mut chip, &[0, 0x0B], &[], &[]).expect("a hash");
    let (info, ..) = command_audit(&mut chip, TpmRh::NULL).expect("a digest");
    assert_eq!((info.audit_counter, info.digest_alg, info.audit_digest.0.len()), (0, 0x000B, 0));
    assert_eq!(info.command_digest.0, sha(HashAlg::Sha256, &[&own.to_be_bytes()]));
    // A change of the list is.
    let params = status(&mut chip, NULL, &[random], &[]).expect("a list");
    let more =
        hashes::<SetCommandCodeAuditStatus>(HashAlg::Sha256, &TpmRh::OWNER.to_be_bytes(), &params, &[]);
    let mut expected = sha(HashAlg::Sha256, &[&[0; 32], &more]);
    let reply = chip.send::<GetRandom>(&[], &[], &[0, 4]).expect("random bytes");
    chip.send::<PcrRead>(&[], &[], &[0; 4]).expect("what is not audited");
    let more = hashes::<GetRandom>(HashAlg::Sha256, &[], &[0, 4], &reply.params);
    expected = sha(HashAlg::Sha256, &[&expected, &more]);
    assert_eq!(counter(&mut chip), 1);
    chip.check_durable();
    // A refused command leaves no trace. Looking without a key clears nothing.
    let short = chip.send::<GetRandom>(&[], &[], &[0]);
    refused_at(short, Rc::INSUFFICIENT, GetRandom::bytes_requested);
    for _ in 0..2 {
        let (info, ..) = command_audit(&mut chip, TpmRh::NULL).expect("a digest");
        assert_eq!((info.audit_counter, &info.audit_digest.0), (1, &expected));
        assert_eq!(info.command_digest.0, sha(HashAlg::Sha256, &[&own.to_be_bytes(), &random.to_be_bytes()]));
    }
    // Signing does; the next audited command begins anew, and counts.
    command_audit(&mut chip, key).expect("a digest");
    let (info, ..) = command_audit(&mut chip, TpmRh::NULL).expect("a digest");
    assert_eq!((info.audit_counter, info.audit_digest.0.len()), (1, 0));
    let reply = chip.send::<GetRandom>(&[], &[], &[0, 4]).expect("random bytes");
    let more = hashes::<GetRandom>(HashAlg::Sha256, &[], &[0, 4], &reply.params);
    let (info, ..) = command_audit(&mut chip, TpmRh::NULL).expect("a digest");
    assert_eq!((info.audit_counter, info.audit_digest.0), (2, sha(HashAlg::Sha256, &[&[0; 32], &more])));
    // A Resume and a Restart keep the digest, a Reset does not; the counter stays.
    let before = command_audit(&mut chip, TpmRh::NULL).expect("a digest").0.audit_digest;
    for startup in [TpmSu::State, TpmSu::Clear] {
        chip.cycle(TpmSu::State, startup);
        assert_eq!(command_audit(&mut chip, TpmRh::NULL).expect("a digest").0.audit_digest, before);
    }
    chip.cycle(TpmSu::Clear, TpmSu::Clear);
    let (info, ..) = command_audit(&mut chip, TpmRh::NULL).expect("a digest");
    assert_eq!((info.audit_counter, info.audit_digest.0.len()), (2, 0));
}

#[test]
fn the_audit_of_the_audit() {
    let mut chip = Chip::new();
    let key = key(&mut chip);
    status(&mut chip, &[0, 0x0B], &[], &[]).expect("a hash");
    status(&mut chip, NULL, &[GetCommandAuditDigest::SHAPE.code], &[]).expect("a list");
    // What is signed does not include the command; what comes next begins with it.
    let (_, params, reply) = command_audit(&mut chip, key).expect("a digest");
    let name = chip.read_public(key).1.0;
    let names = [&EH.to_be_bytes()[..], &name].concat();
    let more = hashes::<GetCommandAuditDigest>(HashAlg::Sha256, &names, &params, &reply.params);
    let (info, ..) = command_audit(&mut chip, TpmRh::NULL).expect("a digest");
    assert_eq!((info.audit_counter, info.audit_digest.0), (2, sha(HashAlg::Sha256, &[&[0; 32], &more])));
    // The refusals of all attestations.
    let with = |chip: &mut Chip, handles: [u32; 2], scheme: &[u8]| {
        let params = [&sized(b"")[..], scheme].concat();
        chip.send::<GetCommandAuditDigest>(&handles, &[], &params).map(drop)
    };
    let srk = chip.srk();
    refused_at(with(&mut chip, [EH, srk], NULL), Rc::KEY, GetCommandAuditDigest::sign_handle);
    refused_at(with(&mut chip, [EH, key], &[0, 0x18, 0, 0x0C]), Rc::SCHEME, GetCommandAuditDigest::in_scheme);
    refused_at(with(&mut chip, [TpmRh::OWNER, key], NULL), Rc::VALUE, GetCommandAuditDigest::privacy_handle);
    let off = [&EH.to_be_bytes()[..], &[0]].concat();
    chip.send::<HierarchyControl>(&[EH], &[], &off).expect("off");
    refused_at(
        with(&mut chip, [EH, TpmRh::NULL], NULL),
        Rc::HIERARCHY,
        GetCommandAuditDigest::privacy_handle,
    );
}

#[test]
fn parameters_are_audited_as_they_travel() {
    // Encrypted parameters are audited encrypted (Part 1, 17.1): the digest is of the bytes on the wire.
    let mut chip = Chip::new();
    status(&mut chip, &[0, 0x0B], &[], &[]).expect("a hash");
    status(&mut chip, NULL, &[GetRandom::SHAPE.code], &[]).expect("a list");
    let before = command_audit(&mut chip, TpmRh::NULL).expect("a digest").0.audit_digest.0;
    let begin = Begin { symmetric: &[0, 6, 0, 128, 0, 0x43], ..Begin::default() };
    let mut session = Session::begin(&mut chip, &begin).expect("a session");
    session.attributes = TpmaSession::CONTINUE | TpmaSession::ENCRYPT;
    let command = chip.sign_command::<GetRandom>(&[], &[], &mut [&mut session], &[0, 4]);
    let response = chip.raw(&command);
    let wire = &response[14..14 + 6];
    let more = hashes::<GetRandom>(HashAlg::Sha256, &[], &[0, 4], wire);
    let after = command_audit(&mut chip, TpmRh::NULL).expect("a digest").0.audit_digest.0;
    assert_eq!(after, sha(HashAlg::Sha256, &[&before, &more]));
}
