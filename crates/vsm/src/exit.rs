//! How a trustlet ended, in words.

use std::fmt;

/// How a trustlet ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// The exit code, when it ended by itself.
    pub code: Option<i32>,
    /// The signal, when it was killed.
    pub signal: Option<i32>,
    /// What it wrote to its standard error before, at most 4 KiB. Never holds a secret.
    pub last_words: String,
}

impl Exit {
    /// True when the trustlet's role returned.
    pub fn is_success(&self) -> bool {
        self.code == Some(0)
    }

    /// True when the kernel ended it for a system call that is not on its list.
    pub fn is_forbidden_call(&self) -> bool {
        self.signal == Some(libc::SIGSYS) && !self.is_out_of_memory()
    }

    /// True when it ended because its secret arena was full.
    ///
    /// Rust's runtime says so on standard error and then aborts, which itself takes calls that are not on
    /// the list: so the signal may be SIGSYS.
    pub fn is_out_of_memory(&self) -> bool {
        self.signal.is_some() && self.last_words.starts_with("memory allocation of ")
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_out_of_memory() {
            write!(f, "ran out of its secret memory")?;
        } else {
            match (self.code, self.signal) {
                (Some(0), _) => write!(f, "ended normally")?,
                (Some(code), _) => write!(f, "ended with code {code}")?,
                (None, Some(libc::SIGSYS)) => {
                    write!(f, "was killed by SIGSYS: it made a system call that is not on its list")?
                }
                (None, Some(libc::SIGKILL)) => write!(f, "was killed by SIGKILL")?,
                (None, Some(libc::SIGSEGV)) => write!(
                    f,
                    "was killed by SIGSEGV: it touched memory that is not its own, or overran its stack"
                )?,
                (None, Some(libc::SIGBUS)) => {
                    write!(f, "was killed by SIGBUS: the host had no memory for its arena")?
                }
                (None, Some(libc::SIGILL)) => write!(f, "was killed by SIGILL: an illegal instruction")?,
                (None, Some(libc::SIGABRT)) => write!(f, "was killed by SIGABRT: it aborted")?,
                (None, Some(signal)) => write!(f, "was killed by signal {signal}")?,
                (None, None) => write!(f, "is gone, and somebody else took its exit status")?,
            }
        }
        if self.last_words.is_empty() { Ok(()) } else { write!(f, "; its last words: {}", self.last_words) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(code: Option<i32>, signal: Option<i32>, words: &str) -> Exit {
        Exit { code, signal, last_words: words.to_owned() }
    }

    #[test]
    fn every_end_has_its_words() {
        assert_eq!(exit(Some(0), None, "").to_string(), "ended normally");
        let panicked = exit(Some(101), None, "panicked at a.rs:1:2");
        assert_eq!(panicked.to_string(), "ended with code 101; its last words: panicked at a.rs:1:2");
        let forbidden = exit(None, Some(libc::SIGSYS), "");
        assert!(forbidden.is_forbidden_call() && forbidden.to_string().contains("not on its list"));
        let full = exit(None, Some(libc::SIGSYS), "memory allocation of 9 bytes failed");
        assert!(full.is_out_of_memory() && !full.is_forbidden_call());
        assert!(full.to_string().starts_with("ran out of its secret memory"));
        assert!(exit(None, Some(libc::SIGKILL), "").to_string().contains("SIGKILL"));
        assert!(exit(None, None, "").to_string().contains("somebody else"));
    }
}
