//! `donjon tpm serve`: the simulator's protocol, swtpm's on TCP, and what is refused.

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;

use common::*;

/// The port in a ready line.
fn port(line: &str) -> u16 {
    line.trim().rsplit("port=").next().unwrap().parse().unwrap()
}

struct Tcp(TcpStream);

impl Tcp {
    fn to(port: u16) -> Tcp {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream.set_nodelay(true).unwrap();
        Tcp(stream)
    }

    fn send(&mut self, hex: &str) {
        self.0.write_all(&unhex(hex)).unwrap();
    }

    /// One read. Replies on one connection are one write, and one segment on loopback.
    fn receive(&mut self) -> String {
        let mut bytes = vec![0; 1 << 16];
        let n = self.0.read(&mut bytes).expect("a reply in time");
        hex(&bytes[..n])
    }

    fn ask(&mut self, message: &str) -> String {
        self.send(message);
        self.receive()
    }
}

fn command(locality: u8, command: &str) -> String {
    format!("00000008{locality:02x}{:08x}{command}", command.len() / 2)
}

fn response(response: &str) -> String {
    format!("{:08x}{response}00000000", response.len() / 2)
}

#[test]
fn the_simulators_protocol() {
    let (mut keeper, line) = Keeper::serve("--mssim 0 --startup none");
    let port = port(&line);
    assert!(line.contains(&format!("TPM2TOOLS_TCTI=mssim:host=127.0.0.1,port={port}")), "{line}");
    assert!(line.contains("isolation level L2, state in memory only"), "{line}");
    let mut tpm = Tcp::to(port);
    let mut platform = Tcp::to(port + 1);
    assert_eq!(tpm.ask("0000000f00000001"), "000000010000000d00000000", "handshake");
    for (name, message) in [
        ("NV on", "0000000b"),
        ("presence", "00000003"),
        ("power on", "00000001"),
        ("cancel off", "0000000a"),
    ] {
        assert_eq!(platform.ask(message), "00000000", "{name}");
    }
    assert_eq!(tpm.ask(&command(0, GET_RANDOM)), response(INITIALIZE));
    assert_eq!(tpm.ask(&command(0, STARTUP)), response(OK));
    assert_eq!(platform.ask("00000001"), "00000000", "power on again changes nothing");
    assert_eq!(tpm.ask(&command(0, STARTUP)), response(INITIALIZE));
    assert_eq!(tpm.ask(&command(5, GET_RANDOM)), response("80010000000a00000907"));
    assert_eq!(tpm.ask(&command(3, GET_RANDOM)).len(), response(&"00".repeat(20)).len());
    assert_eq!(platform.ask("00000011"), "00000000", "reset");
    assert_eq!(tpm.ask(&command(0, GET_RANDOM)), response(INITIALIZE));
    assert_eq!(platform.ask("00000002"), "00000000", "power off");
    assert_eq!(tpm.ask(&command(0, STARTUP)), response(FAILURE));
    assert_eq!(platform.ask("00000001"), "00000000", "power on");
    assert_eq!(tpm.ask("00000005"), "00000000", "hash start");
    assert_eq!(tpm.ask("000000060000000361626300000007"[..22].as_ref()), "00000000", "hash data");
    assert_eq!(tpm.ask("00000007"), "00000000", "hash end");
    assert_eq!(tpm.ask(&command(0, STARTUP)), response(OK));
    // Sizes: largest command 12 (Startup), largest response 20 (GetRandom); host byte order.
    let sizes = platform.ask("00000019");
    assert_eq!(&sizes[..16], format!("00000010{}", hex(&12_u32.to_ne_bytes())));
    // What would have to do something and cannot.
    assert_eq!(platform.ask("0000001e"), "00000001");
    assert_eq!(platform.receive(), "", "closed");
    // A second client is served beside the first, and goes on when the first is gone.
    let mut second = Tcp::to(port);
    for _ in 0..3 {
        assert_eq!(second.ask(&command(0, GET_RANDOM)).len(), response(&"00".repeat(20)).len());
        assert_eq!(tpm.ask(&command(0, GET_RANDOM)).len(), response(&"00".repeat(20)).len());
    }
    tpm.send("00000014");
    assert_eq!(tpm.receive(), "", "closed");
    assert_eq!(second.ask(&command(0, GET_RANDOM)).len(), response(&"00".repeat(20)).len());
    let mut platform = Tcp::to(port + 1);
    platform.send("00000015");
    assert_eq!(keeper.end(), Some(0), "stop");
}

#[test]
fn swtpms_protocol_on_tcp() {
    let (_keeper, line) = Keeper::serve("--swtpm 0");
    let port = port(&line);
    let mut data = Tcp::to(port);
    let mut control = Tcp::to(port + 1);
    assert_eq!(control.ask("00000001"), "000000000001ffff");
    assert_random(&data.ask(GET_RANDOM));
    // In the simulator's wrapper, as swtpm takes it, too.
    let wrapped = data.ask(&command(2, GET_RANDOM));
    assert!(wrapped.starts_with("00000014") && wrapped.ends_with("00000000"), "{wrapped}");
    drop(data);
    assert_random(&Tcp::to(port).ask(GET_RANDOM));
}

#[test]
fn started_up_or_not() {
    let (_keeper, line) = Keeper::serve("--mssim 0");
    assert_eq!(Tcp::to(port(&line)).ask(&command(0, STARTUP)), response(INITIALIZE));
    let (_keeper, line) = Keeper::serve("--mssim 0 --startup none");
    assert_eq!(Tcp::to(port(&line)).ask(&command(0, STARTUP)), response(OK));
}

/// A TPM is what it was made as: another profile is refused by name, its own and none are taken.
#[test]
fn a_profile_is_for_life() {
    const FIRMWARE_MAKER: &str = "8001000000160000017a000000060000010500000001";
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    std::fs::create_dir(&state).unwrap();
    let arguments = |profile: &str| format!("serve --mssim 0 --state {} {profile}", state.display());
    let run = |profile: &str| {
        let mut command = harness(dir.path());
        let mut child = command
            .args(arguments(profile).split_whitespace())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line)
            .unwrap();
        if line.is_empty() {
            let out = child.wait_with_output().unwrap();
            return (out.status.code(), String::from_utf8(out.stderr).unwrap());
        }
        let answer = Tcp::to(port(&line)).ask(&command_of(FIRMWARE_MAKER));
        Tcp::to(port(&line) + 1).send("00000015");
        (child.wait().unwrap().code(), answer)
    };
    let (code, maker) = run("--profile libtpms-default-v1");
    assert!(code == Some(0) && maker.contains("0000010549424d00"), "IBM, as the original: {maker}");
    for same in ["", "--profile default-v1"] {
        assert_eq!(run(same), (Some(0), maker.clone()), "{same}");
    }
    let (code, why) = run("--profile fips");
    assert!(code == Some(1) && why.contains("made with the profile libtpms-default-v1, and fips"), "{why}");
    let (code, why) = run("--profile no-such");
    assert!(code == Some(1) && why.contains("no profile no-such"), "{why}");
}

fn command_of(text: &str) -> String {
    command(0, text)
}

#[test]
fn without_isolation_it_says_so_loudly() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = harness(dir.path());
    command.args(["serve", "--mssim", "0", "--isolation", "none", "--log"]).arg(dir.path().join("log"));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line)
        .unwrap();
    assert!(line.contains("isolation level L0"), "{line}");
    assert_random(&Tcp::to(port(&line)).ask(&command_in_wrapper())[8..48]);
    let _ = child.kill();
    let out = child.wait_with_output().unwrap();
    assert!(String::from_utf8(out.stderr).unwrap().contains("WARNING"));
    assert!(std::fs::read_to_string(dir.path().join("log")).unwrap().contains("WARNING"));
}

fn command_in_wrapper() -> String {
    command(0, GET_RANDOM)
}

/// A run that fails: one line, code 1.
fn refused(arguments: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let arguments = arguments.replace("{dir}", dir.path().to_str().unwrap());
    let out = harness(dir.path()).args(arguments.split_whitespace()).output().unwrap();
    assert_eq!(out.status.code(), Some(1), "{arguments}: {out:?}");
    let text = String::from_utf8(out.stderr).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(out.stdout.is_empty());
    text
}

#[test]
fn what_is_refused_is_one_line_that_names_it() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    for (arguments, parts) in [
        (format!("serve --mssim {port}"), vec!["in use", "choose another"]),
        ("serve --isolation L9".into(), vec!["--isolation L9", "L2"]),
        ("serve --isolation L3 --mssim 0".into(), vec!["L3", "not available"]),
        ("serve --startup soon".into(), vec!["--startup soon"]),
        ("serve --state {dir}/none --mssim 0".into(), vec!["{dir}/none", "not there", "mkdir"]),
        ("serve --ctrl type=unixio".into(), vec!["--ctrl", "path="]),
        ("swtpm socket --tpmstate dir={dir} --ctrl type=unixio,path={dir}/c".into(), vec!["--tpm2"]),
        (
            "swtpm socket --tpm2 --tpmstate dir={dir}/none --ctrl type=unixio,path={dir}/c".into(),
            vec!["/none", "not there"],
        ),
        ("swtpm socket --tpm2 --tpmstate dir={dir} --ctrl type=unixio,clientfd=77".into(), vec!["77"]),
        (
            "swtpm socket --tpm2 --key file=k --tpmstate dir={dir} --ctrl type=unixio,path={dir}/c".into(),
            vec!["--key", "not supported"],
        ),
        ("swtpm chardev --tpm2".into(), vec!["chardev", "swtpm socket"]),
    ] {
        let text = refused(&arguments);
        for part in parts {
            let part = part.replace("{dir}", "");
            assert!(text.contains(&part), "{arguments}: {part} is not in {text}");
        }
    }
}

#[test]
fn what_swtpm_prints() {
    let dir = tempfile::tempdir().unwrap();
    let out = |arguments: &str| {
        let out = harness(dir.path()).args(arguments.split_whitespace()).output().unwrap();
        assert!(out.status.success(), "{arguments}: {out:?}");
        String::from_utf8(out.stdout).unwrap()
    };
    assert!(out("swtpm socket --help").contains("--tpm2"));
    assert!(out("swtpm --version").contains("TPM emulator version"));
    let capabilities: serde_json::Value =
        serde_json::from_str(&out("swtpm socket --print-capabilities")).unwrap();
    assert_eq!(capabilities["type"], "swtpm");
    let info: serde_json::Value = serde_json::from_str(&out("swtpm socket --print-info 7")).unwrap();
    assert_eq!(info["TPMFeatures"]["RSAKeySizes"][0], 2048);
}

#[test]
fn more_clients_than_have_room_wait_and_get_their_own_answers() {
    let (_keeper, line) = Keeper::serve("--mssim 0");
    let port = port(&line);
    let mut clients: Vec<Tcp> = (0..12).map(|_| Tcp::to(port)).collect();
    // Each asks for another number of random bytes, all before anybody reads.
    for (n, client) in clients.iter_mut().enumerate() {
        client.send(&command(0, &format!("80010000000c0000017b{:04x}", n + 1)));
    }
    let (served, waiting) = clients.split_at_mut(8);
    let expect = |n: usize, client: &mut Tcp| {
        assert_eq!(client.receive().len(), response(&"00".repeat(12 + n + 1)).len(), "client {n}");
    };
    served.iter_mut().enumerate().for_each(|(n, client)| expect(n, client));
    waiting[0].0.set_read_timeout(Some(SHORT)).unwrap();
    assert!(waiting[0].0.read(&mut [0]).is_err(), "there is no room for a ninth");
    waiting[0].0.set_read_timeout(Some(LONG)).unwrap();
    // Some leave by saying so, some just leave.
    served[0].send("00000014");
    drop(std::mem::replace(&mut served[1], Tcp::to(port)));
    served[2].send("00000014");
    served[3].0.shutdown(std::net::Shutdown::Both).unwrap();
    waiting.iter_mut().enumerate().for_each(|(n, client)| expect(8 + n, client));
}
