//! One line for the person who waits: shown only when something takes longer than a second.
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Nothing is shown before this.
pub const QUIET: Duration = Duration::from_secs(1);

/// A line on standard error, rewritten in place on a terminal.
pub struct Progress {
    begun: Instant,
    terminal: bool,
    shown: Option<String>,
}

impl Default for Progress {
    fn default() -> Self {
        Progress::new()
    }
}

impl Progress {
    /// Starts the clock.
    #[must_use]
    pub fn new() -> Progress {
        Progress { begun: Instant::now(), terminal: std::io::stderr().is_terminal(), shown: None }
    }

    /// Tells what is being waited for; call it again and again. On a terminal the seconds go on, elsewhere each text
    /// is printed once.
    pub fn tell(&mut self, what: &str) {
        let waited = self.begun.elapsed();
        if waited < QUIET {
            return;
        }
        let mut err = std::io::stderr();
        if self.terminal {
            let _ = write!(err, "\r\x1b[K{what} ({} s)", waited.as_secs());
            let _ = err.flush();
            self.shown = Some(what.to_string());
        } else if self.shown.as_deref() != Some(what) {
            let _ = writeln!(err, "{what}");
            self.shown = Some(what.to_string());
        }
    }

    /// Clears the line.
    pub fn done(&mut self) {
        if self.terminal && self.shown.take().is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.done();
    }
}
