//! TPM2_CertifyX509 (Part 3, 18.8): the certificate is put together apart from the engine, and read by OpenSSL.
mod common;

use common::keys::{ECDSA, NULL, RSASSA, SIGNING, STORAGE, ecc, keyed_hash, rsa};
use common::{Chip, refused, refused_at, sized};
use std::process::Command as Process;
use tpm2_crypto::{Curve, HashAlg, Point, RUST};
use tpm2_wire::{
    CertifyX509, Command, Rc, Tpm2bDigest, Tpm2bMaxBuffer, TpmRh, TpmSe, TpmaObject, TpmtSignature, Wire,
};

/// An element: tag, length, content.
fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = match content.len() {
        short @ 0..0x80 => vec![short as u8],
        long @ 0x80..0x100 => vec![0x81, long as u8],
        longer => vec![0x82, (longer >> 8) as u8, longer as u8],
    };
    [&[tag][..], &length, &content].concat()
}
fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, parts)
}
/// A Name with this common name.
fn name(common: &str) -> Vec<u8> {
    let attribute = sequence(&[&[6, 3, 0x55, 4, 3], &tlv(0x0C, &[common.as_bytes()])]);
    sequence(&[&tlv(0x31, &[&attribute])])
}
fn validity() -> Vec<u8> {
    sequence(&[&tlv(0x17, &[b"260101000000Z"]), &tlv(0x17, &[b"360101000000Z"])])
}
/// keyUsage: the bits from the first on, on top.
fn key_usage(bits: u8) -> Vec<u8> {
    let value = tlv(4, &[&tlv(3, &[&[bits.trailing_zeros().min(7) as u8, bits]])]);
    sequence(&[&[6, 3, 0x55, 0x1D, 0x0F], &[1, 1, 0xFF], &value])
}
/// tcg-tpmaObject.
fn attributes(attributes: u32) -> Vec<u8> {
    let value = tlv(4, &[&tlv(3, &[&[0], &attributes.to_be_bytes()])]);
    sequence(&[&[6, 7, 0x67, 0x81, 5, 0x0A, 1, 1, 1], &value])
}
fn extensions(all: &[&[u8]]) -> Vec<u8> {
    tlv(0xA3, &[&sequence(all)])
}
/// A partial certificate with these extensions.
fn partial(all: &[&[u8]]) -> Vec<u8> {
    sequence(&[&name("issuer"), &validity(), &name("subject"), &extensions(all)])
}
const SIGNS: u8 = 0x80;
const DECRYPTS: u8 = 0x10;

struct Certified {
    added: Vec<u8>,
    digest: Vec<u8>,
    signature: TpmtSignature,
}
/// With the object's administration by its password, or by a policy session.
fn certify(
    chip: &mut Chip,
    handles: [u32; 2],
    reserved: &[u8],
    scheme: &[u8],
    partial: &[u8],
) -> Result<Certified, Rc> {
    let params = [&sized(reserved)[..], scheme, &sized(partial)].concat();
    let reply = chip.send::<CertifyX509>(&handles, &[], &params)?;
    let mut r = reply.reader();
    let added = Tpm2bMaxBuffer::read(&mut r).expect("additions").to_vec();
    let digest = Tpm2bDigest::read(&mut r).expect("a digest").0;
    let signature = TpmtSignature::read(&mut r).expect("a signature");
    r.finish().expect("nothing more");
    Ok(Certified { added, digest, signature })
}
/// The elements that a sequence is of.
fn elements(bytes: &[u8]) -> Vec<Vec<u8>> {
    fn header(bytes: &[u8]) -> (usize, usize) {
        match bytes[1] {
            0x81 => (3, usize::from(bytes[2])),
            0x82 => (4, usize::from(bytes[2]) << 8 | usize::from(bytes[3])),
            short => (2, usize::from(short)),
        }
    }
    let (head, size) = header(bytes);
    assert_eq!((bytes[0], head + size), (0x30, bytes.len()), "one sequence");
    let (mut rest, mut all) = (&bytes[head..], Vec::new());
    while !rest.is_empty() {
        let (head, size) = header(rest);
        let (one, more) = rest.split_at(head + size);
        all.push(one.to_vec());
        rest = more;
    }
    all
}
/// The certificate that the additions and the caller's part make. `algorithm` if the caller gave it.
fn assemble(certified: &Certified, partial: &[u8]) -> Vec<u8> {
    let (added, given) = (elements(&certified.added), elements(partial));
    let algorithm = if added.len() == 4 { added[2].clone() } else { given[0].clone() };
    let given = &given[given.len() - 4..];
    let key = &added[added.len() - 1];
    let tbs = sequence(&[&added[0], &added[1], &algorithm, &given[0], &given[1], &given[2], key, &given[3]]);
    assert_eq!(RUST.digest(HashAlg::Sha256, &[&tbs]).to_vec(), certified.digest);
    let uint = |bytes: &[u8]| {
        let bytes = &bytes[bytes.iter().position(|b| *b != 0).unwrap_or(0)..];
        if bytes[0] & 0x80 == 0 { tlv(2, &[bytes]) } else { tlv(2, &[&[0], bytes]) }
    };
    let signature = match &certified.signature {
        TpmtSignature::Ecdsa(s) => sequence(&[&uint(&s.signature_r), &uint(&s.signature_s)]),
        TpmtSignature::Rsassa(s) | TpmtSignature::Rsapss(s) => s.sig.0.clone(),
        other => panic!("not expected: {other:?}"),
    };
    sequence(&[&tbs, &algorithm, &tlv(3, &[&[0], &signature])])
}
/// The certificate of a key, as text, and whether the issuer's holds its signature: OpenSSL's opinion.
fn openssl(certificate: &[u8], issuer: &[u8]) -> (String, bool) {
    let dir =
        std::env::temp_dir().join(format!("x509-{}-{:?}", std::process::id(), std::thread::current().id()));
    std::fs::create_dir_all(&dir).expect("a directory");
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.join(name);
        std::fs::write(&path, bytes).expect("a file");
        path
    };
    let run = |args: &[&str]| Process::new("openssl").args(args).output().expect("openssl");
    let pem = |name: &str, bytes: &[u8]| {
        let der = file(name, bytes);
        let out = run(&["x509", "-inform", "DER", "-in", der.to_str().expect("a path")]);
        file(&format!("{name}.pem"), &out.stdout)
    };
    let (leaf, root) = (pem("leaf", certificate), pem("root", issuer));
    let text = run(&["x509", "-noout", "-text", "-in", leaf.to_str().expect("a path")]);
    let verify = run(&[
        "verify",
        "-partial_chain",
        "-no_check_time",
        "-trusted",
        root.to_str().expect("a path"),
        leaf.to_str().expect("a path"),
    ]);
    std::fs::remove_dir_all(&dir).expect("to clean up");
    (String::from_utf8_lossy(&text.stdout).into_owned(), verify.status.success())
}

#[test]
fn certificates_are_what_openssl_takes_for_one() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let signers = [
        (ecc(SIGNING, NULL, ECDSA, &[]), NULL, "ecdsa-with-SHA256"),
        (rsa(SIGNING, NULL, NULL), RSASSA, "sha256WithRSAEncryption"),
        (rsa(SIGNING, NULL, NULL), &[0, 0x16, 0, 0x0B][..], "rsassaPss"),
    ];
    for (area, scheme, algorithm) in signers {
        let signer = chip.child(srk, "", &[], &area).expect("a key");
        let signs = key_usage(SIGNS);
        // The issuer of both is the same name, whose own key is the signer's.
        let own =
            sequence(&[&name("issuer"), &validity(), &name("issuer"), &extensions(&[&key_usage(0x84)])]);
        let root = certify(&mut chip, [signer, signer], &[], scheme, &own).expect("a certificate");
        let root = assemble(&root, &own);
        let part = partial(&[&attributes(SIGNING.0), &signs]);
        let subject = chip.child(srk, "", &[], &ecc(SIGNING, NULL, ECDSA, &[])).expect("a key");
        let made = certify(&mut chip, [subject, signer], &[], scheme, &part).expect("a certificate");
        let (text, valid) = openssl(&assemble(&made, &part), &root);
        assert!(valid, "{algorithm}: {text}");
        for expected in
            [algorithm, "Issuer: CN = issuer", "Subject: CN = subject", "prime256v1", "2.23.133.10.1.1.1"]
        {
            assert!(text.contains(expected), "{expected} is not in {text}");
        }
        chip.flush(subject);
        chip.flush(signer);
    }
    // A key that is to be certified need not be one that signs.
    let signer = chip.child(srk, "", &[], &ecc(SIGNING, NULL, ECDSA, &[])).expect("a key");
    let part = partial(&[&key_usage(DECRYPTS | 0x20)]);
    let parent = chip.child(srk, "", &[], &rsa(STORAGE, common::keys::AES, NULL)).expect("a key");
    let made = certify(&mut chip, [parent, signer], &[], NULL, &part).expect("a certificate");
    assert_eq!(elements(&made.added).len(), 4);
    assert!(made.added.windows(9).any(|nine| nine == [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1]));
}

#[test]
fn an_algorithm_that_is_given_is_taken_as_it_is() {
    let mut chip = Chip::new();
    let key = chip.primary(TpmRh::OWNER, "", &ecc(SIGNING, NULL, ECDSA, &[])).expect("a key");
    let own = sequence(&[&[6, 3, 0x2A, 3, 4]]);
    let part = sequence(&[&own, &name("i"), &validity(), &name("s"), &extensions(&[&key_usage(SIGNS)])]);
    let made = certify(&mut chip, [key, key], &[], NULL, &part).expect("a certificate");
    let added = elements(&made.added);
    assert_eq!(added.len(), 3, "version, serial number and key");
    assert_eq!(added[0], [0xA0, 3, 2, 1, 2]);
    assert!(added[1].len() == 22 && added[1][2] < 0x80, "a positive number of 20 octets");
    let certificate = assemble(&made, &part);
    assert!(certificate.windows(own.len()).any(|w| w == own));
    let Point { x, y } = chip.point(key);
    let TpmtSignature::Ecdsa(s) = &made.signature else { panic!("not ECDSA") };
    let curve = Curve::from_id(3).expect("P-256");
    assert!(RUST.ecdsa_verify(curve, &Point { x, y }, &made.digest, &s.signature_r, &s.signature_s));
    // The same for the same: a serial number is of what it numbers.
    let again = certify(&mut chip, [key, key], &[], NULL, &part).expect("a certificate");
    assert_eq!((again.added, again.digest), (made.added, made.digest));
}

#[test]
fn a_key_for_certificates_alone() {
    let mut chip = Chip::new();
    let attributes = SIGNING | TpmaObject::X509_SIGN;
    let key = chip.primary(TpmRh::OWNER, "", &ecc(attributes, NULL, ECDSA, &[])).expect("a key");
    certify(&mut chip, [key, key], &[], NULL, &partial(&[&key_usage(SIGNS)])).expect("a certificate");
    // It attests as well (Part 1, 28.6), and signs nothing that the caller makes.
    let params = [&sized(b"nonce")[..], NULL].concat();
    chip.send::<tpm2_wire::Certify>(&[key, key], &[], &params).expect("an attestation");
    let params = [&sized(&[1; 32])[..], NULL, &[0x80, 0x24, 0x40, 0, 0, 7, 0, 0]].concat();
    refused_at(
        chip.send::<tpm2_wire::Sign>(&[key], &[], &params),
        Rc::ATTRIBUTES,
        tpm2_wire::Sign::key_handle,
    );
}

#[test]
fn what_is_refused() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let key = chip.child(srk, "", &[], &ecc(SIGNING, NULL, ECDSA, &[])).expect("a key");
    let good = partial(&[&key_usage(SIGNS)]);
    let at = CertifyX509::partial_certificate;
    refused_at(certify(&mut chip, [key, key], &[0], NULL, &good), Rc::SIZE, CertifyX509::reserved);
    refused_at(certify(&mut chip, [key, srk], &[], NULL, &good), Rc::KEY, CertifyX509::sign_handle);
    let other: &[u8] = &[0, 0x18, 0, 0x0C];
    refused_at(certify(&mut chip, [key, key], &[], other, &good), Rc::SCHEME, CertifyX509::in_scheme);
    let hmac = chip.child(srk, "", &[], &keyed_hash(SIGNING, common::keys::HMAC, &[])).expect("a key");
    refused_at(certify(&mut chip, [hmac, key], &[], NULL, &good), Rc::ASYMMETRIC, CertifyX509::object_handle);
    // An HMAC has no name in certificates, unless the caller gives it one.
    refused_at(certify(&mut chip, [key, hmac], &[], NULL, &good), Rc::SCHEME, CertifyX509::sign_handle);
    // Attributes that are not the key's, and uses that it is not for.
    for (extension, rc, position) in [
        (attributes(SIGNING.0 ^ 2), Rc::ATTRIBUTES, CertifyX509::object_handle),
        (key_usage(DECRYPTS), Rc::ATTRIBUTES, CertifyX509::object_handle),
        (key_usage(0x20), Rc::ATTRIBUTES, CertifyX509::object_handle),
        (
            sequence(&[&[6, 3, 0x55, 0x1D, 0x0F], &tlv(4, &[&tlv(3, &[&[6, 0x80, 0x40]])])]),
            Rc::RESERVED_BITS,
            at,
        ),
        (sequence(&[&[6, 3, 0x55, 0x1D, 0x0F], &tlv(4, &[&tlv(3, &[&[0, 1, 2, 3, 4, 5]])])]), Rc::VALUE, at),
        (sequence(&[&[6, 3, 0x55, 0x1D, 0x0F], &tlv(4, &[&tlv(4, &[&[0x80]])])]), Rc::VALUE, at),
        (sequence(&[&[6, 3, 0x55, 0x1D, 0x0E], &tlv(4, &[&tlv(3, &[&[7, 0x80]])])]), Rc::VALUE, at),
    ] {
        // One that is not about uses needs another that is.
        let usage = key_usage(SIGNS);
        let about_uses = extension[4..6] == [0x55, 0x1D];
        let all = if about_uses { vec![&extension[..]] } else { vec![&extension[..], &usage] };
        refused_at(certify(&mut chip, [key, key], &[], NULL, &partial(&all)), rc, position);
    }
    let twice = partial(&[&key_usage(SIGNS), &key_usage(SIGNS)]);
    refused_at(certify(&mut chip, [key, key], &[], NULL, &twice), Rc::VALUE, at);
    // What is no certificate's part.
    let (i, v, s, e) = (name("i"), validity(), name("s"), extensions(&[&key_usage(SIGNS)]));
    for (part, rc) in [
        (vec![], Rc::VALUE),
        (vec![0x30], Rc::VALUE),
        (vec![0x30, 0x80, 0, 0], Rc::VALUE),
        (vec![0x30, 0x81, 1, 0], Rc::VALUE),
        (good[..good.len() - 1].to_vec(), Rc::SIZE),
        ([&good[..], &[0]].concat(), Rc::SIZE),
        (tlv(0x31, &[&i, &v, &s, &e]), Rc::SIZE),
        (sequence(&[]), Rc::VALUE),
        (sequence(&[&i, &v, &s]), Rc::VALUE),
        (sequence(&[&i, &v, &e]), Rc::VALUE),
        (sequence(&[&e, &i, &v, &s]), Rc::VALUE),
        (sequence(&[&i, &v, &s, &e, &e]), Rc::VALUE),
        (sequence(&[&i, &v, &s, &tlv(0xA1, &[&[0]]), &e]), Rc::VALUE),
        (sequence(&[&i, &i, &i, &i, &i, &e]), Rc::VALUE),
    ] {
        refused_at(certify(&mut chip, [key, key], &[], NULL, &part), rc, at);
    }
}

#[test]
fn who_must_authorize() {
    let mut chip = Chip::new();
    let (session, digest) = chip.policy(TpmSe::Trial, CertifyX509::SHAPE.code);
    chip.flush(session);
    let attributes = SIGNING | TpmaObject::ADMIN_WITH_POLICY;
    let key = chip.primary(TpmRh::OWNER, "", &ecc(attributes, NULL, ECDSA, &digest)).expect("a key");
    let part = partial(&[&key_usage(SIGNS)]);
    refused(certify(&mut chip, [key, key], &[], NULL, &part), Rc::AUTH_TYPE);
    let params = [&sized(&[])[..], NULL, &sized(&part)].concat();
    let (session, _) = chip.policy(TpmSe::Policy, CertifyX509::SHAPE.code);
    chip.send_policy::<CertifyX509>(&[key, key], &[Some(session), None], &params).expect("by the policy");
    // A public part alone cannot be certified.
    let public = chip.read_public(key).0;
    let public = chip.external(None, &tpm2_wire::to_vec(&public), TpmRh::OWNER).expect("a public part");
    refused(certify(&mut chip, [public, key], &[], NULL, &part), Rc::AUTH_TYPE);
}
