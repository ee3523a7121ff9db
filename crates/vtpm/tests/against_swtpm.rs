//! The same messages to our keeper and to the swtpm installed here (Debian's is 0.7.1), and the
//! same replies, but for what is listed with its reason.

mod common;

use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::Command;

use common::*;

/// swtpm as installed, listening.
fn swtpm() -> Keeper {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new("swtpm");
    command.args(["socket", "--tpm2", "--tpmstate"]).arg(format!("dir={}", dir.path().display()));
    command.arg("--ctrl").arg(format!("type=unixio,path={}/ctrl", dir.path().display()));
    let child = command.spawn().expect("swtpm is needed for this test: apt-get install swtpm");
    let keeper = Keeper { child, dir };
    keeper.await_path("ctrl");
    keeper
}

enum Step {
    /// To the control channel.
    Control(&'static str),
    /// To the data channel.
    Data(&'static str),
    /// Hand over a data channel; a second one is not taken.
    DataFd,
}
use Step::{Control, Data, DataFd};

/// In order, on one connection.
const STEPS: &[Step] = &[
    Control("00000001"),
    Control("0000000f"),
    Control("00000004"),
    Control("00000009"),
    Control("0000000a"),
    Control("00000006"),
    Control("00000008"),
    Control("0000000b00000000"),
    Control("0000000c000000010000000100000000"),
    Control("0000000500000000"),
    Control("0000000504000000"),
    Control("0000000505000000"),
    Control("0000000501"),
    Control("0000000500000000"),
    Control("0000001100000000"),
    Control("0000001100000001"),
    Control("0000001100010000"),
    Control("0000001100000f80"),
    Control("0000000e"),
    Control("0000000e00000000"),
    Control("00000010"),
    Control("00000000"),
    Control("00000014"),
    Control("0000001300000001"),
    DataFd,
    DataFd,
    Data(READ_CLOCK),
    Data("00c10000000a000000f1"),
    Control("0000000d000000000000000400000000"),
    Control("0000000d00000000000000010000000461626364"),
    Control("0000000200000000"),
    Data(GET_RANDOM),
    Control("00000004"),
    Data(STARTUP),
    Data(STARTUP),
    Control("0000001100000000"),
    Control("0000001100000800"),
    Control("00000009"),
    Control("0000000a"),
    Control("0000000b00000000"),
    Control("0000000b03000000"),
    Control("0000000b05000000"),
    Control("0000000c000000010000000300000000"),
    Control("0000000c000000010000000400000000"),
    Control("0000000c000000010000000100400000"),
    Control("0000000d000000000000000100000000"),
    Control("00000006"),
    Control("000000070000000461626364"),
    Control("00000008"),
    Control("00000004"),
    Control("000000070000000461626364"),
    Control("0000000b03000000"),
    Control("00000004"),
    Data("8001000000090000014300"),
    Control("0000000e"),
    Data(GET_RANDOM),
    Control("0000000c000000010000000100000000"),
    Control("0000000a"),
    Control("0000000200000001"),
    Data(GET_RANDOM),
    Control("00000003"),
];

/// (message, swtpm's reply, ours, why)
const DIFFERENT: &[(&str, &str, &str, &str)] = &[
    ("00000001", "000000000000ffff", "000000000001ffff", "0.7.1 has no LOCK_STORAGE"),
    ("0000001300000001", "0000000a", "00000000", "0.7.1 has no LOCK_STORAGE"),
    ("0000000c000000010000000400000000", "00000800", "00000009", "0.11 calls an unknown type a failure"),
    ("0000001100000000", "00000af8", "00000b50", "0.11's smallest buffer"),
    ("0000001100000000", "00001000", "00002000", "room for ML-DSA"),
    ("0000001100000001", "00000af8", "00000b50", "0.11's smallest buffer"),
    ("0000001100000001", "00001000", "00002000", "room for ML-DSA"),
    ("0000001100010000", "00000af8", "00000b50", "0.11's smallest buffer"),
    ("0000001100010000", "00001000", "00002000", "room for ML-DSA"),
    ("0000001100000f80", "00000af8", "00000b50", "0.11's smallest buffer"),
    ("0000001100000f80", "00001000", "00002000", "room for ML-DSA"),
];

/// The head of a response with eight random bytes.
const RANDOM: &str = "800100000014000000000008";

fn replies(keeper: &Keeper) -> Vec<(String, String)> {
    let mut control = keeper.control();
    let mut data: Option<Client> = None;
    let mut replies = Vec::new();
    for step in STEPS {
        let (message, reply) = match step {
            Control(message) => (*message, control.ask(message)),
            Data(message) => (*message, data.as_mut().unwrap().ask(message)),
            DataFd => {
                let (ours, theirs) = UnixStream::pair().unwrap();
                control.send_with_fd("00000010", theirs.as_fd());
                data.get_or_insert(Client(ours));
                ("SET_DATAFD", control.receive())
            }
        };
        // Random bytes differ; that they came is what counts.
        let reply = if reply.starts_with(RANDOM) && reply.len() == 40 { RANDOM.to_owned() } else { reply };
        replies.push((message.to_owned(), reply));
    }
    replies
}

#[test]
fn the_same_replies_but_for_what_is_listed() {
    let theirs = replies(&swtpm());
    let ours = replies(&Keeper::with_control());
    assert_eq!(theirs.len(), ours.len());
    for ((message, their), (_, our)) in theirs.into_iter().zip(ours) {
        let expected = DIFFERENT
            .iter()
            .filter(|(different, ..)| *different == message)
            .fold(their.clone(), |reply, (_, from, to, _)| reply.replace(from, to));
        assert_eq!(our, expected, "to {message} swtpm answered {their}");
    }
}
