//! The container, tested as its users use it: this program is host, attacker and trustlet in turn.
//!
//! It has its own `main`, because a trustlet is the same program executed again. Run it as root.

#![allow(clippy::unwrap_used)] // a test ends where something is not as it should be

mod attacks;
mod host;
mod inside;
mod lacking;
mod lifecycle;
mod roles;

#[global_allocator]
static ALLOCATOR: vsm::SecretAlloc = vsm::SecretAlloc::new();

fn main() {
    vsm::trustlet_main(roles::ALL);
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(("--host", part)) = arguments.first().map(String::as_str).zip(arguments.get(1)) {
        return host::play(part);
    }
    if !vsm::process::is_root() {
        eprintln!("these tests attack as root and start programs as other users: run them as root");
        std::process::exit(1);
    }
    let cases = [inside::CASES, lifecycle::CASES, lacking::CASES, attacks::CASES].concat();
    let wanted = |name: &str| {
        let mut filters = arguments.iter().filter(|argument| !argument.starts_with('-')).peekable();
        filters.peek().is_none() || filters.any(|filter| name.contains(filter.as_str()))
    };
    let (mut passed, mut failed) = (0, Vec::new());
    for (name, case) in cases.into_iter().filter(|(name, _)| wanted(name)) {
        match std::panic::catch_unwind(case) {
            Ok(()) => {
                println!("test {name} ... ok");
                passed += 1;
            }
            Err(_) => {
                println!("test {name} ... FAILED");
                failed.push(name);
            }
        }
    }
    host::remove_copy();
    if !failed.is_empty() {
        println!("test result: FAILED. {passed} passed; failed: {}", failed.join(", "));
        std::process::exit(1);
    }
    println!("test result: ok. {passed} passed");
}

/// A test: its name, and what panics when it fails.
type Case = (&'static str, fn());

/// A trustlet of this program.
fn start(role: &str, level: vsm::Level, args: &[&str]) -> vsm::Trustlet {
    let mut options = vsm::SpawnOptions::new(role, level);
    options.args = args.iter().map(|arg| (*arg).to_owned()).collect();
    vsm::spawn(&options).unwrap_or_else(|e| panic!("{e}"))
}

/// The next frame.
fn receive(trustlet: &vsm::Trustlet) -> Vec<u8> {
    let mut frame = Vec::new();
    let more = trustlet.channel().recv_timeout(&mut frame, std::time::Duration::from_secs(30));
    assert!(more.unwrap(), "the trustlet closed its channel");
    frame
}
