//! The commands that run a TPM: `donjon tpm serve`, `donjon tpm check`, `donjon tpm profiles`, and all of `swtpm`.

mod check;
mod notify;
mod profiles;
mod serve;
mod swtpm;

pub use check::{CheckArgs, check};
pub use profiles::{ProfilesArgs, profiles};
pub use serve::{ServeArgs, serve};
pub use swtpm::swtpm_main;

use vtpm_proto::ctrl::Info;

/// What this TPM says of itself on the control channel. The engine says the same in its fixed
/// properties, which a test compares.
pub(crate) const INFO: Info = Info {
    level: 0,
    revision: 185,
    manufacturer: u32::from_be_bytes(*b"DNJN"),
    version: 1,
    model: "Donjon vTPM",
    rsa_key_sizes: &[2048, 3072, 4096],
};

/// Prints one line of what went wrong, and is the exit code for it.
pub(crate) fn complain(program: &str, why: &dyn std::fmt::Display) -> i32 {
    eprintln!("{program}: {}", why.to_string().replace('\n', " "));
    1
}
