//! Part 3, 15 and 17.3: block ciphers and MACs, with every cipher, and where the TPM uses them itself.
mod common;

use common::keys::{AES, DATA, ECDSA, HMAC, NULL, SIGNING, STORAGE, ecc, keyed_hash, portable, storage};
use common::session::{Begin, Session};
use common::{Chip, refused, refused_at, sized};
use tpm2_crypto::{CipherMode, Direction, HashAlg, RUST, SymAlg};
use tpm2_wire::{
    Command, ContextLoad, ContextSave, Create, Duplicate, EncryptDecrypt, EncryptDecrypt2, GetRandom, Import,
    LoadExternal, Mac, MacStart, Rc, Reader, SequenceComplete, SequenceUpdate, StartAuthSession, TestParms,
    Tpm2bDigest, Tpm2bIv, Tpm2bMaxBuffer, TpmAlg, TpmRh, TpmaObject, TpmaSession, TpmiAlgHash, Wire,
};

const BOTH: TpmaObject = TpmaObject(SIGNING.0 | TpmaObject::DECRYPT.0);
const GIVEN: TpmaObject = TpmaObject(BOTH.0 & !TpmaObject::SENSITIVE_DATA_ORIGIN.0);
/// No TDES key of the reference's list of weak ones.
const KEY: [u8; 32] = *b"\x01#Eg\x89\xab\xcd\xef#Eg\x89\xab\xcd\xef\x01Eg\x89\xab\xcd\xef\x01#0123456\x37";

/// A `TPMT_SYM_DEF_OBJECT`.
fn definition(alg: SymAlg, bits: u16, mode: u16) -> Vec<u8> {
    [alg.id(), bits, mode].map(u16::to_be_bytes).concat()
}
/// The public area of a key of a block cipher.
fn cipher(attributes: TpmaObject, definition: &[u8]) -> Vec<u8> {
    let head = [&[0, 0x25, 0, 0x0B][..], &attributes.0.to_be_bytes(), &[0, 0]].concat();
    [&head, definition, &[0, 0]].concat()
}
fn every_size() -> impl Iterator<Item = (SymAlg, u16)> {
    SymAlg::ALL.into_iter().flat_map(|alg| alg.key_sizes().iter().map(move |bits| (alg, *bits)))
}
/// The data and the IV of TPM2_EncryptDecrypt2.
fn crypt(
    chip: &mut Chip,
    key: u32,
    direction: Direction,
    mode: u16,
    iv: &[u8],
    data: &[u8],
) -> Result<(Vec<u8>, Vec<u8>), Rc> {
    let flag = u8::from(direction == Direction::Decrypt);
    let params = [&sized(data)[..], &[flag], &mode.to_be_bytes(), &sized(iv)].concat();
    let two = chip.send::<EncryptDecrypt2>(&[key], &[], &params);
    let params = [&[flag][..], &mode.to_be_bytes(), &sized(iv), &sized(data)].concat();
    let one = chip.send::<EncryptDecrypt>(&[key], &[], &params);
    let reply = two?;
    assert_eq!(one.expect("the older form does the same").params, reply.params);
    let mut r = reply.reader();
    let data = Tpm2bMaxBuffer::read(&mut r).expect("data").to_vec();
    let iv = Tpm2bIv::read(&mut r).expect("an IV").to_vec();
    r.finish().expect("nothing after it");
    Ok((data, iv))
}

#[test]
fn every_cipher_in_every_mode() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let plain: Vec<u8> = (0..128).collect();
    for (alg, bits) in every_size() {
        let secret = &KEY[..usize::from(bits) / 8];
        let open = cipher(GIVEN, &definition(alg, bits, TpmAlg::NULL));
        let open = chip.child(srk, "", secret, &open).expect("a key");
        for mode in CipherMode::ALL {
            let key = chip.child(srk, "", secret, &cipher(GIVEN, &definition(alg, bits, mode.id())));
            let key = key.expect("a key of one mode");
            let start = if mode == CipherMode::Ecb { vec![] } else { vec![0xFF; alg.block_size()] };
            let (mut expected, mut iv) = (plain.clone(), start.clone());
            RUST.cipher(alg, mode, Direction::Encrypt, secret, &mut iv, &mut expected).expect("sizes fit");
            for (key, asked) in [(open, mode.id()), (key, mode.id()), (key, TpmAlg::NULL)] {
                let whole = crypt(&mut chip, key, Direction::Encrypt, asked, &start, &plain);
                assert_eq!(whole.expect("text"), (expected.clone(), iv.clone()), "{alg:?} {bits} {mode:?}");
                // CVE-2021-3446, CVE-2026-21444: in two commands, the IV handed from one to the next.
                for (direction, from, to) in
                    [(Direction::Encrypt, &plain, &expected), (Direction::Decrypt, &expected, &plain)]
                {
                    let (mut text, next) =
                        crypt(&mut chip, key, direction, asked, &start, &from[..32]).expect("the first part");
                    assert!(mode == CipherMode::Ecb || next != start, "{alg:?} {mode:?}");
                    let (rest, _) =
                        crypt(&mut chip, key, direction, asked, &next, &from[32..]).expect("the second part");
                    text.extend(rest);
                    assert_eq!(text, *to, "{alg:?} {bits} {mode:?} {direction:?}");
                }
            }
            chip.flush(key);
        }
        chip.flush(open);
    }
}

#[test]
fn what_encrypt_decrypt_refuses() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let aes = |mode: u16| definition(SymAlg::Aes, 128, mode);
    let mut made =
        |attributes, mode| chip.child(srk, "", &[], &cipher(attributes, &aes(mode))).expect("a key");
    let cfb = made(BOTH, 0x43);
    let open = made(BOTH, TpmAlg::NULL);
    let encrypts = made(SIGNING, 0x43);
    let decrypts = made(TpmaObject(BOTH.0 & !TpmaObject::SIGN.0), 0x43);
    let parent = made(STORAGE, 0x43);
    let cmac = made(SIGNING, TpmAlg::CMAC);
    // No decryption key authenticates.
    let wrong = chip.create(srk, "", &[], &cipher(BOTH, &aes(TpmAlg::CMAC)));
    refused_at(wrong.map(drop), Rc::SCHEME, Create::in_public);

    let (iv, data) = ([1; 16], [2; 32]);
    let mut try_it = |key: u32, decrypt: u8, mode: u16, iv: &[u8], data: &[u8], rc: Rc, which: usize| {
        let two = [&sized(data)[..], &[decrypt], &mode.to_be_bytes(), &sized(iv)].concat();
        let one = [&[decrypt][..], &mode.to_be_bytes(), &sized(iv), &sized(data)].concat();
        type Two = EncryptDecrypt2;
        type One = EncryptDecrypt;
        let at_two = [Two::key_handle, Two::mode, Two::iv_in, Two::in_data][which];
        let at_one = [One::key_handle, One::mode, One::iv_in, One::in_data][which];
        refused_at(chip.send::<Two>(&[key], &[], &two).map(drop), rc, at_two);
        refused_at(chip.send::<One>(&[key], &[], &one).map(drop), rc, at_one);
    };
    const KEY: usize = 0;
    const MODE: usize = 1;
    const IV: usize = 2;
    const IN: usize = 3;
    try_it(srk, 0, 0x43, &iv, &data, Rc::KEY, KEY);
    try_it(parent, 1, 0x43, &iv, &data, Rc::ATTRIBUTES, KEY);
    try_it(encrypts, 1, 0x43, &iv, &data, Rc::ATTRIBUTES, KEY);
    try_it(decrypts, 0, 0x43, &iv, &data, Rc::ATTRIBUTES, KEY);
    try_it(cmac, 0, 0x43, &iv, &data, Rc::MODE, KEY);
    try_it(cmac, 0, TpmAlg::NULL, &iv, &data, Rc::MODE, KEY);
    try_it(cfb, 0, 0x42, &iv, &data, Rc::MODE, MODE);
    try_it(open, 0, TpmAlg::NULL, &iv, &data, Rc::MODE, MODE);
    try_it(open, 0, TpmAlg::CMAC, &iv, &data, Rc::MODE, MODE);
    for (mode, bad) in [(0x40, 15), (0x41, 8), (0x42, 0), (0x43, 1), (0x44, 16)] {
        try_it(open, 0, mode, &iv[..bad], &data, Rc::SIZE, IV);
    }
    try_it(open, 0, 0x42, &iv, &data[1..], Rc::SIZE, IN);
    try_it(open, 1, 0x44, &[], &data[1..], Rc::SIZE, IN);
    try_it(open, 0, 0x43, &iv, &[0; 1025], Rc::SIZE, IN);
    // The other modes take any length.
    for mode in [0x40, 0x41, 0x43] {
        let (out, next) = crypt(&mut chip, open, Direction::Encrypt, mode, &iv, &data[..17]).expect("text");
        assert_eq!((out.len(), next.len()), (17, 16));
        let same = crypt(&mut chip, open, Direction::Decrypt, mode, &iv, &[]).expect("nothing");
        assert_eq!(same, (vec![], iv.to_vec()));
    }
}

/// A MAC at once, and as a sequence that is saved and loaded between its parts; both must agree.
fn mac(chip: &mut Chip, key: u32, scheme: u16, data: &[u8]) -> Result<Vec<u8>, Rc> {
    let once = chip.send::<Mac>(&[key], &[], &[&sized(data)[..], &scheme.to_be_bytes()].concat());
    let start = chip.send::<MacStart>(&[key], &["", ""], &[&[0, 0][..], &scheme.to_be_bytes()].concat());
    let code = match once {
        Ok(reply) => reply.value::<Tpm2bDigest>().0,
        Err(rc) => {
            // Both have the same handle and parameter positions.
            refused(start.map(drop), rc);
            return Err(rc);
        }
    };
    let mut sequence = start.expect("a sequence").handle.expect("a handle");
    for byte in data {
        chip.send::<SequenceUpdate>(&[sequence], &[], &sized(&[*byte])).expect("an update");
        let saved = chip.send::<ContextSave>(&[sequence], &[], &[]).expect("a context");
        chip.flush(sequence);
        let loaded = chip.send::<ContextLoad>(&[], &[], &saved.params).expect("the sequence");
        sequence = loaded.handle.expect("a handle");
    }
    let params = [&[0, 0][..], &TpmRh::OWNER.to_be_bytes()].concat();
    let reply = chip.send::<SequenceComplete>(&[sequence], &[], &params).expect("a code");
    let mut r = reply.reader();
    assert_eq!(Tpm2bDigest::read(&mut r).expect("a code").0, code);
    // The ticket proves nothing.
    assert_eq!(r.rest(), [0x80, 0x24, 0x40, 0, 0, 7, 0, 0]);
    Ok(code)
}

#[test]
fn macs_of_every_cipher_and_hash() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let attributes = TpmaObject(GIVEN.0 & !TpmaObject::DECRYPT.0);
    for (alg, bits) in every_size() {
        let secret = &KEY[..usize::from(bits) / 8];
        for data in [&b""[..], b"12345678", b"1234567812345678", b"12345678123456781"] {
            let expected = RUST.cmac(alg, secret, &[data]).expect("a key");
            for (mode, asked) in
                [(TpmAlg::CMAC, TpmAlg::NULL), (TpmAlg::CMAC, TpmAlg::CMAC), (TpmAlg::NULL, TpmAlg::CMAC)]
            {
                let key = cipher(attributes, &definition(alg, bits, mode));
                let key = chip.child(srk, "", secret, &key).expect("a key");
                assert_eq!(mac(&mut chip, key, asked, data).expect("a CMAC"), expected.to_vec());
                chip.flush(key);
            }
        }
    }
    let key = keyed_hash(GIVEN, NULL, &[]);
    let key = chip.child(srk, "", b"key", &key).expect("a key");
    for alg in HashAlg::ALL {
        let expected = RUST.hmac(alg, b"key", &[b"data"]).to_vec();
        assert_eq!(mac(&mut chip, key, alg.id(), b"data").expect("an HMAC"), expected, "{alg:?}");
        let own = [&TpmAlg::HMAC.to_be_bytes()[..], &alg.id().to_be_bytes()].concat();
        let own = chip.child(srk, "", b"key", &keyed_hash(attributes, &own, &[])).expect("a key");
        assert_eq!(mac(&mut chip, own, TpmAlg::NULL, b"data").expect("an HMAC"), expected, "{alg:?}");
        chip.flush(own);
    }
}

/// Part 3, 15.6.1 and 17.3.1, in the order in which the reference looks.
#[test]
fn what_mac_refuses() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let aes = |mode: u16| definition(SymAlg::Aes, 128, mode);
    let (sha1, sha256) = (TpmiAlgHash::Sha1.id(), TpmiAlgHash::Sha256.id());
    let mut made = |public: &[u8]| chip.child(srk, "", &[], public).expect("a key");
    let decrypts = TpmaObject(BOTH.0 & !TpmaObject::SIGN.0);
    let hmac = made(&keyed_hash(SIGNING, HMAC, &[]));
    let both = made(&keyed_hash(BOTH, NULL, &[]));
    let xor = made(&keyed_hash(decrypts, &[0, 0x0A, 0, 0x0B, 0, 0x22], &[]));
    let restricted = made(&keyed_hash(SIGNING | TpmaObject::RESTRICTED, HMAC, &[]));
    let cfb = made(&cipher(BOTH, &aes(0x43)));
    let open = made(&cipher(BOTH, &aes(TpmAlg::NULL)));
    let no_sign = made(&cipher(decrypts, &aes(TpmAlg::NULL)));
    let cmac = made(&cipher(SIGNING, &aes(TpmAlg::CMAC)));
    let limited = made(&cipher(SIGNING | TpmaObject::RESTRICTED, &aes(TpmAlg::CMAC)));
    let signer = made(&ecc(SIGNING, NULL, ECDSA, &[]));
    let (handle, scheme) = (Mac::handle, Mac::in_scheme);
    for (key, asked, rc, at) in [
        (signer, sha256, Rc::TYPE, handle),
        (srk, TpmAlg::NULL, Rc::TYPE, handle),
        (hmac, sha1, Rc::VALUE, scheme),
        (hmac, TpmAlg::CMAC, Rc::VALUE, scheme),
        (both, TpmAlg::NULL, Rc::VALUE, scheme),
        (both, TpmAlg::CMAC, Rc::VALUE, scheme),
        (xor, TpmAlg::NULL, Rc::KEY, handle),
        (xor, sha1, Rc::VALUE, scheme),
        (restricted, TpmAlg::NULL, Rc::ATTRIBUTES, handle),
        (restricted, sha1, Rc::VALUE, scheme),
        (cfb, TpmAlg::NULL, Rc::SCHEME, scheme),
        (cfb, TpmAlg::CMAC, Rc::VALUE, scheme),
        (open, TpmAlg::NULL, Rc::VALUE, scheme),
        (open, sha256, Rc::VALUE, scheme),
        (no_sign, TpmAlg::CMAC, Rc::KEY, handle),
        (cmac, sha256, Rc::VALUE, scheme),
        (limited, TpmAlg::CMAC, Rc::ATTRIBUTES, handle),
        // No MAC scheme at all.
        (hmac, TpmAlg::CFB, Rc::SYMMETRIC, scheme),
        (hmac, 0x7777, Rc::SYMMETRIC, scheme),
    ] {
        refused_at(mac(&mut chip, key, asked, b"data"), rc, at);
    }
}

#[test]
fn weak_keys_of_tdes_are_not_taken() {
    let mut chip = Chip::new();
    let srk = chip.srk();
    let tdes = |bits| cipher(GIVEN, &definition(SymAlg::Tdes, bits, 0x43));
    let weak = [&KEY[..8], &[0xFE; 8]].concat();
    let equal = [&KEY[..8], &KEY[..8]].concat();
    for bad in [&weak, &equal] {
        let refusal = chip.create(srk, "", bad, &tdes(128)).map(drop);
        assert_eq!(refusal, Err(Rc::KEY), "the reference names no parameter");
    }
    assert_eq!(chip.create(srk, "", &KEY[..24], &tdes(128)).map(drop), Err(Rc::KEY_SIZE));
    chip.child(srk, "", &KEY[..24], &tdes(192)).expect("a key");
    // One that is loaded from elsewhere.
    let sensitive = |key: &[u8]| tpm2_wire::TpmtSensitive {
        auth_value: tpm2_wire::Secret::default(),
        seed_value: tpm2_wire::Secret::from(&[5; 32][..]),
        sensitive: tpm2_wire::TpmuSensitiveComposite::Sym(tpm2_wire::Secret::from(key)),
    };
    let unique = |key: &[u8]| RUST.digest(HashAlg::Sha256, &[&[5; 32], key]).to_vec();
    let public = |key: &[u8]| {
        let area = cipher(portable(GIVEN), &definition(SymAlg::Tdes, 128, 0x43));
        [&area[..area.len() - 2], &sized(&unique(key))].concat()
    };
    let refusal = chip.external(Some(&sensitive(&weak)), &public(&weak), TpmRh::NULL);
    refused_at(refusal.map(drop), Rc::KEY, LoadExternal::in_private);
    let good = &KEY[..16];
    chip.external(Some(&sensitive(good)), &public(good), TpmRh::NULL).expect("a key");
}

/// Sessions encrypt, storage keys protect and duplicates are wrapped with each cipher.
#[test]
fn every_cipher_serves_the_tpm_itself() {
    let mut chip = Chip::new();
    for (alg, bits) in every_size() {
        let cfb = definition(alg, bits, 0x43);
        let begin = Begin { symmetric: &cfb, hash: HashAlg::Sha3_256, ..Begin::default() };
        let mut session = Session::begin(&mut chip, &begin).expect("a session");
        session.attributes = TpmaSession::CONTINUE | TpmaSession::ENCRYPT;
        let reply = chip.send_sessions::<GetRandom>(&[], &[], &mut [&mut session], &[0, 20]).expect("bytes");
        assert_eq!(reply.value::<Tpm2bDigest>().len(), 20);
        chip.flush(session.handle);
        // Another mode cannot encrypt parameters.
        let wrong = definition(alg, bits, 0x42);
        let refusal = Session::begin(&mut chip, &Begin { symmetric: &wrong, ..Begin::default() }).map(drop);
        refused_at(refusal, Rc::MODE, StartAuthSession::symmetric);

        // A storage key with it, a cipher's own key as a parent, and what is below.
        let asymmetric = ecc(STORAGE, &cfb, NULL, &[]);
        let parent = chip.primary(TpmRh::OWNER, "", &asymmetric).expect("a parent");
        let below = chip.child(parent, "", &[], &cipher(STORAGE, &cfb)).expect("a parent of another kind");
        let sealed = chip.child(below, "", b"sealed", &keyed_hash(DATA, NULL, &[])).expect("a child");
        let data = chip.send::<tpm2_wire::Unseal>(&[sealed], &[], &[]).expect("data");
        assert_eq!(data.params, sized(b"sealed"));

        // With an inner wrapper to another parent, and back.
        let moves = keyed_hash(portable(DATA), NULL, &[]);
        let duplicable = [&moves[..8], &sized(&duplication_policy()), &moves[10..]].concat();
        let key = chip.child(below, "", b"moving", &duplicable).expect("a child that moves");
        let (session, _) = chip.policy(tpm2_wire::TpmSe::Policy, Duplicate::SHAPE.code);
        let params = [&[0, 0][..], &cfb].concat();
        let reply =
            chip.send_policy::<Duplicate>(&[key, parent], &[Some(session)], &params).expect("a duplicate");
        chip.flush(session);
        let mut r = reply.reader();
        let inner = tpm2_wire::Tpm2bData::read(&mut r).expect("a key of the inner wrapper").0;
        assert_eq!(inner.len(), usize::from(bits) / 8);
        let rest = r.rest().to_vec();
        let import = [&sized(&inner)[..], &sized(&duplicable_public(&mut chip, key)), &rest, &cfb].concat();
        chip.send::<Import>(&[parent], &[], &import).expect("the duplicate");
        for handle in [key, sealed, below, parent] {
            chip.flush(handle);
        }
    }
}
fn duplication_policy() -> Vec<u8> {
    let code = tpm2_wire::PolicyCommandCode::SHAPE.code.to_be_bytes();
    RUST.digest(HashAlg::Sha256, &[&[0; 32], &code, &Duplicate::SHAPE.code.to_be_bytes()]).to_vec()
}
fn duplicable_public(chip: &mut Chip, key: u32) -> Vec<u8> {
    tpm2_wire::to_vec(&chip.read_public(key).0)
}

#[test]
fn parameters_of_ciphers() {
    let mut chip = Chip::new();
    let mut test = |definition: &[u8]| {
        let params = [&TpmAlg::SYMCIPHER.to_be_bytes()[..], definition].concat();
        chip.send::<TestParms>(&[], &[], &params).map(drop)
    };
    for alg in SymAlg::ALL {
        for bits in [64, 112, 128, 168, 192, 256, 512] {
            let answer = test(&definition(alg, bits, 0x43));
            if alg.has_key_bits(bits) {
                assert_eq!(answer, Ok(()), "{alg:?} {bits}");
            } else {
                refused_at(answer, Rc::VALUE, TestParms::parameters);
            }
        }
        assert_eq!(test(&definition(alg, 128, TpmAlg::CMAC)), Ok(()));
        refused_at(test(&definition(alg, 128, TpmAlg::SHA256)), Rc::MODE, TestParms::parameters);
    }
    refused_at(test(AES.strip_prefix(&[0]).expect("a prefix")), Rc::SYMMETRIC, TestParms::parameters);
}

/// What reads a `TPMT_HA` or hashes takes every hash: extends, nameAlg, policies and sessions of each.
#[test]
fn objects_and_digests_of_every_hash() {
    let mut chip = Chip::new();
    for alg in HashAlg::ALL {
        let mut area = storage();
        area[2..4].copy_from_slice(&alg.id().to_be_bytes());
        let parent = chip.primary(TpmRh::OWNER, "", &area).expect("a primary key");
        let (public, name) = chip.read_public(parent);
        let digest = RUST.digest(alg, &[&tpm2_wire::to_vec(&public)]);
        assert_eq!(name.0, [&alg.id().to_be_bytes()[..], &digest].concat(), "{alg:?}");
        let sealed = chip.child(parent, "", b"data", &keyed_hash(DATA, NULL, &[])).expect("a child");
        for handle in [sealed, parent] {
            chip.flush(handle);
        }
        let hashed = [&sized(b"abc")[..], &alg.id().to_be_bytes(), &TpmRh::NULL.to_be_bytes()].concat();
        let reply = chip.send::<tpm2_wire::Hash>(&[], &[], &hashed).expect("a digest");
        let mut r = Reader::new(&reply.params, &tpm2_wire::Accept::ALL);
        assert_eq!(Tpm2bDigest::read(&mut r).expect("a digest").0, RUST.digest(alg, &[b"abc"]).to_vec());
    }
}
