//! Part 1, 9.3 and 9.4: what is wrong is found before it is used first, and ends in failure mode, which names it. Each
//! primitive of the provider is broken in turn.
mod common;

use common::keys::{NULL, SIGNING, STORAGE, create_params, ecc, keyed_hash};
use common::{Chip, refused, sized};
use std::sync::atomic::{AtomicBool, Ordering};
use tpm2_crypto::{
    BlockCipher, CipherProvider, CryptoProvider, Curve, EcProvider, Error, HashAlg, HashProvider, Point,
    RUST, SymAlg,
};
use tpm2_wire::{
    Command, Create, CreatePrimary, EvictControl, GetRandom, GetTestResult, Hash, IncrementalSelfTest, Mac,
    PcrEvent, PcrRead, Rc, SelfTest, StartAuthSession, Startup, TestParms, TpmAlg, TpmRh, TpmSe, TpmSu,
};
use zeroize::Zeroizing;

/// A provider of which one thing gives wrong results while `on`.
struct Fault {
    what: What,
    on: AtomicBool,
}
#[derive(Clone, Copy, PartialEq)]
enum What {
    Hash(HashAlg),
    Keccak,
    Cipher(SymAlg),
    /// Decryption alone.
    Decryption(SymAlg),
    BaseMul(Curve),
    Mul(Curve),
}
impl Fault {
    fn is(&self, what: What) -> bool {
        self.what == what && self.on.load(Ordering::Relaxed)
    }
}

impl HashProvider for Fault {
    fn sha1(&self, state: &mut [u32; 5], blocks: &[[u8; 64]]) {
        RUST.hash.sha1(state, blocks);
        state[1] ^= u32::from(self.is(What::Hash(HashAlg::Sha1)));
    }
    fn sha256(&self, state: &mut [u32; 8], blocks: &[[u8; 64]]) {
        RUST.hash.sha256(state, blocks);
        state[1] ^= u32::from(self.is(What::Hash(HashAlg::Sha256)));
    }
    fn sha512(&self, state: &mut [u64; 8], blocks: &[[u8; 128]]) {
        RUST.hash.sha512(state, blocks);
        state[1] ^= u64::from(self.is(What::Hash(HashAlg::Sha512)));
    }
    fn sm3(&self, state: &mut [u32; 8], blocks: &[[u8; 64]]) {
        RUST.hash.sm3(state, blocks);
        state[1] ^= u32::from(self.is(What::Hash(HashAlg::Sm3)));
    }
    fn keccak_f1600(&self, lanes: &mut [u64; 25]) {
        RUST.hash.keccak_f1600(lanes);
        lanes[1] ^= u64::from(self.is(What::Keccak));
    }
}
struct Key(Box<dyn BlockCipher>, bool, bool);
impl BlockCipher for Key {
    fn encrypt(&self, blocks: &mut [u8]) {
        self.0.encrypt(blocks);
        if let Some(byte) = blocks.first_mut() {
            *byte ^= u8::from(self.1);
        }
    }
    fn decrypt(&self, blocks: &mut [u8]) {
        self.0.decrypt(blocks);
        if let Some(byte) = blocks.first_mut() {
            *byte ^= u8::from(self.2);
        }
    }
}
impl CipherProvider for Fault {
    fn key(&self, alg: SymAlg, key: &[u8]) -> Result<Box<dyn BlockCipher>, Error> {
        let key = RUST.cipher.key(alg, key)?;
        Ok(Box::new(Key(key, self.is(What::Cipher(alg)), self.is(What::Decryption(alg)))))
    }
    fn aes256(&self, key: &[u8; 32]) -> Box<dyn BlockCipher> {
        Box::new(Key(RUST.cipher.aes256(key), self.is(What::Cipher(SymAlg::Aes)), false))
    }
}
impl EcProvider for Fault {
    fn base_mul(&self, curve: Curve, k: &[u8]) -> Result<Point, Error> {
        let point = RUST.ec.base_mul(curve, k)?;
        if self.is(What::BaseMul(curve)) { RUST.ec.add_public(curve, &point, &point) } else { Ok(point) }
    }
    fn mul(&self, curve: Curve, point: &Point, k: &[u8]) -> Result<Point, Error> {
        let point = RUST.ec.mul(curve, point, k)?;
        if self.is(What::Mul(curve)) { RUST.ec.add_public(curve, &point, &point) } else { Ok(point) }
    }
    fn mul_add_public(&self, curve: Curve, a: &[u8], point: &Point, b: &[u8]) -> Result<Point, Error> {
        RUST.ec.mul_add_public(curve, a, point, b)
    }
    fn add_public(&self, curve: Curve, p: &Point, q: &Point) -> Result<Point, Error> {
        RUST.ec.add_public(curve, p, q)
    }
    fn is_on_curve(&self, curve: Curve, point: &Point) -> bool {
        RUST.ec.is_on_curve(curve, point)
    }
    fn scalar_add(&self, curve: Curve, a: &[u8], b: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        RUST.ec.scalar_add(curve, a, b)
    }
    fn scalar_mul(&self, curve: Curve, a: &[u8], b: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        RUST.ec.scalar_mul(curve, a, b)
    }
    fn scalar_invert(&self, curve: Curve, a: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        RUST.ec.scalar_invert(curve, a)
    }
}

/// A provider with this fault, which is on, and its switch.
fn provider(what: What) -> (&'static CryptoProvider, &'static AtomicBool) {
    let fault: &'static Fault = Box::leak(Box::new(Fault { what, on: AtomicBool::new(true) }));
    let provider = CryptoProvider { hash: fault, cipher: fault, ec: fault, ..RUST };
    (Box::leak(Box::new(provider)), &fault.on)
}
fn started(what: What) -> Chip {
    let mut chip = Chip::manufactured(provider(what).0);
    chip.restart(TpmSu::Clear).expect("start-up");
    chip
}
/// Failure mode, because of this; and what is answered there.
#[track_caller]
fn failed(chip: &mut Chip, name: &str) {
    let reply = chip.send::<GetTestResult>(&[], &[], &[]).expect("a result");
    let said = [&sized(format!("self-test of {name}").as_bytes())[..], &Rc::FAILURE.0.to_be_bytes()].concat();
    assert_eq!(reply.params, said, "{name}: {}", String::from_utf8_lossy(&reply.params));
    refused(chip.send::<GetRandom>(&[], &[], &[0, 8]).map(drop), Rc::FAILURE);
    refused(chip.send::<PcrRead>(&[], &[], &[0; 4]).map(drop), Rc::FAILURE);
    refused(chip.send::<SelfTest>(&[], &[], &[1]).map(drop), Rc::FAILURE);
    refused(chip.send::<Startup>(&[], &[], &[0, 0]).map(drop), Rc::FAILURE);
    let command = common::assemble(&GetRandom::SHAPE, &[], &[], &[0, 8]);
    assert_eq!(chip.raw(&command)[6..], Rc::FAILURE.0.to_be_bytes());
}

/// A full test finds every fault.
#[test]
fn each_fault_is_found_and_named() {
    let hashes = [(HashAlg::Sha1, "SHA-1"), (HashAlg::Sha256, "SHA-256"), (HashAlg::Sm3, "SM3")];
    let mut all: Vec<(What, &str)> = hashes.map(|(alg, name)| (What::Hash(alg), name)).to_vec();
    all.push((What::Hash(HashAlg::Sha512), "SHA-384"));
    all.push((What::Keccak, "SHA-3"));
    for (alg, name) in [(SymAlg::Camellia, "Camellia"), (SymAlg::Sm4, "SM4"), (SymAlg::Tdes, "TDES")] {
        all.extend([(What::Cipher(alg), name), (What::Decryption(alg), name)]);
    }
    all.push((What::Decryption(SymAlg::Aes), "AES"));
    for (curve, name) in [(Curve::P256, "P-256"), (Curve::P384, "P-384"), (Curve::P521, "P-521")] {
        let name: &str = Box::leak(format!("the curve {name}").into_boxed_str());
        all.extend([(What::BaseMul(curve), name), (What::Mul(curve), name)]);
    }
    for (what, name) in all {
        let mut chip = Chip::manufactured(provider(what).0);
        // AES is needed to start at all.
        if chip.restart(TpmSu::Clear).is_ok() {
            refused(chip.send::<SelfTest>(&[], &[], &[1]).map(drop), Rc::FAILURE);
        }
        failed(&mut chip, name);
    }
}

#[test]
fn a_hash_is_tested_before_its_first_use() {
    let hash = |chip: &mut Chip, alg: HashAlg| {
        let params = [&sized(b"abc")[..], &alg.id().to_be_bytes(), &TpmRh::NULL.to_be_bytes()].concat();
        chip.send::<Hash>(&[], &[], &params).map(drop)
    };
    for (what, alg, name) in [
        (What::Hash(HashAlg::Sm3), HashAlg::Sm3, "SM3"),
        (What::Keccak, HashAlg::Sha3_384, "SHA-3"),
        (What::Keccak, HashAlg::Shake256_256, "SHA-3"),
        (What::Hash(HashAlg::Sha1), HashAlg::Sha1, "SHA-1"),
    ] {
        let mut chip = started(what);
        if what != What::Hash(HashAlg::Sha1) {
            hash(&mut chip, HashAlg::Sha256).expect("another is sound");
            refused(hash(&mut chip, alg), Rc::FAILURE);
            failed(&mut chip, name);
        } else {
            refused(hash(&mut chip, alg), Rc::FAILURE);
            failed(&mut chip, name);
        }
    }
    // As the hash of a session, of a Name, of parameters that are only asked about.
    let mut chip = started(What::Hash(HashAlg::Sm3));
    let params = [&sized(&[7; 16])[..], &[0, 0, TpmSe::Hmac.value(), 0, 0x10, 0, 0x12]].concat();
    refused(chip.send::<StartAuthSession>(&[TpmRh::NULL; 2], &[], &params).map(drop), Rc::FAILURE);
    failed(&mut chip, "SM3");
    let mut chip = started(What::Hash(HashAlg::Sm3));
    let mut area = keyed_hash(SIGNING, NULL, &[]);
    area[2..4].copy_from_slice(&[0, 0x12]);
    let refusal = chip.send::<CreatePrimary>(&[TpmRh::OWNER], &[], &create_params("", &[], &area));
    refused(refusal.map(drop), Rc::FAILURE);
    failed(&mut chip, "SM3");
}

#[test]
fn a_cipher_and_a_curve_are_tested_before_their_first_use() {
    let camellia = [0, 0x26, 0, 128, 0, 0x43];
    let mut chip = started(What::Cipher(SymAlg::Camellia));
    let srk = chip.srk();
    let area = ecc(STORAGE, &camellia, NULL, &[]);
    let refusal = chip.send::<Create>(&[srk], &[], &create_params("", &[], &area));
    refused(refusal.map(drop), Rc::FAILURE);
    failed(&mut chip, "Camellia");

    let mut chip = started(What::Mul(Curve::P384));
    chip.srk();
    let mut area = ecc(SIGNING, NULL, NULL, &[]);
    let at = area.len() - 7;
    assert_eq!(area[at], 3);
    area[at] = 4;
    let refusal = chip.send::<CreatePrimary>(&[TpmRh::OWNER], &[], &create_params("", &[], &area));
    refused(refusal.map(drop), Rc::FAILURE);
    failed(&mut chip, "the curve P-384");

    // Without AES there is no generator, and no start.
    let mut chip = Chip::manufactured(provider(What::Cipher(SymAlg::Aes)).0);
    refused(chip.restart(TpmSu::Clear).map(drop), Rc::FAILURE);
    failed(&mut chip, "AES");
}

/// What was made in an earlier run is tested when it is used in this one.
#[test]
fn what_a_handle_stands_for_is_tested() {
    let (crypto, on) = provider(What::Hash(HashAlg::Sm3));
    on.store(false, Ordering::Relaxed);
    let mut chip = Chip::manufactured(crypto);
    chip.restart(TpmSu::Clear).expect("start-up");
    let srk = chip.srk();
    let key = chip.child(srk, "", &[], &keyed_hash(SIGNING, &[0, 5, 0, 0x12], &[])).expect("a key");
    let persistent = 0x8100_0001u32;
    chip.send::<EvictControl>(&[TpmRh::OWNER, key], &[], &persistent.to_be_bytes()).expect("a place");
    let mac = [&sized(b"data")[..], NULL].concat();
    chip.send::<Mac>(&[persistent], &[], &mac).expect("a code");
    // What passed stays so until the next start.
    on.store(true, Ordering::Relaxed);
    chip.send::<Mac>(&[persistent], &[], &mac).expect("a code");
    chip.restart(TpmSu::Clear).expect("start-up");
    refused(chip.send::<Mac>(&[persistent], &[], &mac).map(drop), Rc::FAILURE);
    failed(&mut chip, "SM3");
}

#[test]
fn the_hashes_of_the_banks_are_tested() {
    let mut chip = started(What::Hash(HashAlg::Sha1));
    refused(chip.send::<PcrEvent>(&[16], &[], &sized(b"event")).map(drop), Rc::FAILURE);
    failed(&mut chip, "SHA-1");
    let mut chip = started(What::Hash(HashAlg::Sha1));
    chip.tpm.hash_start(&mut chip.bench);
    chip.tpm.hash_data(b"event");
    assert!(chip.tpm.hash_end(&mut chip.bench).is_none());
    failed(&mut chip, "SHA-1");
}

/// A test on demand tests what is needed, and no more; asking what there is tests what is asked about.
#[test]
fn no_more_is_tested_than_is_needed() {
    let mut chip = Chip::new();
    let left = |chip: &mut Chip| {
        let reply = chip.send::<IncrementalSelfTest>(&[], &[], &[0; 4]).expect("a list");
        reply.value::<tpm2_wire::TpmlAlg>().0
    };
    let first = left(&mut chip);
    for untested in [TpmAlg::SHA1, TpmAlg::SHA256, TpmAlg::RSA, TpmAlg::ECC, TpmAlg::SM4, TpmAlg::MLKEM] {
        assert!(first.contains(&untested), "{untested:#x}");
    }
    chip.srk();
    let then = left(&mut chip);
    assert!(!then.contains(&TpmAlg::SHA256) && !then.contains(&TpmAlg::HMAC));
    // One curve of several, and one cipher's modes of several ciphers'.
    for untested in [TpmAlg::SHA1, TpmAlg::RSA, TpmAlg::ECC, TpmAlg::ECDSA, TpmAlg::SM4, TpmAlg::CFB] {
        assert!(then.contains(&untested), "{untested:#x}");
    }
    let params = [TpmAlg::SYMCIPHER, TpmAlg::SM4, 128, TpmAlg::CFB].map(u16::to_be_bytes).concat();
    chip.send::<TestParms>(&[], &[], &params).expect("good ones");
    assert!(!left(&mut chip).contains(&TpmAlg::SM4));
}
