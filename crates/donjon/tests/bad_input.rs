//! Every wrong thing a person can give: one line that names the thing, where, and the way out; the documented exit
//! code; nothing changed.
mod common;

use common::{Installation, executable, names};
use std::os::unix::net::UnixListener;

#[test]
#[ignore = "not a test: what the script that is QEMU here executes"]
fn plays_qemu() {
    common::fake_qemu::play();
}

#[test]
fn an_unknown_vm_lists_the_known_ones() {
    let i = Installation::new();
    i.create("web");
    i.create_without_tpm("db");
    for command in [
        &["start", "wbe"][..],
        &["stop", "wbe"],
        &["reset", "wbe"],
        &["show", "wbe"],
        &["console", "wbe"],
        &["delete", "wbe", "--yes"],
        &["set", "wbe", "--cpus", "1"],
    ] {
        let said = i.run(&[&["vm"], command].concat()).one_line(3);
        assert_eq!(
            said,
            format!("VM \"wbe\" is not known in {}; known: db, web", i.text("home/vms")),
            "{command:?}"
        );
    }
    assert_eq!(i.in_vms(), ["db", "web"]);
}

#[test]
fn a_name_that_is_none_is_refused() {
    let i = Installation::new();
    for bad in ["../web", "a b", ".web", "web/1", &"x".repeat(49)] {
        let said = i.run(&["vm", "create", bad]).one_line(2);
        assert!(said.contains("cannot name a VM: a VM name is 1 to 48 letters"), "{said}");
    }
    assert!(i.in_vms().is_empty());
}

#[test]
fn a_name_that_is_taken_changes_nothing() {
    let i = Installation::new();
    i.create("web");
    let before = std::fs::read(i.path("home/vms/web/vm.toml")).expect("read");
    let said = i.run(&["vm", "create", "web", "--memory", "512M"]).one_line(5);
    assert_eq!(
        said,
        format!(
            "VM \"web\" exists already ({}); choose another name, or `donjon vm delete web`",
            i.text("home/vms/web")
        )
    );
    assert_eq!(std::fs::read(i.path("home/vms/web/vm.toml")).expect("read"), before);
    assert_eq!(i.in_vms(), ["web"]);
}

#[test]
fn missing_firmware_names_the_file_and_the_package() {
    let i = Installation::new();
    i.create("web");
    std::fs::remove_file(i.path("firmware/OVMF_CODE_4M.secboot.fd")).expect("removed");
    let wanted = format!(
        "UEFI firmware for guests is missing: {}; `apt install ovmf` installs it",
        i.text("firmware/OVMF_CODE_4M.secboot.fd")
    );
    assert_eq!(i.run(&["vm", "create", "db"]).one_line(1), wanted);
    assert_eq!(i.run(&["vm", "start", "web"]).one_line(1), wanted);
    assert_eq!(i.in_vms(), ["web"]);
    assert!(!i.qemu_was_started());
}

#[test]
fn missing_qemu_names_the_package() {
    let i = Installation::new();
    i.create("web");
    std::fs::remove_file(i.path("qemu")).expect("removed");
    let said = i.run(&["vm", "start", "web"]).one_line(1);
    let wanted = format!("QEMU is missing: {}; `apt install qemu-system-x86` installs it", i.text("qemu"));
    assert_eq!(said, wanted);
    assert_eq!(i.state("web"), "stopped");
}

#[test]
fn a_missing_kernel_initrd_disk_or_cd_is_named() {
    let i = Installation::new();
    let kernel = i.write("vmlinuz", "k").display().to_string();
    let absent = i.text("absent");
    for (args, what) in [
        (vec!["--kernel", &absent], "kernel"),
        (vec!["--kernel", &kernel, "--initrd", &absent], "initrd"),
        (vec!["--cdrom", &absent], "CD image"),
        (vec!["--disk", &absent], "disk"),
        (vec!["--uefi-vars", &absent], "UEFI variable store"),
    ] {
        let said = i.run(&[&["vm", "create", "web"][..], &args].concat()).one_line(1);
        assert!(said.starts_with(&format!("{what} is missing: {absent}; ")), "{said}");
        assert!(i.in_vms().is_empty(), "{args:?}");
    }
    let said = i.run(&["vm", "create", "web", "--initrd", &kernel]).one_line(2);
    assert_eq!(said, "--initrd and --append need --kernel: they are handed to that kernel");
}

#[test]
fn files_that_went_away_are_named_at_start() {
    let i = Installation::new();
    let kernel = i.write("vmlinuz", "k").display().to_string();
    let disk = i.write("disk.img", "d").display().to_string();
    i.run(&["vm", "create", "web", "--kernel", &kernel, "--disk", &disk]).fine();
    for (path, what) in [(&kernel, "kernel"), (&disk, "disk")] {
        std::fs::rename(path, format!("{path}.away")).expect("moved");
        let said = i.run(&["vm", "start", "web"]).one_line(1);
        let vm_toml = i.text("home/vms/web/vm.toml");
        assert_eq!(said, format!("{what} is missing: {path}; put it back, or change {vm_toml}"));
        std::fs::rename(format!("{path}.away"), path).expect("moved back");
    }
    std::fs::remove_file(i.path("home/vms/web/uefi-vars.fd")).expect("removed");
    let said = i.run(&["vm", "start", "web"]).one_line(1);
    let store = i.text("home/vms/web/uefi-vars.fd");
    assert!(
        said.starts_with(&format!("the VM's UEFI variable store is missing: {store}; put it back")),
        "{said}"
    );
    assert!(said.ends_with("`donjon vm set web --uefi-vars default`"), "{said}");
    i.run(&["vm", "set", "web", "--uefi-vars", "default"]).fine();
    assert!(i.path("home/vms/web/uefi-vars.fd").is_file(), "the cure cures");
    assert!(!i.qemu_was_started());
}

#[test]
fn values_out_of_range_name_the_option() {
    let i = Installation::new();
    for (args, part) in [
        (["--memory", "12M"], "--memory: memory 12M: whole MiB are needed, at least 128M"),
        (["--memory", "lots"], "--memory: \"lots\" is not a size; write a number and K, M, G or T"),
        (["--memory", "900T"], "--memory: memory 900T: this host has"),
        (["--cpus", "0"], "--cpus: \"0\" is not a number of processors; 1 to 255 are possible"),
        (["--cpus", "many"], "--cpus: \"many\" is not"),
        (["--tpm", "1.2"], "--tpm: TPM interface \"1.2\" is not known; crb, tis and none are"),
        (["--accel", "hax"], "--accel: accelerator \"hax\" is not known"),
        (["--net", "bridge"], "--net: network \"bridge\" is not known"),
        (["--disk", "x,size=1Q"], "--disk: \"1Q\" is not a size"),
        (["--cpu", "host -device x"], "not a processor model"),
    ] {
        let said = i.run(&[&["vm", "create", "web"][..], &args].concat()).one_line(2);
        assert!(said.starts_with(part), "{said}");
    }
    assert!(i.in_vms().is_empty());
}

#[test]
fn a_vm_that_does_not_come_about_leaves_nothing() {
    let i = Installation::new();
    let made = format!("{},size=1M", i.text("made.img"));
    let said = i.run(&["vm", "create", "web", "--disk", &made, "--disk", &i.text("absent.img")]).one_line(1);
    assert!(said.contains("absent.img; add a size to make it"), "{said}");
    assert!(!i.path("made.img").exists(), "the disk made first is gone again");
    assert!(i.in_vms().is_empty());
}

#[test]
fn a_disk_that_exists_is_not_overwritten() {
    let i = Installation::new();
    let disk = i.write("disk.img", "precious").display().to_string();
    let said = i.run(&["vm", "create", "web", "--disk", &format!("{disk},size=1M")]).one_line(2);
    assert!(said.starts_with(&format!("disk {disk} exists already; leave out size=")), "{said}");
    assert_eq!(std::fs::read(&disk).expect("read"), b"precious");
}

#[test]
fn a_policy_with_an_unknown_key_stops_everything_that_needs_it() {
    let i = Installation::new();
    i.create("web");
    i.policy("[isolation]\nenabled = true\nminimun = \"L2\"\n");
    let wanted = format!(
        "{}:3: unknown key \"isolation.minimun\" (did you mean \"minimum\"?); \
         known keys: isolation.enabled, isolation.minimum",
        i.text("policy.toml")
    );
    for command in [
        &["status"][..],
        &["status", "--json"],
        &["policy", "show"],
        &["policy", "check"],
        &["vm", "start", "web"],
        &["vm", "start", "web", "--foreground"],
    ] {
        assert_eq!(i.run(command).one_line(6), wanted, "{command:?}");
    }
    assert!(!i.qemu_was_started());
}

#[test]
fn a_policy_that_was_chosen_and_is_not_there_is_an_error() {
    let i = Installation::new();
    let absent = i.text("absent.toml");
    let said = i.run(&["--policy", &absent, "status"]).one_line(6);
    assert_eq!(said, format!("{absent}: there is no such policy file; leave out --policy for the defaults"));
}

#[test]
fn a_damaged_vm_toml_is_named_by_line_and_spoils_nothing_else() {
    let i = Installation::new();
    i.create("web");
    i.create_without_tpm("db");
    let path = i.path("home/vms/web/vm.toml");
    let text = std::fs::read_to_string(&path).expect("read");
    std::fs::write(&path, text.replace("cpus = 2", "cpus = two")).expect("written");
    for command in [&["start", "web"][..], &["set", "web", "--memory", "512M"], &["delete", "web", "--yes"]] {
        let said = i.run(&[&["vm"], command].concat()).one_line(6);
        assert!(said.starts_with(&format!("{}:8: is not valid TOML: ", path.display())), "{said}");
    }
    let list = i.run(&["vm", "list"]).fine();
    assert!(
        list.contains("web   stopped  -    damaged") && list.contains("db    stopped  -    256M"),
        "{list}"
    );
    let shown = i.run(&["vm", "show", "web"]);
    assert!(shown.code == 6 && shown.out.contains("vm.toml:8: is not valid TOML"), "{shown:?}");
    assert_eq!(i.in_vms(), ["db", "web"]);
}

#[test]
fn a_socket_in_use_is_named() {
    let i = Installation::new();
    i.create_without_tpm("web");
    std::fs::create_dir_all(i.path("home/run/web")).expect("made");
    let _held = UnixListener::bind(i.path("home/run/web/qmp.sock")).expect("bound");
    let said = i.run(&["vm", "start", "web"]).one_line(5);
    let socket = i.text("home/run/web/qmp.sock");
    assert!(said.starts_with(&format!("socket {socket} is in use by another process; `ss -xlp")), "{said}");
    assert!(!i.qemu_was_started());
    drop(_held);
    // A socket file that nobody listens on is in nobody's way.
    i.run(&["vm", "start", "web"]).fine();
    i.run(&["vm", "stop", "web"]).fine();
}

#[test]
fn a_socket_path_that_is_too_long_is_named_before_anything_is_made() {
    let i = Installation::new();
    let long = i.text(&"d".repeat(90));
    let said = i.run(&["--root", &long, "vm", "create", "web"]).one_line(2);
    assert!(said.contains("bytes, 107 are possible; choose a shorter directory with --root"), "{said}");
    assert!(!i.path(&"d".repeat(90)).exists());
}

#[test]
fn what_needs_a_running_vm_says_how_to_start_it() {
    let i = Installation::new();
    i.create("web");
    for command in ["stop", "reset", "console"] {
        let said = i.run(&["vm", command, "web"]).one_line(1);
        assert_eq!(said, "VM \"web\" is not running; `donjon vm start web` starts it");
    }
}

#[test]
fn deleting_without_a_terminal_needs_a_yes() {
    let i = Installation::new();
    i.create("web");
    let said = i.run(&["vm", "delete", "web"]).one_line(2);
    assert!(said.contains("destroys its vTPM") && said.ends_with("add --yes to do it"), "{said}");
    assert_eq!(i.in_vms(), ["web"]);
}

#[test]
fn setting_nothing_or_nonsense_changes_nothing() {
    let i = Installation::new();
    i.create("web");
    let before = std::fs::read(i.path("home/vms/web/vm.toml")).expect("read");
    let files = names(&i.path("home/vms/web"));
    let said = i.run(&["vm", "set", "web"]).one_line(2);
    assert!(said.starts_with("nothing to set for VM \"web\""), "{said}");
    let said = i.run(&["vm", "set", "web", "--secure-boot", "maybe"]).one_line(2);
    assert_eq!(said, "--secure-boot: \"maybe\" is neither on nor off");
    let said = i.run(&["vm", "set", "web", "--append", "quiet"]).one_line(2);
    assert!(said.contains("need a kernel"), "{said}");
    let said = i.run(&["vm", "set", "web", "--uefi-vars", &i.text("absent")]).one_line(1);
    assert!(said.starts_with("UEFI variable store is missing"), "{said}");
    assert_eq!(std::fs::read(i.path("home/vms/web/vm.toml")).expect("read"), before);
    assert_eq!(names(&i.path("home/vms/web")), [&files[..], &["lock".to_string()]].concat_sorted());
}

#[test]
fn kvm_that_cannot_be_had_is_an_error_when_it_was_asked_for() {
    let i = Installation::new();
    i.create_without_tpm("web");
    if std::fs::OpenOptions::new().read(true).write(true).open("/dev/kvm").is_ok() {
        // It can be had here: then it is used, and the reason is told.
        let said = i.run(&["vm", "start", "web", "--accel", "kvm"]).fine();
        assert!(said.contains("accelerator kvm: it was asked for"), "{said}");
        i.run(&["vm", "stop", "web"]).fine();
    } else {
        let said = i.run(&["vm", "start", "web", "--accel", "kvm"]).one_line(1);
        assert!(said.starts_with("the accelerator kvm was asked for, but /dev/kvm"), "{said}");
    }
}

#[test]
fn a_qemu_that_is_no_program_is_told() {
    let i = Installation::new();
    i.create_without_tpm("web");
    executable(&i.path("qemu"), "#!/nowhere/interpreter\n");
    let said = i.run(&["vm", "start", "web"]).one_line(1);
    assert!(said.starts_with(&format!("starting {}: ", i.text("qemu"))), "{said}");
    assert_eq!(i.state("web"), "stopped");
    assert!(names(&i.path("home/run")).is_empty());
}

trait ConcatSorted {
    fn concat_sorted(self) -> Vec<String>;
}

impl ConcatSorted for [&[String]; 2] {
    fn concat_sorted(self) -> Vec<String> {
        let mut all = self.concat();
        all.sort();
        all
    }
}
