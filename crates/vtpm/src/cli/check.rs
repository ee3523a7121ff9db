//! `donjon tpm check`: what is readable of a TPM's state, without its key and without changing it.

use std::path::PathBuf;

use vtpm_store::journal;

use super::complain;

/// Check a TPM's state without changing it.
///
/// Says which records are whole and where what is missing was. Whether they are genuine only the TPM's own
/// trustlet can tell, when it opens them. Exit code 1 when the state would not open.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// The state directory.
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Runs the command; its exit code.
#[must_use]
pub fn check(args: &CheckArgs) -> i32 {
    let report = match journal::check(&args.directory) {
        Ok(report) => report,
        Err(why) => return complain("donjon tpm check", &why),
    };
    if args.json {
        match serde_json::to_string_pretty(&report) {
            Ok(json) => println!("{json}"),
            Err(why) => return complain("donjon tpm check", &why),
        }
    } else {
        print!("{report}");
    }
    i32::from(!report.is_whole())
}
