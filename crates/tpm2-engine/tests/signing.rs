//! Signing, HMACs, key exchange and attestation (Part 3, 14, 15, 17, 18 and 20).
mod common;

use common::keys::{ECDSA, HMAC, NULL, OWN, RSASSA, SIGNING, STORAGE, ecc, keyed_hash, rsa};
use common::{Chip, refused, refused_at, sized};
use tpm2_crypto::{Curve, HashAlg, RUST, RsaSig};
use tpm2_wire::{
    Certify, EcdhKeyGen, EcdhZGen, GetTime, Hash, HashSequenceStart, Mac, MacStart, NvCertify, Quote, Rc,
    Reader, RsaDecrypt, RsaEncrypt, SequenceComplete, SequenceUpdate, Sign, Sized2b, Tpm2bAttest,
    Tpm2bDigest, TpmRh, TpmSt, TpmaNv, TpmaObject, TpmsAttest, TpmsEccPoint, TpmtSignature, TpmtTkHashcheck,
    TpmtTkVerified, TpmuAttest, TpmuPublicId, VerifySignature, Wire, to_vec,
};

const NULL_TICKET: &[u8] = &[0x80, 0x24, 0x40, 0, 0, 7, 0, 0];
const P256: Curve = Curve::P256;
const RESTRICTED: TpmaObject = TpmaObject(SIGNING.0 | TpmaObject::RESTRICTED.0);
const PCRS: &[u8] = &[0, 0, 0, 1, 0, 0x0B, 3, 0, 0, 1];

fn digest(data: &[u8]) -> Vec<u8> {
    RUST.digest(HashAlg::Sha256, &[data]).to_vec()
}
fn sign(chip: &mut Chip, key: u32, digest: &[u8], scheme: &[u8], ticket: &[u8]) -> Result<TpmtSignature, Rc> {
    let params = [&sized(digest)[..], scheme, ticket].concat();
    Ok(chip.send::<Sign>(&[key], &[], &params)?.value())
}
fn verify(chip: &mut Chip, key: u32, digest: &[u8], signature: &TpmtSignature) -> Result<TpmtTkVerified, Rc> {
    let params = [sized(digest), to_vec(signature)].concat();
    Ok(chip.send::<VerifySignature>(&[key], &[], &params)?.value())
}
/// Does the signature hold, by the public part alone?
fn holds(chip: &mut Chip, key: u32, digest: &[u8], signature: &TpmtSignature) -> bool {
    match (signature, chip.read_public(key).0.unique) {
        (TpmtSignature::Ecdsa(s), TpmuPublicId::Ecc(q)) => {
            let q = tpm2_crypto::Point { x: q.x.0, y: q.y.0 };
            RUST.ecdsa_verify(P256, &q, digest, &s.signature_r, &s.signature_s)
        }
        (TpmtSignature::Rsassa(s), TpmuPublicId::Rsa(n)) => {
            RUST.rsa_verify(&n, 65537, RsaSig::Pkcs1, HashAlg::Sha256, digest, &s.sig)
        }
        _ => false,
    }
}

#[test]
fn signatures_hold_outside_of_the_tpm() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let digest = digest(b"message");
    for (area, scheme) in [(ecc(SIGNING, NULL, NULL, &[]), ECDSA), (rsa(SIGNING, NULL, NULL), RSASSA)] {
        let key = chip.child(srk, "", &[], &area).expect("a key");
        let signature = sign(&mut chip, key, &digest, scheme, NULL_TICKET).expect("a signature");
        assert!(holds(&mut chip, key, &digest, &signature));
        let ticket = verify(&mut chip, key, &digest, &signature).expect("a valid one");
        assert_eq!((ticket.tag, ticket.hierarchy.0, ticket.hmac.len()), (TpmSt::VERIFIED, TpmRh::OWNER, 64));
        let mut other = digest.clone();
        other[31] ^= 1;
        refused_at(verify(&mut chip, key, &other, &signature), Rc::SIGNATURE, VerifySignature::signature);
        // The digest has the size that the scheme says; without a scheme there is no signature.
        refused_at(sign(&mut chip, key, &digest[1..], scheme, NULL_TICKET), Rc::SIZE, Sign::digest);
        refused_at(sign(&mut chip, key, &digest, NULL, NULL_TICKET), Rc::SCHEME, Sign::in_scheme);
        refused_at(sign(&mut chip, key, &digest, HMAC, NULL_TICKET), Rc::SCHEME, Sign::in_scheme);
        chip.flush(key);
    }
    refused_at(sign(&mut chip, srk, &digest, ECDSA, NULL_TICKET), Rc::KEY, Sign::key_handle);
}

#[test]
fn a_restricted_key_signs_what_this_tpm_has_hashed() {
    let mut chip = Chip::new();
    let key = chip.primary(TpmRh::OWNER, "", &ecc(RESTRICTED, NULL, ECDSA, &[])).expect("a key");
    let hash = |chip: &mut Chip, data: &[u8], hierarchy: u32| {
        let params = [&sized(data)[..], &[0, 0x0B], &hierarchy.to_be_bytes()].concat();
        let reply = chip.send::<Hash>(&[], &[], &params).expect("a digest");
        let mut r = reply.reader();
        let digest = Tpm2bDigest::read(&mut r).expect("a digest");
        (digest.0, TpmtTkHashcheck::read(&mut r).expect("a ticket"))
    };
    let (good, ticket) = hash(&mut chip, b"message", TpmRh::OWNER);
    let signature = sign(&mut chip, key, &good, NULL, &to_vec(&ticket)).expect("a signature");
    assert!(holds(&mut chip, key, &good, &signature));
    refused_at(sign(&mut chip, key, &good, NULL, NULL_TICKET), Rc::TICKET, Sign::validation);
    refused_at(sign(&mut chip, key, &digest(b"x"), NULL, &to_vec(&ticket)), Rc::TICKET, Sign::validation);
    let mut forged = ticket.clone();
    forged.digest.0[0] ^= 1;
    refused_at(sign(&mut chip, key, &good, NULL, &to_vec(&forged)), Rc::TICKET, Sign::validation);
    // What looks like an attestation gets no ticket, nor does what is hashed for nobody.
    let (fake, none) = hash(&mut chip, b"\xFFTCG, it says", TpmRh::OWNER);
    assert_eq!(to_vec(&none), NULL_TICKET);
    refused_at(sign(&mut chip, key, &fake, NULL, &to_vec(&none)), Rc::TICKET, Sign::validation);
    assert_eq!(to_vec(&hash(&mut chip, b"message", TpmRh::NULL).1), NULL_TICKET);
    // Another scheme than its own it does not take.
    let other = [0, 0x18, 0, 4];
    refused_at(sign(&mut chip, key, &good, &other, &to_vec(&ticket)), Rc::SCHEME, Sign::in_scheme);
}

#[test]
fn the_first_buffer_of_a_sequence_decides_about_its_ticket() {
    let mut chip = Chip::new();
    let mut ticket = |parts: &[&[u8]], last: &[u8]| {
        let start = chip.send::<HashSequenceStart>(&[], &[], &[0, 0, 0, 0x0B]).expect("a sequence");
        let sequence = start.handle.expect("a handle");
        for part in parts {
            chip.send::<SequenceUpdate>(&[sequence], &[], &sized(part)).expect("an update");
        }
        let params = [&sized(last)[..], &TpmRh::OWNER.to_be_bytes()].concat();
        let reply = chip.send::<SequenceComplete>(&[sequence], &[], &params).expect("a digest");
        let mut r = reply.reader();
        let result = Tpm2bDigest::read(&mut r).expect("a digest");
        assert_eq!(result.0, digest(&[&parts.concat(), last].concat()));
        !TpmtTkHashcheck::read(&mut r).expect("a ticket").digest.is_empty()
    };
    assert!(ticket(&[], b"data"));
    assert!(ticket(&[b"data"], b""));
    assert!(ticket(&[b"data", b"\xFFTCG"], b"\xFFTCG"));
    assert!(!ticket(&[b"\xFFTCG"], b"data"));
    assert!(!ticket(&[], b"\xFFTCG"));
    // One that is too short to tell,
    assert!(!ticket(&[b"dat", b"a"], b""));
    assert!(!ticket(&[b"\xFF", b"TCG"], b""));
    assert!(!ticket(&[b""], b"data"));
    assert!(!ticket(&[], b""));
}

#[test]
fn hmac_keys() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let bytes = TpmaObject(SIGNING.0 & !TpmaObject::SENSITIVE_DATA_ORIGIN.0);
    let key = chip.child(srk, "", b"key", &keyed_hash(bytes, HMAC, &[])).expect("a key");
    let expected = RUST.hmac(HashAlg::Sha256, b"key", &[b"data"]).to_vec();
    let hmac = |chip: &mut Chip, key: u32, alg: &[u8]| -> Result<Vec<u8>, Rc> {
        let params = [&sized(b"data")[..], alg].concat();
        Ok(chip.send::<Mac>(&[key], &[], &params)?.value::<Tpm2bDigest>().0)
    };
    assert_eq!(hmac(&mut chip, key, NULL).expect("an HMAC"), expected);
    assert_eq!(hmac(&mut chip, key, &[0, 0x0B]).expect("an HMAC"), expected);
    refused_at(hmac(&mut chip, key, &[0, 4]), Rc::VALUE, Mac::in_scheme);
    refused_at(hmac(&mut chip, srk, NULL), Rc::TYPE, Mac::handle);
    let start = chip.send::<MacStart>(&[key], &[], &[0, 0, 0, 0x10]).expect("a sequence");
    let sequence = start.handle.expect("a handle");
    chip.send::<SequenceUpdate>(&[sequence], &[], &sized(b"da")).expect("an update");
    let params = [&sized(b"ta")[..], &TpmRh::OWNER.to_be_bytes()].concat();
    let reply = chip.send::<SequenceComplete>(&[sequence], &[], &params).expect("an HMAC");
    assert_eq!(reply.params, [&sized(&expected)[..], NULL_TICKET].concat());
    refused(chip.send::<SequenceUpdate>(&[sequence], &[], &sized(b"x")), Rc::reference_handle(0));
    refused_at(
        chip.send::<SequenceUpdate>(&[key], &[], &sized(b"x")),
        Rc::MODE,
        SequenceUpdate::sequence_handle,
    );
    // A signature is an HMAC of a digest; another key's scheme is refused (CVE-2025-2884), and so is a weaker hash.
    let digest = digest(b"message");
    let signature = sign(&mut chip, key, &digest, NULL, NULL_TICKET).expect("a signature");
    let TpmtSignature::Hmac(ha) = &signature else { panic!("not an HMAC") };
    assert_eq!(ha.digest, RUST.hmac(HashAlg::Sha256, b"key", &[&digest]).to_vec());
    verify(&mut chip, key, &digest, &signature).expect("a valid one");
    for scheme in [RSASSA, ECDSA, &[0, 5, 0, 4], &[0, 0x16, 0, 0x0B]] {
        refused_at(sign(&mut chip, key, &digest, scheme, NULL_TICKET), Rc::SCHEME, Sign::in_scheme);
    }
    let weak = RUST.hmac(HashAlg::Sha1, b"key", &[&digest]).to_vec();
    let params = [&sized(&digest)[..], &[0, 5, 0, 4], &weak].concat();
    let answer = chip.send::<VerifySignature>(&[key], &[], &params);
    refused_at(answer, Rc::SIGNATURE, VerifySignature::signature);
    // A key of both uses leaves the scheme open.
    let both = TpmaObject(bytes.0 | TpmaObject::DECRYPT.0);
    let open = chip.child(srk, "", b"key", &keyed_hash(both, NULL, &[])).expect("a key");
    assert_eq!(hmac(&mut chip, open, &[0, 0x0B]).expect("an HMAC"), expected);
    refused_at(hmac(&mut chip, open, NULL), Rc::VALUE, Mac::in_scheme);
    sign(&mut chip, open, &digest, HMAC, NULL_TICKET).expect("a signature");
    for scheme in [RSASSA, ECDSA] {
        refused_at(sign(&mut chip, open, &digest, scheme, NULL_TICKET), Rc::SCHEME, Sign::in_scheme);
    }
}

#[test]
fn key_exchange() {
    let mut chip = Chip::new();
    let exchange = ecc(STORAGE.with(TpmaObject::RESTRICTED, false), NULL, NULL, &[]);
    let key = chip.primary(TpmRh::OWNER, "", &exchange).expect("a key");
    let reply = chip.send::<EcdhKeyGen>(&[key], &[], &[]).expect("points");
    let mut r = reply.reader();
    let z = Sized2b::<TpmsEccPoint>::read(&mut r).expect("a point");
    let again: Sized2b<TpmsEccPoint> = chip.send::<EcdhZGen>(&[key], &[], r.rest()).expect("a point").value();
    assert_eq!(z, again);
    // The point at infinity and a point beside the curve (CVE-2023-36717).
    for bad in [sized(&[0; 4]), sized(&[sized(&[1; 32]), sized(&[2; 32])].concat())] {
        refused_at(chip.send::<EcdhZGen>(&[key], &[], &bad), Rc::ECC_POINT, EcdhZGen::in_point);
    }
    let mut area = exchange.clone();
    area.truncate(area.len() - 4);
    let beside = [&area[..], &sized(&[1; 32]), &sized(&[2; 32])].concat();
    let at = tpm2_wire::LoadExternal::in_public;
    refused_at(chip.external(None, &beside, TpmRh::OWNER), Rc::ECC_POINT, at);
    refused_at(chip.external(None, &exchange, TpmRh::OWNER), Rc::KEY, at);
    // Without a Name no point is checked when it is loaded; then it is where it is used.
    let mut nameless = beside.clone();
    nameless[2..4].copy_from_slice(NULL);
    let loaded = chip.external(None, &nameless, TpmRh::NULL).expect("a key");
    refused_at(chip.send::<EcdhKeyGen>(&[loaded], &[], &[]), Rc::KEY, EcdhKeyGen::key_handle);
    // A restricted key exchanges nothing for its user.
    let srk = chip.srk();
    let point = sized(&to_vec(&z.0));
    refused_at(chip.send::<EcdhZGen>(&[srk], &[], &point), Rc::ATTRIBUTES, EcdhZGen::key_handle);
}

#[test]
fn rsa_encryption() {
    let mut chip = Chip::new();
    let area = rsa(OWN.with(TpmaObject::DECRYPT, true), NULL, NULL);
    let key = chip.primary(TpmRh::OWNER, "", &area).expect("a key");
    let oaep: &[u8] = &[0, 0x17, 0, 0x0B];
    let run = |chip: &mut Chip, decrypt: bool, data: &[u8], scheme: &[u8], label: &[u8]| {
        let params = [&sized(data)[..], scheme, &sized(label)].concat();
        let reply = if decrypt {
            chip.send::<RsaDecrypt>(&[key], &[], &params)
        } else {
            chip.send::<RsaEncrypt>(&[key], &[], &params)
        };
        reply.map(|reply| reply.value::<tpm2_wire::Tpm2bPublicKeyRsa>().0)
    };
    for (scheme, label) in [(oaep, &b"label\0"[..]), (&[0, 0x15], &[])] {
        let sealed = run(&mut chip, false, b"message", scheme, label).expect("a message");
        assert_eq!(run(&mut chip, true, &sealed, scheme, label).expect("a message"), b"message");
        // What fails to decrypt tells no more than that.
        let mut changed = sealed.clone();
        changed[200] ^= 1;
        refused(run(&mut chip, true, &changed, scheme, label), Rc::VALUE);
        refused(run(&mut chip, true, &sealed[1..], scheme, label), Rc::SIZE);
        refused(run(&mut chip, false, &[1; 256], scheme, label), Rc::VALUE);
    }
    refused_at(run(&mut chip, false, b"m", oaep, b"label"), Rc::VALUE, RsaEncrypt::label);
    let raw = [&[0][..], &[5; 255]].concat();
    let sealed = run(&mut chip, false, &raw, NULL, &[]).expect("a message");
    assert_eq!(run(&mut chip, true, &sealed, NULL, &[]).expect("a message"), raw);
    refused(run(&mut chip, true, &[0xFF; 256], NULL, &[]), Rc::SIZE);
}

/// An attestation, its signature checked.
fn attestation(chip: &mut Chip, key: u32, params: &[u8]) -> TpmsAttest {
    let mut r = Reader::new(params, &tpm2_wire::Accept::ALL);
    let bytes = Tpm2bAttest::read(&mut r).expect("an attestation").0;
    let signature = Option::<TpmtSignature>::read(&mut r).expect("a signature");
    r.finish().expect("nothing more");
    match signature {
        Some(signature) => assert!(holds(chip, key, &digest(&bytes), &signature)),
        None => assert_eq!(key, TpmRh::NULL),
    }
    TpmsAttest::read(&mut Reader::new(&bytes, &tpm2_wire::Accept::ALL)).expect("an attestation")
}

#[test]
fn attestations() {
    let mut chip = Chip::new();
    let key = chip.primary(TpmRh::ENDORSEMENT, "", &ecc(RESTRICTED, NULL, ECDSA, &[])).expect("a key");
    let srk = chip.srk();
    let quote = |chip: &mut Chip, key: u32, scheme: &[u8]| {
        chip.send::<Quote>(&[key], &[], &[&sized(b"nonce")[..], scheme, PCRS].concat())
    };
    let reply = quote(&mut chip, key, NULL).expect("a quote");
    let attest = attestation(&mut chip, key, &reply.params);
    assert_eq!(attest.extra_data.0, b"nonce");
    let TpmuAttest::Quote(info) = attest.attested else { panic!("not a quote") };
    assert_eq!(info.pcr_digest.0, digest(&[0; 32]), "PCR 16 is zero");
    // Without a key the scheme says the hash; without either there is no quote.
    let reply = quote(&mut chip, TpmRh::NULL, ECDSA).expect("a quote");
    attestation(&mut chip, TpmRh::NULL, &reply.params);
    refused_at(quote(&mut chip, TpmRh::NULL, NULL), Rc::SCHEME, Quote::in_scheme);
    refused_at(quote(&mut chip, key, RSASSA), Rc::SCHEME, Quote::in_scheme);
    refused_at(quote(&mut chip, srk, ECDSA), Rc::KEY, Quote::sign_handle);

    let name = chip.read_public(srk).1;
    let reply = chip.send::<Certify>(&[srk, key], &[], &[&[0, 0], NULL].concat()).expect("a certificate");
    let TpmuAttest::Certify(info) = attestation(&mut chip, key, &reply.params).attested else {
        panic!("not one")
    };
    assert_eq!(info.name, name);

    chip.wait(1234);
    let reply =
        chip.send::<GetTime>(&[TpmRh::ENDORSEMENT, key], &[], &[&[0, 0], NULL].concat()).expect("the time");
    let attest = attestation(&mut chip, key, &reply.params);
    let TpmuAttest::Time(info) = attest.attested else { panic!("not a time") };
    assert_eq!((info.time.time, attest.clock_info.reset_count), (1234, 1));
    // A key that is the owner's hides which TPM it is in: counters and version are shifted.
    let own = chip.primary(TpmRh::OWNER, "", &ecc(RESTRICTED, NULL, ECDSA, &[])).expect("a key");
    let reply =
        chip.send::<GetTime>(&[TpmRh::ENDORSEMENT, own], &[], &[&[0, 0], NULL].concat()).expect("the time");
    let hidden = attestation(&mut chip, own, &reply.params);
    assert_ne!(hidden.clock_info.reset_count, 1);
    assert_ne!(hidden.firmware_version, attest.firmware_version);
}

#[test]
fn certified_indices() {
    let mut chip = Chip::new();
    let key = chip.primary(TpmRh::ENDORSEMENT, "", &ecc(RESTRICTED, NULL, ECDSA, &[])).expect("a key");
    let index = 0x0150_0000;
    chip.define(index, TpmaNv::OWNERREAD | TpmaNv::OWNERWRITE, 8).expect("an index");
    let certify = |chip: &mut Chip, key: u32, scheme: &[u8], size: u16, offset: u16| {
        let params = [&[0, 0][..], scheme, &size.to_be_bytes(), &offset.to_be_bytes()].concat();
        chip.send::<NvCertify>(&[key, TpmRh::OWNER, index], &[], &params)
    };
    refused(certify(&mut chip, key, NULL, 0, 0), Rc::NV_UNINITIALIZED);
    let params = [&sized(b"contents")[..], &[0, 0]].concat();
    chip.send::<tpm2_wire::NvWrite>(&[TpmRh::OWNER, index], &[], &params).expect("a write");
    let reply = certify(&mut chip, key, NULL, 4, 2).expect("a certificate");
    let TpmuAttest::Nv(info) = attestation(&mut chip, key, &reply.params).attested else { panic!("not one") };
    assert_eq!((info.offset, &info.nv_contents[..]), (2, &b"nten"[..]));
    // Nothing from nowhere is the digest of all.
    let reply = certify(&mut chip, key, NULL, 0, 0).expect("a certificate");
    let TpmuAttest::NvDigest(info) = attestation(&mut chip, key, &reply.params).attested else {
        panic!("not one")
    };
    assert_eq!(info.nv_digest.0, digest(b"contents"));
    certify(&mut chip, TpmRh::NULL, ECDSA, 0, 0).expect("a certificate");
    refused_at(certify(&mut chip, TpmRh::NULL, NULL, 0, 0), Rc::SCHEME, NvCertify::in_scheme);
    certify(&mut chip, TpmRh::NULL, NULL, 1, 0).expect("a certificate");
    refused(certify(&mut chip, key, NULL, 8, 1), Rc::NV_RANGE);
    refused(certify(&mut chip, key, NULL, u16::MAX, u16::MAX), Rc::NV_RANGE);
}
