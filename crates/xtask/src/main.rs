//! `cargo xtask`: what developers run beside the tests.
mod bench;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Measures this project's TPM and another in one run, interleaved, over the transport that QEMU uses.
    Bench(bench::Arguments),
}

fn main() -> ExitCode {
    let Task::Bench(arguments) = Arguments::parse().task;
    match bench::run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("xtask: {e}");
            ExitCode::FAILURE
        }
    }
}
