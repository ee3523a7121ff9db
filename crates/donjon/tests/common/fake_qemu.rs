//! A QEMU without a machine in it: the sockets, the protocol and the ways to end, played by this test program.
//!
//! The file named by `DONJON_QEMU` is a script that executes the test program again, as its ignored test
//! `plays_qemu`. What it does is in the environment:
//!
//! | `FAKE_QEMU_PLAYS` | |
//! |---|---|
//! | `powers-off` | powers off when asked to |
//! | `deaf` | does not hear that it should power off |
//! | `stubborn` | hears nothing: no power button, no quit, no SIGTERM |
//! | `dies` | complains and ends at once |
//! | `powers-off-by-itself` | does so once somebody looks at its serial port |
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};

pub(crate) const PLAYS: &str = "FAKE_QEMU_PLAYS";
const ARGUMENTS: &str = "FAKE_QEMU_ARGUMENTS";
/// Between the arguments, which may have any other character.
const SEPARATOR: char = '\x1f';

/// Writes the script. It leaves a mark at `mark`, so that a test can tell that QEMU was never started.
pub(crate) fn install(script: &Path, mark: &Path) {
    let program = std::env::current_exe().expect("this program");
    super::executable(
        script,
        &format!(
            "#!/bin/sh\n: > '{}'\n[ \"${PLAYS}\" = stubborn ] && trap '' TERM\nIFS=$(printf '\\037')\n\
             export {ARGUMENTS}=\"$*\"\nexec '{}' --ignored --exact plays_qemu --nocapture --quiet\n",
            mark.display(),
            program.display()
        ),
    );
}

enum Told {
    Quit,
    PowerDown,
    Looked,
}

/// The whole life of the process that plays QEMU.
pub(crate) fn play() {
    let arguments = std::env::var(ARGUMENTS).expect("run by the script only");
    let plays = std::env::var(PLAYS).expect("a part to play");
    if plays == "dies" {
        eprintln!("qemu-system-x86_64: -device no-such-thing: it is not there");
        std::process::exit(1);
    }
    let (tell, told) = channel();
    // Clients that are told of events.
    let clients: Arc<Mutex<Vec<UnixStream>>> = Arc::default();
    let mut tpm =
        socket_of(&arguments, "tpm0-control").map(|p| UnixStream::connect(p).expect("the vTPM listens"));
    if let Some(tpm) = &mut tpm {
        power_on(tpm);
    }
    for id in ["qmp0", "qmp1"] {
        let listener = UnixListener::bind(socket_of(&arguments, id).expect("QMP")).expect("bound");
        let (tell, clients) = (tell.clone(), clients.clone());
        // One client at a time, as QEMU.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                clients.lock().expect("whole").push(stream.try_clone().expect("cloned"));
                speak_qmp(stream, &tell);
            }
        });
    }
    let serial = UnixListener::bind(socket_of(&arguments, "serial0").expect("a serial port")).expect("bound");
    std::thread::spawn(move || {
        for mut stream in serial.incoming().flatten() {
            let _ = tell.send(Told::Looked);
            let mut echo = stream.try_clone().expect("cloned");
            let _ = std::io::copy(&mut stream, &mut echo);
        }
    });

    let event = |name: &str, reason: &str| {
        let line = format!("{}\n", json!({ "event": name, "data": { "guest": true, "reason": reason } }));
        for client in clients.lock().expect("whole").iter_mut() {
            let _ = client.write_all(line.as_bytes());
        }
    };
    let reason = loop {
        match told.recv().expect("somebody tells") {
            Told::Quit if plays != "stubborn" => break "host-qmp-quit",
            Told::PowerDown if plays == "powers-off" => {
                event("POWERDOWN", "");
                break "guest-shutdown";
            }
            Told::Looked if plays == "powers-off-by-itself" => break "guest-shutdown",
            _ => {}
        }
    };
    event("SHUTDOWN", reason);
    if let Some(tpm) = &mut tpm {
        // CMD_SHUTDOWN on swtpm's control channel, and its result.
        let _ = tpm.write_all(&3u32.to_be_bytes()).and_then(|()| tpm.read_exact(&mut [0; 4]));
    }
    std::process::exit(0);
}

/// CMD_INIT on swtpm's control channel, and QEMU's own words and end when it is refused.
fn power_on(tpm: &mut UnixStream) {
    let mut result = [0; 4];
    tpm.write_all(&[0, 0, 0, 2, 0, 0, 0, 0]).and_then(|()| tpm.read_exact(&mut result)).expect("answered");
    let result = u32::from_be_bytes(result);
    if result != 0 {
        eprintln!("qemu-system-x86_64: tpm-emulator: TPM result for CMD_INIT: {result:#x} operation failed");
        std::process::exit(1);
    }
}

fn speak_qmp(mut stream: UnixStream, tell: &Sender<Told>) {
    let reader = BufReader::new(stream.try_clone().expect("cloned"));
    let _ = writeln!(stream, "{}", json!({ "QMP": { "version": {}, "capabilities": [] } }));
    for line in reader.lines().map_while(Result::ok) {
        let message: Value = serde_json::from_str(&line).expect("JSON");
        let answer = match message["execute"].as_str() {
            Some("query-status") => json!({ "return": { "status": "running", "running": true } }),
            Some("qmp_capabilities" | "quit" | "system_powerdown" | "system_reset") => {
                json!({ "return": {} })
            }
            _ => json!({ "error": { "class": "CommandNotFound", "desc": "it has no such command" } }),
        };
        let _ = writeln!(stream, "{answer}");
        let _ = match message["execute"].as_str() {
            Some("quit") => tell.send(Told::Quit),
            Some("system_powerdown") => tell.send(Told::PowerDown),
            _ => Ok(()),
        };
    }
}

/// The path of the socket character device `id`.
fn socket_of(arguments: &str, id: &str) -> Option<String> {
    let device = arguments.split(SEPARATOR).find(|a| a.starts_with(&format!("socket,id={id},path=")))?;
    let (_, path) = device.split_once("path=")?;
    Some(path.split(',').next()?.to_string())
}
