//! `donjon tpm profiles`: what a new TPM can be.

use tpm2_engine::Profile;

use crate::profile::{named, to_json};

/// List the profiles that a new TPM can have, and what each has.
#[derive(Debug, clap::Args)]
pub struct ProfilesArgs {
    /// This one alone.
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Print JSON, in the form that --profile FILE takes.
    #[arg(long)]
    pub json: bool,
}

/// Runs the command; its exit code.
#[must_use]
pub fn profiles(args: &ProfilesArgs) -> i32 {
    let names = match &args.name {
        Some(name) => vec![name.as_str()],
        None => Profile::names().to_vec(),
    };
    let mut all = Vec::new();
    for name in names {
        match named(name) {
            Ok(profile) => all.push(profile),
            Err(why) => return super::complain("donjon tpm profiles", &why),
        }
    }
    if args.json {
        let all: Vec<_> = all.iter().map(|profile| to_json(profile.content())).collect();
        println!("{:#}", serde_json::Value::from(all));
        return 0;
    }
    for profile in all {
        let content = profile.content();
        println!("{:<20}{}", content.name, content.description);
        if args.name.is_some()
            && let serde_json::Value::Object(all) = to_json(content)
        {
            for (key, value) in all.iter().filter(|(key, _)| *key != "Name" && *key != "Description") {
                println!("  {key}: {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            }
        }
    }
    0
}
