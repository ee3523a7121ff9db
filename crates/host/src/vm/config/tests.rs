//! vm.toml: what is written reads back, and damage is named by line.
use super::*;

fn name() -> Name {
    Name::parse("web").expect("a name")
}

fn full() -> Config {
    Config {
        name: "web".into(),
        uuid: "6b1ef0a4-33c6-4b6c-9ce0-6d6ad9f6f4c1".into(),
        memory: 1536 * size::MIB,
        cpus: 4,
        accel: Choice::Tcg,
        cpu_model: Some("EPYC,+svm".into()),
        secure_boot: false,
        tpm: Tpm::Tis,
        tpm_profile: Some("pc-client".into()),
        boot: Some(Kernel {
            kernel: "/boot/vm linuz".into(),
            initrd: Some("/boot/initrd".into()),
            append: Some("console=ttyS0 foo=\"a b\"".into()),
        }),
        disks: vec![
            Disk { path: "/d/a.raw".into(), format: Format::Raw, owned: true },
            Disk { path: "/d/b\\\"q.qcow2".into(), format: Format::Qcow2, owned: false },
        ],
        cdroms: vec!["/iso/x.iso".into()],
        network: Network::None,
        display: "gtk".into(),
    }
}

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(Path::new("/v/web/vm.toml"), text, &name()).map_err(|d| d.to_string())
}

#[test]
fn what_is_written_reads_back() {
    let config = full();
    assert_eq!(parse(&config.to_toml()), Ok(config));
    let plain = Config {
        cpu_model: None,
        boot: None,
        disks: vec![],
        cdroms: vec![],
        tpm: Tpm::Crb,
        tpm_profile: None,
        network: Network::User,
        secure_boot: true,
        ..full()
    };
    assert_eq!(parse(&plain.to_toml()), Ok(plain));
}

#[test]
fn damage_is_named_by_line() {
    let good = full().to_toml();
    for (from, to, said) in [
        ("cpus = 4", "cpus = 0", ":8: machine.cpus = 0: 1 to 255 processors are possible"),
        ("memory = \"1536M\"", "memory = \"12M\"", ":7: machine.memory = \"12M\": memory 12M: whole MiB"),
        (
            "interface = \"tis\"",
            "interface = \"fifo\"",
            ":16: tpm.interface = \"fifo\": TPM interface \"fifo\"",
        ),
        (
            "secure_boot = false",
            "secureboot = false",
            ":13: unknown key \"firmware.secureboot\" (did you mean",
        ),
        ("format = 1", "format = 7", ":2: format 7 is not known to this version, which reads 1"),
        ("name = \"web\"", "name = \"db\"", ":3: name = \"db\": the directory is called \"web\""),
        ("6b1ef0a4-", "6b1ef0a4", ":4: uuid = \"6b1ef0a433c6"),
        ("[machine]", "[machine", ":6: is not valid TOML"),
        ("format = 1\n", "", ":1: key \"format\" is missing"),
        ("EPYC,+svm", "EPYC -x", ":10: machine.cpu = \"EPYC -x\": not a processor model"),
    ] {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "{from}");
        let damage = parse(&text).expect_err(to);
        assert!(damage.starts_with(&format!("/v/web/vm.toml{said}")), "{to}: {damage}");
        assert!(!damage.contains('\n'), "{damage}");
    }
}

#[test]
fn a_file_cut_short_anywhere_is_damage_or_a_smaller_vm_never_a_panic() {
    let good = full().to_toml();
    let mut damaged = 0;
    for end in 0..good.len() {
        if let Some(cut) = good.get(..end) {
            damaged += usize::from(parse(cut).is_err());
        }
    }
    assert!(damaged > good.len() / 3, "{damaged} of {}", good.len());
}
