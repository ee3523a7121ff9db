//! Which self-tests there are, what each stands for, and when it runs (Part 1, 9.3): once since power-on, before what
//! it tests is used first, or when the caller asks.
//!
//! To add one: write a function over [`Means`] that compares with known answers, and a line of [`TESTS`].
use super::tests::{asymmetric as a, lattice, symmetric as s};
use crate::Tpm;
use crate::profile::Active;
use crate::state::object::Loaded;
use tpm2_crypto::{CryptoProvider, Drbg, Error};
use tpm2_wire::{Accept, Command, Rc, Reader, Seen, Shape, Startup, TpmAlg, TpmHt, Wire, to_vec};

/// What a test may use.
pub(super) struct Means<'a> {
    pub(super) crypto: &'static CryptoProvider,
    pub(super) rng: &'a mut Drbg,
}

/// A self-test.
pub(super) struct Test {
    /// What it tests, as `TPM2_GetTestResult` says when it failed.
    pub(super) name: &'static str,
    /// It runs before one of these algorithms is used. Not tested at all where the profile has none of them.
    of: &'static [u16],
    /// Algorithms that count as tested when it has passed too, as modes do for a cipher.
    part: &'static [u16],
    /// Where it is of a curve, it runs before that curve is used instead.
    curve: Option<u16>,
    run: fn(&mut Means<'_>) -> Result<bool, Error>,
}

macro_rules! test { ($name:literal, $of:expr, $part:expr, $run:path) => {
    Test { name: concat!("self-test of ", $name), of: $of, part: $part, curve: None, run: $run }
} }
macro_rules! curve { ($name:literal, $id:literal, $run:path) => {
    Test { name: concat!("self-test of the curve ", $name), of: &[TpmAlg::ECC], part: ECC, curve: Some($id), run: $run }
} }

use TpmAlg as T;
const MODES: &[u16] = &[T::SYMCIPHER, T::CTR, T::OFB, T::CBC, T::CFB, T::ECB];
const RSA: &[u16] = &[T::RSASSA, T::RSAES, T::RSAPSS, T::OAEP];
const ECC: &[u16] = &[T::ECDSA, T::ECDH];
const SHA3: &[u16] =
    &[T::SHA3_256, T::SHA3_384, T::SHA3_512, T::SHAKE256_192, T::SHAKE256_256, T::SHAKE256_512];
const KDF: &[u16] = &[T::XOR, T::MGF1, T::KDF1_SP800_56A, T::KDF2, T::KDF1_SP800_108];

/// All of them; hashes come first, for the others need them. A test's bit is its place. At most 64.
static TESTS: &[Test] = &[
    test!("SHA-1", &[T::SHA1], &[], s::sha1),
    test!("SHA-256", &[T::SHA256, T::SHA256_192], &[], s::sha256),
    test!("SHA-384", &[T::SHA384], &[], s::sha384),
    test!("SHA-512", &[T::SHA512], &[], s::sha512),
    test!("SHA-3", SHA3, &[], s::sha3),
    test!("SM3", &[T::SM3_256], &[], s::sm3),
    // HKDF is two HMACs.
    test!("HMAC", &[T::HMAC, T::KEYEDHASH, T::HKDF], &[], s::hmac),
    test!("key derivation", KDF, &[], s::kdf),
    test!("AES", &[T::AES], MODES, s::aes),
    test!("Camellia", &[T::CAMELLIA], MODES, s::camellia),
    test!("SM4", &[T::SM4], MODES, s::sm4),
    test!("TDES", &[T::TDES], MODES, s::tdes),
    test!("CMAC", &[T::CMAC], &[], s::cmac),
    test!("the random number generator", GENERATOR, &[], s::drbg),
    test!("RSA", &[T::RSA], RSA, a::rsa),
    curve!("P-192", 0x01, a::p192),
    curve!("P-224", 0x02, a::p224),
    curve!("P-256", 0x03, a::p256),
    curve!("P-384", 0x04, a::p384),
    curve!("P-521", 0x05, a::p521),
    curve!("BN P-256", 0x10, a::bn_p256),
    curve!("BN P-638", 0x11, a::bn_p638),
    curve!("SM2 P-256", 0x20, a::sm2_p256),
    test!("EC Schnorr and ECDAA", &[T::ECSCHNORR, T::ECDAA], &[], a::schnorr),
    test!("SM2", &[T::SM2], &[], a::sm2),
    test!("ECMQV", &[T::ECMQV], &[], a::mqv),
    test!("ML-KEM", &[T::MLKEM], &[], lattice::kem),
    test!("ML-DSA", &[T::MLDSA, T::HASH_MLDSA], &[], lattice::dsa),
];
/// What the TPM itself needs for nearly everything: Names, sessions, contexts, tickets.
const CORE: &[u16] = &[T::SHA256, T::SHA512, T::HMAC, T::KDF1_SP800_108, T::AES];
/// The generator has no identifier; it is there when the cipher that it uses is, and needed with it.
const GENERATOR: &[u16] = &[T::AES];

impl Test {
    /// Is there something to test in this profile?
    fn applies(&self, accept: &Accept) -> bool {
        self.of.iter().any(|alg| accept.algorithm(*alg)) && self.curve.is_none_or(|curve| accept.curve(curve))
    }
    /// Must it have passed before these are used?
    fn needed(&self, seen: &Seen) -> bool {
        match self.curve {
            Some(curve) => seen.curve(curve),
            None => self.of.iter().any(|alg| seen.algorithm(*alg)),
        }
    }
    /// Does the algorithm count as tested only when this has passed?
    fn counts_for(&self, alg: u16) -> bool {
        self.of.contains(&alg) || self.part.contains(&alg)
    }
}

/// Tests that have not passed since power-on, as bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Untested(u64);

impl Untested {
    /// All that there are in a profile.
    pub(crate) fn all(profile: &Active) -> Untested {
        Untested::those(|test| test.applies(&profile.accept))
    }
    fn those(which: impl Fn(&Test) -> bool) -> Untested {
        let bits = TESTS.iter().enumerate().filter(|(_, test)| which(test));
        Untested(bits.fold(0, |bits, (n, _)| bits | 1 << n))
    }
    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// Is a part of this algorithm yet to be tested?
    pub(super) fn concerns(self, alg: u16) -> bool {
        self.0 & Untested::those(|test| test.counts_for(alg)).0 != 0
    }
    /// Those that an algorithm waits for.
    pub(super) fn of(self, alg: u16) -> Untested {
        Untested(self.0 & Untested::those(|test| test.counts_for(alg)).0)
    }
    /// Runs `which` of these. What passes is struck off; what fails puts the TPM in failure mode.
    pub(super) fn run(
        &mut self,
        which: Untested,
        crypto: &'static CryptoProvider,
        rng: &mut Drbg,
        failure: &mut Option<&'static str>,
    ) -> Result<(), Rc> {
        let mut means = Means { crypto, rng };
        let due = self.0 & which.0;
        for (n, test) in TESTS.iter().enumerate().filter(|(n, _)| due >> n & 1 == 1) {
            if !(test.run)(&mut means).unwrap_or(false) {
                *failure = Some(test.name);
                return Err(Rc::FAILURE);
            }
            self.0 &= !(1 << n);
        }
        Ok(())
    }
}

impl Tpm {
    /// Tests what a command needs beside its parameters: what the TPM itself uses, and what the objects, indices,
    /// sessions and PCR banks that it names are made of. Nothing when all has been tested.
    pub(crate) fn test_before(&mut self, shape: &Shape, handles: &[u32], sessions: bool) -> Result<(), Rc> {
        if self.untested.is_empty() {
            return Ok(());
        }
        let mut seen = Seen::default();
        if shape.code == Startup::SHAPE.code || RANDOM.contains(&shape.name) {
            GENERATOR.iter().for_each(|alg| seen.add(*alg));
        }
        if sessions || !PLAIN.contains(&shape.name) {
            CORE.iter().for_each(|alg| seen.add(*alg));
        }
        for handle in handles {
            seen.merge(self.algorithms_of(*handle));
        }
        if sessions {
            for session in self.state.volatile.sessions.values() {
                seen.add(session.auth_hash.id());
                seen.merge(read::<Option<tpm2_wire::TpmtSymDef>>(&session.symmetric));
            }
        }
        if BANKS.contains(&shape.name) {
            self.test_banks()?;
        }
        self.test(&seen)
    }
    /// Tests the hashes of the PCR banks.
    pub(crate) fn test_banks(&mut self) -> Result<(), Rc> {
        let mut seen = Seen::default();
        self.state.volatile.pcrs.algs().iter().for_each(|alg| seen.add(alg.id()));
        self.test(&seen)
    }
    /// Tests what is about to be used.
    pub(crate) fn test(&mut self, seen: &Seen) -> Result<(), Rc> {
        if self.untested.is_empty() {
            return Ok(());
        }
        let which = Untested(self.untested.0 & Untested::those(|test| test.needed(seen)).0);
        self.untested.run(which, self.crypto, &mut self.rng, &mut self.failure)
    }
    /// The algorithms of what a handle stands for.
    fn algorithms_of(&self, handle: u32) -> Seen {
        if TpmHt::of(handle) == TpmHt::NV_INDEX {
            return self.state.nv(handle).map(|index| read(&index.public)).unwrap_or_default();
        }
        match self.state.volatile.objects.get(&handle) {
            Some(Loaded::Sequence(sequence)) => {
                let mut seen = Seen::default();
                sequence.algorithms().iter().for_each(|alg| seen.add(*alg));
                seen
            }
            _ => self.state.object(handle).map(|object| read_any(&object.public)).unwrap_or_default(),
        }
    }
}

/// What reading a value sees.
fn read<T: Wire>(value: &T) -> Seen {
    let bytes = to_vec(value);
    let mut r = Reader::new(&bytes, &Accept::ALL);
    // What we wrote we can read.
    T::read(&mut r).map(|_| r.seen()).unwrap_or_default()
}
/// The same for a public area, whose nameAlg may be null.
fn read_any(public: &tpm2_wire::TpmtPublic) -> Seen {
    let bytes = to_vec(public);
    let mut r = Reader::new(&bytes, &Accept::ALL);
    tpm2_wire::AnyName::read(&mut r).map(|_| r.seen()).unwrap_or_default()
}

/// Commands that use no algorithm but those that their parameters or handles name.
const PLAIN: &[&str] = &[
    "Startup",
    "Shutdown",
    "SelfTest",
    "IncrementalSelfTest",
    "GetTestResult",
    "GetCapability",
    "TestParms",
    "PcrRead",
    "ReadClock",
    "GetRandom",
    "StirRandom",
];
/// Commands that are for the generator.
const RANDOM: &[&str] = &["GetRandom", "StirRandom"];
/// Commands that use the hashes of all PCR banks.
const BANKS: &[&str] = &["PcrEvent", "HashSequenceStart", "EventSequenceComplete"];
