//! ML-DSA and HashML-DSA keys: their templates, and what signs and verifies with them but sequences.
mod common;

use common::keys::{
    ECDSA, HMAC, NULL, OWN, RSASSA, SIGNING, ecc, hash_mldsa, keyed_hash, mldsa, portable, rsa,
};
use common::{Chip, refused, refused_at, sized};
use tpm2_crypto::{DsaMessage, HashAlg, MlDsa, RUST, mldsa as fips204};
use tpm2_wire::{
    Certify, Command, CreatePrimary, GetTime, Hash, LoadExternal, NvCertify, PolicyAuthorize,
    PolicyGetDigest, PolicySigned, Quote, Rc, Secret, Sign, SignDigest, StartAuthSession, Tpm2bAttest,
    Tpm2bDigest, Tpm2bName, TpmRh, TpmSe, TpmSt, TpmaNv, TpmaObject, TpmiAlgHash, TpmsAttest, TpmtSensitive,
    TpmtSignature, TpmtTkHashcheck, TpmtTkVerified, TpmuAttest, TpmuPublicId, TpmuSensitiveComposite,
    VerifyDigestSignature, VerifySignature, Wire, to_vec,
};

const NULL_TICKET: &[u8] = &[0x80, 0x24, 0x40, 0, 0, 7, 0, 0];
const RESTRICTED: TpmaObject = TpmaObject(SIGNING.0 | TpmaObject::RESTRICTED.0);
const SHA256: u8 = 0x0B;

fn sha(data: &[u8]) -> Vec<u8> {
    RUST.digest(HashAlg::Sha256, &[data]).to_vec()
}
fn sign_digest(
    chip: &mut Chip,
    key: u32,
    context: &[u8],
    digest: &[u8],
    ticket: &[u8],
) -> Result<TpmtSignature, Rc> {
    let params = [&sized(context)[..], &sized(digest), ticket].concat();
    Ok(chip.send::<SignDigest>(&[key], &[], &params)?.value())
}
fn verify_digest(
    chip: &mut Chip,
    key: u32,
    context: &[u8],
    digest: &[u8],
    signature: &TpmtSignature,
) -> Result<TpmtTkVerified, Rc> {
    let params = [sized(context), sized(digest), to_vec(signature)].concat();
    Ok(chip.send::<VerifyDigestSignature>(&[key], &[], &params)?.value())
}
/// Does the signature hold outside of the TPM?
fn holds(chip: &mut Chip, key: u32, message: DsaMessage<'_>, signature: &TpmtSignature) -> bool {
    let (TpmuPublicId::Mldsa(public) | TpmuPublicId::HashMldsa(public)) = chip.read_public(key).0.unique
    else {
        panic!("not an ML-DSA key")
    };
    let set = MlDsa::ALL.into_iter().find(|set| set.public_size() == public.len()).expect("a set");
    match signature {
        TpmtSignature::Mldsa(bytes) => RUST.mldsa_verify(set, &public, message, bytes),
        TpmtSignature::HashMldsa(s) => RUST.mldsa_verify(set, &public, message, &s.signature),
        _ => false,
    }
}
fn bytes(signature: &mut TpmtSignature) -> &mut Vec<u8> {
    match signature {
        TpmtSignature::Mldsa(bytes) => &mut bytes.0,
        TpmtSignature::HashMldsa(s) => &mut s.signature.0,
        _ => panic!("not of ML-DSA"),
    }
}

#[test]
fn templates_of_ml_dsa() {
    let mut chip = Chip::new();
    let mut primary = |area: &[u8]| chip.primary(TpmRh::OWNER, "", area).map(|handle| chip.flush(handle));
    let at = CreatePrimary::in_public;
    let decrypt = TpmaObject(OWN.0 | TpmaObject::DECRYPT.0);
    for set in 1..=3 {
        primary(&mldsa(SIGNING, set, 0)).expect("a key");
        primary(&mldsa(SIGNING, set, 1)).expect("a key");
        primary(&mldsa(RESTRICTED, set, 0)).expect("a key");
        primary(&hash_mldsa(SIGNING, set, SHA256)).expect("a key");
        // It signs and nothing else.
        for attributes in [decrypt, decrypt | TpmaObject::SIGN, decrypt | TpmaObject::RESTRICTED, OWN] {
            refused_at(primary(&mldsa(attributes, set, 0)), Rc::ATTRIBUTES, at);
            refused_at(primary(&hash_mldsa(attributes, set, SHA256)), Rc::ATTRIBUTES, at);
        }
    }
    refused_at(primary(&mldsa(SIGNING, 4, 0)), Rc::PARMS, at);
    refused_at(primary(&mldsa(SIGNING, 1, 2)), Rc::VALUE, at);
    refused_at(primary(&hash_mldsa(SIGNING, 0, SHA256)), Rc::PARMS, at);
    // FIPS 204 lets SHA-1 stand before no signature.
    refused_at(primary(&hash_mldsa(SIGNING, 1, 4)), Rc::HASH, at);
    refused_at(primary(&hash_mldsa(SIGNING, 1, 0x10)), Rc::HASH, at);
}

#[test]
fn external_keys_of_ml_dsa() {
    let mut chip = Chip::new();
    let loose = portable(SIGNING).with(TpmaObject::SENSITIVE_DATA_ORIGIN, false);
    let private = RUST.mldsa_private(MlDsa::MlDsa44, &[9; 32]).expect("a key");
    let area = |mut area: Vec<u8>, public: &[u8]| {
        area.truncate(area.len() - 2);
        [area, sized(public)].concat()
    };
    let sensitive = |composite| TpmtSensitive {
        auth_value: Secret::default(),
        seed_value: Secret::default(),
        sensitive: composite,
    };
    let pure = |seed: &[u8]| sensitive(TpmuSensitiveComposite::Mldsa(Secret::from(seed)));
    let hashed = |seed: &[u8]| sensitive(TpmuSensitiveComposite::HashMldsa(Secret::from(seed)));
    let good = area(mldsa(loose, 1, 1), private.public());
    let key = chip.external(Some(&pure(&[9; 32])), &good, TpmRh::NULL).expect("a key");
    let mut signature = sign_digest(&mut chip, key, b"", &[5; 64], NULL_TICKET).expect("a signature");
    assert!(RUST.mldsa_verify(
        MlDsa::MlDsa44,
        private.public(),
        DsaMessage::Mu(&[5; 64]),
        bytes(&mut signature)
    ));
    let hash_area = area(hash_mldsa(loose, 1, SHA256), private.public());
    chip.external(Some(&hashed(&[9; 32])), &hash_area, TpmRh::NULL).expect("a key");

    refused(chip.external(Some(&pure(&[8; 32])), &good, TpmRh::NULL), Rc::BINDING);
    refused(chip.external(Some(&hashed(&[8; 32])), &hash_area, TpmRh::NULL), Rc::BINDING);
    refused_at(
        chip.external(Some(&hashed(&[9; 32])), &good, TpmRh::NULL),
        Rc::TYPE,
        LoadExternal::in_private,
    );
    refused_at(
        chip.external(Some(&pure(&[9; 31])), &good, TpmRh::NULL),
        Rc::KEY_SIZE,
        LoadExternal::in_private,
    );
    let short = area(mldsa(loose, 1, 1), &private.public()[1..]);
    refused_at(chip.external(None, &short, TpmRh::NULL), Rc::KEY, LoadExternal::in_public);
    let other_set = area(mldsa(loose, 2, 1), private.public());
    refused_at(chip.external(None, &other_set, TpmRh::NULL), Rc::KEY, LoadExternal::in_public);
}

#[test]
fn digests_are_signed_and_verified() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let digest = sha(b"message");
    for (area, hash, contexts) in [
        (hash_mldsa(SIGNING, 1, SHA256), TpmiAlgHash::Sha256, true),
        (hash_mldsa(SIGNING, 3, SHA256), TpmiAlgHash::Sha256, true),
        (ecc(SIGNING, NULL, ECDSA, &[]), TpmiAlgHash::Sha256, false),
        (rsa(SIGNING, NULL, RSASSA), TpmiAlgHash::Sha256, false),
    ] {
        let key = chip.child(srk, "", &[], &area).expect("a key");
        let name = chip.read_public(key).1;
        for context in [&b""[..], b"context", &[1; 255]] {
            if !contexts && !context.is_empty() {
                let answer = sign_digest(&mut chip, key, context, &digest, NULL_TICKET);
                refused_at(answer, Rc::SIZE, SignDigest::context);
                continue;
            }
            let mut signature =
                sign_digest(&mut chip, key, context, &digest, NULL_TICKET).expect("a signature");
            if contexts {
                let formatted = fips204::hashed(context, HashAlg::Sha256, &digest).expect("a message");
                assert!(holds(&mut chip, key, DsaMessage::Formatted(&formatted), &signature));
                let answer = verify_digest(&mut chip, key, b"other", &digest, &signature);
                refused_at(answer, Rc::SIGNATURE, VerifyDigestSignature::signature);
            }
            let ticket = verify_digest(&mut chip, key, context, &digest, &signature).expect("a valid one");
            assert_eq!((ticket.tag, ticket.hierarchy.0), (TpmSt::DIGEST_VERIFIED, TpmRh::OWNER));
            assert_eq!((ticket.metadata, ticket.hmac.len()), (Some(hash), 64));
            let answer = verify_digest(&mut chip, key, context, &sha(b"other"), &signature);
            refused_at(answer, Rc::SIGNATURE, VerifyDigestSignature::signature);
            let answer = verify_digest(&mut chip, key, context, &digest[1..], &signature);
            refused_at(answer, Rc::SIZE, VerifyDigestSignature::digest);
            if contexts {
                bytes(&mut signature)[99] ^= 1;
                let answer = verify_digest(&mut chip, key, context, &digest, &signature);
                refused_at(answer, Rc::SIGNATURE, VerifyDigestSignature::signature);
                // One that says another hash, and one that is too short.
                let TpmtSignature::HashMldsa(s) = &mut signature else { panic!("another kind") };
                s.signature.0.pop();
                let answer = verify_digest(&mut chip, key, context, &digest, &signature);
                refused_at(answer, Rc::SIGNATURE, VerifyDigestSignature::signature);
                let TpmtSignature::HashMldsa(s) = &mut signature else { panic!("another kind") };
                s.hash = TpmiAlgHash::Sha384;
                let answer = verify_digest(&mut chip, key, context, &digest, &signature);
                refused_at(answer, Rc::SCHEME, VerifyDigestSignature::signature);
            }
        }
        let answer = sign_digest(&mut chip, key, b"", &digest[1..], NULL_TICKET);
        refused_at(answer, Rc::SIZE, SignDigest::digest);
        // A ticket that is there is looked at.
        let forged = [&[0x80, 0x24, 0x40, 0, 0, 1][..], &sized(&[1; 64])].concat();
        refused_at(sign_digest(&mut chip, key, b"", &digest, &forged), Rc::TICKET, SignDigest::validation);
        // In the null hierarchy there are no tickets.
        let area = to_vec(&chip.read_public(key).0);
        let public = chip.external(None, &area, TpmRh::NULL).expect("a public key");
        assert_eq!(chip.read_public(public).1, name);
        let signature = sign_digest(&mut chip, key, b"", &digest, NULL_TICKET).expect("a signature");
        let ticket = verify_digest(&mut chip, public, b"", &digest, &signature).expect("a valid one");
        assert_eq!((ticket.hierarchy.0, ticket.metadata, ticket.hmac.len()), (TpmRh::NULL, None, 0));
        chip.flush(public);
        chip.flush(key);
    }
}

#[test]
fn representatives_are_signed_where_the_key_allows_it() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let mu = [7; 64];
    for set in MlDsa::ALL {
        let key = chip.child(srk, "", &[], &mldsa(SIGNING, set.id() as u8, 1)).expect("a key");
        let mut signature = sign_digest(&mut chip, key, b"", &mu, NULL_TICKET).expect("a signature");
        assert_eq!(bytes(&mut signature).len(), set.signature_size());
        assert!(holds(&mut chip, key, DsaMessage::Mu(&mu), &signature));
        // No ticket that nobody could use (errata 2.5).
        let ticket = verify_digest(&mut chip, key, b"", &mu, &signature).expect("a valid one");
        assert_eq!((ticket.tag, ticket.hierarchy.0), (TpmSt::DIGEST_VERIFIED, TpmRh::NULL));
        assert_eq!((ticket.metadata, ticket.hmac.len()), (None, 0));
        refused_at(
            verify_digest(&mut chip, key, b"", &[8; 64], &signature),
            Rc::SIGNATURE,
            VerifyDigestSignature::signature,
        );
        // A context is inside of it; and it has its size.
        refused_at(sign_digest(&mut chip, key, b"x", &mu, NULL_TICKET), Rc::SIZE, SignDigest::context);
        refused_at(
            verify_digest(&mut chip, key, b"x", &mu, &signature),
            Rc::SIZE,
            VerifyDigestSignature::context,
        );
        refused_at(sign_digest(&mut chip, key, b"", &mu[1..], NULL_TICKET), Rc::SIZE, SignDigest::digest);
        let ticket = [&[0x80, 0x24, 0x40, 0, 0, 1][..], &sized(&[1; 64])].concat();
        refused_at(sign_digest(&mut chip, key, b"", &mu, &ticket), Rc::TICKET, SignDigest::validation);
        chip.flush(key);

        let key = chip.child(srk, "", &[], &mldsa(SIGNING, set.id() as u8, 0)).expect("a key");
        refused_at(sign_digest(&mut chip, key, b"", &mu, NULL_TICKET), Rc::EXT_MU, SignDigest::key_handle);
        refused_at(
            verify_digest(&mut chip, key, b"", &mu, &signature),
            Rc::EXT_MU,
            VerifyDigestSignature::key_handle,
        );
        chip.flush(key);
    }
    let key = chip.child(srk, "", &[], &mldsa(RESTRICTED, 1, 1)).expect("a key");
    let answer = sign_digest(&mut chip, key, b"", &mu, NULL_TICKET);
    refused_at(answer, Rc::ATTRIBUTES, SignDigest::key_handle);
}

#[test]
fn which_keys_sign_digests() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let digest = sha(b"message");
    let any = sign_of_ecdsa(&mut chip, srk, &digest);
    let hmac = chip.child(srk, "", &[], &keyed_hash(SIGNING, HMAC, &[])).expect("a key");
    let open = chip.child(srk, "", &[], &ecc(SIGNING, NULL, NULL, &[])).expect("a key");
    let x509 =
        chip.child(srk, "", &[], &hash_mldsa(SIGNING | TpmaObject::X509_SIGN, 1, SHA256)).expect("a key");
    let sequence = chip.send::<tpm2_wire::HashSequenceStart>(&[], &[], &[0, 0, 0, 0x0B]).expect("a sequence");
    let sequence = sequence.handle.expect("a handle");
    for (key, rc) in
        [(srk, Rc::KEY), (sequence, Rc::KEY), (hmac, Rc::SCHEME), (open, Rc::SCHEME), (x509, Rc::ATTRIBUTES)]
    {
        let answer = sign_digest(&mut chip, key, b"", &digest, NULL_TICKET);
        refused_at(answer, rc, SignDigest::key_handle);
    }
    for (key, rc, at) in [
        (srk, Rc::KEY, VerifyDigestSignature::key_handle),
        (sequence, Rc::KEY, VerifyDigestSignature::key_handle),
        (hmac, Rc::SCHEME, VerifyDigestSignature::key_handle),
        (open, Rc::SCHEME, VerifyDigestSignature::signature),
        // x509sign limits what is signed, not what is verified; this key has made no such signature.
        (x509, Rc::SCHEME, VerifyDigestSignature::signature),
    ] {
        refused_at(verify_digest(&mut chip, key, b"", &digest, &any), rc, at);
    }
    // The older commands know nothing of ML-DSA.
    for area in [mldsa(SIGNING, 1, 1), hash_mldsa(SIGNING, 1, SHA256)] {
        let key = chip.child(srk, "", &[], &area).expect("a key");
        let params = [&sized(&digest)[..], NULL, NULL_TICKET].concat();
        refused_at(chip.send::<Sign>(&[key], &[], &params), Rc::KEY, Sign::key_handle);
        let size = if area[1] == 0xA1 { 64 } else { 32 };
        let signature = sign_digest(&mut chip, key, b"", &[3; 64][..size], NULL_TICKET).expect("a signature");
        let params = [sized(&[3; 64][..size]), to_vec(&signature)].concat();
        refused_at(
            chip.send::<VerifySignature>(&[key], &[], &params),
            Rc::SCHEME,
            VerifySignature::signature,
        );
        chip.flush(key);
    }
}
fn sign_of_ecdsa(chip: &mut Chip, parent: u32, digest: &[u8]) -> TpmtSignature {
    let key = chip.child(parent, "", &[], &ecc(SIGNING, NULL, ECDSA, &[])).expect("a key");
    let signature = sign_digest(chip, key, b"", digest, NULL_TICKET).expect("a signature");
    chip.flush(key);
    signature
}

#[test]
fn a_restricted_key_signs_digests_that_the_tpm_made() {
    let mut chip = Chip::new();
    let hash = |chip: &mut Chip, data: &[u8], hierarchy: u32| {
        let params = [&sized(data)[..], &[0, SHA256], &hierarchy.to_be_bytes()].concat();
        let reply = chip.send::<Hash>(&[], &[], &params).expect("a digest");
        let mut r = reply.reader();
        let digest = Tpm2bDigest::read(&mut r).expect("a digest");
        (digest.0, to_vec(&TpmtTkHashcheck::read(&mut r).expect("a ticket")))
    };
    for area in [hash_mldsa(RESTRICTED, 1, SHA256), ecc(RESTRICTED, NULL, ECDSA, &[])] {
        let key = chip.primary(TpmRh::OWNER, "", &area).expect("a key");
        let (digest, ticket) = hash(&mut chip, b"message", TpmRh::OWNER);
        let signature = sign_digest(&mut chip, key, b"", &digest, &ticket).expect("a signature");
        verify_digest(&mut chip, key, b"", &digest, &signature).expect("a valid one");
        let at = SignDigest::validation;
        refused_at(sign_digest(&mut chip, key, b"", &sha(b"other"), &ticket), Rc::TICKET, at);
        refused_at(sign_digest(&mut chip, key, b"", &digest, NULL_TICKET), Rc::TICKET, at);
        let (digest, ticket) = hash(&mut chip, b"\xFFTCG message", TpmRh::OWNER);
        refused_at(sign_digest(&mut chip, key, b"", &digest, &ticket), Rc::TICKET, at);
        chip.flush(key);
    }
}

#[test]
fn attestations_are_signed_whole() {
    let mut chip = Chip::new();
    let pcrs: &[u8] = &[0, 0, 0, 1, 0, SHA256, 3, 0, 0, 1];
    let data = sized(b"nonce");
    chip.define(0x0150_0000, TpmaNv::OWNERREAD | TpmaNv::OWNERWRITE, 1500).expect("an index");
    let written = [sized(&[5; 1000]), vec![0, 0]].concat();
    chip.send::<tpm2_wire::NvWrite>(&[TpmRh::OWNER, 0x0150_0000], &[], &written).expect("a write");
    for area in [mldsa(RESTRICTED, 2, 0), hash_mldsa(RESTRICTED, 2, 0x0C), mldsa(RESTRICTED, 3, 0)] {
        let key = chip.primary(TpmRh::ENDORSEMENT, "", &area).expect("a key");
        let pure = area[1] == 0xA1;
        let check = |chip: &mut Chip, params: &[u8]| -> TpmsAttest {
            let mut r = tpm2_wire::Reader::new(params, &tpm2_wire::Accept::ALL);
            let attest = Tpm2bAttest::read(&mut r).expect("an attestation");
            let signature = TpmtSignature::read(&mut r).expect("a signature");
            r.finish().expect("nothing after it");
            let formatted = if pure {
                fips204::pure(b"", &attest)
            } else {
                fips204::hashed(b"", HashAlg::Sha384, &RUST.digest(HashAlg::Sha384, &[&attest]))
            };
            let formatted = formatted.expect("a message");
            assert!(holds(chip, key, DsaMessage::Formatted(&formatted), &signature));
            tpm2_wire::TpmsAttest::read(&mut tpm2_wire::Reader::new(&attest, &tpm2_wire::Accept::ALL))
                .expect("one")
        };
        let reply = chip.send::<Quote>(&[key], &[], &[&data[..], NULL, pcrs].concat()).expect("a quote");
        let TpmuAttest::Quote(quote) = check(&mut chip, &reply.params).attested else { panic!("no quote") };
        // The hash of the scheme, or of the key's Name (errata 2.6).
        let alg = if pure { HashAlg::Sha256 } else { HashAlg::Sha384 };
        assert_eq!(quote.pcr_digest.0, RUST.digest(alg, &[&[0; 32]]).to_vec());
        let own: &[u8] = if pure { &[0, 0xA1] } else { &[0, 0xA2] };
        chip.send::<Quote>(&[key], &[], &[&data[..], own, pcrs].concat()).expect("the key's own scheme");
        let answer = chip.send::<Quote>(&[key], &[], &[&data[..], ECDSA, pcrs].concat());
        refused_at(answer, Rc::SCHEME, Quote::in_scheme);

        let reply =
            chip.send::<Certify>(&[key, key], &[], &[&data[..], NULL].concat()).expect("a certificate");
        check(&mut chip, &reply.params);
        let reply =
            chip.send::<GetTime>(&[TpmRh::ENDORSEMENT, key], &[], &[&data[..], NULL].concat()).expect("time");
        check(&mut chip, &reply.params);
        for (size, offset) in [(0u16, 0u16), (1000, 0)] {
            let range = [size.to_be_bytes(), offset.to_be_bytes()].concat();
            let reply = chip
                .send::<NvCertify>(
                    &[key, TpmRh::OWNER, 0x0150_0000],
                    &[],
                    &[&data[..], NULL, &range].concat(),
                )
                .expect("a certificate");
            match check(&mut chip, &reply.params).attested {
                TpmuAttest::Nv(info) => assert_eq!((size, info.nv_contents.len()), (1000, 1000)),
                TpmuAttest::NvDigest(info) => {
                    let contents = chip.nv_read(0x0150_0000, 1024, 0).expect("data");
                    let rest = chip.nv_read(0x0150_0000, 476, 1024).expect("data");
                    assert_eq!(info.nv_digest.0, RUST.digest(alg, &[&contents, &rest]).to_vec());
                }
                _ => panic!("another attestation"),
            }
        }
        chip.flush(key);
    }
    // Without a key and without a hash there is no digest of PCRs.
    let answer = chip.send::<Quote>(&[TpmRh::NULL], &[], &[&data[..], &[0, 0xA1], pcrs].concat());
    refused_at(answer, Rc::SCHEME, Quote::in_scheme);
}

fn session(chip: &mut Chip) -> u32 {
    let params = [&sized(&[7; 16])[..], &[0, 0, TpmSe::Policy.value(), 0, 0x10, 0, SHA256]].concat();
    let reply = chip.send::<StartAuthSession>(&[TpmRh::NULL; 2], &[], &params).expect("a session");
    reply.handle.expect("a handle")
}
fn policy_digest(chip: &mut Chip, session: u32) -> Vec<u8> {
    chip.send::<PolicyGetDigest>(&[session], &[], &[]).expect("a digest").value::<Tpm2bDigest>().0
}

#[test]
fn policy_signed_takes_ml_dsa() {
    let mut chip = Chip::new();
    let policy_ref = b"ref";
    let to_be_signed = [&[0u8; 4][..], policy_ref].concat();
    let seed = [4; 32];
    for hashed in [false, true] {
        let private = RUST.mldsa_private(MlDsa::MlDsa44, &seed).expect("a key");
        let formatted = if hashed {
            fips204::hashed(b"", HashAlg::Sha256, &sha(&to_be_signed))
        } else {
            fips204::pure(b"", &to_be_signed)
        };
        let signature =
            private.sign_with(DsaMessage::Formatted(&formatted.expect("a message")), &[0; 32]).expect("one");
        let loose = TpmaObject::SIGN | TpmaObject::USER_WITH_AUTH;
        let mut area = if hashed { hash_mldsa(loose, 1, SHA256) } else { mldsa(loose, 1, 0) };
        area.truncate(area.len() - 2);
        let key =
            chip.external(None, &[area, sized(private.public())].concat(), TpmRh::OWNER).expect("a key");
        let name = chip.read_public(key).1;
        let tag: &[u8] = if hashed { &[0, 0xA2, 0, SHA256] } else { &[0, 0xA1] };
        let auth = |signature: &[u8]| [tag, &sized(signature)].concat();
        let session = session(&mut chip);
        let send = |chip: &mut Chip, auth: &[u8], policy_ref: &[u8]| {
            let params = [&[0; 4][..], &sized(policy_ref), &[0; 4], auth].concat();
            chip.send::<PolicySigned>(&[key, session], &[], &params).map(drop)
        };
        refused_at(send(&mut chip, &auth(&signature), b"fer"), Rc::SIGNATURE, PolicySigned::auth);
        let other: &[u8] = if hashed { &[0, 0xA1] } else { &[0, 0xA2, 0, SHA256] };
        let mistaken = [other, &sized(&signature)].concat();
        refused_at(send(&mut chip, &mistaken, policy_ref), Rc::SCHEME, PolicySigned::auth);
        send(&mut chip, &auth(&signature), policy_ref).expect("an authorization");
        let code = PolicySigned::SHAPE.code.to_be_bytes();
        let expected = sha(&[&sha(&[&[0; 32][..], &code, &name].concat())[..], policy_ref].concat());
        assert_eq!(policy_digest(&mut chip, session), expected);
        chip.flush(session);
        chip.flush(key);
    }
}

/// What a policy authority signs, by way of each command that verifies digests.
#[test]
fn policy_authorize_takes_the_ticket_of_a_digest() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let approved = [0; 32];
    // The hash of the signature need not be that of the key's Name.
    for (area, alg) in [
        (hash_mldsa(SIGNING, 1, SHA256), HashAlg::Sha256),
        (hash_mldsa(SIGNING, 1, 0x0C), HashAlg::Sha384),
        (ecc(SIGNING, NULL, &[0, 0x18, 0, 0x0C], &[]), HashAlg::Sha384),
    ] {
        let key = chip.child(srk, "", &[], &area).expect("a key");
        let name = chip.read_public(key).1;
        let digest = RUST.digest(alg, &[&approved, b"ref"]).to_vec();
        let signature = sign_digest(&mut chip, key, b"", &digest, NULL_TICKET).expect("a signature");
        let ticket = verify_digest(&mut chip, key, b"", &digest, &signature).expect("a ticket");
        let session = session(&mut chip);
        let authorize = |chip: &mut Chip, policy_ref: &[u8], name: &Tpm2bName, ticket: &TpmtTkVerified| {
            let params = [sized(&approved), sized(policy_ref), to_vec(name), to_vec(ticket)].concat();
            chip.send::<PolicyAuthorize>(&[session], &[], &params).map(drop)
        };
        let at = PolicyAuthorize::check_ticket;
        let mut changed = ticket.clone();
        changed.metadata = Some(TpmiAlgHash::Sha512);
        refused_at(authorize(&mut chip, b"ref", &name, &changed), Rc::VALUE, at);
        changed = ticket.clone();
        changed.tag = TpmSt::VERIFIED;
        changed.metadata = None;
        refused_at(authorize(&mut chip, b"ref", &name, &changed), Rc::VALUE, at);
        changed.tag = TpmSt::MESSAGE_VERIFIED;
        refused_at(authorize(&mut chip, b"ref", &name, &changed), Rc::VALUE, at);
        let null = TpmtTkVerified {
            tag: TpmSt::DIGEST_VERIFIED,
            hierarchy: tpm2_wire::TpmiRhHierarchy(TpmRh::NULL),
            metadata: None,
            hmac: Tpm2bDigest::default(),
        };
        refused_at(authorize(&mut chip, b"ref", &name, &null), Rc::VALUE, at);
        refused_at(authorize(&mut chip, b"fer", &name, &ticket), Rc::VALUE, at);
        let mut other = name.clone();
        other.0[5] ^= 1;
        refused_at(authorize(&mut chip, b"ref", &other, &ticket), Rc::VALUE, at);
        authorize(&mut chip, b"ref", &name, &ticket).expect("an approval");
        let code = PolicyAuthorize::SHAPE.code.to_be_bytes();
        let expected = sha(&[&sha(&[&[0; 32][..], &code, &name].concat())[..], b"ref"].concat());
        assert_eq!(policy_digest(&mut chip, session), expected);
        chip.flush(session);
        chip.flush(key);
    }
}
