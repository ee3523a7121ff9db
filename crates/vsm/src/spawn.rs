//! Starting a trustlet.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;

use crate::available::{Missing, missing_for};
use crate::channel::{Channel, ChannelError};
use crate::confine::{Failure, Layers};
use crate::exit::Exit;
use crate::inside::{CHANNEL_FD, TRUSTLET_NAME};
use crate::level::Level;
use crate::trustlet::{LastWords, Trustlet, wait_for};
use crate::{process, sys};

/// How long a trustlet may take until it is confined. It takes milliseconds; a machine may be very busy.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// What to start.
pub struct SpawnOptions {
    /// The role, one that the program gave to [`trustlet_main`](crate::trustlet_main).
    pub role: String,
    /// The level. It is had or refused, never lowered; L0 must be asked for like any other.
    pub level: Level,
    /// Given to the role as [`Inside::args`](crate::Inside::args). Anybody may read them: no secrets.
    pub args: Vec<String>,
    /// Handed over to the role, which finds them in [`Inside::fds`](crate::Inside::fds) in this order.
    pub fds: Vec<OwnedFd>,
    /// The program, when it is not the one that is running: for tests, whose own program has no roles.
    pub program: Option<PathBuf>,
}

impl SpawnOptions {
    /// `role` at `level`, without arguments or descriptors.
    pub fn new(role: impl Into<String>, level: Level) -> Self {
        SpawnOptions { role: role.into(), level, args: Vec::new(), fds: Vec::new(), program: None }
    }
}

/// Why there is no trustlet.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// This version cannot start trustlets at that level on any host.
    #[error("isolation level {level} ({}) is not available: this version starts trustlets at L2 (secret process)", level.name())]
    NotImplemented {
        /// The level asked for.
        level: Level,
    },
    /// The host lacks something, or refused it. Nothing weaker was started instead.
    #[error("isolation level {level} ({}) is not available: {}", level.name(), crate::available::sentence(missing))]
    NotAvailable {
        /// The level asked for.
        level: Level,
        /// What is missing, with evidence and cure.
        missing: Vec<Missing>,
    },
    /// The process could not be started.
    #[error("cannot start trustlet \"{role}\": {doing}: {source}")]
    Start {
        /// The role asked for.
        role: String,
        /// What was being done.
        doing: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// The process ended before it was confined.
    #[error("trustlet \"{role}\" did not get ready: it {exit}")]
    Ended {
        /// The role asked for.
        role: String,
        /// How it ended.
        exit: Exit,
    },
    /// The process neither got ready nor ended, or spoke another language.
    #[error(
        "trustlet \"{role}\" did not get ready: {source}; does its program call vsm::trustlet_main first?"
    )]
    NotReady {
        /// The role asked for.
        role: String,
        /// What the channel said.
        source: ChannelError,
    },
}

/// Starts a trustlet, and returns when it is confined as its level says and about to run its role.
///
/// The program is the one that is running, found by `/proc/self/exe`, so that it is the same one even when the
/// file was replaced meanwhile. The trustlet is killed when the process that called ends, or when the handle
/// is dropped.
pub fn spawn(options: &SpawnOptions) -> Result<Trustlet, SpawnError> {
    if !matches!(options.level, Level::L0Plain | Level::L2SecretProcess) {
        return Err(SpawnError::NotImplemented { level: options.level });
    }
    let start = |doing| move |source| SpawnError::Start { role: options.role.clone(), doing, source };
    let (ours, theirs) = sys::socketpair().map_err(start("making its channel"))?;
    let (words, their_words) = sys::pipe().map_err(start("making a pipe for its last words"))?;
    let command = command(options, theirs, their_words).map_err(start("duplicating its descriptors"))?;
    let child = on_spawner_thread(command).map_err(start("executing this program again"))?;
    let starting = Starting {
        options,
        child,
        sibling: None,
        channel: Channel::new(ours),
        words: LastWords(words.into()),
    };
    starting.until_ready()
}

fn command(options: &SpawnOptions, channel: OwnedFd, words: OwnedFd) -> io::Result<Command> {
    let program = options.program.clone().unwrap_or_else(|| PathBuf::from("/proc/self/exe"));
    let mut command = Command::new(program);
    command
        .arg0(TRUSTLET_NAME)
        .arg(&options.role)
        .arg(options.level.code())
        .arg(options.fds.len().to_string());
    command.args(&options.args);
    // Nothing of the environment: it may hold secrets, and change how libraries behave.
    command.env_clear();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::from(words));
    let mut fds = vec![(channel, CHANNEL_FD)];
    for (target, fd) in (CHANNEL_FD + 1..).zip(&options.fds) {
        fds.push((fd.try_clone()?, target));
    }
    process::pass_fds(&mut command, fds);
    Ok(command)
}

/// A process that has been started and has not yet said that it is ready.
struct Starting<'a> {
    options: &'a SpawnOptions,
    /// What was executed. At L2 it makes the trustlet, its sibling, and ends; at L0 it is the trustlet.
    child: (libc::pid_t, OwnedFd),
    sibling: Option<(libc::pid_t, OwnedFd)>,
    channel: Channel,
    words: LastWords,
}

/// How long something that ought to end by itself may take before it is killed.
const PATIENCE: Duration = Duration::from_secs(2);

impl Starting<'_> {
    fn until_ready(mut self) -> Result<Trustlet, SpawnError> {
        let mut frame = Vec::new();
        loop {
            match self.channel.recv_timeout(&mut frame, READY_WITHIN) {
                Ok(true) => {}
                Ok(false) => return Err(self.ended()),
                Err(e) if e.is_closed() => return Err(self.ended()),
                Err(e) => return Err(self.not_ready(e)),
            }
            let text = String::from_utf8_lossy(&frame);
            match text.split_at_checked(1) {
                Some(("P", pid)) => match pid.parse() {
                    Ok(pid) if pid == self.child.0 => {}
                    Ok(pid) => self.identify(pid)?,
                    Err(_) => return Err(self.not_ready(ChannelError::CutShort)),
                },
                Some(("R", layers)) => return self.ready(Layers::decode(layers)),
                Some(("E", text)) => {
                    let failure = Failure::decode(text);
                    self.end(PATIENCE);
                    let Some(failure) = failure else { return Err(self.not_ready(ChannelError::CutShort)) };
                    let missing = vec![missing_for(&failure)];
                    return Err(SpawnError::NotAvailable { level: self.options.level, missing });
                }
                _ => return Err(self.not_ready(ChannelError::CutShort)),
            }
        }
    }

    /// The process that will be the trustlet. It is our child and not yet waited for, so that its number
    /// cannot stand for another.
    fn identify(&mut self, pid: libc::pid_t) -> Result<(), SpawnError> {
        match sys::pidfd_open(pid) {
            Ok(pidfd) => {
                self.sibling = Some((pid, pidfd));
                Ok(())
            }
            Err(source) => {
                self.end(Duration::ZERO);
                let role = self.options.role.clone();
                Err(SpawnError::Start { role, doing: "opening a descriptor of its process", source })
            }
        }
    }

    fn ready(mut self, layers: Vec<(String, String)>) -> Result<Trustlet, SpawnError> {
        let options = self.options;
        let (pid, pidfd) = match (options.level, self.sibling.take()) {
            (_, Some(sibling)) => {
                // What was executed ended when it had told us the number of its sibling; collect it.
                finish(&self.child.1, PATIENCE);
                sibling
            }
            (Level::L0Plain, None) => self.child,
            (_, None) => return Err(self.not_ready(ChannelError::CutShort)),
        };
        Ok(Trustlet {
            role: options.role.clone(),
            level: options.level,
            pid,
            pidfd,
            channel: self.channel,
            words: self.words,
            layers,
            exit: None,
        })
    }

    fn not_ready(mut self, source: ChannelError) -> SpawnError {
        self.end(Duration::ZERO);
        SpawnError::NotReady { role: self.options.role.clone(), source }
    }

    fn ended(mut self) -> SpawnError {
        let exit = self.end(PATIENCE);
        SpawnError::Ended { role: self.options.role.clone(), exit }
    }

    /// Ends and collects whatever was started, after `patience`; says how the trustlet, or what was to become
    /// it, ended.
    fn end(&mut self, patience: Duration) -> Exit {
        let executed = finish(&self.child.1, patience);
        let sibling = self.sibling.take().map(|(_, pidfd)| finish(&pidfd, patience));
        let (code, signal) = sibling.unwrap_or(executed);
        Exit { code, signal, last_words: self.words.read() }
    }
}

/// Lets a child end by itself for `patience`, kills it then, and collects it.
fn finish(pidfd: &OwnedFd, patience: Duration) -> (Option<i32>, Option<i32>) {
    let pidfd = pidfd.as_fd();
    if !matches!(sys::wait_readable(pidfd, Some(patience)), Ok(true)) {
        // It may have ended meanwhile, which is as good.
        let _ = sys::pidfd_send_signal(pidfd, libc::SIGKILL);
    }
    wait_for(pidfd, 0).ok().flatten().unwrap_or((None, None))
}

/// Runs `command` on a thread that lives as long as this process.
///
/// To the kernel a process's parent is the *thread* that forked it, and a trustlet is killed when its parent
/// ends: started from a caller's thread, it would die with that thread.
fn on_spawner_thread(command: Command) -> io::Result<(libc::pid_t, OwnedFd)> {
    type Job = (Command, mpsc::Sender<io::Result<(libc::pid_t, OwnedFd)>>);
    /// The thread, and the process that it is a thread of: a fork does not carry it over.
    static SPAWNER: Mutex<Option<(u32, mpsc::Sender<Job>)>> = Mutex::new(None);

    let gone = |_| io::Error::other("the spawner thread ended");
    let mut spawner = SPAWNER.lock().unwrap_or_else(PoisonError::into_inner);
    let jobs = match &*spawner {
        Some((pid, jobs)) if *pid == std::process::id() => jobs.clone(),
        _ => {
            let (jobs, queue) = mpsc::channel::<Job>();
            std::thread::Builder::new().name("vsm-spawner".to_owned()).spawn(move || {
                for (mut command, reply) in queue {
                    let child = command.spawn().and_then(|child| {
                        let pid = child.id() as libc::pid_t;
                        Ok((pid, sys::pidfd_open(pid)?))
                    });
                    // The caller's end of the channel to the child is in `command`: close it first.
                    drop(command);
                    let _ = reply.send(child);
                }
            })?;
            *spawner = Some((std::process::id(), jobs.clone()));
            jobs
        }
    };
    drop(spawner);
    let (reply, answer) = mpsc::channel();
    jobs.send((command, reply)).map_err(|_| io::Error::other("the spawner thread ended"))?;
    answer.recv().map_err(gone)?
}
