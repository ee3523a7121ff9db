//! The control channel of a live keeper, message by message, against what swtpm 0.11 answered to the
//! same messages.

mod common;

use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use common::*;

const INIT: &str = "0000000200000000";

#[test]
fn the_probe_table() {
    let keeper = Keeper::with_control();
    let mut c = keeper.control();
    for (name, message, reply) in [
        ("GET_CAPABILITY", "00000001", "000000000001ffff"),
        ("GET_CONFIG", "0000000f", "0000000000000000"),
        ("GET_TPMESTABLISHED", "00000004", "0000000a"),
        ("CANCEL_TPM_CMD", "00000009", "0000000a"),
        ("STORE_VOLATILE", "0000000a", "0000000a"),
        ("HASH_START", "00000006", "0000000a"),
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
        c.expect(name, message, reply);
    }
    let mut data = c.set_data_fd();
    let (_ours, theirs) = UnixStream::pair().unwrap();
    c.send_with_fd("00000010", theirs.as_fd());
    assert_eq!(c.receive(), "0000001f", "SET_DATAFD second time");
    data.expect("ReadClock before INIT", READ_CLOCK, FAILURE);
    data.expect("TPM 1.2 GetTicks", "00c10000000a000000f1", FAILURE);

    c.expect("INIT flags 0", INIT, "00000000");
    data.expect("GetRandom before Startup", GET_RANDOM, INITIALIZE);
    c.expect("GET_TPMESTABLISHED", "00000004", "0000000000000000");
    data.expect("Startup(CLEAR)", STARTUP, OK);
    data.expect("Startup(CLEAR) again", STARTUP, INITIALIZE);
    for (name, message, reply) in [
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
            "0000000c000000010000000100400000",
            "00000000000000000000000000000000",
        ),
        ("SET_STATEBLOB while running", "0000000d000000000000000100000000", "0000000a"),
        ("HASH_START", "00000006", "00000000"),
        ("HASH_DATA 4", "000000070000000461626364", "00000000"),
        ("HASH_END", "00000008", "00000000"),
        ("GET_TPMESTABLISHED after hash", "00000004", "0000000001000000"),
        ("HASH_DATA without start", "000000070000000461626364", "00000000"),
        ("GET_CONFIG", "0000000f", "0000000000000000"),
    ] {
        c.expect(name, message, reply);
    }
    for kind in [1, 2] {
        let blob = unhex(&c.ask(&format!("0000000c00000001{kind:08x}00000000")));
        let length = (blob.len() - 16) as u32;
        assert_eq!(hex(&blob[..16]), format!("0000000000000000{length:08x}{length:08x}"));
        assert_eq!(&blob[16..20], b"DNJB");
    }
    let info = unhex(&c.ask("00000012000000000000000300000000 00000000".replace(' ', "").as_str()));
    let text = std::str::from_utf8(&info[12..info.len() - 1]).unwrap();
    let json: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(json["TPMSpecification"]["family"], "2.0");

    data.expect("size field too small", "8001000000090000014300", COMMAND_SIZE);
    assert_random(&data.ask(GET_RANDOM));
    data.send(&GET_RANDOM[..8]);
    data.send(&GET_RANDOM[8..]);
    assert_random(&data.receive());

    c.expect("STOP", "0000000e", "00000000");
    data.expect("GetRandom while stopped", GET_RANDOM, FAILURE);
    c.expect("GET_STATEBLOB while stopped", "0000000c000000010000000100000000", "0000000a");
    c.expect("STORE_VOLATILE while stopped", "0000000a", "0000000a");
    c.expect("SET_STATEBLOB type 4 empty", "0000000d000000000000000400000000", "00000003");
    c.expect("SET_STATEBLOB garbage", "0000000d00000000000000010000000461626364", "00000003");
}

#[test]
fn half_a_request() {
    let keeper = Keeper::with_control();
    for (message, reply) in [
        ("0000", ""),
        ("00000005", ""),
        ("00000002", ""),
        ("00000011", "00000003"),
        ("0000000c00000001", ""),
        ("0000000d00000000", ""),
    ] {
        let mut c = keeper.control();
        c.expect("half a request, no more of it", message, reply);
    }
    // The other half in time is no half request.
    let mut c = keeper.control();
    c.send("00000011");
    c.expect("its rest", "00000000", "000000000000200000000b5000002000");
}

#[test]
fn one_client_at_a_time() {
    let keeper = Keeper::with_control();
    let mut first = keeper.control();
    first.expect("first", "00000001", "000000000001ffff");
    let mut second = keeper.control();
    second.send("00000001");
    second.silence();
    first.expect("first still", "0000000f", "0000000000000000");
    drop(first);
    assert_eq!(second.receive(), "000000000001ffff");
}

#[test]
fn stray_descriptors_are_closed_and_the_last_one_counts() {
    let keeper = Keeper::with_control();
    let mut c = keeper.control();
    let open = || std::fs::read_dir(format!("/proc/{}/fd", keeper.child.id())).unwrap().count();
    c.expect("one", "00000001", "000000000001ffff");
    let before = open();
    for _ in 0..20 {
        let (_a, b) = UnixStream::pair().unwrap();
        c.send_with_fd("00000001", b.as_fd());
        assert_eq!(c.receive(), "000000000001ffff");
    }
    // The last one is closed after its reply is out.
    until(|| (open() == before).then_some(()));
    let mut data = c.set_data_fd();
    data.expect("through the descriptor", READ_CLOCK, FAILURE);
    // Another after the first is closed.
    drop(data);
    let mut data = until(|| {
        let (ours, theirs) = UnixStream::pair().unwrap();
        c.send_with_fd("00000010", theirs.as_fd());
        (c.receive() == "00000000").then_some(Client(ours))
    });
    data.expect("through the second", READ_CLOCK, FAILURE);
}

#[test]
fn power_cycles_and_what_survives_them() {
    let keeper = Keeper::with_control();
    let mut c = keeper.control();
    let mut data = c.set_data_fd();
    c.expect("SET_BUFFERSIZE", "0000001100000f80", "0000000000000f8000000b5000002000");
    for _ in 0..3 {
        c.expect("INIT", INIT, "00000000");
        data.expect("Startup", STARTUP, OK);
        assert_random(&data.ask(GET_RANDOM));
        // TPM_PT_MAX_COMMAND_SIZE is what was set.
        let properties = data.ask("8001000000160000017a000000060000011e00000001");
        assert!(properties.ends_with("0000011e00000f80"), "{properties}");
        // As QEMU resets: without shutting the TPM down, and in one piece here.
        c.send("0000000e0000001100000000");
        let mut replies = c.receive();
        while replies.len() < 40 {
            replies.push_str(&c.receive());
        }
        assert_eq!(replies, "000000000000000000000f8000000b5000002000");
    }
    c.expect("INIT while off", INIT, "00000000");
    c.expect("INIT while on", INIT, "00000000");
    data.expect("GetRandom needs Startup", GET_RANDOM, INITIALIZE);
    // A command above the buffer size in force is answered, not waited for.
    data.send(&format!("8001{:08x}00000143{}", 0xf81, "00".repeat(0xf80 - 10)));
    assert_eq!(data.receive(), COMMAND_SIZE);
    data.expect("and the next is served", STARTUP, OK);
}

#[test]
fn state_goes_out_and_comes_back() {
    let keeper = Keeper::with_control();
    let mut c = keeper.control();
    let mut data = c.set_data_fd();
    c.expect("INIT", INIT, "00000000");
    data.expect("Startup", STARTUP, OK);
    let mut blobs = Vec::new();
    for kind in [1_u32, 2] {
        let reply = c.ask(&format!("0000000c00000001{kind:08x}00000000"));
        blobs.push((kind, reply[32..].to_owned()));
    }
    // loadvm in the same process: reset, stop, both blobs, INIT with flag 1.
    c.expect("STOP", "0000000e", "00000000");
    c.expect("INIT", INIT, "00000000");
    data.expect("nothing started", GET_RANDOM, INITIALIZE);
    c.expect("STOP", "0000000e", "00000000");
    for (kind, blob) in &blobs {
        c.send(&format!("0000000d00000000{kind:08x}{:08x}", blob.len() / 2));
        c.expect("SET_STATEBLOB", blob, "00000000");
    }
    c.expect("INIT, delete volatile", "0000000200000001", "00000000");
    assert_random(&data.ask(GET_RANDOM));
    // The volatile state was taken up once.
    c.expect("INIT", INIT, "00000000");
    data.expect("started no more", GET_RANDOM, INITIALIZE);
    // A blob with one bit flipped is refused when it is opened, and nothing is lost.
    c.expect("STOP", "0000000e", "00000000");
    let (kind, blob) = &blobs[0];
    let flipped = format!(
        "{}{:02x}",
        &blob[..blob.len() - 2],
        u8::from_str_radix(&blob[blob.len() - 2..], 16).unwrap() ^ 1
    );
    c.send(&format!("0000000d00000000{kind:08x}{:08x}", blob.len() / 2));
    c.expect("SET_STATEBLOB, altered", &flipped, "00000000");
    c.expect("INIT", INIT, "00000009");
}

#[test]
fn cancel_is_read_while_a_command_runs() {
    let keeper = Keeper::with_control();
    let mut c = keeper.control();
    let mut data = c.set_data_fd();
    c.expect("INIT", INIT, "00000000");
    data.expect("Startup", STARTUP, OK);
    // The trustlet is stopped, so that the command certainly still runs.
    let trustlet = rustix::process::Pid::from_raw(keeper.trustlet()).unwrap();
    rustix::process::kill_process(trustlet, rustix::process::Signal::STOP).unwrap();
    until_stopped(keeper.trustlet());
    data.send(GET_RANDOM);
    data.silence();
    c.expect("CANCEL_TPM_CMD", "00000009", "00000000");
    c.send("0000000f");
    c.silence();
    rustix::process::kill_process(trustlet, rustix::process::Signal::CONT).unwrap();
    let response = data.receive();
    assert!(response.ends_with("00000909") || response.len() == 40, "{response}");
    assert_eq!(c.receive(), "0000000000000000", "what waited is served");
    // A cancellation that came too late cancels nothing else.
    c.expect("CANCEL_TPM_CMD", "00000009", "00000000");
    for _ in 0..5 {
        assert_random(&data.ask(GET_RANDOM));
    }
}

#[test]
fn shutdown_ends_the_process_and_takes_the_socket_away() {
    let mut keeper = Keeper::with_control();
    let mut c = keeper.control();
    let mut data = c.set_data_fd();
    c.expect("INIT", INIT, "00000000");
    data.expect("Startup", STARTUP, OK);
    c.expect("SHUTDOWN", "00000003", "00000000");
    assert_eq!(c.receive(), "", "closed");
    assert_eq!(data.receive(), "", "closed");
    assert_eq!(keeper.end(), Some(0));
    assert!(!keeper.path("ctrl").exists());
}

#[test]
fn a_signal_ends_the_process_and_takes_the_socket_away() {
    for signal in [rustix::process::Signal::TERM, rustix::process::Signal::INT, rustix::process::Signal::HUP]
    {
        let mut keeper = Keeper::with_control();
        let mut c = keeper.control();
        c.expect("INIT", INIT, "00000000");
        keeper.signal(signal);
        assert_eq!(keeper.end(), Some(0));
        assert!(!keeper.path("ctrl").exists());
        assert_eq!(c.receive(), "", "closed");
    }
}

#[test]
fn a_killed_trustlet_ends_the_keeper_with_an_error() {
    let mut keeper = Keeper::with_control();
    let mut c = keeper.control();
    let mut data = c.set_data_fd();
    c.expect("INIT", INIT, "00000000");
    data.expect("Startup", STARTUP, OK);
    let trustlet = rustix::process::Pid::from_raw(keeper.trustlet()).unwrap();
    rustix::process::kill_process(trustlet, rustix::process::Signal::KILL).unwrap();
    assert_eq!(keeper.end(), Some(1));
    assert_eq!(data.receive(), "", "closed, and no made-up response");
    assert!(!keeper.path("ctrl").exists());
}

#[test]
fn a_client_that_does_not_read_stops_nobody_else() {
    let keeper = Keeper::with_control();
    let mut c = keeper.control();
    let mut data = c.set_data_fd();
    c.expect("INIT", INIT, "00000000");
    data.expect("Startup", STARTUP, OK);
    // Thousands of requests whose replies nobody reads: the socket's buffer fills.
    let mut lazy = c.0.try_clone().unwrap();
    lazy.set_nonblocking(true).unwrap();
    let flood = unhex("00000012000000000000000700000000").repeat(1000);
    let mut sent = 0;
    while let Ok(n) = std::io::Write::write(&mut lazy, &flood) {
        sent += n;
        assert!(sent < 64 << 20, "requests are taken though no reply is read");
    }
    assert_random(&data.ask(GET_RANDOM));
}
