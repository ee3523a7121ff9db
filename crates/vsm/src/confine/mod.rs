//! How a process becomes a trustlet: the steps of confinement, in the one order that works.
//!
//! The order is an argument (`docs/adr/0003-secret-process.md`): the program is executed *before* it enters
//! a user namespace, is undumpable before a secret can exist, gets its arena before the limits that would
//! forbid it, and gives up the system calls last. Every step but the few named in [`Layers`] must succeed,
//! or there is no trustlet.

mod identity;
mod limits;
mod namespaces;
mod network_and_files;
pub(crate) mod seccomp;

pub(crate) use namespaces::{in_child, try_empty_root, try_namespaces};
pub(crate) use network_and_files::abi as landlock_abi;

use std::fmt::Write as _;
use std::io;
use std::os::fd::AsFd;

use crate::arena::{Arena, ArenaError};
use crate::channel::Channel;
use crate::sys;

/// A step of confinement that did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Namespaces,
    EmptyRoot,
    SecretMemory,
    Privileges,
    Limits,
    Seccomp,
    Tracer,
}

impl Step {
    pub(crate) const ALL: [Step; 7] = [
        Step::Namespaces,
        Step::EmptyRoot,
        Step::SecretMemory,
        Step::Privileges,
        Step::Limits,
        Step::Seccomp,
        Step::Tracer,
    ];

    /// What the step is about, in words for a person.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Step::Namespaces => "namespaces of its own",
            Step::EmptyRoot => "an empty file system",
            Step::SecretMemory => "secret memory",
            Step::Privileges => "giving up privileges",
            Step::Limits => "resource limits",
            Step::Seccomp => "a list of system calls",
            Step::Tracer => "not being traced",
        }
    }
}

/// Where confinement stopped: the step, the call and its error number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) step: Step,
    pub(crate) call: String,
    pub(crate) errno: i32,
}

impl Failure {
    pub(crate) fn new(step: Step, call: &str, error: &io::Error) -> Self {
        Failure { step, call: call.to_owned(), errno: sys::errno(error) }
    }

    /// One line for the channel: step, error number, call.
    pub(crate) fn encode(&self) -> String {
        format!("{}\t{}\t{}", self.step.name(), self.errno, self.call)
    }

    pub(crate) fn decode(line: &str) -> Option<Self> {
        let mut fields = line.splitn(3, '\t');
        let (step, errno, call) = (fields.next()?, fields.next()?, fields.next()?);
        let step = Step::ALL.into_iter().find(|s| s.name() == step)?;
        Some(Failure { step, call: call.to_owned(), errno: errno.parse().ok()? })
    }
}

impl From<ArenaError> for Failure {
    fn from(e: ArenaError) -> Self {
        Failure::new(Step::SecretMemory, e.call, &e.error)
    }
}

/// For `map_err`: names the step and the call that an `io::Error` came from.
pub(crate) fn at(step: Step, call: &'static str) -> impl Fn(io::Error) -> Failure {
    move |e| Failure::new(step, call, &e)
}

/// What the trustlet found out about its own confinement: layers that a kernel may lack without the level
/// failing, and facts for a report.
#[derive(Default)]
pub(crate) struct Layers(Vec<(&'static str, String)>);

impl Layers {
    fn add(&mut self, layer: &'static str, state: impl Into<String>) {
        self.0.push((layer, state.into()));
    }

    /// `layer=state` lines.
    pub(crate) fn encode(&self) -> String {
        let mut text = String::new();
        for (layer, state) in &self.0 {
            let _ = writeln!(text, "{layer}={state}");
        }
        text
    }

    pub(crate) fn decode(text: &str) -> Vec<(String, String)> {
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        pairs.map(|(layer, state)| (layer.to_owned(), state.to_owned())).collect()
    }
}

/// The first half: everything before the fork that makes the process the first of its process namespace.
/// Returns in the new process only; the calling one tells the host (over `channel`) who it is, and ends.
pub(crate) fn leave(channel: &Channel, highest_fd: i32) -> Result<(), Failure> {
    limits::close_above(highest_fd)?;
    if let Some(ids) = namespaces::unshare_all()? {
        namespaces::map_ids(ids)?;
    }
    // From here on /proc/self belongs to root: the maps had to be written before.
    limits::undumpable()?;
    let (told_host, tell) = sys::pipe().map_err(at(Step::Limits, "pipe"))?;
    match namespaces::fork_as_sibling()? {
        None => {
            // Not before the host knows our number, or it would hear the role first.
            drop(tell);
            sys::wait_readable(told_host.as_fd(), None).map(drop).map_err(at(Step::Limits, "poll"))
        }
        Some(pid) => {
            let told = channel.send(format!("P{pid}").as_bytes());
            sys::exit_now(told.is_err().into())
        }
    }
}

/// The second half, up to the point where only the system calls are still to be given up.
pub(crate) fn settle(highest_fd: i32, layers: &mut Layers) -> Result<Arena, Failure> {
    let host_pid = limits::untraced()?;
    namespaces::own_session();
    namespaces::empty_root()?;
    limits::no_new_privileges()?;
    network_and_files::landlock(layers);
    limits::memory_policy(layers);
    // After the file system is gone, before the limits and the loss of privileges that would forbid it.
    let arena = Arena::map()?;
    identity::drop_privileges(host_pid, layers)?;
    // Changing the user id resets both.
    limits::undumpable()?;
    limits::die_with_host()?;
    limits::resources(highest_fd)?;
    limits::default_signals();
    limits::settle_c_allocator();
    Ok(arena)
}

/// The last step, by the thread that will run the role: no new threads, then only the listed system calls.
pub(crate) fn seal(hands_over_fds: bool) -> Result<(), Failure> {
    limits::no_more_threads()?;
    seccomp::apply(hands_over_fds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_and_the_layers_read_back() {
        for step in Step::ALL {
            let failure = Failure { step, call: "some call".to_owned(), errno: libc::ENOSYS };
            assert_eq!(Failure::decode(&failure.encode()), Some(failure));
        }
        assert_eq!(Failure::decode("nonsense\t1\tx"), None);
        assert_eq!(Failure::decode(""), None);
        let mut layers = Layers::default();
        layers.add("landlock", "ABI 7");
        assert_eq!(Layers::decode(&layers.encode()), [("landlock".to_owned(), "ABI 7".to_owned())]);
    }
}
