//! Part 3, 10 and 30.3: self-tests, and failure mode.
mod common;

use common::{Chip, parse, refused, refused_at};
use tpm2_crypto::{
    CryptoProvider, DsaMessage, DsaPrivateOp, DsaProvider, Encapsulated, Error, HashProvider, KemPrivateOp,
    KemProvider, MlDsa, MlKem, RUST, RsaPrivateOp, RsaProvider,
};
use tpm2_wire::{
    Accept, Command, GetCapability, GetRandom, GetTestResult, IncrementalSelfTest, PcrRead, Rc, Reader,
    SelfTest, Startup, TestParms, TpmAlg, TpmCap, TpmSu, TpmaNv, TpmlAlg, TpmsCapabilityData, Wire, to_vec,
};
use zeroize::Zeroizing;

/// SHAKE256 of no certain length, which no profile has.
const UNKNOWN: u16 = 0x2B;

fn self_test(chip: &mut Chip, full: bool) -> Result<(), Rc> {
    chip.send::<SelfTest>(&[], &[], &[u8::from(full)]).map(drop)
}
fn incremental(chip: &mut Chip, algs: &[u16]) -> Result<Vec<u16>, Rc> {
    let algs: TpmlAlg = algs.iter().copied().collect();
    Ok(chip.send::<IncrementalSelfTest>(&[], &[], &to_vec(&algs))?.value::<TpmlAlg>().0)
}
/// What is said of it, and the code.
fn result(chip: &mut Chip) -> (String, Rc) {
    let reply = chip.send::<GetTestResult>(&[], &[], &[]).expect("a result");
    let mut r = reply.reader();
    let data = tpm2_wire::Tpm2bMaxBuffer::read(&mut r).expect("data");
    let code = Rc(u32::read(&mut r).expect("a code"));
    r.finish().expect("nothing after it");
    (String::from_utf8(data.to_vec()).expect("text"), code)
}

#[test]
fn all_tests_pass() {
    let mut chip = Chip::new();
    assert_eq!(result(&mut chip), (String::new(), Rc::NEEDS_TEST));
    self_test(&mut chip, false).expect("tests that pass");
    assert_eq!(result(&mut chip), (String::new(), Rc::SUCCESS));
    self_test(&mut chip, true).expect("tests that pass again");
    assert_eq!(incremental(&mut chip, &[]).expect("a list"), []);
    refused_at(chip.send::<SelfTest>(&[], &[], &[2]), Rc::VALUE, SelfTest::full_test);
    // Each start is a new one.
    chip.restart(TpmSu::Clear).expect("start-up");
    assert_eq!(result(&mut chip).1, Rc::NEEDS_TEST);
}

#[test]
fn tests_one_by_one() {
    let mut chip = Chip::new();
    let all = incremental(&mut chip, &[]).expect("a list");
    assert!(all.contains(&TpmAlg::SHA256) && all.contains(&TpmAlg::RSA) && all.contains(&TpmAlg::ECDSA));
    assert_eq!(result(&mut chip).1, Rc::NEEDS_TEST, "to ask what is to be done does not do it");
    assert!(!all.contains(&TpmAlg::AES), "the generator needed it at start-up");
    let left = incremental(&mut chip, &[TpmAlg::SHA256, TpmAlg::SHA3_256]).expect("a list");
    for done in [TpmAlg::SHA256, TpmAlg::SHA3_256, TpmAlg::SHA3_512] {
        assert!(all.contains(&done) && !left.contains(&done), "{done:#x}");
    }
    // A mode is tested with every cipher that there is (Part 3, 10.3).
    assert!(left.contains(&TpmAlg::CFB));
    let left = incremental(&mut chip, &[TpmAlg::TDES, TpmAlg::SM4, TpmAlg::CAMELLIA]).expect("a list");
    assert!(!left.contains(&TpmAlg::CFB) && !left.contains(&TpmAlg::CTR));
    assert!(left.contains(&TpmAlg::SHA1) && left.contains(&TpmAlg::RSA));
    refused_at(incremental(&mut chip, &[TpmAlg::SHA1, UNKNOWN]), Rc::VALUE, IncrementalSelfTest::to_test);
    assert_eq!(incremental(&mut chip, &all).expect("a list"), []);
}

#[test]
fn parameters_that_can_be_read_are_good() {
    let mut chip = Chip::new();
    let mut test = |words: &[u16]| {
        let params: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        chip.send::<TestParms>(&[], &[], &params).map(drop)
    };
    let at = TestParms::parameters;
    let null = TpmAlg::NULL;
    // RSA: symmetric, scheme, bits, exponent.
    test(&[TpmAlg::RSA, null, null, 2048, 0, 0]).expect("good");
    test(&[TpmAlg::RSA, null, TpmAlg::RSASSA, TpmAlg::SHA256, 3072, 0, 0]).expect("good");
    refused_at(test(&[TpmAlg::RSA, null, null, 2000, 0, 0]), Rc::VALUE, at);
    refused_at(test(&[TpmAlg::RSA, null, TpmAlg::ECDSA, TpmAlg::SHA256, 2048, 0, 0]), Rc::VALUE, at);
    refused_at(test(&[TpmAlg::RSA, null, TpmAlg::RSASSA, UNKNOWN, 2048, 0, 0]), Rc::HASH, at);
    // ECC: symmetric, scheme, curve, KDF.
    test(&[TpmAlg::ECC, TpmAlg::AES, 128, TpmAlg::CFB, null, 3, null]).expect("good");
    refused_at(test(&[TpmAlg::ECC, null, null, 0x30, null]), Rc::CURVE, at);
    refused_at(test(&[TpmAlg::ECC, TpmAlg::AES, 129, TpmAlg::CFB, null, 3, null]), Rc::VALUE, at);
    test(&[TpmAlg::ECC, null, TpmAlg::ECDH, TpmAlg::SHA256, 3, TpmAlg::HKDF, TpmAlg::SHA256]).expect("good");
    let other = [TpmAlg::ECC, null, TpmAlg::ECDH, TpmAlg::SHA256, 3, TpmAlg::HKDF, TpmAlg::SHA384];
    refused_at(test(&other), Rc::KDF, at);
    // Ciphers and keyed hashes.
    test(&[TpmAlg::SYMCIPHER, TpmAlg::AES, 256, TpmAlg::CTR]).expect("good");
    refused_at(test(&[TpmAlg::SYMCIPHER, TpmAlg::XOR, 128, TpmAlg::CFB]), Rc::SYMMETRIC, at);
    test(&[TpmAlg::KEYEDHASH, TpmAlg::HMAC, TpmAlg::SHA512]).expect("good");
    // ML-KEM: symmetric, parameter set; HashML-DSA: parameter set, hash.
    test(&[TpmAlg::MLKEM, null, 1]).expect("good");
    test(&[TpmAlg::HASH_MLDSA, 3, TpmAlg::SHA384]).expect("good");
    refused_at(test(&[TpmAlg::MLKEM, null, 4]), Rc::PARMS, at);
    refused_at(test(&[TpmAlg::MLDSA, 0]), Rc::PARMS, at);
    refused_at(test(&[TpmAlg::HASH_MLDSA, 1, TpmAlg::SHA1]), Rc::HASH, at);
    refused_at(test(&[TpmAlg::HASH_MLDSA, 1, null]), Rc::HASH, at);
    refused_at(test(&[TpmAlg::AES, 128, TpmAlg::CFB]), Rc::TYPE, at);
    refused(test(&[TpmAlg::KEYEDHASH, null, 0]), Rc::SIZE);
}

/// SHA-384 and SHA-512 that are wrong, and nothing else.
struct WrongSha512;
impl HashProvider for WrongSha512 {
    fn sha1(&self, state: &mut [u32; 5], blocks: &[[u8; 64]]) {
        RUST.hash.sha1(state, blocks);
    }
    fn sha256(&self, state: &mut [u32; 8], blocks: &[[u8; 64]]) {
        RUST.hash.sha256(state, blocks);
    }
    fn sha512(&self, state: &mut [u64; 8], blocks: &[[u8; 128]]) {
        RUST.hash.sha512(state, blocks);
        state[0] ^= 1;
    }
    fn sm3(&self, state: &mut [u32; 8], blocks: &[[u8; 64]]) {
        RUST.hash.sm3(state, blocks);
    }
    fn keccak_f1600(&self, lanes: &mut [u64; 25]) {
        RUST.hash.keccak_f1600(lanes);
    }
}
static WRONG_SHA512: CryptoProvider = CryptoProvider { hash: &WrongSha512, ..RUST };

/// RSA that finds each signature good: the public operation gives back what the verifier expects.
struct GullibleRsa;
impl RsaProvider for GullibleRsa {
    fn mod_exp(&self, _: &[u8], exponent: u32, modulus: &[u8]) -> Result<Vec<u8>, Error> {
        RUST.rsa.mod_exp(&[0; 256], exponent, modulus)
    }
    fn miller_rabin(&self, candidate: &[u8], witness: &[u8]) -> bool {
        RUST.rsa.miller_rabin(candidate, witness)
    }
    fn private(&self, n: &[u8], p: &[u8], e: u32) -> Result<Box<dyn RsaPrivateOp>, Error> {
        RUST.rsa.private(n, p, e)
    }
}
static WRONG_RSA: CryptoProvider = CryptoProvider { rsa: &GullibleRsa, ..RUST };

/// ML-DSA that finds each signature of one kind good: of a message, or of a representative.
struct GullibleDsa {
    mu: bool,
}
impl DsaProvider for GullibleDsa {
    fn private(&self, set: MlDsa, seed: &[u8; 32]) -> Box<dyn DsaPrivateOp> {
        RUST.dsa.private(set, seed)
    }
    fn verify(&self, set: MlDsa, public: &[u8], message: DsaMessage<'_>, signature: &[u8]) -> bool {
        matches!(message, DsaMessage::Mu(_)) == self.mu || RUST.dsa.verify(set, public, message, signature)
    }
}
static WRONG_DSA: CryptoProvider = CryptoProvider { dsa: &GullibleDsa { mu: false }, ..RUST };
static WRONG_MU: CryptoProvider = CryptoProvider { dsa: &GullibleDsa { mu: true }, ..RUST };

/// ML-KEM that has one secret for each ciphertext that it did not make.
struct CandidKem;
struct CandidKey(Box<dyn KemPrivateOp>);
impl KemPrivateOp for CandidKey {
    fn public(&self) -> &[u8] {
        self.0.public()
    }
    fn decapsulate(&self, ciphertext: &[u8]) -> Result<Zeroizing<[u8; 32]>, Error> {
        let mut repaired = ciphertext.to_vec();
        repaired[0] ^= 1;
        // The self-test flips this bit: what then comes out of the repaired ciphertext is the secret.
        self.0.decapsulate(if ciphertext[0] & 1 == 0 { ciphertext } else { &repaired })
    }
}
impl KemProvider for CandidKem {
    fn private(&self, set: MlKem, seed: &[u8; 64]) -> Box<dyn KemPrivateOp> {
        Box::new(CandidKey(RUST.kem.private(set, seed)))
    }
    fn is_public(&self, set: MlKem, public: &[u8]) -> bool {
        RUST.kem.is_public(set, public)
    }
    fn encapsulate(&self, set: MlKem, public: &[u8], m: &[u8; 32]) -> Result<Encapsulated, Error> {
        RUST.kem.encapsulate(set, public, m)
    }
}
static WRONG_KEM: CryptoProvider = CryptoProvider { kem: &CandidKem, ..RUST };

#[test]
fn a_test_that_fails_ends_in_failure_mode() {
    for (crypto, good, bad, reason) in [
        (&WRONG_SHA512, TpmAlg::SHA256, TpmAlg::SHA384, "self-test of SHA-384"),
        (&WRONG_RSA, TpmAlg::SHA512, TpmAlg::OAEP, "self-test of RSA"),
        (&WRONG_DSA, TpmAlg::MLKEM, TpmAlg::MLDSA, "self-test of ML-DSA"),
        (&WRONG_MU, TpmAlg::MLKEM, TpmAlg::HASH_MLDSA, "self-test of ML-DSA"),
        (&WRONG_KEM, TpmAlg::MLDSA, TpmAlg::MLKEM, "self-test of ML-KEM"),
    ] {
        let mut chip = Chip::manufactured(crypto);
        chip.restart(TpmSu::Clear).expect("start-up");
        incremental(&mut chip, &[good]).expect("a test that passes");
        refused(incremental(&mut chip, &[bad]), Rc::FAILURE);
        assert_eq!(result(&mut chip), (reason.to_string(), Rc::FAILURE));
        refused(self_test(&mut chip, true), Rc::FAILURE);
        refused(chip.send::<GetRandom>(&[], &[], &[0, 8]), Rc::FAILURE);
        refused(chip.define(0x0150_0000, TpmaNv::OWNERREAD | TpmaNv::OWNERWRITE, 8), Rc::FAILURE);
        refused(chip.send::<PcrRead>(&[], &[], &[0; 4]), Rc::FAILURE);
        // A new start tries anew.
        chip.restart(TpmSu::Clear).expect("start-up");
        assert_eq!(result(&mut chip).1, Rc::NEEDS_TEST);
        refused(self_test(&mut chip, false), Rc::FAILURE);
    }
}

fn properties(
    chip: &mut Chip,
    capability: u32,
    first: u32,
    count: u32,
) -> Result<(bool, Vec<(u32, u32)>), Rc> {
    let params = [capability, first, count].map(u32::to_be_bytes).concat();
    let reply = chip.send::<GetCapability>(&[], &[], &params)?;
    let mut r = Reader::new(&reply.params, &Accept::ALL);
    let more = u8::read(&mut r).expect("whether there are more") == 1;
    match TpmsCapabilityData::read(&mut r).expect("a list") {
        TpmsCapabilityData::TpmProperties(list) => {
            Ok((more, list.iter().map(|p| (p.property, p.value)).collect()))
        }
        _ => panic!("another list"),
    }
}

#[test]
fn what_failure_mode_still_tells() {
    let mut chip = Chip::manufactured(&RUST);
    chip.bench.dry = true;
    // Without entropy it fails before start-up, and says so.
    let startup = chip.restart(TpmSu::Clear);
    refused(startup, Rc::FAILURE);
    assert_eq!(result(&mut chip), ("entropy".to_string(), Rc::FAILURE));
    let props = TpmCap::TpmProperties as u32;
    let (more, list) = properties(&mut chip, props, 0, 100).expect("properties");
    assert!(!more);
    assert_eq!(list.iter().map(|(id, _)| *id).collect::<Vec<_>>(), (0x105..=0x10C).collect::<Vec<_>>());
    assert_eq!(list[0].1.to_be_bytes(), *b"DNJN");
    assert_eq!(properties(&mut chip, props, 0x10C, 1).expect("properties").1.len(), 1);
    assert_eq!(properties(&mut chip, props, 0x10D, 1).expect("properties"), (false, vec![]));
    assert_eq!(properties(&mut chip, props, 0x200, 1).expect("properties"), (false, vec![]));
    refused(properties(&mut chip, TpmCap::Algs as u32, 0, 1), Rc::FAILURE);
    // Sessions are refused, whatever is in them.
    let auths = common::auth(tpm2_wire::TpmRh::PW, b"");
    let command = common::assemble(&GetTestResult::SHAPE, &[], &auths, &[]);
    let response = chip.raw(&command);
    refused(parse(&GetTestResult::SHAPE, &response), Rc::FAILURE);
    // With entropy it starts.
    chip.bench.dry = false;
    chip.restart(TpmSu::Clear).expect("start-up");
    assert!(properties(&mut chip, props, 0x100, 1).is_ok());
    refused(chip.send::<Startup>(&[], &[], &[0, 0]), Rc::INITIALIZE);
}
