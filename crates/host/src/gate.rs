//! The gate: no VM with a vTPM starts below the isolation level that the policy requires.
use crate::isolation::{HIGHEST_BUILT, Isolation, Level, Missing, Probe, describe};
use crate::policy::Policy;
use std::fmt;

/// What Hyper-V says in the same case, letter for letter.
pub const WINDOWS_SENTENCE: &str = "The virtual machine can't start because virtualization-based security is not \
     running on the host.  Virtualization-based security is required for one of the VM's devices.";

/// One thing that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// What is missing.
    pub what: String,
    /// What was seen that says so.
    pub evidence: String,
    /// What to do about it.
    pub cure: String,
}

/// Why the start was refused. `Display` begins with the Windows sentence and is several lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What the policy requires.
    pub required: Level,
    /// What was proved to run.
    pub running: Option<Level>,
    /// At least one.
    pub causes: Vec<Cause>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{WINDOWS_SENTENCE}")?;
        let running = self.running.map_or_else(|| "none".to_string(), describe);
        write!(f, "Isolation level required: {}; running: {running}.", describe(self.required))?;
        for cause in &self.causes {
            write!(
                f,
                "\nMissing: {}\n  Evidence:   {}\n  What to do: {}",
                cause.what, cause.evidence, cause.cure
            )?;
        }
        Ok(())
    }
}

/// Lets a VM with a vTPM start at the level returned, or says what stands in the way.
pub fn decide(policy: &Policy, isolation: &Isolation) -> Result<Level, Refusal> {
    let required = policy.minimum.value;
    let running = isolation.running();
    let refuse = |causes| Err(Refusal { required, running, causes });
    if !policy.enabled.value {
        return refuse(vec![switched_off(policy)]);
    }
    match running {
        Some(level) if level >= required => return Ok(level),
        // Nothing is asked of the container, so nothing need be proved.
        _ if required == Level::L0Plain => return Ok(Level::L0Plain),
        _ => {}
    }
    if required > HIGHEST_BUILT {
        return refuse(vec![not_built(policy)]);
    }
    let mut causes: Vec<Cause> =
        isolation.missing.iter().filter(|m| m.level <= required).map(lacking).collect();
    causes.extend(unproved(policy, isolation));
    refuse(causes)
}

fn switched_off(policy: &Policy) -> Cause {
    let place = policy.place(&policy.enabled);
    Cause {
        what: "the isolation container, which the policy switched off".into(),
        evidence: format!("isolation.enabled = false ({place})"),
        cure: format!("set isolation.enabled = true at {place}, or delete the line: true is the default"),
    }
}

fn not_built(policy: &Policy) -> Cause {
    let (place, highest) = (policy.place(&policy.minimum), HIGHEST_BUILT);
    Cause {
        what: format!(
            "isolation level {}, which is not available in this release",
            describe(policy.minimum.value)
        ),
        evidence: format!(
            "isolation.minimum = \"{}\" ({place}); this release has levels up to {}",
            policy.minimum.value.code(),
            describe(highest)
        ),
        cure: format!("set isolation.minimum = \"{}\" at {place}, if that protects enough", highest.code()),
    }
}

fn lacking(missing: &Missing) -> Cause {
    Cause { what: missing.what.clone(), evidence: missing.evidence.clone(), cure: missing.cure.clone() }
}

/// What the probe has to say about a level that is not running.
fn unproved(policy: &Policy, isolation: &Isolation) -> Option<Cause> {
    let required = policy.minimum.value;
    match &isolation.probe {
        Probe::Leaked { level, avenues } => {
            let open: Vec<&str> = avenues.iter().filter(|a| a.read).map(|a| a.name.as_str()).collect();
            let said: Vec<String> =
                avenues.iter().filter(|a| a.read).map(|a| format!("{}: {}", a.name, a.answer)).collect();
            Some(Cause {
                what: format!(
                    "isolation that holds: a probe at level {level} read a trustlet's memory from outside"
                ),
                evidence: format!("the probe's pattern came out by {}", said.join("; ")),
                cure: format!(
                    "close {}: see `donjon status --explain`; if a debugging or security tool hooks the kernel, \
                     stop it; then start the VM again",
                    open.join(" and ")
                ),
            })
        }
        Probe::Failed { level, error } => Some(Cause {
            what: format!("a probe of level {level}: it could not be carried out, so nothing is proved"),
            evidence: error.clone(),
            cure: "remove the cause named above and start the VM again; `donjon status` repeats the probe"
                .into(),
        }),
        // Held below what is required: what is missing has been said, unless the measuring forgot to.
        Probe::Held { level, .. } if !isolation.missing.iter().any(|m| m.level <= required) => Some(Cause {
            what: format!("isolation level {required}"),
            evidence: format!("the probe proved level {level} only"),
            cure: format!(
                "set isolation.minimum = \"{}\" ({}), if that protects enough",
                level.code(),
                policy.place(&policy.minimum)
            ),
        }),
        Probe::NotRun { why } if !isolation.missing.iter().any(|m| m.level <= required) => Some(Cause {
            what: format!("a proof that isolation level {required} is running"),
            evidence: format!("the probe was not run: {why}"),
            cure: "see `donjon status --explain`".into(),
        }),
        Probe::Held { .. } | Probe::NotRun { .. } => None,
    }
}

#[cfg(test)]
mod tests;
