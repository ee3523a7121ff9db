//! A directory.
use super::*;
pub const STATE_FILE: &str = "tpm2.donjon";
pub const VOLATILE_FILE: &str = "tpm2.donjon-volatile";
pub(super) struct Directory {
    g: KeyFile,
}
#[allow(unused)]
impl Directory {
    pub(super) fn new(path: &Path, mode: u32, guardian: KeyFile) -> Result<Directory, HomeError> {
        Ok(Directory { g: guardian })
    }
    pub(super) fn guardian(&self) -> &KeyFile {
        &self.g
    }
    pub(super) fn load(&mut self) -> Result<Option<Stored>, HomeError> {
        Ok(None)
    }
    pub(super) fn lock(&mut self, retries: u32) -> Result<(), HomeError> {
        Ok(())
    }
    pub(super) fn create(
        &mut self,
        state: [u8; 16],
        protector: &[u8],
        record: &[u8],
    ) -> Result<(), HomeError> {
        Ok(())
    }
    pub(super) fn overwrite(
        &mut self,
        state: [u8; 16],
        protector: &[u8],
        record: &[u8],
    ) -> Result<(), HomeError> {
        Ok(())
    }
    pub(super) fn append(&mut self, record: &[u8]) -> Result<(), HomeError> {
        Ok(())
    }
    pub(super) fn replace(&mut self, record: &[u8]) -> Result<(), HomeError> {
        Ok(())
    }
    pub(super) fn wants_compaction(&self) -> bool {
        false
    }
    pub(super) fn state(&self) -> Option<[u8; 16]> {
        None
    }
    pub(super) fn protector(&self) -> &[u8] {
        &[]
    }
    pub(super) fn close(&mut self) {}
    pub(super) fn stored_volatile(&self) -> Result<Option<Vec<u8>>, HomeError> {
        Ok(None)
    }
    pub(super) fn store_volatile(&mut self, blob: &[u8]) -> Result<(), HomeError> {
        Ok(())
    }
    pub(super) fn delete_volatile(&mut self) -> Result<(), HomeError> {
        Ok(())
    }
    pub(super) fn sizes(&self) -> Result<Vec<(&'static str, u64)>, HomeError> {
        Ok(vec![])
    }
}
