//! `donjon status` and `donjon policy`.
use crate::args::{Args, PolicyCommand, StatusArgs};
use crate::output::{print, print_json};
use host::Error;
use host::isolation;
use host::machine::Machine;
use host::policy::Policy;
use host::status::Status;

pub(crate) fn status(args: &Args, wanted: &StatusArgs) -> Result<(), Error> {
    let policy = Policy::load(args.policy.as_deref())?;
    let isolation = isolation::measure(&policy);
    let status = Status::of(&Machine::this(), policy, isolation);
    if wanted.json {
        print_json(&status.to_json());
    } else {
        print(&status.to_text(wanted.explain));
    }
    match status.refusal() {
        Some(refusal) if wanted.check => Err(Error::Gate(Box::new(refusal.clone()))),
        _ => Ok(()),
    }
}

pub(crate) fn policy(args: &Args, command: &PolicyCommand) -> Result<(), Error> {
    match command {
        PolicyCommand::Show => print(&Policy::load(args.policy.as_deref())?.to_toml()),
        PolicyCommand::Check { file } => {
            let policy = Policy::load(file.as_deref().or(args.policy.as_deref()))?;
            let what = if policy.from_file { "is right" } else { "is not there; the defaults are in force" };
            print(&format!("{} {what}\n", policy.path.display()));
        }
    }
    Ok(())
}
