//! The policy file: whether the container may be used, and the isolation level that a vTPM needs.
use crate::conf::{self, Damage, Setting, Source};
use crate::isolation::Level;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Where the policy is kept when neither `--policy` nor `DONJON_POLICY` says otherwise.
pub const DEFAULT_PATH: &str = "/etc/donjon/policy.toml";

/// The policy in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Where it is, or would be.
    pub path: PathBuf,
    /// Whether there is such a file; if not, the defaults are in force.
    pub from_file: bool,
    /// `isolation.enabled`: false switches the container off, and with it every vTPM. Default true.
    pub enabled: Setting<bool>,
    /// `isolation.minimum`: below it no VM with a vTPM starts. Default L2.
    pub minimum: Setting<Level>,
}

impl Policy {
    /// What holds where no policy file is.
    #[must_use]
    pub fn defaults(path: &Path) -> Policy {
        Policy {
            path: path.to_path_buf(),
            from_file: false,
            enabled: Setting::default_of(true),
            minimum: Setting::default_of(Level::L2SecretProcess),
        }
    }

    /// Reads `chosen` (it must exist), or else the default path (it need not).
    pub fn load(chosen: Option<&Path>) -> Result<Policy, Damage> {
        let path = chosen.unwrap_or(Path::new(DEFAULT_PATH));
        if chosen.is_none() && !path.exists() {
            return Ok(Policy::defaults(path));
        }
        not_for_everyone(path)?;
        Policy::parse(path, &conf::read(path)?)
    }

    /// Reads the text of a policy file.
    pub fn parse(path: &Path, text: &str) -> Result<Policy, Damage> {
        Source::new(path, text).parse(|top| {
            let mut policy = Policy { from_file: true, ..Policy::defaults(path) };
            top.only(&["isolation"])?;
            if let Some(isolation) = top.table("isolation")? {
                isolation.only(&["enabled", "minimum"])?;
                if let Some(enabled) = isolation.boolean("enabled")? {
                    policy.enabled = enabled;
                }
                if let Some(minimum) = isolation.parsed("minimum", str::parse::<Level>)? {
                    policy.minimum = minimum;
                }
            }
            Ok(policy)
        })
    }

    /// Where a setting comes from, for people: `/etc/donjon/policy.toml:3`, or that it is the default.
    #[must_use]
    pub fn place<T>(&self, setting: &Setting<T>) -> String {
        match setting.line {
            Some(line) => format!("{}:{line}", self.path.display()),
            None if self.from_file => format!("the default; {} does not set it", self.path.display()),
            None => format!("the default; there is no {}", self.path.display()),
        }
    }

    /// The policy as a file that says the same.
    #[must_use]
    pub fn to_toml(&self) -> String {
        format!(
            "[isolation]\nenabled = {} # {}\nminimum = \"{}\" # {}\n",
            self.enabled.value,
            self.place(&self.enabled),
            self.minimum.value.code(),
            self.place(&self.minimum),
        )
    }
}

/// A policy that anybody can rewrite decides nothing.
fn not_for_everyone(path: &Path) -> Result<(), Damage> {
    let damage = |what: String| Damage { path: path.to_path_buf(), line: None, what };
    let meta = std::fs::metadata(path).map_err(|e| {
        damage(match e.kind() {
            std::io::ErrorKind::NotFound => {
                "there is no such policy file; leave out --policy for the defaults".into()
            }
            _ => format!("cannot be read: {e}"),
        })
    })?;
    if meta.permissions().mode() & 0o002 != 0 {
        return Err(damage(format!(
            "every user may write this policy; `chmod o-w {}` first",
            path.display()
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Policy, String> {
        Policy::parse(Path::new("/etc/donjon/policy.toml"), text).map_err(|d| d.to_string())
    }

    #[test]
    fn an_empty_file_leaves_the_defaults() {
        let policy = parse("").expect("empty is fine");
        assert!(policy.enabled.value);
        assert_eq!(policy.minimum.value, Level::L2SecretProcess);
        assert_eq!(policy.place(&policy.minimum), "the default; /etc/donjon/policy.toml does not set it");
    }

    #[test]
    fn settings_know_their_lines() {
        let policy = parse("[isolation]\n\nenabled = false\nminimum = \"l3\"\n").expect("it is right");
        assert_eq!(policy.enabled, Setting { value: false, line: Some(3) });
        assert_eq!(policy.minimum, Setting { value: Level::L3Hypervisor, line: Some(4) });
        assert_eq!(policy.place(&policy.minimum), "/etc/donjon/policy.toml:4");
    }

    #[test]
    fn errors_name_file_line_key_and_choices() {
        assert_eq!(
            parse("[isolation]\nminimum = \"L9\"\n"),
            Err("/etc/donjon/policy.toml:2: isolation.minimum = \"L9\": \
                 \"L9\" is no isolation level; write one of L0, L1, L2, L3, L3+, L4"
                .into())
        );
        assert_eq!(
            parse("[isolation]\n[isolatoin]\n"),
            Err("/etc/donjon/policy.toml:2: unknown key \"isolatoin\" (did you mean \"isolation\"?); \
                 known keys: isolation"
                .into())
        );
        assert_eq!(
            parse("isolation = 3\n"),
            Err("/etc/donjon/policy.toml:1: \"isolation\" must be a table, not 3".into())
        );
    }

    #[test]
    fn what_is_shown_reads_back_the_same() {
        let policy = parse("[isolation]\nenabled = false\nminimum = \"L1\"\n").expect("it is right");
        let again = parse(&policy.to_toml()).expect("its own output is right");
        assert_eq!(again.enabled.value, policy.enabled.value);
        assert_eq!(again.minimum.value, policy.minimum.value);
    }

    #[test]
    fn a_policy_that_everybody_may_write_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("policy.toml");
        std::fs::write(&path, "[isolation]\n").expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).expect("mode");
        let said = Policy::load(Some(&path)).expect_err("too open").to_string();
        assert!(said.contains("every user may write this policy") && said.contains("chmod o-w"), "{said}");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("mode");
        assert!(Policy::load(Some(&path)).is_ok());
    }

    #[test]
    fn a_policy_that_was_chosen_must_exist() {
        let said = Policy::load(Some(Path::new("/nowhere/policy.toml"))).expect_err("absent").to_string();
        assert!(said.starts_with("/nowhere/policy.toml: there is no such policy file"), "{said}");
    }
}
