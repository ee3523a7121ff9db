//! The isolation of vTPMs on this host: what is possible, what is missing, and what a probe proved.
use crate::policy::Policy;
use serde::{Serialize, Serializer};
pub use vsm::Level;
use vsm::Verdict;

/// The highest level that this release can run.
pub const HIGHEST_BUILT: Level = Level::L2SecretProcess;

/// Code and name, for people: `L2 (secret process)`.
#[must_use]
pub fn describe(level: Level) -> String {
    format!("{} ({})", level.code(), level.name())
}

/// Something that a level needs and this host lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The lowest level that needs it.
    #[serde(serialize_with = "code")]
    pub level: Level,
    /// The thing.
    pub what: String,
    /// What was tried and what the system said.
    pub evidence: String,
    /// What to do about it.
    pub cure: String,
}

/// One way by which the probe tried to read the trustlet's pattern from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Avenue {
    /// The way, as in "process_vm_readv".
    pub name: String,
    /// Whether the pattern came out.
    pub read: bool,
    /// What the system answered.
    pub answer: String,
}

/// What the probe found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Probe {
    /// It was not run.
    NotRun {
        /// Why.
        why: String,
    },
    /// Nothing could read the pattern: the level is running.
    Held {
        /// The level of the trustlet that was probed.
        #[serde(serialize_with = "code")]
        level: Level,
        /// What was tried.
        avenues: Vec<Avenue>,
    },
    /// The pattern came out: the level is not running.
    Leaked {
        /// The level of the trustlet that was probed.
        #[serde(serialize_with = "code")]
        level: Level,
        /// What was tried; at least one read it.
        avenues: Vec<Avenue>,
    },
    /// The probe could not be carried out, or found nothing that would prove anything.
    Failed {
        /// The level that was to be probed.
        #[serde(serialize_with = "code")]
        level: Level,
        /// What went wrong.
        error: String,
    },
}

/// The isolation of this host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Isolation {
    /// The highest level that the host has what it takes for.
    #[serde(serialize_with = "code")]
    pub available: Level,
    /// What the levels above lack.
    pub missing: Vec<Missing>,
    /// Layers that the host lacks and that `available` holds without, because others cover them.
    pub reduced: Vec<Missing>,
    /// What was proved.
    pub probe: Probe,
}

impl Isolation {
    /// The level that a probe proved; nothing is running that was not proved.
    #[must_use]
    pub fn running(&self) -> Option<Level> {
        match &self.probe {
            Probe::Held { level, .. } => Some(*level),
            _ => None,
        }
    }
}

/// Measures this host: what it has, and, unless the policy switches the container off, a probe of the highest level
/// that it can start. The probe takes some tens of milliseconds and attacks a trustlet of its own as the calling user.
#[must_use]
pub fn measure(policy: &Policy) -> Isolation {
    let found = vsm::available();
    let level = found.level.min(HIGHEST_BUILT);
    let probe = if !policy.enabled.value {
        Probe::NotRun { why: "the policy switches the container off".into() }
    } else if level < Level::L1Sandbox {
        Probe::NotRun { why: "no level above L0 can be started here".into() }
    } else {
        probe(level)
    };
    let lacks =
        |level: Level, m: vsm::Missing| Missing { level, what: m.what, evidence: m.evidence, cure: m.cure };
    Isolation {
        available: found.level,
        missing: found.missing.into_iter().map(|m| lacks(Level::L2SecretProcess, m)).collect(),
        reduced: found.reduced.into_iter().map(|m| lacks(level, m)).collect(),
        probe,
    }
}

fn probe(level: Level) -> Probe {
    let report = match vsm::probe(level) {
        Ok(report) => report,
        Err(e) => return Probe::Failed { level, error: e.to_string() },
    };
    let exposed = match &report.verdict {
        Verdict::Exposed(names) => names.clone(),
        Verdict::Running | Verdict::Unproven(_) => Vec::new(),
    };
    let avenue = |line: &String| {
        let (name, answer) = line.split_once(": ").unwrap_or((line, ""));
        Avenue { name: name.into(), read: exposed.contains(&name), answer: answer.into() }
    };
    let avenues = report.lines().iter().map(avenue).collect();
    match report.verdict {
        Verdict::Running => Probe::Held { level, avenues },
        Verdict::Exposed(_) => Probe::Leaked { level, avenues },
        Verdict::Unproven(error) => Probe::Failed { level, error },
    }
}

fn code<S: Serializer>(level: &Level, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(level.code())
}
