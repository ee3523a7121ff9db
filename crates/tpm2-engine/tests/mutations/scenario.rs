//! A TPM with something of everything in it, and the valid commands that made it so.
use super::common::keys::{
    AES, DATA, ECDSA, HMAC, NULL, RSASSA, SIGNING, STORAGE, dhkem, ecc, hash_mldsa, keyed_hash, mldsa, mlkem,
    portable, rsa, storage,
};
use super::common::{Chip, assemble, auth, command, parse, public, sized};
use tpm2_crypto::{RUST, Rng, RsaPad};
use tpm2_wire::*;

/// What the mutations begin with.
pub(crate) struct Scenario {
    pub(crate) chip: Chip,
    /// Valid commands, each of which succeeded once. The second is how dear the command is: it is sent once in so
    /// many times.
    pub(crate) commands: Vec<(Vec<u8>, u32)>,
}

const NULL_TICKET: &[u8] = &[0x80, 0x24, 0x40, 0, 0, 7, 0, 0];
const PCRS: &[u8] = &[0, 0, 0, 1, 0, 0x0B, 3, 0x81, 0, 1];
const NV: u32 = 0x0150_0000;

impl Scenario {
    fn keep(&mut self, command: &[u8]) {
        self.commands.push((command.to_vec(), 1));
    }
    /// Sends a command, which must succeed, and keeps it.
    #[track_caller]
    fn run<C: Command>(&mut self, handles: &[u32], params: &[u8]) -> super::common::Reply {
        let bytes = command(&C::SHAPE, handles, &[], params);
        self.keep(&bytes);
        let response = self.chip.raw(&bytes);
        parse(&C::SHAPE, &response).unwrap_or_else(|rc| panic!("{} answers {rc:?}", C::SHAPE.name))
    }
    /// The same with these sessions in place of passwords.
    #[track_caller]
    fn run_with<C: Command>(
        &mut self,
        handles: &[u32],
        auths: &[Vec<u8>],
        params: &[u8],
    ) -> super::common::Reply {
        let bytes = assemble(&C::SHAPE, handles, &auths.concat(), params);
        self.keep(&bytes);
        let response = self.chip.raw(&bytes);
        parse(&C::SHAPE, &response).unwrap_or_else(|rc| panic!("{} answers {rc:?}", C::SHAPE.name))
    }
    /// The last command is dear.
    fn dear(&mut self, once_in: u32) {
        if let Some(last) = self.commands.last_mut() {
            last.1 = once_in;
        }
    }
    fn primary(&mut self, public: &[u8]) -> u32 {
        let params = super::common::keys::create_params("", &[], public);
        self.run::<CreatePrimary>(&[TpmRh::OWNER], &params).handle.expect("a handle")
    }
    fn child(&mut self, parent: u32, data: &[u8], public: &[u8]) -> u32 {
        let params = super::common::keys::create_params("", data, public);
        let reply = self.run::<Create>(&[parent], &params);
        let mut r = reply.reader();
        let private = Tpm2bPrivate::read(&mut r).expect("a private area");
        let size = u16::read(&mut r).expect("a size");
        let public = r.take(usize::from(size)).expect("a public area");
        let params = [to_vec(&private), sized(public)].concat();
        self.run::<Load>(&[parent], &params).handle.expect("a handle")
    }
    fn session(&mut self, kind: TpmSe, symmetric: &[u8]) -> u32 {
        let params = [&sized(&[7; 16])[..], &[0, 0, kind.value()], symmetric, &[0, 0x0B]].concat();
        self.run::<StartAuthSession>(&[TpmRh::NULL; 2], &params).handle.expect("a handle")
    }
}

/// One session in an authorization area, with these attributes and no HMAC.
fn with(session: u32, attributes: TpmaSession) -> Vec<u8> {
    [&session.to_be_bytes()[..], &sized(&[3; 16]), &[attributes.0], &[0, 0]].concat()
}

/// Builds it. Each seed makes another TPM.
pub(crate) fn build(seed: u64) -> Scenario {
    let mut s = Scenario { chip: Chip::seeded(seed), commands: Vec::new() };
    indices(&mut s);
    let srk = keys(&mut s);
    curves(&mut s, srk);
    lattices(&mut s, srk);
    duplication(&mut s, srk);
    policies(&mut s);
    rsa_key(&mut s);
    whole(&mut s, srk);
    s
}

fn indices(s: &mut Scenario) {
    let all = TpmaNv::OWNERREAD | TpmaNv::OWNERWRITE | TpmaNv::AUTHREAD | TpmaNv::NO_DA;
    let kinds = [0u32, 1, 2, 4, 8, 9];
    for (i, kind) in (0u32..).zip(kinds) {
        let size = [32, 8, 8, 32, 8, 8][i as usize];
        let lockable = TpmaNv::READ_STCLEAR | TpmaNv::WRITE_STCLEAR | TpmaNv::GLOBALLOCK;
        let more = if kind < 8 { TpmaNv::AUTHWRITE | lockable } else { TpmaNv(0) };
        let attributes = TpmaNv(all.0 | more.0 | kind << 4);
        let area = to_vec(&public(NV + i, attributes, size));
        s.run::<NvDefineSpace>(&[TpmRh::OWNER], &[vec![0; 2], sized(&area)].concat());
    }
    let own = |i: u32| [NV + i, NV + i];
    s.run::<NvWrite>(&own(0), &[&sized(&[9; 32])[..], &[0; 2]].concat());
    s.run::<NvIncrement>(&own(1), &[]);
    s.run::<NvSetBits>(&own(2), &[1; 8]);
    s.run::<NvExtend>(&own(3), &sized(b"extend"));
    for pin in [4, 5] {
        let value = [0, 0, 0, 1, 0, 0, 1, 0];
        s.run::<NvWrite>(&[TpmRh::OWNER, NV + pin], &[&sized(&value)[..], &[0; 2]].concat());
    }
    for i in 0..6 {
        s.run::<NvRead>(&own(i), &[0, 8, 0, 0]);
        s.run::<NvReadPublic>(&[NV + i], &[]);
    }
    s.run::<NvCertify>(
        &[TpmRh::NULL, NV, NV],
        &[&sized(b"q")[..], NULL, &8u16.to_be_bytes(), &[0; 2]].concat(),
    );
    s.run::<NvReadLock>(&own(3), &[]);
    s.run::<NvWriteLock>(&own(3), &[]);
}

/// Objects of every kind; the storage key.
fn keys(s: &mut Scenario) -> u32 {
    let srk = s.primary(&storage());
    s.run::<ReadPublic>(&[srk], &[]);
    let sealed = s.child(srk, b"secret", &keyed_hash(DATA, NULL, &[]));
    s.run::<Unseal>(&[sealed], &[]);
    s.run::<ObjectChangeAuth>(&[sealed, srk], &sized(b"new"));
    s.run::<ContextSave>(&[sealed], &[]);
    s.run::<EvictControl>(&[TpmRh::OWNER, sealed], &0x8100_0001u32.to_be_bytes());
    s.run::<FlushContext>(&[], &sealed.to_be_bytes());
    let signer = s.child(srk, &[], &ecc(SIGNING, NULL, NULL, &[]));
    let digest = RUST.digest(tpm2_crypto::HashAlg::Sha256, &[b"message"]);
    let sign = s.run::<Sign>(&[signer], &[&sized(&digest)[..], ECDSA, NULL_TICKET].concat());
    s.run::<VerifySignature>(&[signer], &[&sized(&digest)[..], &sign.params].concat());
    s.run::<Quote>(&[signer], &[&sized(b"nonce")[..], ECDSA, PCRS].concat());
    s.run::<Certify>(&[srk, signer], &[&sized(b"nonce")[..], ECDSA].concat());
    s.run::<GetTime>(&[TpmRh::ENDORSEMENT, signer], &[&sized(b"nonce")[..], ECDSA].concat());
    s.run::<NvCertify>(&[signer, NV, NV], &[&sized(b"q")[..], ECDSA, &[0; 4]].concat());
    let mac = s.child(srk, &[], &keyed_hash(SIGNING, HMAC, &[]));
    s.run::<Mac>(&[mac], &[&sized(b"data")[..], NULL].concat());
    let sequence = s.run::<MacStart>(&[mac], &[&[0, 0], NULL].concat()).handle.expect("a handle");
    s.run::<SequenceUpdate>(&[sequence], &sized(b"data"));
    s.run::<ContextSave>(&[sequence], &[]);
    s.run::<SequenceComplete>(&[sequence], &[&sized(b"end")[..], &TpmRh::OWNER.to_be_bytes()].concat());
    let event = s.run::<HashSequenceStart>(&[], &[&[0, 0], NULL].concat()).handle.expect("a handle");
    s.run::<EventSequenceComplete>(&[16, event], &sized(b"event"));
    s.run::<HashSequenceStart>(&[], &[0, 0, 0, 0x0B]);
    let exchange = ecc(STORAGE.with(TpmaObject::RESTRICTED, false), NULL, NULL, &[]);
    let exchange = s.child(srk, &[], &exchange);
    let point = s.run::<EcdhKeyGen>(&[exchange], &[]);
    let mut r = point.reader();
    let _z: Tpm2bEccPoint = Wire::read(&mut r).expect("a point");
    s.run::<EcdhZGen>(&[exchange], r.rest());
    let name = s.chip.read_public(signer).1;
    let made = s.run::<MakeCredential>(&[srk], &[sized(b"credential"), to_vec(&name)].concat());
    s.run::<ActivateCredential>(&[signer, srk], &made.params);
    s.run::<FlushContext>(&[], &exchange.to_be_bytes());
    srk
}

/// Ephemeral keys, what uses them, and encryption to points.
fn curves(s: &mut Scenario, srk: u32) {
    let exchange = ecc(STORAGE.with(TpmaObject::RESTRICTED, false), NULL, NULL, &[]);
    let exchange = s.child(srk, &[], &exchange);
    for scheme in [0x19u16, 0x1B, 0x1D] {
        let reply = s.run::<EcEphemeral>(&[], &[0, 3]);
        let (point, count) = reply.params.split_at(reply.params.len() - 2);
        let params = [point, point, &scheme.to_be_bytes(), count].concat();
        s.run::<ZGen2Phase>(&[exchange], &params);
    }
    let kdf2 = [0, 0x21, 0, 0x0B];
    let made = s.run::<EccEncrypt>(&[exchange], &[&sized(b"message")[..], &kdf2].concat());
    s.run::<EccDecrypt>(&[exchange], &[&made.params[..], &kdf2].concat());
    s.run::<FlushContext>(&[], &exchange.to_be_bytes());
    let signer = s.child(srk, &[], &ecc(SIGNING, NULL, NULL, &[]));
    for scheme in [[0, 0x1C, 0, 0x0B], [0, 0x1B, 0, 0x0B]] {
        let sign = s.run::<Sign>(&[signer], &[&sized(&[7; 32])[..], &scheme, NULL_TICKET].concat());
        s.run::<VerifySignature>(&[signer], &[&sized(&[7; 32])[..], &sign.params].concat());
    }
    s.run::<FlushContext>(&[], &signer.to_be_bytes());
    let anonymous = s.child(srk, &[], &ecc(SIGNING, NULL, &[0, 0x1A, 0, 0x0B, 0, 0], &[]));
    let reply = s.run::<Commit>(&[anonymous], &[0, 4, 0, 0, 0, 0, 0, 0, 0, 0]);
    let scheme = [&[0, 0x1A, 0, 0x0B][..], &reply.params[reply.params.len() - 2..]].concat();
    s.run::<Quote>(&[anonymous], &[&sized(b"nonce")[..], &scheme, PCRS].concat());
    s.run::<Commit>(&[anonymous], &[0, 4, 0, 0, 0, 0, 0, 0, 0, 0]);
    s.run::<FlushContext>(&[], &anonymous.to_be_bytes());

    // Objects made and loaded at once: of a hierarchy, also a limited one, below a key, and derived.
    let none = sized(&[0; 4]);
    for (parent, area) in [
        (TpmRh::OWNER, storage()),
        (TpmRh::FW_OWNER, ecc(SIGNING | TpmaObject::FIRMWARE_LIMITED, NULL, ECDSA, &[])),
        (TpmRh::SVN_OWNER, ecc(SIGNING | TpmaObject::SVN_LIMITED, NULL, ECDSA, &[])),
        (srk, ecc(SIGNING, NULL, ECDSA, &[])),
    ] {
        let made = s.run::<CreateLoaded>(&[parent], &[&none[..], &sized(&area)].concat());
        s.run::<FlushContext>(&[], &made.handle.expect("a handle").to_be_bytes());
    }
    let parent = s.child(srk, &[], &keyed_hash(STORAGE, &[0, 0x0A, 0, 0x0B, 0, 0x22], &[]));
    let derived = SIGNING.with(TpmaObject::SENSITIVE_DATA_ORIGIN, false);
    let area = ecc(derived, NULL, ECDSA, &[]);
    let template = [&area[..area.len() - 4], &sized(b"label"), &sized(b"context")].concat();
    let made = s.run::<CreateLoaded>(&[parent], &[&none[..], &sized(&template)].concat());
    for object in [made.handle.expect("a handle"), parent] {
        s.run::<FlushContext>(&[], &object.to_be_bytes());
    }
}

/// What version 1.85 added, with the smallest keys.
fn lattices(s: &mut Scenario, srk: u32) {
    let decrypt = STORAGE.with(TpmaObject::RESTRICTED, false);
    for area in [mlkem(decrypt, NULL, 1), dhkem(decrypt, &[0, 0x19, 0, 0x0B], &[0, 0x1F, 0, 0x0B])] {
        let key = s.child(srk, &[], &area);
        let made = s.run::<Encapsulate>(&[key], &[]);
        let mut r = made.reader();
        Tpm2bSharedSecret::read(&mut r).expect("a secret");
        s.run::<Decapsulate>(&[key], r.rest());
        s.run::<FlushContext>(&[], &key.to_be_bytes());
    }
    let kept = s.commands.len();
    for (area, size) in [(mldsa(SIGNING, 1, 1), 64), (hash_mldsa(SIGNING, 1, 0x0B), 32)] {
        let key = s.child(srk, &[], &area);
        let head = [vec![0; 2], sized(&[5; 64][..size])].concat();
        let signature = s.run::<SignDigest>(&[key], &[&head[..], NULL_TICKET].concat()).params;
        s.run::<VerifyDigestSignature>(&[key], &[head, signature].concat());
        let context = [&[0, 0][..], &sized(b"context")].concat();
        let sequence = s.run::<SignSequenceStart>(&[key], &context).handle.expect("a handle");
        s.run::<SequenceUpdate>(&[sequence], &sized(b"mess"));
        s.run::<ContextSave>(&[sequence], &[]);
        let signature = s.run::<SignSequenceComplete>(&[sequence, key], &sized(b"age")).params;
        let context = [&[0; 4][..], &sized(b"context")].concat();
        let sequence = s.run::<VerifySequenceStart>(&[key], &context).handle.expect("a handle");
        s.run::<SequenceUpdate>(&[sequence], &sized(b"message"));
        s.run::<VerifySequenceComplete>(&[sequence, key], &signature);
        s.run::<FlushContext>(&[], &key.to_be_bytes());
    }
    // Keys and signatures that take a millisecond when nothing optimizes the engine's own part.
    s.commands.iter_mut().skip(kept).for_each(|command| command.1 = 16);
}

fn duplication(s: &mut Scenario, srk: u32) {
    let (session, policy) = s.chip.policy(TpmSe::Policy, Duplicate::SHAPE.code);
    s.keep(&command(&PolicyCommandCode::SHAPE, &[session], &[], &Duplicate::SHAPE.code.to_be_bytes()));
    let key = ecc(portable(SIGNING), NULL, NULL, &policy);
    let key = s.child(srk, &[], &key);
    let (public, _) = s.chip.read_public(key);
    let by_policy = [auth(session, b"")];
    let reply = s.run_with::<Duplicate>(&[key, srk], &by_policy, &[&[0, 0], AES].concat());
    let mut r = reply.reader();
    let inner = Tpm2bData::read(&mut r).expect("a key");
    let area = sized(&to_vec(&public));
    let name = to_vec(&s.chip.read_public(key).1);
    let mut wrapped = r;
    let private = to_vec(&Tpm2bPrivate::read(&mut wrapped).expect("a private area"));
    s.run::<Rewrap>(&[srk, TpmRh::NULL], &[&private[..], &name, wrapped.rest()].concat());
    s.run::<Import>(&[srk], &[&to_vec(&inner)[..], &area, r.rest(), AES].concat());
    s.run::<FlushContext>(&[], &key.to_be_bytes());
}

fn policies(s: &mut Scenario) {
    let session = s.session(TpmSe::Policy, NULL);
    s.run::<PolicyPcr>(&[session], &[&[0, 0], PCRS].concat());
    s.run::<PolicyAuthValue>(&[session], &[]);
    s.run::<PolicyPassword>(&[session], &[]);
    s.run::<PolicyLocality>(&[session], &[1]);
    s.run::<PolicyNv>(&[NV, NV, session], &[&sized(&[9; 4])[..], &[0, 0, 0, 0]].concat());
    s.run::<PolicyCounterTimer>(&[session], &[&sized(&[0; 8])[..], &[0, 0, 0, 7]].concat());
    let params = [0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0];
    let secret = s.run::<PolicySecret>(&[TpmRh::OWNER, session], &params);
    let mut r = secret.reader();
    let timeout = Tpm2bTimeout::read(&mut r).expect("a timeout");
    let name = sized(&TpmRh::OWNER.to_be_bytes());
    s.run::<PolicyTicket>(&[session], &[&to_vec(&timeout)[..], &[0; 4], &name, r.rest()].concat());
    s.run::<PolicyNvWritten>(&[session], &[1]);
    let digest: Tpm2bDigest = s.run::<PolicyGetDigest>(&[session], &[]).value();
    let branches = [&[0, 0, 0, 2], &to_vec(&digest)[..], &sized(&[1; 32])].concat();
    s.run::<PolicyOr>(&[session], &branches);
    s.run::<PolicyCpHash>(&[session], &sized(&[2; 32]));
    s.run::<PolicyRestart>(&[session], &[]);
    s.run::<PolicyNameHash>(&[session], &sized(&[2; 32]));
    s.run::<PolicyRestart>(&[session], &[]);
    s.run::<PolicyTemplate>(&[session], &sized(&[2; 32]));
    s.run::<PolicyRestart>(&[session], &[]);
    s.run::<PolicyDuplicationSelect>(&[session], &[&sized(&[1; 34])[..], &sized(&[2; 34]), &[1]].concat());
    s.run::<ContextSave>(&[session], &[]);
    // Sessions that encrypt, decrypt and audit.
    let aes = s.session(TpmSe::Hmac, &[0, 6, 0, 128, 0, 0x43]);
    let xor = s.session(TpmSe::Hmac, &[0, 0x0A, 0, 0x0B]);
    let both = TpmaSession::CONTINUE | TpmaSession::DECRYPT | TpmaSession::ENCRYPT;
    let audit = TpmaSession::CONTINUE | TpmaSession::AUDIT | TpmaSession::ENCRYPT;
    s.run_with::<Hash>(&[], &[with(aes, both)], &[&sized(b"data")[..], &[0, 0x0B, 0x40, 0, 0, 1]].concat());
    s.run_with::<GetRandom>(&[], &[with(xor, audit)], &[0, 16]);
    s.run_with::<StirRandom>(&[], &[with(xor, TpmaSession::CONTINUE | TpmaSession::DECRYPT)], &sized(b"x"));
    let read = [with(aes, TpmaSession::CONTINUE), with(xor, audit)];
    s.run_with::<NvRead>(&[TpmRh::OWNER, NV], &read, &[0, 8, 0, 0]);
    s.session(TpmSe::Trial, NULL);
}

/// An RSA key that is loaded, as one that is found takes long.
fn rsa_key(s: &mut Scenario) {
    let vectors = include_str!("../../../tpm2-crypto/tests/vectors/primary_rsa.txt");
    let value = |key: &str| -> Vec<u8> {
        let line = vectors.lines().find_map(|line| line.strip_prefix(key)).expect("a vector");
        (0..line.len()).step_by(2).map(|i| u8::from_str_radix(&line[i..i + 2], 16).expect("digits")).collect()
    };
    let (n, p) = (value("n = "), value("p = "));
    let both = TpmaObject::SIGN | TpmaObject::DECRYPT | TpmaObject::USER_WITH_AUTH | TpmaObject::NO_DA;
    let mut area = rsa(both, NULL, NULL);
    area.truncate(area.len() - 2);
    area.extend_from_slice(&sized(&n));
    let sensitive = TpmtSensitive {
        auth_value: Secret::default(),
        seed_value: Secret::default(),
        sensitive: TpmuSensitiveComposite::Rsa(Secret::from(&p[..])),
    };
    let params = [sized(&to_vec(&sensitive)), sized(&area), TpmRh::NULL.to_be_bytes().to_vec()].concat();
    let key = s.run::<LoadExternal>(&[], &params).handle.expect("a handle");
    s.run::<RsaEncrypt>(&[key], &[&sized(b"message")[..], &[0, 0x15], &[0; 2]].concat());
    struct Fixed;
    impl Rng for Fixed {
        fn fill(&mut self, out: &mut [u8]) -> Result<(), tpm2_crypto::Error> {
            out.fill(7);
            Ok(())
        }
    }
    let sealed = RUST.rsa_encrypt(&n, 65537, RsaPad::Pkcs1, b"message", &mut Fixed).expect("a message");
    s.run::<RsaDecrypt>(&[key], &[&sized(&sealed)[..], &[0, 0x15], &[0; 2]].concat());
    s.dear(64);
    let digest = sized(&RUST.digest(tpm2_crypto::HashAlg::Sha256, &[b"m"]));
    s.run::<Sign>(&[key], &[&digest[..], RSASSA, NULL_TICKET].concat());
    s.dear(64);
    s.run::<FlushContext>(&[], &key.to_be_bytes());
}

/// What concerns the whole TPM. What would end the scenario is kept but not sent.
fn whole(s: &mut Scenario, srk: u32) {
    s.run::<GetRandom>(&[], &[0, 32]);
    s.run::<StirRandom>(&[], &sized(b"stir"));
    s.run::<Hash>(&[], &[&sized(b"data")[..], &[0, 4, 0x40, 0, 0, 1]].concat());
    s.run::<EccParameters>(&[], &[0, 3]);
    s.run::<TestParms>(&[], &[&[0, 0x23], AES, NULL, &[0, 3], NULL].concat());
    s.run::<PcrRead>(&[], PCRS);
    s.run::<PcrExtend>(&[16], &[&[0, 0, 0, 1, 0, 0x0B][..], &[5; 32]].concat());
    s.run::<PcrEvent>(&[10], &sized(b"event"));
    s.run::<PcrReset>(&[16], &[]);
    for capability in 0u32..=9 {
        let first = if capability == 9 { TpmRh::OWNER } else { 0 };
        s.run::<GetCapability>(&[], &[capability, first, 64].map(u32::to_be_bytes).concat());
    }
    for handles in [0x0100_0000u32, 0x0200_0000, 0x8000_0000, 0x8100_0000] {
        s.run::<GetCapability>(&[], &[1, handles, 64].map(u32::to_be_bytes).concat());
    }
    s.run::<IncrementalSelfTest>(&[], &[0; 4]);
    s.run::<GetTestResult>(&[], &[]);
    s.run::<ReadClock>(&[], &[]);
    s.run::<ClockSet>(&[TpmRh::OWNER], &1_000_000u64.to_be_bytes());
    s.run::<ClockRateAdjust>(&[TpmRh::OWNER], &[0]);
    s.run::<DictionaryAttackParameters>(&[TpmRh::LOCKOUT], &[1000u32, 10, 10].map(u32::to_be_bytes).concat());
    s.run::<DictionaryAttackLockReset>(&[TpmRh::LOCKOUT], &[]);
    s.run::<SetPrimaryPolicy>(&[TpmRh::OWNER], &[&sized(&[0; 32])[..], &[0, 0x0B]].concat());
    s.run::<HierarchyChangeAuth>(&[TpmRh::ENDORSEMENT], &[0, 0]);
    s.run::<Shutdown>(&[], &[0, 1]);
    let kept: [(Vec<u8>, u32); 9] = [
        (command(&PcrAllocate::SHAPE, &[TpmRh::PLATFORM], &[], PCRS), 512),
        (command(&SelfTest::SHAPE, &[], &[], &[1]), 4096),
        (command(&Clear::SHAPE, &[TpmRh::PLATFORM], &[], &[]), 2048),
        (command(&ClearControl::SHAPE, &[TpmRh::PLATFORM], &[], &[0]), 16),
        (command(&ChangePps::SHAPE, &[TpmRh::PLATFORM], &[], &[]), 2048),
        (command(&ChangeEps::SHAPE, &[TpmRh::PLATFORM], &[], &[]), 2048),
        (command(&NvUndefineSpace::SHAPE, &[TpmRh::OWNER, NV], &[], &[]), 64),
        (command(&NvGlobalWriteLock::SHAPE, &[TpmRh::OWNER], &[], &[]), 512),
        (
            command(
                &HierarchyControl::SHAPE,
                &[TpmRh::PLATFORM],
                &[],
                &[&TpmRh::ENDORSEMENT.to_be_bytes()[..], &[0]].concat(),
            ),
            512,
        ),
    ];
    s.commands.extend(kept);
    s.keep(&command(&Startup::SHAPE, &[], &[], &[0, 0]));
    let salted = [&sized(&[7; 16])[..], &sized(&[0; 68]), &[0, 0, 0x10, 0, 0x0B]].concat();
    s.keep(&command(&StartAuthSession::SHAPE, &[srk, srk], &[], &salted));
    // Contexts come back only where they are from; the mutations carry them around.
    let context = s.run::<ContextSave>(&[srk], &[]).params;
    let loaded = s.run::<ContextLoad>(&[], &context).handle.expect("a handle");
    s.run::<FlushContext>(&[], &loaded.to_be_bytes());
}
