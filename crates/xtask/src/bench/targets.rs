//! What is measured: TPMs in processes of their own, driven as QEMU drives them, and the engine in this one.
use super::Error;
use super::caller::{Caller, Transport};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use std::io::{IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tpm2_engine::{Config, EntropyError, Platform, Tpm};
use tpm2_wire::{Startup, TpmSu, to_vec};

/// The longest that a program may take to listen.
const PATIENCE: Duration = Duration::from_secs(10);
/// `CMD_INIT` and `CMD_SET_DATAFD` of the control channel.
const INIT: u32 = 2;
const SET_DATAFD: u32 = 16;

/// Builds this project's program, optimized; its path.
pub(super) fn build() -> Result<PathBuf, Error> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--locked", "--quiet", "--package", "donjon"])
        .status()
        .map_err(Error::io("running cargo"))?;
    if !status.success() {
        return Err(Error::Failed("donjon does not build".into()));
    }
    let this = std::env::current_exe().map_err(Error::io("finding this program"))?;
    Ok(this.with_file_name("donjon"))
}

/// A new TPM in a process of its own that takes swtpm's command line, with its state on disk, powered and started.
pub(super) fn socket(name: &str, program: &Path) -> Result<Caller, Error> {
    let home = tempfile::tempdir().map_err(Error::io("making a directory"))?;
    let (state, control) = (home.path().join("state"), home.path().join("ctrl"));
    std::fs::create_dir(&state).map_err(Error::io("making a directory"))?;
    // Ours answers to swtpm's command line by swtpm's name.
    let called = home.path().join("swtpm");
    let program = find(program)?;
    std::os::unix::fs::symlink(&program, &called).map_err(Error::io("making a link"))?;
    let child = Command::new(&called)
        .args(["socket", "--tpm2", "--tpmstate"])
        .arg(format!("dir={}", state.display()))
        .arg("--ctrl")
        .arg(format!("type=unixio,path={}", control.display()))
        .env("DONJON_GUARDIAN_KEY", home.path().join("guardian.key"))
        .stdout(Stdio::null())
        .spawn()
        .map_err(Error::io(format!("starting {}", program.display())))?;
    let mut process = Process { child, _home: home };
    let began = Instant::now();
    let control = loop {
        match UnixStream::connect(&control) {
            Ok(control) => break control,
            Err(e) if began.elapsed() > PATIENCE => return Err(Error::io(format!("waiting for {name}"))(e)),
            Err(_) => std::thread::sleep(Duration::from_millis(1)),
        }
        if let Ok(Some(status)) = process.child.try_wait() {
            return Err(Error::Failed(format!("{} ended: {status}", program.display())));
        }
    };
    let (data, theirs) = UnixStream::pair().map_err(Error::io("making a socket pair"))?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let descriptors = [theirs.as_fd()];
    ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
    let message = SET_DATAFD.to_be_bytes();
    sendmsg(&control, &[IoSlice::new(&message)], &mut ancillary, SendFlags::empty())
        .map_err(|e| Error::io("handing over the data channel")(e.into()))?;
    drop(theirs);
    let mut socket = Socket { data, control, _process: process };
    socket.answer("SET_DATAFD")?;
    socket.control.write_all(&[INIT.to_be_bytes(), [0; 4]].concat()).map_err(Error::io("INIT"))?;
    socket.answer("INIT")?;
    started(Box::new(socket))
}

/// The program of this name in PATH, or at this path.
fn find(program: &Path) -> Result<PathBuf, Error> {
    let missing = || Error::Failed(format!("{} is not there: apt-get install swtpm", program.display()));
    if program.components().count() > 1 {
        return program.canonicalize().map_err(|_| missing());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|path| path.is_file()).ok_or_else(missing)
}

fn started(transport: Box<dyn Transport>) -> Result<Caller, Error> {
    let mut caller = Caller::new(transport);
    caller.call::<Startup>(&[], &to_vec(&TpmSu::Clear))?;
    Ok(caller)
}

/// Killed when dropped.
struct Process {
    child: Child,
    _home: tempfile::TempDir,
}
impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Socket {
    data: UnixStream,
    control: UnixStream,
    _process: Process,
}
impl Socket {
    /// The result of a control command.
    fn answer(&mut self, command: &str) -> Result<(), Error> {
        let mut result = [0; 4];
        self.control.read_exact(&mut result).map_err(Error::io(command))?;
        match u32::from_be_bytes(result) {
            0 => Ok(()),
            rc => Err(Error::Failed(format!("{command} answered {rc:#x}"))),
        }
    }
}
impl Transport for Socket {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        self.data.write_all(command).map_err(Error::io("sending a command"))?;
        let mut response = vec![0; 16 * 1024];
        let mut got = 0;
        loop {
            let room = response.get_mut(got..).unwrap_or_default();
            match self.data.read(room).map_err(Error::io("receiving a response"))? {
                0 => return Err(Error::Failed("the TPM closed its data channel".into())),
                n => got += n,
            }
            let size = response.get(2..6).and_then(|b| b.try_into().ok()).map_or(0, u32::from_be_bytes);
            if got >= 10 && got >= size as usize {
                response.truncate(got);
                return Ok(response);
            }
        }
    }
}

/// The engine in this process, without a store.
pub(super) fn in_process() -> Result<Caller, Error> {
    let mut platform = Here { began: Instant::now() };
    let no_entropy = |_: EntropyError| Error::Failed("the kernel gives no entropy".into());
    let mut tpm =
        Tpm::manufacture(&tpm2_crypto::RUST, &Config::default(), &mut platform).map_err(no_entropy)?;
    tpm.power_on(&mut platform);
    started(Box::new(InProcess { tpm, platform }))
}

struct Here {
    began: Instant,
}
impl Platform for Here {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        rustix::rand::getrandom(out, rustix::rand::GetRandomFlags::empty())
            .map(drop)
            .map_err(|_| EntropyError)
    }
    fn now_ms(&mut self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }
}

struct InProcess {
    tpm: Tpm,
    platform: Here,
}
impl Transport for InProcess {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.tpm.execute(&mut self.platform, 0, command).response)
    }
}
