//! The TPMs that are compared, and all that the platform around a TPM can do to one.
mod ours;
mod swtpm;

pub use ours::Ours;
pub use swtpm::Swtpm;

use std::io;

/// A TPM that can be asked, powered and put back to where it was.
pub trait Target {
    /// Runs one command; the response.
    fn execute(&mut self, command: &[u8]) -> io::Result<Vec<u8>>;
    /// `_TPM_Init`.
    fn power_cycle(&mut self) -> io::Result<()>;
    /// The locality of the commands that follow.
    fn set_locality(&mut self, locality: u8) -> io::Result<()>;
    /// `_TPM_Hash_Start`, `_TPM_Hash_Data` and `_TPM_Hash_End`.
    fn hash(&mut self, data: &[u8]) -> io::Result<()>;
    /// All its state.
    fn save(&mut self) -> io::Result<Snapshot>;
    /// Goes back to a state that it saved.
    fn restore(&mut self, snapshot: &Snapshot) -> io::Result<()>;
}

/// The state of a TPM between two commands, in its own format.
#[derive(Clone, PartialEq, Eq)]
pub struct Snapshot {
    permanent: Vec<u8>,
    volatile: Vec<u8>,
}

/// What two TPMs must share to make the same primary keys and tickets: seeds and proofs, of 64 bytes each.
pub struct Secrets {
    /// Of the endorsement, owner and platform hierarchy, in this order.
    pub seeds: [Vec<u8>; 3],
    /// Of the platform, owner and endorsement hierarchy, in this order.
    pub proofs: [Vec<u8>; 3],
}

/// One TPM of each kind, made the same.
pub fn twins() -> io::Result<(Ours, Swtpm)> {
    let mut swtpm = Swtpm::start()?;
    let secrets = swtpm.secrets()?;
    Ok((Ours::with(&secrets), swtpm))
}
