//! What broke other TPMs, done to this one. Each test names the CVE or report; `docs/BREAKS.md` tells them all, with
//! those that concern other parts than the engine.
mod common;

use common::keys::{DATA, ECDSA, HMAC, NULL, OWN, RSASSA, SIGNING, ecc, keyed_hash, portable, rsa, storage};
use common::session::{Begin, Session, session_at};
use common::{Chip, assemble, parse, public, refused, refused_at, sized};
use tpm2_crypto::RUST;
use tpm2_engine::Tpm;
use tpm2_wire::{
    CertifyX509, Command, CreatePrimary, Duplicate, GetCapability, GetRandom, Hash, Import, NvRead, NvWrite,
    PcrExtend, PcrRead, PolicyTemplate, Rc, RsaDecrypt, RsaEncrypt, Shutdown, Sign, Startup, Tpm2bDigest,
    Tpm2bPrivate, Tpm2bSensitiveData, TpmRh, TpmSe, TpmSu, TpmaNv, TpmaObject, TpmaSession, TpmuPublicId,
    Unseal, VerifySignature, Wire, to_vec,
};

const NULL_TICKET: &[u8] = &[0x80, 0x24, 0x40, 0, 0, 7, 0, 0];
const INDEX: u32 = 0x0150_0000;

fn pcr_0(chip: &mut Chip) -> Vec<u8> {
    chip.send::<PcrRead>(&[], &[], &[0, 0, 0, 1, 0, 0x0B, 3, 1, 0, 0]).expect("a value").params
}

/// A platform that resumed without saved state began with fresh PCRs, into which anything could be measured.
#[test]
fn cve_2018_6622_no_resume_without_saved_state() {
    let mut chip = Chip::new();
    let extend = [&[0, 0, 0, 1, 0, 0x0B][..], &[5; 32]].concat();
    chip.send::<PcrExtend>(&[0], &[], &extend).expect("an extension");
    let measured = pcr_0(&mut chip);
    // Power goes without TPM2_Shutdown; after TPM2_Shutdown(CLEAR); after a command that undid a shutdown.
    for shutdown in [None, Some((TpmSu::Clear, false)), Some((TpmSu::State, true))] {
        if let Some((kind, undo)) = shutdown {
            chip.send::<Shutdown>(&[], &[], &to_vec(&kind)).expect("shutdown");
            if undo {
                chip.send::<PcrExtend>(&[16], &[], &extend).expect("an extension");
            }
        }
        let resume = chip.restart(TpmSu::State);
        refused_at(resume, Rc::VALUE, Startup::startup_type);
        // There is no TPM to measure into until it begins in earnest, and that is counted.
        refused(chip.send::<PcrExtend>(&[0], &[], &extend), Rc::INITIALIZE);
        chip.restart(TpmSu::Clear).expect("start-up");
        assert_ne!(pcr_0(&mut chip), measured);
    }
}

/// Power that went after TPM2_Shutdown made failed tries be forgotten.
#[test]
fn cve_2020_26933_a_try_is_not_forgotten_when_power_goes() {
    let mut chip = Chip::new();
    let attributes = TpmaNv::AUTHREAD | TpmaNv::OWNERREAD | TpmaNv::OWNERWRITE;
    chip.define_with(public(INDEX, attributes, 8), "right").expect("an index");
    chip.send::<NvWrite>(&[TpmRh::OWNER, INDEX], &[], &[sized(&[0; 8]), vec![0; 2]].concat())
        .expect("a write");
    let guess = |chip: &mut Chip, value: &str| {
        chip.send::<NvRead>(&[INDEX, INDEX], &[value], &[0, 8, 0, 0]).map(drop)
    };
    let failures = |chip: &mut Chip| {
        let params = [6u32, 0x20E, 1].map(u32::to_be_bytes).concat();
        let reply = chip.send::<GetCapability>(&[], &[], &params).expect("a property");
        u32::from_be_bytes(reply.params[reply.params.len() - 4..].try_into().expect("four bytes"))
    };
    for kind in [TpmSu::Clear, TpmSu::State] {
        let before = failures(&mut chip);
        chip.send::<Shutdown>(&[], &[], &to_vec(&kind)).expect("shutdown");
        refused_at(guess(&mut chip, "wrong"), Rc::AUTH_FAIL, session_at(1));
        chip.reload();
        // The try itself, and, as it was cut off, one for what may not have been recorded.
        assert_eq!(failures(&mut chip), (before + 2).min(3));
    }
    refused_at(guess(&mut chip, "right"), Rc::LOCKOUT, session_at(1));
}

/// Primes with leading zeros made moduli of less than their size.
#[test]
fn cve_2021_3505_primes_are_as_large_as_they_are_said_to_be() {
    let mut chip = Chip::new();
    let attributes = portable(SIGNING);
    // The policy of the duplication is that it is one.
    let (trial, policy) = chip.policy(TpmSe::Trial, Duplicate::SHAPE.code);
    chip.flush(trial);
    let area = [
        &[0, 1, 0, 0x0B][..],
        &attributes.0.to_be_bytes(),
        &sized(&policy),
        NULL,
        NULL,
        &[8, 0, 0, 0, 0, 0, 0, 0],
    ];
    let srk = chip.srk();
    let key = chip.child(srk, "", &[], &area.concat()).expect("a key");
    let TpmuPublicId::Rsa(n) = chip.read_public(key).0.unique else { panic!("not an RSA key") };
    assert!(n.len() == 256 && n[0] >= 0x80, "2048 bits");
    let (session, _) = chip.policy(TpmSe::Policy, Duplicate::SHAPE.code);
    let params = [&[0, 0][..], NULL].concat();
    let reply =
        chip.send_policy::<Duplicate>(&[key, TpmRh::NULL], &[Some(session)], &params).expect("a duplicate");
    let mut r = reply.reader();
    u16::read(&mut r).expect("no key");
    let private = Tpm2bPrivate::read(&mut r).expect("a private area").0;
    // TPM2B of a TPMT_SENSITIVE, whose last field is the prime.
    let prime = &private[private.len() - 128..];
    assert!(
        u16::from_be_bytes([prime[0], prime[1]]) >= 0xB504,
        "the upper half of the square root of 2^2048"
    );
}

/// The buffer that RSA_Decrypt wrote to was smaller than what it wrote.
#[test]
fn cve_2021_3569_decryption_gives_what_fits() {
    let mut chip = Chip::new();
    let attributes = OWN | TpmaObject::DECRYPT;
    let key = chip.primary(TpmRh::OWNER, "", &rsa(attributes, NULL, NULL)).expect("a key");
    let with = |chip: &mut Chip, data: &[u8], scheme: &[u8]| {
        let params = [&sized(data)[..], scheme, &[0, 0]].concat();
        let reply = chip.send::<RsaEncrypt>(&[key], &[], &params)?;
        let params = [&reply.params[..], scheme, &[0, 0]].concat();
        Ok::<_, Rc>(chip.send::<RsaDecrypt>(&[key], &[], &params)?.value::<tpm2_wire::Tpm2bPublicKeyRsa>().0)
    };
    let raw = [&[0][..], &[7; 255]].concat();
    assert_eq!(with(&mut chip, &raw, NULL).expect("the whole block"), raw);
    let pkcs1: &[u8] = &[0, 0x15];
    assert_eq!(with(&mut chip, &[7; 245], pkcs1).expect("the most that fits"), [7; 245]);
    refused(with(&mut chip, &[7; 246], pkcs1), Rc::VALUE);
    for size in [0usize, 255, 257, 512] {
        let params = [&sized(&vec![1; size])[..], NULL, &[0, 0]].concat();
        let decrypted = chip.send::<RsaDecrypt>(&[key], &[], &params);
        assert!(decrypted.is_err_and(|rc| rc.bare() == Rc::SIZE), "{size} octets");
    }
    let too_long = [&sized(&[1; 513])[..], NULL, &[0, 0]].concat();
    refused_at(chip.send::<RsaDecrypt>(&[key], &[], &too_long), Rc::SIZE, RsaDecrypt::cipher_text);
}

/// A TPM whose state has something of everything.
fn busy() -> Chip {
    let mut chip = Chip::new();
    let srk = chip.srk();
    chip.child(srk, "auth", b"secret", &keyed_hash(DATA, NULL, &[])).expect("a datum");
    chip.define(INDEX, TpmaNv::OWNERREAD | TpmaNv::OWNERWRITE | TpmaNv::ORDERLY, 8).expect("an index");
    chip.send::<NvWrite>(&[TpmRh::OWNER, INDEX], &[], &[sized(&[1; 8]), vec![0; 2]].concat())
        .expect("a write");
    chip.policy(TpmSe::Policy, Unseal::SHAPE.code);
    chip.send::<tpm2_wire::HashSequenceStart>(&[], &[], &[0, 0, 0, 0x0B]).expect("a sequence");
    chip.send::<tpm2_wire::ActSetTimeout>(&[TpmRh::ACT_0], &[], &[0, 0, 0, 9]).expect("a timer");
    chip
}

/// State that was saved from or loaded into buffers of another size was read and written beyond them; so was, in 2026,
/// what skipped the parts that a version does not know (libtpms 614 to 619).
#[test]
fn cve_2021_3623_cve_2021_3746_volatile_state_is_whole_or_refused() {
    let mut chip = busy();
    let saved = chip.tpm.save_volatile().to_vec();
    for cut in 0..saved.len() {
        assert!(chip.tpm.load_volatile(&mut chip.bench, &saved[..cut]).is_err(), "cut at {cut}");
    }
    assert!(
        chip.tpm.load_volatile(&mut chip.bench, &[&saved[..], &[0]].concat()).is_err(),
        "an octet too many"
    );
    for at in 0..saved.len() {
        let mut bad = saved.clone();
        bad[at] ^= 0xFF;
        // Whatever it is taken for, it is that alone: what was loaded is saved, and loaded, as it is.
        if chip.tpm.load_volatile(&mut chip.bench, &bad).is_ok() {
            let once = chip.tpm.save_volatile();
            chip.tpm.load_volatile(&mut chip.bench, &once).expect("state that was just saved");
            assert!(*once == *chip.tpm.save_volatile(), "octet {at}");
        }
        chip.tpm.load_volatile(&mut chip.bench, &saved).expect("the state");
    }
}

/// The same of permanent state, which swtpm read with a header that was not checked (CVE-2022-23645).
#[test]
fn libtpms_614_permanent_state_is_whole_or_refused() {
    let mut chip = busy();
    let snapshot = chip.tpm.snapshot().to_vec();
    let mut loads = |bytes: &[u8]| Tpm::load(&RUST, &[bytes], &mut chip.bench).is_ok();
    assert!(loads(&snapshot));
    for cut in 0..snapshot.len() {
        loads(&snapshot[..cut]);
    }
    assert!(!loads(&snapshot[..snapshot.len() - 1]));
    assert!(!loads(&[&snapshot[..], &[0]].concat()));
    for at in 0..snapshot.len() {
        let mut bad = snapshot.clone();
        bad[at] = bad[at].wrapping_add(0x80);
        loads(&bad);
    }
}

/// A first parameter that was shorter than its size, with a session that decrypts, was decrypted beyond the command.
#[test]
fn cve_2023_1017_cve_2023_1018_a_short_first_parameter_is_refused() {
    for symmetric in [&[0, 6, 0, 128, 0, 0x43][..], &[0, 0x0A, 0, 0x0B]] {
        let mut chip = Chip::new();
        let begin = Begin { symmetric, bind: TpmRh::OWNER, ..Begin::default() };
        let session = Session::begin(&mut chip, &begin).expect("a session");
        let good = [&sized(b"data")[..], &[0, 0x0B, 0x40, 0, 0, 7]].concat();
        for cut in 0..good.len() {
            // The size stays what it was, or grows to the most that there can be.
            for size in [4u16, 5, 0x400, 0xFFFF] {
                let mut params = good[..cut].to_vec();
                if let Some(place) = params.get_mut(..2) {
                    place.copy_from_slice(&size.to_be_bytes());
                }
                let mut auths = session.handle.to_be_bytes().to_vec();
                auths.extend_from_slice(&[&sized(&[1; 16])[..], &[0x21, 0, 0]].concat());
                let raw = assemble(&Hash::SHAPE, &[], &auths, &params);
                assert!(parse(&Hash::SHAPE, &chip.raw(&raw)).is_err(), "{size} of {cut}");
            }
        }
        // With a key of no one's the HMAC is empty, and the parameters are all that can be wrong.
        let unbound = Session::begin(&mut chip, &Begin { symmetric, ..Begin::default() }).expect("a session");
        for params in [&[][..], &[0], &[0, 1], &[0xFF, 0xFF], &[0, 2, 1], &[0x7F, 0xFF, 1, 2, 3]] {
            let mut auths = unbound.handle.to_be_bytes().to_vec();
            auths.extend_from_slice(&[&sized(&[1; 16])[..], &[0x21, 0, 0]].concat());
            let raw = assemble(&Hash::SHAPE, &[], &auths, params);
            let rc = parse(&Hash::SHAPE, &chip.raw(&raw)).err().expect("a refusal");
            assert!([Rc::SIZE, Rc::INSUFFICIENT].contains(&rc.bare()), "{params:02x?}: {rc:?}");
        }
    }
}

/// The first response parameter was encrypted as if it were of another size (libtpms 375).
#[test]
fn libtpms_375_the_first_response_parameter_is_encrypted_as_it_is() {
    let mut chip = Chip::new();
    let begin = Begin { symmetric: &[0, 6, 0, 128, 0, 0x43], ..Begin::default() };
    let mut session = Session::begin(&mut chip, &begin).expect("a session");
    for size in [0u16, 1, 15, 16, 17, 64] {
        session.attributes = TpmaSession::CONTINUE | TpmaSession::ENCRYPT;
        let reply = chip.send_sessions::<GetRandom>(&[], &[], &mut [&mut session], &size.to_be_bytes());
        let bytes = reply.expect("random bytes").value::<Tpm2bDigest>();
        assert_eq!(bytes.len(), usize::from(size).min(64));
    }
    // What does not begin with a TPM2B cannot be encrypted at all.
    session.attributes = TpmaSession::CONTINUE | TpmaSession::ENCRYPT;
    let clock = chip.send_sessions::<tpm2_wire::ReadClock>(&[], &[], &mut [&mut session], &[]);
    refused_at(clock, Rc::ATTRIBUTES, session_at(1));
}

/// A key of one type signed, or verified, with the scheme of another, whose key it does not have.
#[test]
fn cve_2025_2884_cve_2025_49133_no_hmac_with_a_key_that_is_none() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let digest = [7; 32];
    let sign = |chip: &mut Chip, key: u32, scheme: &[u8]| {
        let params = [&sized(&digest)[..], scheme, NULL_TICKET].concat();
        chip.send::<Sign>(&[key], &[], &params).map(drop)
    };
    let verify = |chip: &mut Chip, key: u32| {
        let params = [&sized(&digest)[..], HMAC, &[7; 32]].concat();
        chip.send::<VerifySignature>(&[key], &[], &params).map(drop)
    };
    for area in [ecc(SIGNING, NULL, NULL, &[]), rsa(SIGNING, NULL, NULL)] {
        let key = chip.child(srk, "", &[], &area).expect("a key");
        refused_at(sign(&mut chip, key, HMAC), Rc::SCHEME, Sign::in_scheme);
        refused_at(verify(&mut chip, key), Rc::SCHEME, VerifySignature::signature);
        chip.flush(key);
    }
    let hmac = chip.child(srk, "", &[], &keyed_hash(SIGNING, HMAC, &[])).expect("a key");
    for scheme in [ECDSA, RSASSA] {
        refused_at(sign(&mut chip, hmac, scheme), Rc::SCHEME, Sign::in_scheme);
    }
    sign(&mut chip, hmac, HMAC).expect("a signature");
}

/// A flushed object stayed in its slot, and a handle that was given out again could find it there.
#[test]
fn cve_2026_6726_nothing_is_left_of_what_was_flushed() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let secret = b"what nobody may find again";
    let item = chip.child(srk, "auth", secret, &keyed_hash(DATA, NULL, &[])).expect("a datum");
    let holds = |chip: &Chip| chip.tpm.save_volatile().windows(secret.len()).any(|bytes| bytes == secret);
    assert!(holds(&chip));
    chip.flush(item);
    assert!(!holds(&chip));
    refused(chip.send::<Unseal>(&[item], &["auth"], &[]), Rc::reference_handle(0));
    // The handle comes back with another object, and nothing of the first.
    let next = chip.child(srk, "", b"other", &keyed_hash(DATA, NULL, &[])).expect("a datum");
    assert_eq!(next, item);
    assert_eq!(
        *chip.send::<Unseal>(&[next], &[], &[]).expect("the datum").value::<Tpm2bSensitiveData>(),
        *b"other"
    );
    refused_at(chip.send::<Unseal>(&[next], &["auth"], &[]), Rc::BAD_AUTH, session_at(1));
    // All slots are to be had again, and again.
    for _ in 0..2 {
        let all: Vec<u32> = (0..64).map_while(|_| chip.primary(TpmRh::OWNER, "", &storage()).ok()).collect();
        assert_eq!(all.len(), 14, "16 but for the two that are taken");
        all.into_iter().for_each(|handle| chip.flush(handle));
    }
}

/// A template whose size was larger than the command was hashed nevertheless (libtpms 615: CompareTemplateHash).
#[test]
fn libtpms_615_a_template_that_is_cut_short_is_refused() {
    let mut chip = Chip::new();
    // A hierarchy that only a policy with this template authorizes.
    let template = storage();
    let hash = RUST.digest(tpm2_crypto::HashAlg::Sha256, &[&template]).to_vec();
    let code = PolicyTemplate::SHAPE.code.to_be_bytes();
    let policy = RUST.digest(tpm2_crypto::HashAlg::Sha256, &[&[0; 32], &code, &hash]).to_vec();
    let set = [&sized(&policy)[..], &[0, 0x0B]].concat();
    chip.send::<tpm2_wire::SetPrimaryPolicy>(&[TpmRh::OWNER], &[], &set).expect("a policy");
    let good = [&[0, 4, 0, 0, 0, 0][..], &sized(&template), &[0; 6]].concat();
    let mut attempt = |params: &[u8]| {
        let begin = [&sized(&[7; 16])[..], &[0, 0, 1, 0, 0x10, 0, 0x0B]].concat();
        let none = [TpmRh::NULL; 2];
        let session = chip.send::<tpm2_wire::StartAuthSession>(&none, &[], &begin).expect("a session").handle;
        let session = session.expect("a handle");
        chip.send::<PolicyTemplate>(&[session], &[], &sized(&hash)).expect("an assertion");
        let result = chip.send_policy::<CreatePrimary>(&[TpmRh::OWNER], &[Some(session)], params);
        let _ = chip.send::<tpm2_wire::FlushContext>(&[], &[], &session.to_be_bytes());
        result.map(|reply| chip.flush(reply.handle.expect("a handle")))
    };
    attempt(&good).expect("the key");
    let end = 6 + 2 + template.len();
    for cut in 0..end {
        refused_at(attempt(&good[..cut]), Rc::POLICY_FAIL, session_at(1));
    }
    for size in [0xFFFFu16, 0x8000, template.len() as u16 + 100] {
        let mut long = good.clone();
        long[6..8].copy_from_slice(&size.to_be_bytes());
        refused_at(attempt(&long), Rc::POLICY_FAIL, session_at(1));
        let mut long = good.clone();
        long[..2].copy_from_slice(&size.to_be_bytes());
        refused_at(attempt(&long), Rc::POLICY_FAIL, session_at(1));
    }
}

/// More sequences than a partial certificate can have were written into a list on the stack (libtpms 617).
#[test]
fn libtpms_617_a_certificate_of_too_many_sequences_is_refused() {
    let mut chip = Chip::new();
    let key = chip.primary(TpmRh::OWNER, "", &ecc(SIGNING, NULL, ECDSA, &[])).expect("a key");
    let extensions = [0xA3, 0x0F, 0x30, 0x0D, 0x30, 0x0B, 6, 3, 0x55, 0x1D, 0x0F, 4, 4, 3, 2, 7, 0x80];
    for count in [0usize, 1, 2, 5, 6, 100] {
        let inner = [vec![[0x30, 0]; count].concat(), extensions.to_vec()].concat();
        let part = if inner.len() < 128 {
            [&[0x30, inner.len() as u8][..], &inner].concat()
        } else {
            [&[0x30, 0x81, inner.len() as u8][..], &inner].concat()
        };
        let params = [&[0, 0][..], NULL, &sized(&part)].concat();
        let result = chip.send::<CertifyX509>(&[key, key], &[], &params);
        refused_at(result, Rc::VALUE, CertifyX509::partial_certificate);
    }
    for count in [3, 4] {
        let inner = [vec![[0x30, 0]; count].concat(), extensions.to_vec()].concat();
        let params = [&[0, 0][..], NULL, &sized(&[&[0x30, inner.len() as u8][..], &inner].concat())].concat();
        chip.send::<CertifyX509>(&[key, key], &[], &params).expect("a certificate");
    }
}

/// An authorization value that was longer than its object's digest made a length underflow (libtpms 618: Import).
#[test]
fn libtpms_618_an_authorization_value_that_is_too_long_is_refused() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let area = keyed_hash(portable(DATA), NULL, &[]);
    // The public area of a datum that is the digest of seed and data.
    let mut import = |auth: usize| {
        let (seed, data) = ([9; 32], b"imported");
        let unique = RUST.digest(tpm2_crypto::HashAlg::Sha256, &[&seed, data]).to_vec();
        let public = [&area[..area.len() - 2], &sized(&unique)].concat();
        let sensitive = [&[0, 8][..], &sized(&vec![1; auth]), &sized(&seed), &sized(data)].concat();
        let params = [&[0, 0][..], &sized(&public), &sized(&sized(&sensitive)), &[0, 0], NULL].concat();
        chip.send::<Import>(&[srk], &[], &params).map(drop)
    };
    import(32).expect("the most that fits");
    for size in [33, 48, 64, 65, 128] {
        let rc = import(size).expect_err("an authorization value that is too long");
        assert!([Rc::SIZE, Rc::VALUE].contains(&rc.bare()), "{size}: {rc:?}");
    }
}

/// A cipher's chaining value that was the first one's, not the last one's (CVE-2021-3446, CVE-2026-21444), made streams
/// of several commands repeat. Here: that of parameter encryption, which has one for each use.
#[test]
fn cve_2021_3446_no_two_encryptions_are_alike() {
    let mut chip = Chip::new();
    let begin = Begin { symmetric: &[0, 6, 0, 128, 0, 0x43], ..Begin::default() };
    let mut session = Session::begin(&mut chip, &begin).expect("a session");
    let srk = chip.srk();
    let item = chip.child(srk, "", &[7; 64], &keyed_hash(DATA, NULL, &[])).expect("a datum");
    let name = chip.read_public(item).1.0;
    let mut seen = Vec::new();
    for _ in 0..4 {
        session.attributes = TpmaSession::CONTINUE | TpmaSession::ENCRYPT;
        let command = chip.sign_command::<Unseal>(&[item], &[&name], &mut [&mut session], &[]);
        let response = chip.raw(&command);
        seen.push(response[16..16 + 64].to_vec());
        common::session::read_response::<Unseal>(&response, &mut [&mut session]).expect("the datum");
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 4);
    // And within one encryption no block is like another.
    assert!(seen.iter().all(|bytes| bytes[..16] != bytes[16..32]));
}
