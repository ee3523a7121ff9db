//! The isolation levels, from none to a confidential VM. A level is a claim that names its attackers.

use std::fmt;
use std::str::FromStr;

/// How strongly a trustlet is held apart from the rest of the machine, weakest first.
///
/// Only [`Level::L0Plain`] and [`Level::L2SecretProcess`] can be started by this version; the others are
/// named so that a policy can demand them and be refused with a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// An ordinary process. For tests, and as the control that shows that the attacks work.
    L0Plain,
    /// A sandboxed process whose memory is ordinary memory.
    L1Sandbox,
    /// A sandboxed process whose heap and stack are secret memory.
    L2SecretProcess,
    /// A guest of the hypervisor without an operating system.
    L3Hypervisor,
    /// L3 on a host with Yama 3 and lockdown=confidentiality observed at run time.
    L3Plus,
    /// A confidential VM with a verified attestation report.
    L4ConfidentialVm,
}

impl Level {
    /// Every level, weakest first.
    pub const ALL: [Level; 6] = [
        Level::L0Plain,
        Level::L1Sandbox,
        Level::L2SecretProcess,
        Level::L3Hypervisor,
        Level::L3Plus,
        Level::L4ConfidentialVm,
    ];

    /// The short form that policies and reports use: `"L2"`.
    pub const fn code(self) -> &'static str {
        match self {
            Level::L0Plain => "L0",
            Level::L1Sandbox => "L1",
            Level::L2SecretProcess => "L2",
            Level::L3Hypervisor => "L3",
            Level::L3Plus => "L3+",
            Level::L4ConfidentialVm => "L4",
        }
    }

    /// The name in words: `"secret process"`.
    pub const fn name(self) -> &'static str {
        match self {
            Level::L0Plain => "plain process",
            Level::L1Sandbox => "sandbox",
            Level::L2SecretProcess => "secret process",
            Level::L3Hypervisor => "hypervisor",
            Level::L3Plus => "hypervisor on a locked-down host",
            Level::L4ConfidentialVm => "confidential VM",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// The text is no level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no isolation level; write one of L0, L1, L2, L3, L3+, L4")]
pub struct UnknownLevel(pub String);

impl FromStr for Level {
    type Err = UnknownLevel;

    /// Reads the short form, in either case: `"L2"`, `"l2"`.
    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        Level::ALL
            .into_iter()
            .find(|level| level.code().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownLevel(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered_and_read_back() {
        assert!(Level::ALL.windows(2).all(|pair| pair[0] < pair[1]));
        for level in Level::ALL {
            assert_eq!(level.to_string().parse(), Ok(level));
            assert_eq!(level.to_string().to_lowercase().parse(), Ok(level));
        }
        assert_eq!(Level::L2SecretProcess.to_string(), "L2");
        assert_eq!(Level::L2SecretProcess.name(), "secret process");
    }

    #[test]
    fn nonsense_is_no_level() {
        for text in ["", "2", "L", "L5", "L2 ", "secret process"] {
            assert_eq!(text.parse::<Level>(), Err(UnknownLevel(text.to_owned())));
        }
    }
}
