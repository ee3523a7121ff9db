//! The installed swtpm, driven as QEMU does: power and state over its control channel, commands over its data channel.
use super::{Secrets, Snapshot, Target};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::Duration;

/// Requests of the control channel.
mod request {
    pub(super) const INIT: u32 = 2;
    pub(super) const SET_LOCALITY: u32 = 5;
    pub(super) const HASH_START: u32 = 6;
    pub(super) const HASH_DATA: u32 = 7;
    pub(super) const HASH_END: u32 = 8;
    pub(super) const GET_STATEBLOB: u32 = 0xC;
    pub(super) const SET_STATEBLOB: u32 = 0xD;
    pub(super) const STOP: u32 = 0xE;
}
/// Kinds of state.
const PERMANENT: u32 = 1;
const VOLATILE: u32 = 2;
/// No command takes as long.
const PATIENCE: Duration = Duration::from_secs(60);
/// swtpm 0.7.1 leaks a descriptor with each INIT: after so many another process takes over.
const INITS: u32 = 800;
/// Bytes of a seed or proof.
const SECRET: usize = 64;

/// swtpm. It ends, and its state is gone, when this is dropped.
pub struct Swtpm {
    child: Child,
    control: UnixStream,
    data: UnixStream,
    inits: u32,
    _dir: tempfile::TempDir,
}

impl Drop for Swtpm {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Swtpm {
    /// A new TPM, powered.
    pub fn start() -> io::Result<Swtpm> {
        let dir = tempfile::tempdir()?;
        let path = |name: &str| dir.path().join(name);
        let child = Command::new("swtpm")
            .args(["socket", "--tpm2", "--tpmstate"])
            .arg(format!("dir={}", dir.path().display()))
            .arg("--ctrl")
            .arg(format!("type=unixio,path={}", path("ctrl").display()))
            .arg("--server")
            .arg(format!("type=unixio,path={}", path("data").display()))
            .spawn()
            .map_err(|e| io::Error::other(format!("swtpm cannot be started ({e}): apt-get install swtpm")))?;
        let connect = |name: &str| -> io::Result<UnixStream> {
            let mut tries = 0;
            loop {
                match UnixStream::connect(path(name)) {
                    Ok(stream) => {
                        stream.set_read_timeout(Some(PATIENCE))?;
                        return Ok(stream);
                    }
                    Err(e) if tries == 500 => return Err(e),
                    Err(_) => sleep(Duration::from_millis(10)),
                }
                tries += 1;
            }
        };
        let (control, data) = (connect("ctrl")?, connect("data")?);
        let mut swtpm = Swtpm { child, control, data, inits: 0, _dir: dir };
        swtpm.power_cycle()?;
        Ok(swtpm)
    }
    /// Its seeds and proofs: in its permanent state they stand in a row, each behind its size.
    pub fn secrets(&mut self) -> io::Result<Secrets> {
        let blob = self.state(PERMANENT)?;
        let one = |i: usize| {
            let (size, value) = blob.get(i..i + 2 + SECRET)?.split_at(2);
            (size == (SECRET as u16).to_be_bytes()).then(|| value.to_vec())
        };
        let row = |i: usize| -> Option<Secrets> {
            let at = |n: usize| one(i + n * (SECRET + 2));
            Some(Secrets { seeds: [at(0)?, at(1)?, at(2)?], proofs: [at(3)?, at(4)?, at(5)?] })
        };
        (0..blob.len()).find_map(row).ok_or(io::Error::other("swtpm's state has no seeds where they were"))
    }

    /// A request that is answered with a result alone.
    fn control(&mut self, number: u32, body: &[u8]) -> io::Result<()> {
        self.control.write_all(&[&number.to_be_bytes(), body].concat())?;
        match self.number()? {
            0 => Ok(()),
            code => Err(io::Error::other(format!("swtpm refused request {number} with {code:#x}"))),
        }
    }
    fn number(&mut self) -> io::Result<u32> {
        let mut bytes = [0; 4];
        self.control.read_exact(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }
    fn state(&mut self, kind: u32) -> io::Result<Vec<u8>> {
        self.control(request::GET_STATEBLOB, &words(&[0, kind, 0]))?;
        let (_flags, total, length) = (self.number()?, self.number()?, self.number()?);
        if total != length {
            return Err(io::Error::other("swtpm's state is larger than one answer holds"));
        }
        let mut blob = vec![0; length as usize];
        self.control.read_exact(&mut blob)?;
        Ok(blob)
    }
    fn set_state(&mut self, kind: u32, blob: &[u8]) -> io::Result<()> {
        let head = words(&[0, kind, blob.len() as u32]);
        self.control(request::SET_STATEBLOB, &[&head, blob].concat())
    }
}

impl Target for Swtpm {
    fn execute(&mut self, command: &[u8]) -> io::Result<Vec<u8>> {
        self.data.write_all(command)?;
        let mut response = vec![0; 10];
        self.data.read_exact(&mut response)?;
        let size = u32::from_be_bytes([response[2], response[3], response[4], response[5]]) as usize;
        response.resize(size.clamp(10, 8192), 0);
        self.data.read_exact(&mut response[10..])?;
        Ok(response)
    }
    fn power_cycle(&mut self) -> io::Result<()> {
        self.inits += 1;
        self.control(request::INIT, &[0; 4])
    }
    fn set_locality(&mut self, locality: u8) -> io::Result<()> {
        self.control(request::SET_LOCALITY, &[locality, 0, 0, 0])
    }
    fn hash(&mut self, data: &[u8]) -> io::Result<()> {
        self.control(request::HASH_START, &[])?;
        self.control(request::HASH_DATA, &[&words(&[data.len() as u32]), data].concat())?;
        self.control(request::HASH_END, &[])
    }
    fn save(&mut self) -> io::Result<Snapshot> {
        Ok(Snapshot { permanent: self.state(PERMANENT)?, volatile: self.state(VOLATILE)? })
    }
    fn restore(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        if self.inits > INITS {
            *self = Swtpm::start()?;
        }
        self.control(request::STOP, &[])?;
        self.set_state(PERMANENT, &snapshot.permanent)?;
        self.set_state(VOLATILE, &snapshot.volatile)?;
        self.power_cycle()?;
        self.set_locality(0)
    }
}

fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}
