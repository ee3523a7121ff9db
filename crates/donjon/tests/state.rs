//! A vTPM's sealed state that is not as it was left: the start is refused in one line that names the file and the way
//! out, nothing is changed, and the right file starts the VM again.
mod common;

use common::{Installation, names};
use std::path::{Path, PathBuf};

#[test]
#[ignore = "not a test: what the script that is QEMU here executes"]
fn plays_qemu() {
    common::fake_qemu::play();
}

/// A stopped VM whose vTPM has a state, and the state's file.
fn used(i: &Installation, name: &str) -> PathBuf {
    i.policy_of_this_host().create(name);
    start_and_stop(i, name);
    i.path(&format!("home/vms/{name}/tpm/tpm2.donjon"))
}

#[track_caller]
fn start_and_stop(i: &Installation, name: &str) {
    i.run(&["vm", "start", name]).fine();
    i.run(&["vm", "stop", name]).fine();
    std::fs::remove_file(i.path("qemu-was-started")).expect("it was");
}

/// With `content` in the place of the state, the start is refused; the message is returned.
#[track_caller]
fn refused(i: &Installation, state: &Path, content: &[u8]) -> String {
    std::fs::write(state, content).expect("written");
    let beside = names(state.parent().expect("a directory"));
    let said = i.run(&["vm", "start", "web"]).one_line(1);
    assert!(said.starts_with("VM \"web\": cannot power the TPM on: "), "{said}");
    assert!(said.ends_with(&format!("; log: {}", i.text("home/vms/web/tpm.log"))), "{said}");
    assert_eq!(std::fs::read(state).expect("read"), content, "the file is as it was found");
    assert_eq!(names(state.parent().expect("a directory")), beside);
    i.stopped("web");
    assert!(names(&i.path("home/run")).is_empty());
    said
}

/// Where the last byte is that says anything: the file is longer, so that it need not grow with every record.
fn end(state: &[u8]) -> usize {
    state.iter().rposition(|b| *b != 0).expect("it says something") + 1
}

#[test]
fn a_state_cut_short_is_refused_with_file_and_place() {
    let i = Installation::new();
    let state = used(&i, "web");
    let whole = std::fs::read(&state).expect("a state");
    let end = end(&whole);
    for length in [0, 7, 100, 4096, end / 2, end - 1] {
        let said = refused(&i, &state, &whole[..length]);
        let place = format!("opening TPM state {}: damaged at byte ", state.display());
        assert!(said.contains(&place) && said.contains("cut short"), "{length} of {end}: {said}");
        assert!(said.contains("restore this file from a backup"), "{said}");
    }
    std::fs::write(&state, &whole).expect("put back");
    start_and_stop(&i, "web");
}

#[test]
fn a_state_with_a_bit_flipped_is_refused_wherever_it_is() {
    let i = Installation::new();
    let state = used(&i, "web");
    let whole = std::fs::read(&state).expect("a state");
    let end = end(&whole);
    for at in [0, 9, 20, 100, end - 2000, end - 40, end - 1] {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x10;
        let said = refused(&i, &state, &flipped);
        assert!(said.contains(&format!("opening TPM state {}: ", state.display())), "{at} of {end}: {said}");
        assert!(said.contains("restore this file from a backup"), "{said}");
    }
    std::fs::write(&state, &whole).expect("put back");
    start_and_stop(&i, "web");
}

#[test]
fn a_state_of_another_vm_is_refused_whole_or_in_part() {
    let i = Installation::new();
    let state = used(&i, "web");
    let whole = std::fs::read(&state).expect("a state");
    let others = std::fs::read(used(&i, "db")).expect("a state");
    // The whole file, as a copy of one VM's directory into another's makes it.
    let said = refused(&i, &state, &others);
    let place = state.parent().expect("a directory").display().to_string();
    assert!(said.contains(&format!("the TPM state in {place} is another TPM's: its id is ")), "{said}");
    let own = i.show("web")["config"]["uuid"].as_str().expect("a UUID").replace('-', "");
    assert!(said.contains(&format!("{own} belongs there; put this TPM's own state back")), "{said}");
    // Its records under this VM's header, which alone says whose they are.
    let header = 4096;
    let mixed = [&whole[..header], &others[header..]].concat();
    let said = refused(&i, &state, &mixed);
    assert!(said.contains("another VM's"), "{said}");
    std::fs::write(&state, &whole).expect("put back");
    start_and_stop(&i, "web");
    start_and_stop(&i, "db");
}

#[test]
fn a_state_without_its_guardians_key_is_refused_and_opens_when_the_key_is_back() {
    let i = Installation::new();
    let state = used(&i, "web");
    let whole = std::fs::read(&state).expect("a state");
    let (key, away) = (i.path("home/guardian/local.key"), i.path("away"));
    std::fs::rename(&key, &away).expect("moved");
    let said = refused(&i, &state, &whole);
    assert!(said.contains(&format!("guardian key {}", key.display())), "{said}");
    assert!(!key.exists(), "no new key is made: it would open nothing");
    std::fs::rename(&away, &key).expect("moved back");
    start_and_stop(&i, "web");
}

#[test]
fn a_state_directory_that_went_away_is_named() {
    let i = Installation::new();
    let state = used(&i, "web");
    let directory = state.parent().expect("a directory");
    std::fs::rename(directory, i.path("away")).expect("moved");
    let said = i.run(&["vm", "start", "web"]).one_line(1);
    assert!(said.contains(&directory.display().to_string()), "{said}");
    assert!(!directory.exists() && !i.qemu_was_started(), "{said}");
    std::fs::rename(i.path("away"), directory).expect("moved back");
    start_and_stop(&i, "web");
}
