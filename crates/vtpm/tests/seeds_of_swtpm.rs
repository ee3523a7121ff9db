//! A TPM that takes over the seeds of the swtpm installed here makes the same primary keys from the same templates:
//! what a VM sealed to them comes along.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use tpm2_crypto::{Derivation, RUST};
use tpm2_engine::{Config, EntropyError, HierarchySecrets, Platform, Profile, Secrets, Tpm};

const OWNER: u32 = 0x4000_0001;
const ENDORSEMENT: u32 = 0x4000_000B;
const PLATFORM: u32 = 0x4000_000C;

/// Entropy that is good enough, as the seeds of what is under test are given; and no time passes.
struct Still;
impl Platform for Still {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        std::fs::File::open("/dev/urandom")
            .and_then(|mut file| file.read_exact(out))
            .map_err(|_| EntropyError)
    }
    fn now_ms(&mut self) -> u64 {
        0
    }
}

/// A running swtpm; its state is that of a TPM that was just manufactured.
struct Swtpm {
    child: Child,
    dir: tempfile::TempDir,
    channel: UnixStream,
}
impl Swtpm {
    fn new() -> Swtpm {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data");
        let mut command = Command::new("swtpm");
        command.args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear", "--tpmstate"]);
        command.arg(format!("dir={}", dir.path().display()));
        command.arg("--server").arg(format!("type=unixio,path={}", path.display()));
        command.arg("--ctrl").arg(format!("type=unixio,path={}", dir.path().join("ctrl").display()));
        let child = command.spawn().expect("swtpm is needed for this test: apt-get install swtpm");
        let deadline = Instant::now() + Duration::from_secs(30);
        let channel = loop {
            match UnixStream::connect(&path) {
                Ok(channel) => break channel,
                Err(error) => assert!(Instant::now() < deadline, "swtpm does not listen: {error}"),
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        channel.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        Swtpm { child, dir, channel }
    }
    fn execute(&mut self, command: &[u8]) -> Vec<u8> {
        self.channel.write_all(command).unwrap();
        let mut response = vec![0; 10];
        self.channel.read_exact(&mut response).unwrap();
        let size = u32::from_be_bytes(response[2..6].try_into().unwrap()) as usize;
        response.resize(size, 0);
        self.channel.read_exact(&mut response[10..]).unwrap();
        response
    }
}
impl Drop for Swtpm {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The seeds and proofs of a state of libtpms: `PERSISTENT_DATA` as `NVMarshal.c` writes it.
fn secrets(state: &Path) -> Secrets {
    let state = std::fs::read(state).unwrap();
    let magic = [0x12, 0x21, 0x34, 0x43];
    let at = state.windows(4).position(|four| four == magic).expect("PERSISTENT_DATA");
    // Its version, before the magic number, is 2 at least: what follows is the version that can read it.
    assert!(u16::from_be_bytes([state[at - 2], state[at - 1]]) >= 2);
    // disableClear, and the algorithms of three policies.
    let mut rest = &state[at + 4 + 2 + 1 + 3 * 2..];
    let mut sized = || {
        let (size, after) = rest.split_at(2);
        let (value, after) = after.split_at(usize::from(u16::from_be_bytes([size[0], size[1]])));
        rest = after;
        value
    };
    // Three policies, three authorization values.
    (0..6).for_each(|_| assert!(sized().is_empty(), "a TPM that nobody owns"));
    let [ep_seed, sp_seed, pp_seed, ph_proof, sh_proof, eh_proof] = std::array::from_fn(|_| sized());
    // A new TPM has seedCompatLevel 1 for each seed.
    let secrets = |seed, proof| {
        HierarchySecrets::new(seed, Some(proof), Derivation::PrimeAdjust).expect("a size that fits")
    };
    Secrets {
        endorsement: secrets(ep_seed, eh_proof),
        storage: secrets(sp_seed, sh_proof),
        platform: secrets(pp_seed, ph_proof),
    }
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes(), bytes].concat()
}
fn area(kind: u16, attributes: u32, policy: &[u8], rest: &[&[u8]]) -> Vec<u8> {
    let head = [&kind.to_be_bytes()[..], &[0, 0x0B], &attributes.to_be_bytes(), &sized(policy)].concat();
    [head, rest.concat()].concat()
}
/// `TPM2_CreatePrimary`, authorized by an empty password.
fn create_primary(hierarchy: u32, template: &[u8]) -> Vec<u8> {
    let password = [0x40, 0, 0, 9, 0, 0, 0, 0, 0];
    let body = [
        &hierarchy.to_be_bytes()[..],
        &9u32.to_be_bytes(),
        &password,
        &sized(&[0; 4]),
        &sized(template),
        &[0; 6],
    ]
    .concat();
    command(0x8002, 0x131, &body)
}
fn command(tag: u16, code: u32, body: &[u8]) -> Vec<u8> {
    let size = 10 + body.len() as u32;
    [&tag.to_be_bytes()[..], &size.to_be_bytes(), &code.to_be_bytes(), body].concat()
}
/// The public area of a response to `TPM2_CreatePrimary`, and the handle.
fn public(response: &[u8]) -> Result<(Vec<u8>, u32), u32> {
    let word = |at: usize| u32::from_be_bytes(response[at..at + 4].try_into().unwrap());
    if word(6) != 0 {
        return Err(word(6));
    }
    let size = usize::from(u16::from_be_bytes([response[18], response[19]]));
    Ok((response[20..20 + size].to_vec(), word(10)))
}

/// PolicySecret(TPM_RH_ENDORSEMENT), as the EK profile has it.
const EK_POLICY: [u8; 32] = [
    0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xB3, 0xF8, 0x1A, 0x90, 0xCC, 0x8D, 0x46, 0xA5, 0xD7, 0x24, 0xFD,
    0x52, 0xD7, 0x6E, 0x06, 0x52, 0x0B, 0x64, 0xF2, 0xA1, 0xDA, 0x1B, 0x33, 0x14, 0x69, 0xAA,
];
const EK: u32 = 0x0003_00B2;
const SRK: u32 = 0x0003_0472;
const SIGNING: u32 = 0x0004_0472;
const AES: &[u8] = &[0, 6, 0, 128, 0, 0x43];
const NULL: &[u8] = &[0, 0x10];

/// Templates and their hierarchies: those of the field first, then one of each kind of object and each curve.
fn templates(profile: &Profile) -> Vec<(String, u32, Vec<u8>)> {
    let rsa = |attributes, policy: &[u8], bits: u16, unique: &[u8]| {
        area(1, attributes, policy, &[AES, NULL, &bits.to_be_bytes(), &[0; 4], &sized(unique)])
    };
    let ecc = |attributes, policy: &[u8], symmetric: &[u8], curve: u16, unique: &[u8]| {
        let unique = [sized(unique), sized(unique)].concat();
        area(0x23, attributes, policy, &[symmetric, NULL, &curve.to_be_bytes(), NULL, &unique])
    };
    let keyed = |attributes, scheme: &[u8]| area(8, attributes, &[], &[scheme, &[0, 0]]);
    let cipher = |attributes| area(0x25, attributes, &[], &[AES, &[0, 0]]);
    let mut all = vec![
        ("EK RSA-2048".into(), ENDORSEMENT, rsa(EK, &EK_POLICY, 2048, &[0; 256])),
        ("EK P-256".into(), ENDORSEMENT, ecc(EK, &EK_POLICY, AES, 3, &[0; 32])),
        ("SRK RSA-2048".into(), OWNER, rsa(SRK, &[], 2048, &[0; 256])),
        ("SRK P-256".into(), OWNER, ecc(SRK, &[], AES, 3, &[0; 32])),
        ("SRK RSA-3072".into(), OWNER, rsa(SRK, &[], 3072, &[])),
        ("of the platform".into(), PLATFORM, ecc(SRK, &[], AES, 4, &[])),
    ];
    for hierarchy in [OWNER, ENDORSEMENT, PLATFORM] {
        // Their obfuscation values have the proofs in them, in the endorsement hierarchy.
        all.push(("HMAC".into(), hierarchy, keyed(SIGNING, &[0, 5, 0, 0x0B])));
        all.push(("derivation parent".into(), hierarchy, keyed(SRK, &[0, 0x0A, 0, 0x0B, 0, 0x22])));
        all.push(("AES".into(), hierarchy, cipher(SRK)));
    }
    for curve in &profile.content().curves {
        all.push((format!("curve {curve:#x}"), OWNER, ecc(SIGNING, &[], NULL, *curve, &[])));
    }
    all
}

/// `TPM2_CreateLoaded` below a derivation parent: the label and the context stand where the unique field would.
fn derive(parent: u32, template: &[u8], unique: usize, label: &[u8], context: &[u8]) -> Vec<u8> {
    let template = [&template[..template.len() - unique], &sized(label), &sized(context)].concat();
    let password = [0x40, 0, 0, 9, 0, 0, 0, 0, 0];
    let body =
        [&parent.to_be_bytes()[..], &9u32.to_be_bytes(), &password, &sized(&[0; 4]), &sized(&template)];
    command(0x8002, 0x191, &body.concat())
}

/// Both TPMs, with the same seeds.
fn pair() -> (Swtpm, Tpm, Profile) {
    let mut theirs = Swtpm::new();
    // The state is written when swtpm is asked for the first time.
    theirs.execute(&command(0x8001, 0x17B, &[0, 8]));
    let secrets = secrets(&theirs.dir.path().join("tpm2-00.permall"));
    let profile = Profile::by_name("libtpms-0.9").expect("a profile");
    let config = Config { profile: profile.clone(), secrets: Some(secrets) };
    let mut ours = Tpm::manufacture(&RUST, &config, &mut Still).expect("entropy");
    // It is stored with the state.
    ours = Tpm::load(&RUST, &[&ours.snapshot()], &mut Still).expect("its own state");
    ours.power_on(&mut Still);
    ours.execute(&mut Still, 0, &command(0x8001, 0x144, &[0, 0]));
    (theirs, ours, profile)
}

#[test]
fn primary_keys_are_the_same() {
    let (mut theirs, mut ours, profile) = pair();
    for (name, hierarchy, template) in templates(&profile) {
        let command_bytes = create_primary(hierarchy, &template);
        let (their_public, their_handle) =
            public(&theirs.execute(&command_bytes)).unwrap_or_else(|rc| panic!("swtpm, {name}: {rc:#x}"));
        let response = ours.execute(&mut Still, 0, &command_bytes).response;
        let (our_public, our_handle) = public(&response).unwrap_or_else(|rc| panic!("{name}: {rc:#x}"));
        assert_eq!(our_public, their_public, "{name} in {hierarchy:#x}");
        theirs.execute(&command(0x8001, 0x165, &their_handle.to_be_bytes()));
        ours.execute(&mut Still, 0, &command(0x8001, 0x165, &our_handle.to_be_bytes()));
    }
}

/// The parent is the same on both, and so is what derives from it.
#[test]
fn derived_objects_are_the_same() {
    let (mut theirs, mut ours, _) = pair();
    let parent = create_primary(OWNER, &area(8, SRK, &[], &[&[0, 0x0A, 0, 0x0B, 0, 0x22], &[0, 0]]));
    let (_, their_parent) = public(&theirs.execute(&parent)).expect("a parent");
    let (_, our_parent) = public(&ours.execute(&mut Still, 0, &parent).response).expect("a parent");
    // fixedTPM and fixedParent as the parent, and a secret that is not the object's own.
    let signs = SIGNING & !0x20;
    let key = |curve: u16| (area(0x23, signs, &[], &[NULL, NULL, &curve.to_be_bytes(), NULL, &[0; 4]]), 4);
    let hmac = (area(8, signs, &[], &[&[0, 5, 0, 0x0B], &[0, 0]]), 2);
    let aes = (area(0x25, SRK & !0x1_0020, &[], &[AES, &[0, 0]]), 2);
    for (template, unique) in [key(3), key(4), key(5), hmac, aes] {
        for (label, context) in
            [(&b"label"[..], &b"context"[..]), (b"label\0", b""), (b"", b"context"), (b"", b"")]
        {
            let theirs = theirs.derived(&derive(their_parent, &template, unique, label, context));
            let response =
                ours.execute(&mut Still, 0, &derive(our_parent, &template, unique, label, context)).response;
            let ours = created(&mut ours, &response);
            assert_eq!(ours, theirs, "{template:02x?}, {label:?}, {context:?}");
        }
    }
}
impl Swtpm {
    /// The parameters of a response, whose object is flushed.
    fn derived(&mut self, bytes: &[u8]) -> Vec<u8> {
        let response = self.execute(bytes);
        assert_eq!(response[6..10], [0; 4], "swtpm: {response:02x?}");
        self.execute(&command(0x8001, 0x165, &response[10..14]));
        response[14..].to_vec()
    }
}
fn created(tpm: &mut Tpm, response: &[u8]) -> Vec<u8> {
    assert_eq!(response[6..10], [0; 4], "{response:02x?}");
    tpm.execute(&mut Still, 0, &command(0x8001, 0x165, &response[10..14]));
    response[14..].to_vec()
}
