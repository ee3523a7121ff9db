//! swtpm 0.11 probed message by message, and our answers to the same messages, byte for byte.
//!
//! The expected replies are recorded from swtpm; the few that are ours are marked.

use vtpm_proto::ctrl::{
    Action, Admit, Backend, BlobKind, Code, Handled, Info, Machine, Options, Parser, Remainder,
};
use vtpm_proto::{data, error_response};

/// A TPM that knows just enough to be probed.
#[derive(Default)]
struct Fake {
    log: Vec<String>,
    established: bool,
    started: bool,
    volatile: Option<Vec<u8>>,
    fail_power_on: bool,
    /// That of the last power-on.
    buffer: u32,
    /// What Shutdown answers, first call first.
    shutdown: Vec<u32>,
}

const PERMANENT: &[u8] = &[0xdd; 0x30];

impl Backend for Fake {
    fn power_on(&mut self, buffer: u32, delete_volatile: bool) -> Result<(), Code> {
        self.buffer = buffer;
        self.log.push(format!("on {delete_volatile}"));
        self.started = false;
        if self.fail_power_on { Err(Code::FAIL) } else { Ok(()) }
    }
    fn power_off(&mut self) {
        self.log.push("off".into());
    }
    fn execute(&mut self, locality: u8, command: &[u8]) -> Vec<u8> {
        self.log.push(format!("run {locality} {}", hex(command)));
        error_response(if self.shutdown.is_empty() { 0x100 } else { self.shutdown.remove(0) })
    }
    fn hash_start(&mut self) -> Result<(), Code> {
        self.log.push("hash start".into());
        Ok(())
    }
    fn hash_data(&mut self, data: &[u8]) -> Result<(), Code> {
        self.log.push(format!("hash {}", hex(data)));
        Ok(())
    }
    fn hash_end(&mut self) -> Result<(), Code> {
        self.established = true;
        Ok(())
    }
    fn established(&mut self) -> Result<bool, Code> {
        Ok(self.established)
    }
    fn reset_established(&mut self, locality: u8) -> Result<(), Code> {
        self.log.push(format!("reset established {locality}"));
        self.established = false;
        Ok(())
    }
    fn cancel(&mut self) {
        self.log.push("cancel".into());
    }
    fn store_volatile(&mut self) -> Result<(), Code> {
        self.volatile = Some(vec![1]);
        Ok(())
    }
    fn get_state(&mut self, kind: BlobKind) -> Result<Option<Vec<u8>>, Code> {
        Ok((kind != BlobKind::SaveState).then(|| PERMANENT.to_vec()))
    }
    fn set_state(&mut self, kind: BlobKind, blob: &[u8]) -> Result<(), Code> {
        self.log.push(format!("set {kind:?} {}", hex(blob)));
        if blob == b"abcd" { Err(Code::BAD_PARAMETER) } else { Ok(()) }
    }
    fn lock_storage(&mut self, retries: u32) -> Result<(), Code> {
        self.log.push(format!("lock {retries}"));
        Ok(())
    }
}

/// One control connection to one machine.
struct Probe {
    machine: Machine,
    parser: Parser,
    tpm: Fake,
}

impl Probe {
    fn new(options: Options) -> Probe {
        let info = Info {
            level: 0,
            revision: 183,
            manufacturer: 0x1014,
            version: 0x2019_1023,
            model: "swtpm",
            rsa_key_sizes: &[1024, 2048, 3072],
        };
        Probe { machine: Machine::new(info, options), parser: Parser::new(), tpm: Fake::default() }
    }

    /// Sends one message and answers with what came back, and what else was to be done.
    fn send(&mut self, message: &str, fd: bool) -> (String, Action) {
        self.parser.push(&unhex(message));
        let (mut replies, mut last) = (Vec::new(), Action::None);
        while let Some(event) = self.parser.next() {
            let Handled { reply, action } = self.machine.handle(&mut self.tpm, event, fd);
            replies.extend(reply);
            last = action;
        }
        (hex(&replies), last)
    }

    #[track_caller]
    fn expect(&mut self, name: &str, message: &str, reply: &str) {
        assert_eq!(self.send(message, false).0, reply, "{name}");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

#[test]
fn before_init() {
    let mut p = Probe::new(Options::default());
    for (name, message, reply) in [
        ("GET_CAPABILITY", "00000001", "000000000001ffff"),
        ("GET_CONFIG", "0000000f", "0000000000000000"),
        ("GET_TPMESTABLISHED", "00000004", "0000000a"),
        ("CANCEL_TPM_CMD", "00000009", "0000000a"),
        ("STORE_VOLATILE", "0000000a", "0000000a"),
        ("HASH_START", "00000006", "0000000a"),
        ("HASH_DATA", "000000070000000461626364", "0000000a"),
        ("RESET_TPMESTABLISHED loc 0", "0000000b00000000", "0000000a"),
        ("GET_STATEBLOB permanent", "0000000c000000010000000100000000", "0000000a"),
        ("SET_LOCALITY 0", "0000000500000000", "00000000"),
        ("SET_LOCALITY 4", "0000000504000000", "00000000"),
        ("SET_LOCALITY 5", "0000000505000000", "0000003d"),
        ("SET_LOCALITY one byte only", "0000000501", "00000000"),
        ("SET_LOCALITY 0 again", "0000000500000000", "00000000"),
        ("SET_BUFFERSIZE 0", "0000001100000000", "000000000000200000000b5000002000"),
        ("SET_BUFFERSIZE 1", "0000001100000001", "0000000000000b5000000b5000002000"),
        ("SET_BUFFERSIZE 0x10000", "0000001100010000", "000000000000200000000b5000002000"),
        ("SET_BUFFERSIZE 0xf80", "0000001100000f80", "0000000000000f8000000b5000002000"),
        ("STOP", "0000000e", "00000000"),
        ("STOP with a word too much", "0000000e00000000", "00000003"),
        ("SET_DATAFD without fd", "00000010", "00000003"),
        ("command 0", "00000000", "0000000a"),
        ("LOCK_STORAGE", "0000001300000001", "00000000"),
        ("command 0x14", "00000014", "0000000a"),
    ] {
        p.expect(name, message, reply);
    }
    assert_eq!(p.machine.admit(&unhex("80010000000a00000181"), None), failure());
    assert_eq!(p.machine.admit(&unhex("00c10000000a000000f1"), None), failure());
}

fn failure() -> Admit {
    Admit::Respond(unhex("80010000000a00000101"))
}

#[test]
fn too_short() {
    for (message, remainder) in [
        ("0000", Remainder::Broken),
        ("00000005", Remainder::Broken),
        ("00000002", Remainder::Broken),
        ("00000011", Remainder::TooShort),
        ("0000000c00000001", Remainder::Broken),
        ("0000000d00000000", Remainder::Broken),
    ] {
        let mut p = Probe::new(Options::default());
        p.expect(message, message, "");
        assert_eq!(p.parser.give_up(), remainder, "{message}");
    }
}

#[test]
fn data_descriptor() {
    let mut p = Probe::new(Options::default());
    assert_eq!(p.send("00000010", true), ("00000000".into(), Action::TakeDataFd));
    assert_eq!(p.send("00000010", true), ("0000001f".into(), Action::None));
    p.machine.data_closed();
    assert_eq!(p.send("00000010", true), ("00000000".into(), Action::TakeDataFd));
}

#[test]
fn running() {
    let mut p = Probe::new(Options::default());
    p.expect("SET_BUFFERSIZE 0xf80", "0000001100000f80", "0000000000000f8000000b5000002000");
    p.expect("INIT flags 0", "0000000200000000", "00000000");
    assert_eq!(p.machine.admit(&unhex("80010000000c0000017b0008"), None), Admit::Execute { locality: 0 });
    for (name, message, reply) in [
        ("GET_TPMESTABLISHED", "00000004", "0000000000000000"),
        ("SET_BUFFERSIZE 0", "0000001100000000", "0000000000000f8000000b5000002000"),
        ("SET_BUFFERSIZE 0x800", "0000001100000800", "0000000a"),
        ("CANCEL_TPM_CMD", "00000009", "00000000"),
        ("STORE_VOLATILE", "0000000a", "00000000"),
        ("RESET_TPMESTABLISHED loc 0", "0000000b00000000", "0000003d"),
        ("RESET_TPMESTABLISHED loc 3", "0000000b03000000", "00000000"),
        ("RESET_TPMESTABLISHED loc 5", "0000000b05000000", "0000003d"),
        ("GET_STATEBLOB savestate", "0000000c000000010000000300000000", "00000800000000000000000000000000"),
        ("GET_STATEBLOB type 4", "0000000c000000010000000400000000", "00000009000000000000000000000000"),
        (
            "GET_STATEBLOB offset past end",
            "0000000c000000010000000100100000",
            "00000000000000000000000000000000",
        ),
        ("SET_STATEBLOB while running", "0000000d000000000000000100000000", "0000000a"),
        ("HASH_START", "00000006", "00000000"),
        ("HASH_DATA 4", "000000070000000461626364", "00000000"),
        ("HASH_END", "00000008", "00000000"),
        ("GET_TPMESTABLISHED after hash", "00000004", "0000000001000000"),
        ("HASH_DATA without start", "000000070000000461626364", "00000000"),
        ("GET_CONFIG", "0000000f", "0000000000000000"),
        ("LOCK_STORAGE", "0000001300000001", "00000000"),
    ] {
        p.expect(name, message, reply);
    }
    // Our own blob behind swtpm's header: flags, total length, length.
    let whole = p.send("0000000c000000010000000100000000", false).0;
    assert_eq!(whole, format!("00000000000000000000003000000030{}", hex(PERMANENT)));
    let offset = p.send("0000000c000000010000000100000010", false).0;
    assert_eq!(offset, format!("00000000000000000000002000000020{}", hex(&PERMANENT[16..])));
    for entry in ["cancel", "hash start", "hash 61626364", "reset established 3", "lock 1"] {
        assert!(p.tpm.log.iter().any(|l| l == entry), "{entry} in {:?}", p.tpm.log);
    }
}

#[test]
fn stopped_again() {
    let mut p = Probe::new(Options::default());
    p.expect("INIT", "0000000200000000", "00000000");
    for (name, message, reply) in [
        ("STOP", "0000000e", "00000000"),
        ("GET_STATEBLOB while stopped", "0000000c000000010000000100000000", "0000000a"),
        ("STORE_VOLATILE while stopped", "0000000a", "0000000a"),
        ("SET_STATEBLOB type 4 empty", "0000000d000000000000000400000000", "00000003"),
        ("SET_STATEBLOB type 1 garbage", "0000000d00000000000000010000000461626364", "00000003"),
    ] {
        p.expect(name, message, reply);
    }
    assert_eq!(p.machine.admit(&unhex("80010000000c0000017b0008"), None), failure());
    p.expect("INIT", "0000000200000000", "00000000");
    assert!(p.machine.running());
    p.tpm.fail_power_on = true;
    p.expect("INIT that fails", "0000000200000001", "00000009");
    assert!(!p.machine.running());
    assert_eq!(p.tpm.log.last().unwrap(), "on true");
    assert_eq!(p.send("00000003", false), ("00000000".into(), Action::Terminate));
}

#[test]
fn info() {
    let mut p = Probe::new(Options::default());
    let ask = |p: &mut Probe, flags: u64, offset: u32| {
        let reply = unhex(&p.send(&format!("00000012{flags:016x}{offset:08x}00000000"), false).0);
        if reply.len() == 4 {
            return (hex(&reply), String::new());
        }
        (hex(&reply[..12]), String::from_utf8(reply[12..].to_vec()).unwrap())
    };
    // Lengths and texts as recorded from 0.11.
    let (head, text) = ask(&mut p, 1, 0);
    assert_eq!(head, "000000000000004100000041".replace("41", "3f"));
    assert_eq!(text, "{\"TPMSpecification\":{\"family\":\"2.0\",\"level\":0,\"revision\":183}}\0");
    let (head, text) = ask(&mut p, 2, 0);
    assert_eq!(head, "000000000000005900000059");
    assert_eq!(
        text,
        "{\"TPMAttributes\":{\"manufacturer\":\"id:00001014\",\"version\":\"id:20191023\",\"model\":\"swtpm\"}}\0"
    );
    let (head, _) = ask(&mut p, 3, 0);
    assert_eq!(head, "000000000000009600000096");
    let (_, text) = ask(&mut p, 4, 0);
    assert_eq!(text, "{\"TPMFeatures\":{\"RSAKeySizes\":[1024,2048,3072]}}\0");
    assert_eq!(ask(&mut p, 0x20, 0), ("000000000000000300000003".into(), "{}\0".into()));
    assert_eq!(ask(&mut p, 1, 0x3d), ("000000000000003f00000002".into(), "}\0".into()));
    assert_eq!(ask(&mut p, 1, 0x3e).0, "00000003");
    assert_eq!(ask(&mut p, 1, u32::MAX).0, "00000003");
}

#[test]
fn locality_and_buffer_survive_a_reset() {
    let mut p = Probe::new(Options::default());
    p.expect("SET_BUFFERSIZE", "0000001100000f80", "0000000000000f8000000b5000002000");
    p.expect("SET_LOCALITY", "0000000503000000", "00000000");
    p.expect("INIT", "0000000200000000", "00000000");
    p.expect("reset as QEMU does it", "0000000e0000001100000000", "000000000000000000000f8000000b5000002000");
    p.expect("blob", "0000000d00000000000000020000000201020000000200000001", "0000000000000000");
    assert_eq!(p.machine.admit(&unhex("80010000000c0000017b0008"), None), Admit::Execute { locality: 3 });
    assert_eq!((p.machine.buffer(), p.tpm.buffer), (0xf80, 0xf80));
    assert!(p.tpm.log.ends_with(&["set Volatile 0102".into(), "on true".into()]), "{:?}", p.tpm.log);
}

#[test]
fn shutdown_is_sent_for_a_guest_that_did_not() {
    const STATE: &str = "run 0 80010000000c000001450001";
    const CLEAR: &str = "run 0 80010000000c000001450000";
    // (what the TPM answers to Shutdown, the guest's last command, what we send)
    for (answers, last, sent) in [
        (vec![0], Some("80010000000c0000017b0008"), vec![STATE]),
        (vec![0x98a, 0], Some("80010000000c0000017b0008"), vec![STATE, CLEAR]),
        (vec![0x98a, 0x98a], None, vec![STATE, CLEAR]),
        (vec![0x100], None, vec![STATE]),
        (vec![], Some("80010000000c000001450000"), vec![]),
    ] {
        for message in ["0000000e", "00000003", "0000000200000000"] {
            let mut p = Probe::new(Options::default());
            p.expect("INIT", "0000000200000000", "00000000");
            if let Some(last) = last {
                p.machine.admit(&unhex(last), None);
            }
            p.tpm.log.clear();
            p.tpm.shutdown = answers.clone();
            p.expect(message, message, "00000000");
            let runs: Vec<_> = p.tpm.log.iter().filter(|l| l.starts_with("run")).collect();
            assert_eq!(runs, sent, "{answers:x?} {last:?}");
            assert!(p.tpm.log.contains(&"off".to_string()));
        }
    }
    let mut p = Probe::new(Options { disable_auto_shutdown: true, ..Options::default() });
    p.expect("INIT", "0000000200000000", "00000000");
    p.expect("STOP", "0000000e", "00000000");
    assert_eq!(p.tpm.log, ["on false", "off"]);
}

#[test]
fn localities() {
    let mut p =
        Probe::new(Options { reject_locality_4: true, allow_set_locality: true, ..Options::default() });
    p.expect("SET_LOCALITY 4", "0000000504000000", "0000003d");
    p.expect("INIT", "0000000200000000", "00000000");
    let random = unhex("80010000000c0000017b0008");
    assert_eq!(p.machine.admit(&random, Some(2)), Admit::Execute { locality: 2 });
    assert_eq!(p.machine.admit(&random, None), Admit::Execute { locality: 2 });
    assert_eq!(p.machine.admit(&random, Some(5)), Admit::Respond(error_response(0x907)));
    let set = |l: u8| [unhex("80010000000b20001000"), vec![l]].concat();
    assert_eq!(p.machine.admit(&set(1), None), Admit::Respond(error_response(0)));
    assert_eq!(p.machine.admit(&set(4), None), Admit::Respond(error_response(0x907)));
    assert_eq!(p.machine.admit(&random, None), Admit::Execute { locality: 1 });
    // Without the option it is a command like any other.
    let mut p = Probe::new(Options::default());
    p.expect("INIT", "0000000200000000", "00000000");
    assert_eq!(p.machine.admit(&set(1), None), Admit::Execute { locality: 0 });
}

/// The traced destination of a migration: header and body apart, and the INIT behind the blob.
#[test]
fn migration_destination() {
    let mut p = Probe::new(Options::default());
    p.expect("header", "0000000d000000000000000100000008", "");
    p.expect("body", "0201000a00040000", "00000000");
    p.expect("both and INIT", "0000000d0000000000000002000000020102", "00000000");
    p.expect("INIT", "0000000200000001", "00000000");
    assert_eq!(p.tpm.log, ["set Permanent 0201000a00040000", "set Volatile 0102", "on true"]);
}

/// No sequence of bytes makes the parsers or the machine panic or keep more than they were given.
#[test]
fn garbage() {
    let mut seed = 0x1234_5678_9abc_def0_u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for _ in 0..20_000 {
        let mut p = Probe::new(Options::default());
        let mut parser = data::Parser::new();
        for _ in 0..8 {
            let bytes: Vec<u8> = (0..random() % 24)
                .map(|i| {
                    if i % 4 == 3 {
                        (random() % 22) as u8
                    } else if random() % 4 == 0 {
                        random() as u8
                    } else {
                        0
                    }
                })
                .collect();
            p.parser.push(&bytes);
            while let Some(event) = p.parser.next() {
                p.machine.handle(&mut p.tpm, event, random() % 2 == 0);
            }
            parser.push(&bytes);
            while let Some(frame) = parser.next(4096) {
                if let data::Frame::Command { bytes, wrapper } = frame {
                    p.machine.admit(&bytes, wrapper);
                }
            }
        }
        assert!(p.parser.buffered() <= 8 * 24);
        p.parser.give_up();
        parser.give_up();
        assert_eq!((p.parser.buffered(), parser.buffered()), (0, 0));
    }
}
