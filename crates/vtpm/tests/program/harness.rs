//! The program that the tests of this crate start: its commands, and its trustlet roles.

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: vsm::SecretAlloc = vsm::SecretAlloc::new();

#[derive(Parser)]
enum Arguments {
    Serve(vtpm::cli::ServeArgs),
    Check(vtpm::cli::CheckArgs),
}

fn main() -> ExitCode {
    vsm::trustlet_main(&vtpm::roles());
    let argv: Vec<_> = std::env::args_os().collect();
    let code = if argv.get(1).is_some_and(|name| name == "swtpm") {
        vtpm::cli::swtpm_main(argv.into_iter().skip(1))
    } else {
        match Arguments::parse() {
            Arguments::Serve(args) => vtpm::cli::serve(&args),
            Arguments::Check(args) => vtpm::cli::check(&args),
        }
    };
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
