//! The name `swtpm`: its command line with its meaning, as far as `docs/SWTPM.md` says. What we do
//! not have is refused by name, never ignored.

mod capabilities;
pub(crate) mod options;
mod parse;
mod run;

use std::ffi::OsString;

use super::complain;
use options::OptionError;
use parse::Command;

/// Runs `swtpm` with this argument vector (the first is the program's name); the exit code.
#[must_use]
pub fn swtpm_main(argv: impl IntoIterator<Item = OsString>) -> i32 {
    match try_main(argv) {
        Ok(()) => 0,
        Err(why) => complain("swtpm", &why),
    }
}

fn try_main(argv: impl IntoIterator<Item = OsString>) -> Result<(), run::SwtpmError> {
    let arguments = argv
        .into_iter()
        .skip(1)
        .map(|arg| arg.into_string().map_err(OptionError::NotText))
        .collect::<Result<Vec<_>, _>>()?;
    match parse::parse(&arguments)? {
        Command::Help => print!("{}", capabilities::HELP),
        Command::Version => println!("TPM emulator version {} (donjon)", env!("CARGO_PKG_VERSION")),
        Command::PrintCapabilities => println!("{}", capabilities::json()),
        Command::PrintInfo(flags) => println!("{}", super::INFO.json(flags)),
        Command::PrintProfiles => println!("{}", capabilities::profiles()),
        Command::PrintStates(state) => println!("{}", run::states(&state)?),
        Command::Socket(socket) => run::socket(*socket)?,
    }
    Ok(())
}
