//! Where sealed records go: a journal on disk, or memory for a TPM that is gone with its process.

use crate::journal::{AppendError, Header, Journal};

/// Keeps the records of one TPM.
pub trait Store: Send {
    /// Whose state it is, and its key protector.
    fn header(&self) -> &Header;
    /// Adds a record; as durable on return as this store can be.
    ///
    /// # Errors
    /// [`AppendError`] says whether the store goes on.
    fn append(&mut self, record: &[u8]) -> Result<(), AppendError>;
    /// Whether it is time for [`Store::compact`].
    fn needs_compaction(&self) -> bool;
    /// One snapshot in the place of all records, at once or not at all.
    ///
    /// # Errors
    /// As [`Store::append`].
    fn compact(&mut self, snapshot: &[u8]) -> Result<(), AppendError>;
}

impl Store for Journal {
    fn header(&self) -> &Header {
        Journal::header(self)
    }

    fn append(&mut self, record: &[u8]) -> Result<(), AppendError> {
        Journal::append(self, record)
    }

    fn needs_compaction(&self) -> bool {
        Journal::needs_compaction(self)
    }

    fn compact(&mut self, snapshot: &[u8]) -> Result<(), AppendError> {
        Journal::compact(self, snapshot)
    }
}

/// Bytes of records after the first at which a compaction is due.
const COMPACT_AT: usize = 256 * 1024;

/// Records in memory, for the ephemeral simulator.
#[derive(Debug, Clone)]
pub struct MemoryStore {
    header: Header,
    records: Vec<Vec<u8>>,
}

impl MemoryStore {
    /// No records yet.
    #[must_use]
    pub fn new(header: Header) -> Self {
        Self { header, records: Vec::new() }
    }

    /// All records, in order.
    #[must_use]
    pub fn records(&self) -> &[Vec<u8>] {
        &self.records
    }
}

impl Store for MemoryStore {
    fn header(&self) -> &Header {
        &self.header
    }

    fn append(&mut self, record: &[u8]) -> Result<(), AppendError> {
        self.records.push(record.to_vec());
        Ok(())
    }

    fn needs_compaction(&self) -> bool {
        self.records.iter().skip(1).map(Vec::len).sum::<usize>() > COMPACT_AT
    }

    fn compact(&mut self, snapshot: &[u8]) -> Result<(), AppendError> {
        self.records = vec![snapshot.to_vec()];
        Ok(())
    }
}
