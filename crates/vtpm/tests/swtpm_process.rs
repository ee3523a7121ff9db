//! The process behind `swtpm socket`: how it starts, where it can be found, and what ends it.

mod common;

use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Stdio;

use common::*;
use rustix::io::{FdFlags, fcntl_setfd};

/// Control commands and what is answered to them.
const SHUTDOWN: (&str, &str) = ("00000003", "00000000");
const INIT: (&str, &str) = ("0000000200000000", "00000000");
/// `TPM2_Startup(TPM_SU_CLEAR)`.
const STARTUP: (&str, &str) = ("80010000000c000001440000", "80010000000a00000000");

/// A process that is over, or over but for whoever has to collect it.
fn is_over(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_none_or(|rest| rest.is_empty() || rest.starts_with('Z'))
}

fn arguments(dir: &Path, more: &str) -> Vec<String> {
    let dir = dir.to_str().unwrap();
    format!("swtpm socket --tpm2 --tpmstate dir={dir} {more}")
        .replace("{dir}", dir)
        .split_whitespace()
        .map(str::to_owned)
        .collect()
}

#[test]
fn in_the_background_it_is_found_by_its_pid_file_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let more = "--ctrl type=unixio,path={dir}/ctrl --log file={dir}/log --pid file={dir}/pid --daemon";
    let status = harness(dir.path())
        .args(arguments(dir.path(), more))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "who starts it goes on: {status}");
    // The sockets are there before it goes to the background; so is the pid file, which is written then.
    let mut control = Client(UnixStream::connect(dir.path().join("ctrl")).unwrap());
    let pid = until(|| std::fs::read_to_string(dir.path().join("pid")).ok()?.parse::<i32>().ok());
    assert!(!is_over(pid));
    control.expect("INIT", INIT.0, INIT.1);
    let mut data = control.set_data_fd();
    data.expect("Startup", STARTUP.0, STARTUP.1);
    control.expect("SHUTDOWN", SHUTDOWN.0, SHUTDOWN.1);
    until(|| is_over(pid).then_some(()));
    assert!(!dir.path().join("pid").exists() && !dir.path().join("ctrl").exists());
}

#[test]
fn with_terminate_it_ends_when_the_data_connection_does() {
    for (option, ends) in [("--terminate", true), ("", false)] {
        let dir = tempfile::tempdir().unwrap();
        let mut keeper = Keeper::swtpm_in(
            dir,
            &format!("--tpmstate dir={{dir}} --ctrl type=unixio,path={{dir}}/ctrl {option}"),
        );
        let mut control = keeper.control();
        control.expect("INIT", INIT.0, INIT.1);
        let mut data = control.set_data_fd();
        data.expect("Startup", STARTUP.0, STARTUP.1);
        drop(data);
        if ends {
            assert_eq!(keeper.end(), Some(0));
        } else {
            // The next client is served.
            control.set_data_fd().expect("Startup again", STARTUP.0, "80010000000a00000100");
        }
    }
}

#[test]
fn it_is_driven_over_a_connection_that_it_inherits() {
    let dir = tempfile::tempdir().unwrap();
    let (ours, theirs) = UnixStream::pair().unwrap();
    fcntl_setfd(&theirs, FdFlags::empty()).unwrap();
    let more = format!("--ctrl type=unixio,clientfd={},terminate", theirs.as_raw_fd());
    let child = harness(dir.path()).args(arguments(dir.path(), &more)).spawn().unwrap();
    drop(theirs);
    let mut keeper = Keeper { child, dir };
    let mut control = Client(ours);
    control.expect("INIT", INIT.0, INIT.1);
    let mut data = control.set_data_fd();
    data.expect("Startup", STARTUP.0, STARTUP.1);
    drop(control);
    assert_eq!(keeper.end(), Some(0), "there is no other connection to come");
}
