//! Sequences that sign and verify messages (Part 3, 17.5, 17.6, 20.3 and 20.6).
mod common;

use common::keys::{ECDSA, HMAC, NULL, RSASSA, SIGNING, ecc, hash_mldsa, keyed_hash, mldsa, rsa};
use common::{Chip, refused, refused_at, sized};
use tpm2_crypto::{DsaMessage, HashAlg, MlDsa, RUST, mldsa as fips204};
use tpm2_wire::{
    At, Command, ContextLoad, ContextSave, EventSequenceComplete, PolicyAuthorize, PolicyGetDigest, Rc,
    SequenceComplete, SequenceUpdate, SignSequenceComplete, SignSequenceStart, StartAuthSession, Tpm2bDigest,
    TpmRh, TpmSe, TpmSt, TpmaObject, TpmtSignature, TpmtTkVerified, TpmuPublicId, VerifySequenceComplete,
    VerifySequenceStart, to_vec,
};

const RESTRICTED: TpmaObject = TpmaObject(SIGNING.0 | TpmaObject::RESTRICTED.0);
const SHA256: u8 = 0x0B;
const P256: tpm2_crypto::Curve = tpm2_crypto::Curve::P256;
const SM2: &[u8] = &[0, 0x1B, 0, SHA256];
const SCHNORR: &[u8] = &[0, 0x1C, 0, SHA256];

fn sign_start(chip: &mut Chip, key: u32, auth: &str, context: &[u8]) -> Result<u32, Rc> {
    let params = [sized(auth.as_bytes()), sized(context)].concat();
    Ok(chip.send::<SignSequenceStart>(&[key], &[], &params)?.handle.expect("a handle"))
}
fn verify_start(chip: &mut Chip, key: u32, hint: &[u8], context: &[u8]) -> Result<u32, Rc> {
    let params = [sized(b""), sized(hint), sized(context)].concat();
    Ok(chip.send::<VerifySequenceStart>(&[key], &[], &params)?.handle.expect("a handle"))
}
fn update(chip: &mut Chip, sequence: u32, data: &[u8]) -> Result<(), Rc> {
    chip.send::<SequenceUpdate>(&[sequence], &[], &sized(data)).map(drop)
}
fn sign(chip: &mut Chip, sequence: u32, key: u32, data: &[u8]) -> Result<TpmtSignature, Rc> {
    Ok(chip.send::<SignSequenceComplete>(&[sequence, key], &[], &sized(data))?.value())
}
fn verify(chip: &mut Chip, sequence: u32, key: u32, signature: &TpmtSignature) -> Result<TpmtTkVerified, Rc> {
    Ok(chip.send::<VerifySequenceComplete>(&[sequence, key], &[], &to_vec(signature))?.value())
}
/// One message, signed in pieces: each but the last by an update.
fn sign_pieces(chip: &mut Chip, key: u32, context: &[u8], pieces: &[&[u8]]) -> Result<TpmtSignature, Rc> {
    let sequence = sign_start(chip, key, "", context)?;
    let (last, first) = pieces.split_last().expect("a piece");
    for piece in first {
        update(chip, sequence, piece)?;
    }
    sign(chip, sequence, key, last)
}
fn verify_pieces(
    chip: &mut Chip,
    key: u32,
    context: &[u8],
    pieces: &[&[u8]],
    signature: &TpmtSignature,
) -> Result<TpmtTkVerified, Rc> {
    let sequence = verify_start(chip, key, b"", context)?;
    for piece in pieces {
        update(chip, sequence, piece)?;
    }
    let result = verify(chip, sequence, key, signature);
    if result.is_err() {
        chip.flush(sequence);
    }
    result
}
/// Does it hold, by the public part or, for HMAC, by the secret `key`?
fn holds(chip: &mut Chip, key: u32, context: &[u8], message: &[u8], signature: &TpmtSignature) -> bool {
    let digest = RUST.digest(HashAlg::Sha256, &[message]);
    let mldsa = |public: &[u8], formatted: &[u8], bytes: &[u8]| {
        let set = MlDsa::ALL.into_iter().find(|set| set.public_size() == public.len()).expect("a set");
        RUST.mldsa_verify(set, public, DsaMessage::Formatted(formatted), bytes)
    };
    match (signature, chip.read_public(key).0.unique) {
        (TpmtSignature::Mldsa(bytes), TpmuPublicId::Mldsa(public)) => {
            mldsa(&public, &fips204::pure(context, message).expect("a message"), bytes)
        }
        (TpmtSignature::HashMldsa(s), TpmuPublicId::HashMldsa(public)) => mldsa(
            &public,
            &fips204::hashed(context, HashAlg::Sha256, &digest).expect("a message"),
            &s.signature,
        ),
        (TpmtSignature::Ecdsa(s), TpmuPublicId::Ecc(q)) => {
            let q = tpm2_crypto::Point { x: q.x.0, y: q.y.0 };
            RUST.ecdsa_verify(tpm2_crypto::Curve::P256, &q, &digest, &s.signature_r, &s.signature_s)
        }
        (TpmtSignature::Sm2(s), TpmuPublicId::Ecc(q)) => {
            let q = tpm2_crypto::Point { x: q.x.0, y: q.y.0 };
            let z = RUST.sm2_z(P256, HashAlg::Sha256, &q, context).expect("an identity");
            let e = RUST.digest(HashAlg::Sha256, &[&z, message]);
            RUST.sm2_verify(P256, &q, &e, &s.signature_r, &s.signature_s)
        }
        (TpmtSignature::Ecschnorr(s), TpmuPublicId::Ecc(q)) => {
            let q = tpm2_crypto::Point { x: q.x.0, y: q.y.0 };
            RUST.ecschnorr_verify(P256, HashAlg::Sha256, &q, &digest, &s.signature_r, &s.signature_s)
        }
        (TpmtSignature::Rsassa(s), TpmuPublicId::Rsa(n)) => {
            RUST.rsa_verify(&n, 65537, tpm2_crypto::RsaSig::Pkcs1, HashAlg::Sha256, &digest, &s.sig)
        }
        (TpmtSignature::Hmac(ha), TpmuPublicId::Keyedhash(_)) => {
            ha.digest == RUST.hmac(HashAlg::Sha256, b"secret", &[message]).to_vec()
        }
        _ => false,
    }
}
/// A key of each kind that signs in sequences, and whether a context goes with it.
fn keys(chip: &mut Chip, parent: u32) -> Vec<(u32, bool)> {
    let given = SIGNING.with(TpmaObject::SENSITIVE_DATA_ORIGIN, false);
    let mut all = Vec::new();
    for (area, secret, contexts) in [
        (mldsa(SIGNING, 1, 0), &b""[..], true),
        (mldsa(SIGNING, 3, 1), b"", true),
        (hash_mldsa(SIGNING, 2, SHA256), b"", true),
        (ecc(SIGNING, NULL, ECDSA, &[]), b"", false),
        (ecc(SIGNING, NULL, SM2, &[]), b"", true),
        (ecc(SIGNING, NULL, SCHNORR, &[]), b"", false),
        (rsa(SIGNING, NULL, RSASSA), b"", false),
        (keyed_hash(given, HMAC, &[]), b"secret", false),
    ] {
        all.push((chip.child(parent, "", secret, &area).expect("a key"), contexts));
    }
    all
}

#[test]
fn messages_are_signed_and_verified_in_any_pieces() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let long = [&[0x5A; 1024][..]; 3].concat();
    let cuts: [&[&[u8]]; 6] = [
        &[b""],
        &[b"message"],
        &[b"", b"message"],
        &[b"mes", b"", b"sage", b""],
        &[&long[..1024], &long[1024..2048], &long[2048..]],
        &[&long[..1024], b"\xFFTCG"],
    ];
    for (key, contexts) in keys(&mut chip, srk) {
        for context in [&b""[..], b"context", &[7; 255]] {
            if !contexts && !context.is_empty() {
                refused_at(sign_start(&mut chip, key, "", context), Rc::SIZE, SignSequenceStart::context);
                refused_at(
                    verify_start(&mut chip, key, b"", context),
                    Rc::SIZE,
                    VerifySequenceStart::context,
                );
                continue;
            }
            for pieces in cuts {
                let message = pieces.concat();
                let signature = sign_pieces(&mut chip, key, context, pieces).expect("a signature");
                assert!(holds(&mut chip, key, context, &message, &signature));
                let ticket = verify_pieces(&mut chip, key, context, pieces, &signature).expect("a valid one");
                assert_eq!((ticket.tag, ticket.hierarchy.0), (TpmSt::MESSAGE_VERIFIED, TpmRh::OWNER));
                assert_eq!((ticket.metadata, ticket.hmac.len()), (None, 64));
                // However the message was cut, the ticket is for the message.
                let again = verify_pieces(
                    &mut chip,
                    key,
                    context,
                    &message.chunks(700).collect::<Vec<_>>(),
                    &signature,
                );
                assert_eq!(again.expect("a valid one"), ticket);
                let at = VerifySequenceComplete::signature;
                let more = verify_pieces(
                    &mut chip,
                    key,
                    context,
                    &[&message[..message.len().min(9)], b"!"],
                    &signature,
                );
                refused_at(more, Rc::SIGNATURE, at);
                if contexts {
                    let other = verify_pieces(&mut chip, key, b"other", pieces, &signature);
                    refused_at(other, Rc::SIGNATURE, at);
                }
            }
        }
        chip.flush(key);
    }
}

#[test]
fn which_keys_begin_a_sequence() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let open = chip.child(srk, "", &[], &ecc(SIGNING, NULL, NULL, &[])).expect("a key");
    let open_hmac = chip.child(srk, "", &[], &rsa(SIGNING, NULL, NULL)).expect("a key");
    let x509 = chip.child(srk, "", &[], &mldsa(SIGNING | TpmaObject::X509_SIGN, 1, 0)).expect("a key");
    let hmac = chip.child(srk, "", &[], &keyed_hash(RESTRICTED, HMAC, &[])).expect("a key");
    let key = chip.child(srk, "", &[], &mldsa(SIGNING, 1, 0)).expect("a key");
    let sequence = sign_start(&mut chip, key, "", b"").expect("a sequence");
    for (key, rc) in [
        (srk, Rc::KEY),
        (sequence, Rc::KEY),
        (open, Rc::SCHEME),
        (open_hmac, Rc::SCHEME),
        (x509, Rc::ATTRIBUTES),
        // It signs digests with tickets, which a sequence has no place for.
        (hmac, Rc::ATTRIBUTES),
    ] {
        refused_at(sign_start(&mut chip, key, "", b""), rc, SignSequenceStart::key_handle);
    }
    for (key, rc) in [(srk, Rc::KEY), (sequence, Rc::KEY), (open, Rc::SCHEME), (open_hmac, Rc::SCHEME)] {
        refused_at(verify_start(&mut chip, key, b"", b""), rc, VerifySequenceStart::key_handle);
    }
    refused_at(verify_start(&mut chip, key, b"R", b""), Rc::SIZE, VerifySequenceStart::hint);
    let verifying = verify_start(&mut chip, x509, b"", b"").expect("a sequence");
    chip.flush(verifying);
    // A context has a size.
    let params = [sized(b""), sized(&[0; 256])].concat();
    let answer = chip.send::<SignSequenceStart>(&[key], &[], &params);
    refused_at(answer, Rc::SIZE, SignSequenceStart::context);
}

#[test]
fn a_sequence_is_for_one_key_and_one_purpose() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let key = chip.child(srk, "", &[], &mldsa(SIGNING, 1, 0)).expect("a key");
    let other = chip.child(srk, "", &[], &mldsa(SIGNING, 1, 0)).expect("a key");
    let area = to_vec(&chip.read_public(key).0);
    let elsewhere = chip.external(None, &area, TpmRh::ENDORSEMENT).expect("a public key");
    let signing = sign_start(&mut chip, key, "", b"").expect("a sequence");
    refused_at(sign(&mut chip, signing, other, b"m"), Rc::SIGN_CONTEXT_KEY, SignSequenceComplete::key_handle);
    refused_at(sign(&mut chip, signing, signing, b"m"), Rc::KEY, SignSequenceComplete::key_handle);
    refused_at(sign(&mut chip, key, key, b"m"), Rc::MODE, SignSequenceComplete::sequence_handle);
    // It is no hash, no event and no verification.
    let params = [sized(b"m"), TpmRh::NULL.to_be_bytes().to_vec()].concat();
    let answer = chip.send::<SequenceComplete>(&[signing], &[], &params);
    refused_at(answer, Rc::MODE, SequenceComplete::sequence_handle);
    let answer = chip.send::<EventSequenceComplete>(&[TpmRh::NULL, signing], &[], &sized(b"m"));
    refused_at(answer, Rc::MODE, EventSequenceComplete::sequence_handle);
    // What was refused changed nothing: the message is still empty.
    let signature = sign(&mut chip, signing, key, b"m").expect("a signature");
    assert!(holds(&mut chip, key, b"", b"m", &signature));
    // And what was completed is gone.
    refused(sign(&mut chip, signing, key, b"m"), Rc::reference_handle(0));

    let verifying = verify_start(&mut chip, key, b"", b"").expect("a sequence");
    update(&mut chip, verifying, b"m").expect("room");
    let at = VerifySequenceComplete::key_handle;
    refused_at(verify(&mut chip, verifying, other, &signature), Rc::SIGN_CONTEXT_KEY, at);
    // The same key in another hierarchy would earn another ticket.
    refused_at(verify(&mut chip, verifying, elsewhere, &signature), Rc::SIGN_CONTEXT_KEY, at);
    refused_at(verify(&mut chip, verifying, verifying, &signature), Rc::KEY, at);
    refused_at(sign(&mut chip, verifying, key, b""), Rc::MODE, SignSequenceComplete::sequence_handle);
    let signing = sign_start(&mut chip, key, "", b"").expect("a sequence");
    let at = VerifySequenceComplete::sequence_handle;
    refused_at(verify(&mut chip, signing, key, &signature), Rc::MODE, at);
    let hash = chip.send::<tpm2_wire::HashSequenceStart>(&[], &[], &[0, 0, 0, SHA256]).expect("a sequence");
    let hash = hash.handle.expect("a handle");
    refused_at(verify(&mut chip, hash, key, &signature), Rc::MODE, at);
    refused_at(sign(&mut chip, hash, key, b""), Rc::MODE, SignSequenceComplete::sequence_handle);
    // A signature of another scheme, or hash, than the key's.
    let hashed = chip.child(srk, "", &[], &hash_mldsa(SIGNING, 1, SHA256)).expect("a key");
    let mistaken = sign_pieces(&mut chip, hashed, b"", &[b"m"]).expect("a signature");
    let at = VerifySequenceComplete::signature;
    refused_at(verify(&mut chip, verifying, key, &mistaken), Rc::SCHEME, at);
    let TpmtSignature::HashMldsa(mut changed) = mistaken else { panic!("another kind") };
    changed.hash = tpm2_wire::TpmiAlgHash::Sha512;
    let changed = TpmtSignature::HashMldsa(changed);
    refused_at(verify_pieces(&mut chip, hashed, b"", &[b"m"], &changed), Rc::SCHEME, at);
    verify(&mut chip, verifying, key, &signature).expect("a valid one");
    refused(verify(&mut chip, verifying, key, &signature), Rc::reference_handle(0));
}

#[test]
fn both_the_sequence_and_the_key_are_authorized() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let key = chip.child(srk, "key", &[], &mldsa(SIGNING, 1, 0)).expect("a key");
    let sequence = sign_start(&mut chip, key, "sequence", b"").expect("a sequence");
    let message = sized(b"m");
    refused(update(&mut chip, sequence, b""), Rc::BAD_AUTH.at(At::Session(1)));
    let mut complete = |passwords: &[&str]| {
        chip.send::<SignSequenceComplete>(&[sequence, key], passwords, &message).map(drop)
    };
    refused(complete(&["", "key"]), Rc::BAD_AUTH.at(At::Session(1)));
    refused(complete(&["sequence", ""]), Rc::BAD_AUTH.at(At::Session(2)));
    complete(&["sequence", "key"]).expect("a signature");
    // A key without its private part signs nothing.
    let area = to_vec(&chip.read_public(key).0);
    let public = chip.external(None, &area, TpmRh::OWNER).expect("a public key");
    let sequence = sign_start(&mut chip, public, "", b"").expect("a sequence");
    refused(sign(&mut chip, sequence, public, b"m"), Rc::AUTH_UNAVAILABLE);
}

#[test]
fn a_restricted_key_signs_nothing_that_looks_like_the_tpms() {
    let mut chip = Chip::new();
    let at = SignSequenceComplete::buffer;
    for area in
        [mldsa(RESTRICTED, 1, 0), hash_mldsa(RESTRICTED, 1, SHA256), ecc(RESTRICTED, NULL, ECDSA, &[])]
    {
        let key = chip.primary(TpmRh::OWNER, "", &area).expect("a key");
        let generated: [&[&[u8]]; 4] =
            [&[b"\xFFTCG"], &[b"\xFFTCG more"], &[b"\xFF", b"T", b"CG"], &[b"", b"\xFFTC", b"G!"]];
        for pieces in generated {
            refused_at(sign_pieces(&mut chip, key, b"", pieces), Rc::VALUE, at);
            chip.flush(0x8000_0001);
        }
        for pieces in [&[&b"\xFFTC"[..]][..], &[b"", b""], &[b"x", b"\xFFTCG"], &[b"\xFFTCH"]] {
            let signature = sign_pieces(&mut chip, key, b"", pieces).expect("a signature");
            assert!(holds(&mut chip, key, b"", &pieces.concat(), &signature));
        }
        chip.flush(key);
    }
}

#[test]
fn sequences_outlive_contexts_and_migration() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    for (key, contexts) in keys(&mut chip, srk) {
        let context: &[u8] = if contexts { b"context" } else { b"" };
        let message = [0x33; 500];
        let signing = sign_start(&mut chip, key, "", context).expect("a sequence");
        update(&mut chip, signing, &message[..137]).expect("room");
        // Out and in again, and then the whole TPM.
        let saved = chip.send::<ContextSave>(&[], &[], &signing.to_be_bytes()).expect("a context");
        chip.flush(signing);
        let signing =
            chip.send::<ContextLoad>(&[], &[], &saved.params).expect("room").handle.expect("a handle");
        let volatile = chip.tpm.save_volatile();
        let mut moved = chip.load();
        moved.load_volatile(&mut chip.bench, &volatile).expect("its own state");
        chip.tpm = moved;
        update(&mut chip, signing, &message[137..400]).expect("room");
        let signature = sign(&mut chip, signing, key, &message[400..]).expect("a signature");
        assert!(holds(&mut chip, key, context, &message, &signature));

        let verifying = verify_start(&mut chip, key, b"", context).expect("a sequence");
        update(&mut chip, verifying, &message[..137]).expect("room");
        let saved = chip.send::<ContextSave>(&[], &[], &verifying.to_be_bytes()).expect("a context");
        chip.flush(verifying);
        let verifying =
            chip.send::<ContextLoad>(&[], &[], &saved.params).expect("room").handle.expect("a handle");
        update(&mut chip, verifying, &message[137..]).expect("room");
        let ticket = verify(&mut chip, verifying, key, &signature).expect("a valid one");
        assert_eq!(
            verify_pieces(&mut chip, key, context, &[&message], &signature).expect("a valid one"),
            ticket
        );
        chip.flush(key);
    }
}

#[test]
fn what_a_policy_authority_signed_is_a_message() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let approved = [0; 32];
    for (key, _) in keys(&mut chip, srk) {
        let name = chip.read_public(key).1;
        let message = [&approved[..], b"ref"].concat();
        let signature = sign_pieces(&mut chip, key, b"", &[&message]).expect("a signature");
        let ticket =
            verify_pieces(&mut chip, key, b"", &[&message[..5], &message[5..]], &signature).expect("valid");
        let params = [&sized(&[7; 16])[..], &[0, 0, TpmSe::Policy.value(), 0, 0x10, 0, SHA256]].concat();
        let session = chip.send::<StartAuthSession>(&[TpmRh::NULL; 2], &[], &params).expect("a session");
        let session = session.handle.expect("a handle");
        let authorize = |chip: &mut Chip, policy_ref: &[u8], ticket: &TpmtTkVerified| {
            let params = [sized(&approved), sized(policy_ref), to_vec(&name), to_vec(ticket)].concat();
            chip.send::<PolicyAuthorize>(&[session], &[], &params).map(drop)
        };
        let at = PolicyAuthorize::check_ticket;
        refused_at(authorize(&mut chip, b"fer", &ticket), Rc::VALUE, at);
        let mut mistaken = ticket.clone();
        mistaken.tag = TpmSt::VERIFIED;
        refused_at(authorize(&mut chip, b"ref", &mistaken), Rc::VALUE, at);
        authorize(&mut chip, b"ref", &ticket).expect("an approval");
        let code = PolicyAuthorize::SHAPE.code.to_be_bytes();
        let inner = RUST.digest(HashAlg::Sha256, &[&[0; 32], &code, &name]);
        let digest =
            chip.send::<PolicyGetDigest>(&[session], &[], &[]).expect("a digest").value::<Tpm2bDigest>();
        assert_eq!(digest.0, RUST.digest(HashAlg::Sha256, &[&inner, b"ref"]).to_vec());
        chip.flush(session);
        chip.flush(key);
    }
}

#[test]
fn a_key_of_the_null_hierarchy_earns_no_ticket() {
    let mut chip = Chip::new();
    let key = chip.primary(TpmRh::NULL, "", &mldsa(SIGNING, 1, 0)).expect("a key");
    let signature = sign_pieces(&mut chip, key, b"", &[b"m"]).expect("a signature");
    let ticket = verify_pieces(&mut chip, key, b"", &[b"m"], &signature).expect("a valid one");
    assert_eq!((ticket.tag, ticket.hierarchy.0), (TpmSt::MESSAGE_VERIFIED, TpmRh::NULL));
    assert!(ticket.hmac.is_empty());
}

#[test]
fn a_small_transport_is_told_what_does_not_fit() {
    let mut chip = Chip::new();
    let key = chip.primary(TpmRh::OWNER, "", &mldsa(SIGNING, 3, 0)).expect("a key");
    chip.tpm.set_buffer_size(3968);
    // A signature of ML-DSA-87 has 4627 bytes: nothing happened, and the sequence is still there.
    let sequence = sign_start(&mut chip, key, "", b"").expect("a sequence");
    refused(sign(&mut chip, sequence, key, b"m"), Rc::MEMORY);
    chip.tpm.set_buffer_size(usize::MAX);
    sign(&mut chip, sequence, key, b"m").expect("a signature");
    let mut long = common::command(&SequenceUpdate::SHAPE, &[sequence], &[], &sized(b""));
    long.resize(8193, 0);
    long[2..6].copy_from_slice(&8193u32.to_be_bytes());
    refused(common::parse(&SequenceUpdate::SHAPE, &chip.raw(&long)), Rc::COMMAND_SIZE);
}
