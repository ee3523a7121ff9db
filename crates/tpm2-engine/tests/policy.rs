//! Enhanced authorization (Part 1, 19.7; Part 3, 23): digests computed apart from the engine, and each refusal.
mod common;

use common::keys::{ECDSA, NULL, SIGNING, ecc};
use common::policy::{code, digest, guarded, session, sha, unseal};
use common::session::{Begin, Session, session_at};
use common::{Chip, public, refused, refused_at, sized};
use tpm2_wire::{
    Command, NvRead, NvWrite, PcrExtend, PolicyAuthValue, PolicyAuthorize, PolicyCommandCode,
    PolicyCounterTimer, PolicyCpHash, PolicyDuplicationSelect, PolicyLocality, PolicyNameHash, PolicyNv,
    PolicyNvWritten, PolicyOr, PolicyPassword, PolicyPcr, PolicyRestart, PolicySecret, PolicySigned,
    PolicyTemplate, PolicyTicket, Rc, Reader, Sign, Tpm2bTimeout, TpmRh, TpmSe, TpmaNv, Unseal,
    VerifySignature, Wire, to_vec,
};

const INDEX: u32 = 0x0150_0000;
const PCR_7: &[u8] = &[0, 0, 0, 1, 0, 0x0B, 3, 0x80, 0, 0];

#[test]
fn pcrs() {
    let mut chip = Chip::new();
    let value = sha(&[&[0; 32]]);
    let policy = sha(&[&[0; 32], &code::<PolicyPcr>(), PCR_7, &value]);
    let item = guarded(&mut chip, &policy);
    let check = |chip: &mut Chip, session: u32, value: &[u8]| {
        chip.send::<PolicyPcr>(&[session], &[], &[&sized(value)[..], PCR_7].concat()).map(drop)
    };
    let one = session(&mut chip, TpmSe::Policy);
    refused_at(unseal(&mut chip, item, one), Rc::POLICY_FAIL, session_at(1));
    check(&mut chip, one, &[]).expect("the value");
    assert_eq!(digest(&mut chip, one), policy);
    unseal(&mut chip, item, one).expect("the secret");
    // A policy authorizes once.
    refused_at(unseal(&mut chip, item, one), Rc::POLICY_FAIL, session_at(1));
    refused_at(check(&mut chip, one, &[1; 32]), Rc::VALUE, PolicyPcr::pcr_digest);
    // What changes after the check voids it; what is exempt does not.
    check(&mut chip, one, &value).expect("the value");
    let extend = |chip: &mut Chip, pcr: u32| {
        let params = [&[0, 0, 0, 1, 0, 0x0B][..], &[5; 32]].concat();
        chip.send::<PcrExtend>(&[pcr], &[], &params).expect("an extension");
    };
    extend(&mut chip, 16);
    unseal(&mut chip, item, one).expect("the secret");
    check(&mut chip, one, &value).expect("the value");
    extend(&mut chip, 3);
    refused(unseal(&mut chip, item, one), Rc::PCR_CHANGED);
    refused(check(&mut chip, one, &value), Rc::PCR_CHANGED);
    chip.send::<PolicyRestart>(&[one], &[], &[]).expect("a new beginning");
    extend(&mut chip, 7);
    check(&mut chip, one, &[]).expect("another value");
    refused_at(unseal(&mut chip, item, one), Rc::POLICY_FAIL, session_at(1));
    // A trial session takes any value and authorizes nothing.
    let trial = session(&mut chip, TpmSe::Trial);
    check(&mut chip, trial, &value).expect("a trial");
    assert_eq!(digest(&mut chip, trial), policy);
    refused_at(unseal(&mut chip, item, trial), Rc::ATTRIBUTES, session_at(1));
}

#[test]
fn authorization_values() {
    let mut chip = Chip::new();
    let policy = sha(&[&[0; 32], &code::<PolicyAuthValue>()]);
    let item = guarded(&mut chip, &policy);
    let name = chip.read_public(item).1.0;
    let begin = Begin { kind: TpmSe::Policy, ..Begin::default() };
    let mut by_hmac = Session::begin(&mut chip, &begin).expect("a session");
    for (value, ok) in [(&b"right"[..], true), (b"wrong", false)] {
        chip.send::<PolicyRestart>(&[by_hmac.handle], &[], &[]).expect("a new beginning");
        chip.send::<PolicyAuthValue>(&[by_hmac.handle], &[], &[]).expect("an assertion");
        by_hmac.auth = value.to_vec();
        let answer = chip.send_sessions::<Unseal>(&[item], &[&name], &mut [&mut by_hmac], &[]);
        assert_eq!(answer.map(drop), if ok { Ok(()) } else { Err(Rc::BAD_AUTH.at(session_at(1))) });
    }
    let password = session(&mut chip, TpmSe::Policy);
    for (value, ok) in [(&b"right"[..], true), (b"wrong", false)] {
        chip.send::<PolicyRestart>(&[password], &[], &[]).expect("a new beginning");
        chip.send::<PolicyPassword>(&[password], &[], &[]).expect("an assertion");
        assert_eq!(digest(&mut chip, password), policy);
        let area = common::auth(password, value);
        let response = chip.raw(&common::assemble(&Unseal::SHAPE, &[item], &area, &[]));
        assert_eq!(common::parse(&Unseal::SHAPE, &response).is_ok(), ok);
    }
}

#[test]
fn branches() {
    let mut chip = Chip::new();
    let (a, b) = (sha(&[&[0; 32], &code::<PolicyNvWritten>(), &[1]]), [9; 32]);
    let policy = sha(&[&[0; 32], &code::<PolicyOr>(), &a, &b]);
    let one = session(&mut chip, TpmSe::Policy);
    let list = |all: &[&[u8]]| {
        let digests: Vec<u8> = all.iter().flat_map(|digest| sized(digest)).collect();
        [&(all.len() as u32).to_be_bytes()[..], &digests].concat()
    };
    let either = list(&[&a, &b]);
    refused_at(chip.send::<PolicyOr>(&[one], &[], &either), Rc::VALUE, PolicyOr::p_hash_list);
    refused_at(chip.send::<PolicyOr>(&[one], &[], &list(&[&a])), Rc::SIZE, PolicyOr::p_hash_list);
    refused_at(chip.send::<PolicyOr>(&[one], &[], &list(&[&a[..]; 9])), Rc::SIZE, PolicyOr::p_hash_list);
    chip.send::<PolicyNvWritten>(&[one], &[], &[1]).expect("an assertion");
    refused_at(chip.send::<PolicyNvWritten>(&[one], &[], &[0]), Rc::VALUE, PolicyNvWritten::written_set);
    chip.send::<PolicyOr>(&[one], &[], &either).expect("a branch");
    assert_eq!(digest(&mut chip, one), policy);
}

#[test]
fn limits_of_the_command() {
    let mut chip = Chip::new();
    let one = session(&mut chip, TpmSe::Policy);
    let restart = |chip: &mut Chip| {
        chip.send::<PolicyRestart>(&[one], &[], &[]).expect("a new beginning");
    };
    let unsealing = code::<Unseal>();
    refused_at(
        chip.send::<PolicyCommandCode>(&[one], &[], &[0, 0, 1, 0]),
        Rc::POLICY_CC,
        PolicyCommandCode::code,
    );
    chip.send::<PolicyCommandCode>(&[one], &[], &unsealing).expect("a command");
    let other = code::<NvRead>();
    refused_at(chip.send::<PolicyCommandCode>(&[one], &[], &other), Rc::VALUE, PolicyCommandCode::code);
    let select = [&sized(&[1; 34])[..], &sized(&[2; 34]), &[1]].concat();
    refused(chip.send::<PolicyDuplicationSelect>(&[one], &[], &select), Rc::COMMAND_CODE);
    restart(&mut chip);
    chip.send::<PolicyDuplicationSelect>(&[one], &[], &select).expect("a limit");
    let selected = sha(&[&[0; 32], &code::<PolicyDuplicationSelect>(), &[1; 34], &[2; 34], &[1]]);
    assert_eq!(digest(&mut chip, one), selected);
    refused(chip.send::<PolicyDuplicationSelect>(&[one], &[], &select), Rc::CPHASH);
    restart(&mut chip);
    // One digest limits, and the same again does no harm.
    chip.send::<PolicyCpHash>(&[one], &[], &sized(&[3; 32])).expect("a limit");
    chip.send::<PolicyCpHash>(&[one], &[], &sized(&[3; 32])).expect("the same");
    refused(chip.send::<PolicyCpHash>(&[one], &[], &sized(&[4; 32])), Rc::CPHASH);
    refused(chip.send::<PolicyNameHash>(&[one], &[], &sized(&[3; 32])), Rc::CPHASH);
    refused(chip.send::<PolicyTemplate>(&[one], &[], &sized(&[3; 32])), Rc::CPHASH);
    refused_at(chip.send::<PolicyCpHash>(&[one], &[], &sized(&[3; 31])), Rc::SIZE, PolicyCpHash::cp_hash_a);
    restart(&mut chip);
    refused_at(
        chip.send::<PolicyNameHash>(&[one], &[], &sized(&[3; 31])),
        Rc::SIZE,
        PolicyNameHash::name_hash,
    );
    refused_at(
        chip.send::<PolicyTemplate>(&[one], &[], &sized(&[])),
        Rc::SIZE,
        PolicyTemplate::template_hash,
    );
    // Localities narrow, and none is none.
    chip.send::<PolicyLocality>(&[one], &[], &[0b011]).expect("a limit");
    chip.send::<PolicyLocality>(&[one], &[], &[0b110]).expect("a narrower one");
    for bad in [0, 0b101, 64] {
        refused_at(chip.send::<PolicyLocality>(&[one], &[], &[bad]), Rc::RANGE, PolicyLocality::locality);
    }
    let policy = digest(&mut chip, one);
    let item = guarded(&mut chip, &policy);
    refused_at(unseal(&mut chip, item, one), Rc::LOCALITY, session_at(1));
    chip.locality = 1;
    unseal(&mut chip, item, one).expect("the secret");
    // cpHash is the command's: its code, the Names, the parameters.
    let name = chip.read_public(item).1;
    let cp_hash = sha(&[&unsealing, &name]);
    chip.send::<PolicyCpHash>(&[one], &[], &sized(&cp_hash)).expect("a limit");
    refused_at(unseal(&mut chip, item, one), Rc::POLICY_FAIL, session_at(1));
    let of_command = sha(&[&[0; 32], &code::<PolicyCommandCode>(), &unsealing]);
    let by_command = guarded(&mut chip, &of_command);
    restart(&mut chip);
    chip.send::<PolicyCommandCode>(&[one], &[], &unsealing).expect("a command");
    unseal(&mut chip, by_command, one).expect("the secret");
    let of_reading = sha(&[&[0; 32], &code::<PolicyCommandCode>(), &other]);
    let not_for_this = guarded(&mut chip, &of_reading);
    chip.send::<PolicyCommandCode>(&[one], &[], &other).expect("a command");
    refused_at(unseal(&mut chip, not_for_this, one), Rc::POLICY_CC, session_at(1));
}

#[test]
fn values_in_indices_and_time() {
    let mut chip = Chip::new();
    let own = TpmaNv::OWNERREAD | TpmaNv::OWNERWRITE;
    chip.define(INDEX, own, 8).expect("an index");
    let one = session(&mut chip, TpmSe::Policy);
    let ask = |chip: &mut Chip, session: u32, operand: &[u8], offset: u16, operation: u16| {
        let params = [&sized(operand)[..], &offset.to_be_bytes(), &operation.to_be_bytes()].concat();
        chip.send::<PolicyNv>(&[TpmRh::OWNER, INDEX, session], &[], &params).map(drop)
    };
    refused(ask(&mut chip, one, &[1], 0, 0), Rc::NV_UNINITIALIZED);
    let trial = session(&mut chip, TpmSe::Trial);
    ask(&mut chip, trial, &[1], 0, 0).expect("a trial reads nothing");
    let params = [&sized(&[0x80, 1, 2, 3, 4, 5, 6, 7])[..], &[0, 0]].concat();
    chip.send::<NvWrite>(&[TpmRh::OWNER, INDEX], &[], &params).expect("a write");
    // Equal, not, and by size, signed and unsigned; bits.
    let yes: &[(&[u8], u16)] = &[
        (&[0x80], 0),
        (&[1], 1),
        (&[1], 4),
        (&[1], 3),
        (&[0x81], 5),
        (&[0x81], 4),
        (&[0x80], 6),
        (&[0x80], 7),
        (&[0x80], 8),
        (&[0x80], 9),
        (&[0x80], 0xA),
        (&[0x7F], 0xB),
    ];
    for (operand, operation) in yes {
        ask(&mut chip, one, operand, 0, *operation)
            .unwrap_or_else(|rc| panic!("{operand:x?} {operation}: {rc:?}"));
    }
    let no: &[(&[u8], u16)] =
        &[(&[0x81], 0), (&[0x80], 1), (&[1], 2), (&[0x81], 3), (&[1], 5), (&[1], 0xA), (&[0x80], 0xB)];
    for (operand, operation) in no {
        refused(ask(&mut chip, one, operand, 0, *operation), Rc::POLICY);
    }
    refused_at(ask(&mut chip, one, &[1], 9, 0), Rc::VALUE, PolicyNv::offset);
    refused(ask(&mut chip, one, &[1], 8, 0), Rc::NV_RANGE);
    refused_at(ask(&mut chip, one, &[1], 0, 0xC), Rc::VALUE, PolicyNv::operation);
    ask(&mut chip, one, &[], 8, 0).expect("nothing equals nothing");
    // Time.
    chip.wait(0x0102);
    let time = |chip: &mut Chip, operand: &[u8], offset: u16, operation: u16| {
        let params = [&sized(operand)[..], &offset.to_be_bytes(), &operation.to_be_bytes()].concat();
        chip.send::<PolicyCounterTimer>(&[one], &[], &params).map(drop)
    };
    time(&mut chip, &[1, 2], 6, 0).expect("the time");
    refused(time(&mut chip, &[1, 3], 6, 0), Rc::POLICY);
    refused_at(time(&mut chip, &[1], 26, 0), Rc::VALUE, PolicyCounterTimer::offset);
    refused(time(&mut chip, &[1], 25, 0), Rc::RANGE);
}

#[test]
fn secrets_and_tickets() {
    let mut chip = Chip::new();
    let policy = sha(&[&sha(&[&[0; 32], &code::<PolicySecret>(), &TpmRh::OWNER.to_be_bytes()]), b"ref"]);
    let item = guarded(&mut chip, &policy);
    let one = session(&mut chip, TpmSe::Policy);
    let secret = |chip: &mut Chip, entity: u32, nonce: &[u8], expiration: i32| {
        let params = [&sized(nonce)[..], &[0, 0], &sized(b"ref"), &expiration.to_be_bytes()].concat();
        chip.send::<PolicySecret>(&[entity, one], &[], &params)
    };
    let reply = secret(&mut chip, TpmRh::OWNER, &[], 0).expect("an authorization");
    assert_eq!(reply.params[..2], [0, 0], "no ticket was asked for");
    unseal(&mut chip, item, one).expect("the secret");
    refused_at(secret(&mut chip, TpmRh::OWNER, &[1; 16], 0).map(drop), Rc::NONCE, PolicySecret::nonce_tpm);
    chip.wait(10_000);
    refused_at(secret(&mut chip, TpmRh::OWNER, &[], 5).map(drop), Rc::EXPIRED, PolicySecret::expiration);
    // A ticket stands for the authorization until it expires.
    let reply = secret(&mut chip, TpmRh::OWNER, &[], -20).expect("an authorization");
    let mut r = Reader::new(&reply.params, &tpm2_wire::Accept::ALL);
    let timeout = Tpm2bTimeout::read(&mut r).expect("a timeout");
    let name = sized(&TpmRh::OWNER.to_be_bytes());
    let ticket = r.rest().to_vec();
    let redeem = |chip: &mut Chip, reference: &[u8], ticket: &[u8]| {
        let params = [&to_vec(&timeout)[..], &[0, 0], &sized(reference), &name, ticket].concat();
        chip.send::<PolicyTicket>(&[one], &[], &params).map(drop)
    };
    chip.send::<PolicyRestart>(&[one], &[], &[]).expect("a new beginning");
    redeem(&mut chip, b"ref", &ticket).expect("the authorization");
    assert_eq!(digest(&mut chip, one), policy);
    unseal(&mut chip, item, one).expect("the secret");
    refused_at(redeem(&mut chip, b"other", &ticket), Rc::TICKET, PolicyTicket::ticket);
    let mut forged = ticket.clone();
    forged[10] ^= 1;
    refused_at(redeem(&mut chip, b"ref", &forged), Rc::TICKET, PolicyTicket::ticket);
    forged[1] ^= 1;
    refused_at(redeem(&mut chip, b"ref", &forged), Rc::TAG, PolicyTicket::ticket);
    redeem(&mut chip, b"ref", &ticket).expect("the authorization");
    chip.wait(10_001);
    refused_at(unseal(&mut chip, item, one), Rc::EXPIRED, session_at(1));
    refused_at(redeem(&mut chip, b"ref", &ticket), Rc::EXPIRED, PolicyTicket::timeout);
    // Uses of a PIN are counted: no ticket stands for one.
    let pin =
        TpmaNv(TpmaNv::OWNERREAD.0 | TpmaNv::OWNERWRITE.0 | TpmaNv::AUTHREAD.0 | TpmaNv::NO_DA.0 | 9 << 4);
    chip.define_with(public(INDEX, pin, 8), "").expect("an index");
    let params = [&sized(&[0, 0, 0, 0, 0, 0, 0, 9])[..], &[0, 0]].concat();
    chip.send::<NvWrite>(&[TpmRh::OWNER, INDEX], &[], &params).expect("a write");
    let reply = secret(&mut chip, INDEX, &[], -3600).expect("an authorization");
    assert_eq!(reply.params[..2], [0, 0]);
    assert_eq!(chip.nv_read(INDEX, 8, 0).expect("the PIN")[3], 1);
}

#[test]
fn what_expires_does_not_come_back_with_the_next_start() {
    let mut chip = Chip::new();
    let one = session(&mut chip, TpmSe::Policy);
    let context = chip.send::<tpm2_wire::ContextSave>(&[one], &[], &[]).expect("a context").params;
    chip.cycle(tpm2_wire::TpmSu::State, tpm2_wire::TpmSu::State);
    chip.send::<tpm2_wire::ContextLoad>(&[], &[], &context).expect("the session");
    let params = [&[0; 6][..], &3600i32.to_be_bytes()].concat();
    let answer = chip.send::<PolicySecret>(&[TpmRh::OWNER, one], &[], &params);
    refused_at(answer, Rc::EXPIRED, PolicySecret::expiration);
}

#[test]
fn signatures() {
    let mut chip = Chip::new();
    let key = chip.primary(TpmRh::OWNER, "", &ecc(SIGNING, NULL, NULL, &[])).expect("a key");
    let name = chip.read_public(key).1;
    let sign = |chip: &mut Chip, digest: &[u8]| {
        let params = [&sized(digest)[..], ECDSA, &[0x80, 0x24, 0x40, 0, 0, 7, 0, 0]].concat();
        chip.send::<Sign>(&[key], &[], &params).expect("a signature").params
    };
    let policy = sha(&[&sha(&[&[0; 32], &code::<PolicySigned>(), &name]), b"ref"]);
    let item = guarded(&mut chip, &policy);
    let one = session(&mut chip, TpmSe::Policy);
    let signature = sign(&mut chip, &sha(&[&0i32.to_be_bytes(), b"ref"]));
    let signed = |chip: &mut Chip, reference: &[u8], signature: &[u8]| {
        let params = [&[0; 4][..], &sized(reference), &0i32.to_be_bytes(), signature].concat();
        chip.send::<PolicySigned>(&[key, one], &[], &params).map(drop)
    };
    signed(&mut chip, b"ref", &signature).expect("an authorization");
    unseal(&mut chip, item, one).expect("the secret");
    refused_at(signed(&mut chip, b"other", &signature), Rc::SIGNATURE, PolicySigned::auth);
    // A policy that a key has approved.
    let approved = sha(&[&[0; 32], &code::<PolicyAuthValue>()]);
    let signature = sign(&mut chip, &sha(&[&approved, b"ref"]));
    let params = [&sized(&sha(&[&approved, b"ref"]))[..], &signature].concat();
    let ticket = chip.send::<VerifySignature>(&[key], &[], &params).expect("a ticket").params;
    let authorize = |chip: &mut Chip, approved: &[u8], name: &[u8], ticket: &[u8]| {
        let params = [&sized(approved)[..], &sized(b"ref"), &sized(name), ticket].concat();
        chip.send::<PolicyAuthorize>(&[one], &[], &params).map(drop)
    };
    let early = authorize(&mut chip, &approved, &name, &ticket);
    refused_at(early, Rc::VALUE, PolicyAuthorize::approved_policy);
    chip.send::<PolicyAuthValue>(&[one], &[], &[]).expect("an assertion");
    for (name, rc) in
        [(&[][..], Rc::SIZE), (&[0], Rc::SIZE), (&[0, 0x0B, 1], Rc::SIZE), (&[0, 9, 1], Rc::HASH)]
    {
        refused_at(authorize(&mut chip, &approved, name, &ticket), rc, PolicyAuthorize::key_sign);
    }
    let mut forged = ticket.clone();
    forged[20] ^= 1;
    refused_at(authorize(&mut chip, &approved, &name, &forged), Rc::VALUE, PolicyAuthorize::check_ticket);
    authorize(&mut chip, &approved, &name, &ticket).expect("an approval");
    assert_eq!(digest(&mut chip, one), sha(&[&sha(&[&[0; 32], &code::<PolicyAuthorize>(), &name]), b"ref"]));
}
