//! `donjon`: one program that is the command line, the supervisor of a VM, a vTPM's keeper and its trustlets,
//! according to the name and the arguments it is called with.
#![forbid(unsafe_code)]

mod args;
mod host_commands;
mod output;
mod vm_commands;

use args::{Args, Command, TpmCommand};
use clap::Parser;
use std::path::Path;
use std::process::ExitCode;

/// In a trustlet everything on the heap is in secret memory; elsewhere this is the usual allocator.
#[global_allocator]
static ALLOCATOR: vsm::SecretAlloc = vsm::SecretAlloc::new();

fn main() -> ExitCode {
    // Returns only when this process is no trustlet. Before anything else: a trustlet must not have touched the world.
    vsm::trustlet_main(&vtpm::roles());
    let mut argv = std::env::args_os();
    let name = argv.next().unwrap_or_default();
    if Path::new(&name).file_name().is_some_and(|n| n == "swtpm") {
        return code(vtpm::cli::swtpm_main(std::env::args_os()));
    }
    let args = Args::parse();
    let result = match &args.command {
        Command::Status(status) => host_commands::status(&args, status),
        Command::Policy(policy) => host_commands::policy(&args, policy),
        Command::Vm(vm) => vm_commands::run(&args, vm),
        Command::Tpm(TpmCommand::Serve(serve)) => return code(vtpm::cli::serve(serve)),
        Command::Tpm(TpmCommand::Check(check)) => return code(vtpm::cli::check(check)),
        Command::Tpm(TpmCommand::Profiles(profiles)) => return code(vtpm::cli::profiles(profiles)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn code(code: i32) -> ExitCode {
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
