//! VM names: safe as a file name, in a socket path and on QEMU's command line.
use std::fmt;

/// A valid VM name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(String);

/// The longest name, in bytes: socket paths are short.
pub const MAX: usize = 48;

impl Name {
    /// Letters, digits, `-`, `_` and `.`, beginning with a letter or digit, at most [`MAX`] of them.
    pub fn parse(text: &str) -> Result<Name, String> {
        let rule = format!(
            "a VM name is 1 to {MAX} letters, digits, \"-\", \"_\" or \".\", and begins with a letter or digit"
        );
        let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if begins && text.len() <= MAX && text.chars().all(fine) {
            Ok(Name(text.to_string()))
        } else {
            Err(format!("\"{}\" cannot name a VM: {rule}", text.escape_debug()))
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_leave_the_directory_is_no_name() {
        for bad in ["", ".", "..", "../x", "a/b", "-rf", ".hidden", "a b", "a,b", "ü", "a\n", &"x".repeat(49)]
        {
            let said = Name::parse(bad).expect_err(bad);
            assert!(said.contains("cannot name a VM") && !said.contains('\n'), "{said}");
        }
        for good in ["a", "web-1", "Debian12.5_test", &"x".repeat(48)] {
            assert_eq!(Name::parse(good).expect(good).as_str(), good);
        }
    }
}
