//! This program as another host: under another user, or on a kernel that lacks something.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::OnceLock;

use vsm::attack::{self, Depth, Target};
use vsm::{Level, SpawnOptions};

/// Executes this program again, to play the host that `part` names.
pub(crate) fn command(part: &str) -> Command {
    let mut command = Command::new(everybodys_copy());
    command.args(["--host", part]);
    command
}

/// What such a host printed; it must not have failed.
pub(crate) fn output(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = String::from_utf8_lossy(&stdout).into_owned();
    assert!(status.success(), "{status}: {text}{}", String::from_utf8_lossy(&stderr));
    text
}

static COPY: OnceLock<PathBuf> = OnceLock::new();

/// A copy of this program where every user can execute it.
fn everybodys_copy() -> &'static PathBuf {
    COPY.get_or_init(|| {
        let directory = std::env::temp_dir().join(format!("vsm-test-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let copy = directory.join("container");
        std::fs::copy("/proc/self/exe", &copy).unwrap();
        for path in [&directory, &copy] {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        copy
    })
}

/// Removes the copy, if one was made.
pub(crate) fn remove_copy() {
    if let Some(directory) = COPY.get().and_then(|copy| copy.parent()) {
        let _ = std::fs::remove_dir_all(directory);
    }
}

pub(crate) fn play(part: &str) {
    match part {
        "measures and starts" => measures_and_starts(),
        "attacks its own trustlet" => attacks_its_own(),
        _ => leaves_one_spinning(part.rsplit(' ').next().unwrap().parse().unwrap()),
    }
}

/// Prints what the host offers, and what comes of a start.
fn measures_and_starts() {
    let availability = vsm::available();
    println!("level {}", availability.level);
    for missing in &availability.missing {
        println!("missing {} | {} | {}", missing.what, missing.evidence, missing.cure);
    }
    for reduced in &availability.reduced {
        println!("reduced {} | {} | {}", reduced.what, reduced.evidence, reduced.cure);
    }
    match vsm::spawn(&SpawnOptions::new("echo", Level::L2SecretProcess)) {
        Ok(trustlet) => {
            println!("started at {}", trustlet.level());
            for (layer, state) in trustlet.layers() {
                println!("layer {layer}: {state}");
            }
        }
        Err(e) => println!("refused {e}"),
    }
    match vsm::probe(Level::L2SecretProcess) {
        Ok(report) => println!("probe {}", report.verdict),
        Err(e) => println!("probe {e}"),
    }
}

/// The same user as the trustlet's attacks it, at both levels.
fn attacks_its_own() {
    for level in [Level::L0Plain, Level::L2SecretProcess] {
        let trustlet = vsm::spawn(&SpawnOptions::new("holder", level)).unwrap_or_else(|e| panic!("{e}"));
        let (target, needles) = crate::attacks::plant(&trustlet, 77);
        let report = attack::attack(&Target { pid: trustlet.pid(), ..target }, &needles, Depth::Everything);
        for line in report.lines("key") {
            println!("{level} {line}");
        }
        println!("{level} found by {}", report.found("key").len());
        println!("{level} read {}", report.avenues.iter().map(|avenue| avenue.read).sum::<u64>());
    }
}

fn leaves_one_spinning(level: Level) {
    use std::io::Write;
    let trustlet = crate::start("spin", level, &[]);
    crate::receive(&trustlet);
    println!("{}", trustlet.pid());
    std::io::stdout().flush().unwrap();
    loop {
        std::thread::park();
    }
}
