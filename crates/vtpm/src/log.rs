//! The log of a keeper: lines for people, on standard error or in a file. No line has a secret in
//! it: what a TPM is asked and answers is never logged.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Where lines go. Clones write to the same place.
#[derive(Debug, Clone)]
pub struct Log {
    sink: Sink,
    prefix: String,
}

#[derive(Debug, Clone)]
enum Sink {
    Stderr,
    File(Arc<File>),
    Nowhere,
}

impl Log {
    /// Lines on standard error.
    #[must_use]
    pub fn stderr(prefix: &str) -> Log {
        Log { sink: Sink::Stderr, prefix: prefix.to_owned() }
    }

    /// Lines at the end of a file, with the time in front.
    #[must_use]
    pub fn file(file: File, prefix: &str) -> Log {
        Log { sink: Sink::File(Arc::new(file)), prefix: prefix.to_owned() }
    }

    /// Opens a file for lines at its end. A symbolic link is refused: whoever could put one there would have the log
    /// written where it points (CVE-2020-28407).
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path, truncate: bool) -> io::Result<File> {
        let mut options = File::options();
        options.append(true).create(true).mode(0o640);
        options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
        let file = options.open(path)?;
        if truncate {
            file.set_len(0)?;
        }
        Ok(file)
    }

    /// No lines.
    #[must_use]
    pub fn nowhere() -> Log {
        Log { sink: Sink::Nowhere, prefix: String::new() }
    }

    /// Writes one line. A log that cannot be written must not stop a TPM: errors are dropped.
    pub fn line(&self, text: &str) {
        let text = text.replace(['\n', '\r'], " ");
        let _ = match &self.sink {
            Sink::Stderr => writeln!(std::io::stderr(), "{}{text}", self.prefix),
            // One write, so that lines of several processes do not mix.
            Sink::File(file) => {
                let line = format!("{} {}{text}\n", timestamp(), self.prefix);
                (&**file).write_all(line.as_bytes())
            }
            Sink::Nowhere => Ok(()),
        };
    }
}

/// Seconds since the epoch, with milliseconds: the form that `date -d @` reads.
fn timestamp() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{}.{:03}", now.as_secs(), now.subsec_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_is_a_link_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let (target, link) = (dir.path().join("target"), dir.path().join("log"));
        std::fs::write(&target, "precious").expect("a file");
        std::os::unix::fs::symlink(&target, &link).expect("a link");
        for truncate in [false, true] {
            let refused = Log::open(&link, truncate).expect_err("a link");
            assert_eq!(refused.raw_os_error(), Some(rustix::io::Errno::LOOP.raw_os_error()));
        }
        assert_eq!(std::fs::read(&target).expect("the file"), b"precious");
        let log = Log::file(Log::open(&target, false).expect("a file"), "");
        log.line("more");
        assert!(std::fs::read_to_string(&target).expect("the file").starts_with("precious"));
        Log::open(&target, true).expect("a file");
        assert!(std::fs::read(&target).expect("the file").is_empty());
    }
}
