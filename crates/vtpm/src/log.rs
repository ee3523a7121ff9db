//! The log of a keeper: lines for people, on standard error or in a file. No line has a secret in
//! it: what a TPM is asked and answers is never logged.

use std::fs::File;
use std::io::Write as _;
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
