//! The sealer: the one place that decides a record's number, key and chain.

use aes_gcm_siv::aead::AeadInOut;
use aes_gcm_siv::aead::inout::InOutBuf;
use aes_gcm_siv::{Aes256GcmSiv, Nonce, Tag};
use zeroize::Zeroizing;

use super::error::{ChainBreak, OpenError, SealError};
use super::key::StateKey;
use super::record::{
    HEADER_LEN, Header, HeaderError, Kind, MAX_PLAIN, Parts, TAG_LEN, VERSION, pad, padded_len, unpad,
};
use crate::StateId;

/// A sealer that continues a state, and the plaintexts it was opened from: the snapshot, then the deltas.
pub type Opened = (Sealer, Vec<Zeroizing<Vec<u8>>>);

/// Seals the records of one TPM, in order.
///
/// The salt drawn by `create`, `open` and [`Sealer::undo`] gives each run its own keys, so that a run that
/// starts again after a crash cannot meet a nonce of the run before it.
pub struct Sealer {
    key: StateKey,
    key_id: [u8; 16],
    state: StateId,
    salt: [u8; 16],
    cipher: Option<(u64, Aes256GcmSiv)>,
    at: Position,
    before: Option<Position>,
}

/// Where the chain stands: the record sealed last.
#[derive(Clone, Copy)]
struct Position {
    /// 0 before the first snapshot.
    epoch: u64,
    /// Number of the last record; 0 before the first.
    seq: u64,
    /// Tag of the last record; zero before the first.
    tag: [u8; TAG_LEN],
}

impl Sealer {
    /// A sealer for a state that has no record yet. Its first record must be a snapshot.
    pub fn create(key: StateKey, state: StateId, entropy: &mut dyn FnMut(&mut [u8])) -> Self {
        Self::at(key, state, Position { epoch: 0, seq: 0, tag: [0; TAG_LEN] }, entropy)
    }

    /// Opens a state from all its records: one snapshot and the deltas after it, in order.
    ///
    /// # Errors
    /// [`OpenError`] names the first record that is not the one that was sealed at its place, and why.
    pub fn open<R: AsRef<[u8]>>(
        key: StateKey,
        state: StateId,
        records: &[R],
        entropy: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Opened, OpenError> {
        let mut reader = Reader { key: &key, key_id: key.id(state), state, cipher: None, last: None };
        let plains = records
            .iter()
            .enumerate()
            .map(|(record, bytes)| reader.next(record, bytes.as_ref()))
            .collect::<Result<Vec<_>, _>>()?;
        let last = reader.last.ok_or(OpenError::Empty { state })?;
        Ok((Self::at(key, state, last, entropy), plains))
    }

    /// Seals the next record. A snapshot starts a new epoch.
    ///
    /// # Errors
    /// [`SealError`]; nothing is changed then.
    pub fn seal(&mut self, kind: Kind, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        if plain.len() > MAX_PLAIN {
            return Err(SealError::TooLarge { len: plain.len(), max: MAX_PLAIN });
        }
        let epoch = match kind {
            Kind::Snapshot => self.at.epoch.checked_add(1).ok_or(SealError::Exhausted)?,
            Kind::Delta if self.at.epoch == 0 => return Err(SealError::NoSnapshot),
            Kind::Delta => self.at.epoch,
        };
        let seq = self.at.seq.checked_add(1).ok_or(SealError::Exhausted)?;
        let header = Header {
            kind,
            epoch,
            seq,
            state: self.state,
            key_id: self.key_id,
            salt: self.salt,
            previous: self.at.tag,
        };

        // Room for all of it at once: growing would leave a copy of the plaintext behind.
        let mut record = Vec::with_capacity(HEADER_LEN + padded_len(kind, plain.len()) + TAG_LEN);
        header.encode(&mut record);
        pad(kind, plain, &mut record);
        let tag = self.encrypt(&header, &mut record)?;
        record.extend_from_slice(&tag);

        self.before = Some(self.at);
        self.at = Position { epoch, seq, tag };
        Ok(record)
    }

    /// Forgets the record sealed last, because it could not be stored: the next one takes its place. Draws a
    /// new salt, so that the two never share a nonce. Does nothing when there is nothing to forget.
    ///
    /// Only for a record that the store refused *without* having it, such as on a full disk. A store that does
    /// not know (a failed fsync) must be opened again instead.
    pub fn undo(&mut self, entropy: &mut dyn FnMut(&mut [u8])) {
        if let Some(before) = self.before.take() {
            self.at = before;
            entropy(&mut self.salt);
            self.cipher = None;
        }
    }

    /// The identity of the state.
    pub fn state(&self) -> StateId {
        self.state
    }

    /// The number of the record sealed last; 0 before the first.
    pub fn sequence(&self) -> u64 {
        self.at.seq
    }

    /// The state key, to wrap it for a guardian.
    pub fn key(&self) -> &StateKey {
        &self.key
    }

    fn at(key: StateKey, state: StateId, at: Position, entropy: &mut dyn FnMut(&mut [u8])) -> Self {
        let mut salt = [0; 16];
        entropy(&mut salt);
        Self { key_id: key.id(state), key, state, salt, cipher: None, at, before: None }
    }

    fn encrypt(&mut self, header: &Header, record: &mut [u8]) -> Result<[u8; TAG_LEN], SealError> {
        if self.cipher.as_ref().is_none_or(|(epoch, _)| *epoch != header.epoch) {
            self.cipher = Some((header.epoch, self.key.cipher(self.state, &self.salt, header.epoch)));
        }
        let too_large = SealError::TooLarge { len: record.len(), max: MAX_PLAIN };
        let (clear, padded) = record.split_at_mut_checked(HEADER_LEN).ok_or(too_large.clone())?;
        let (_, cipher) = self.cipher.as_ref().ok_or(too_large.clone())?;
        let tag = cipher
            .encrypt_inout_detached(&Nonce::from(header.nonce()), clear, InOutBuf::from(padded))
            .map_err(|_| too_large)?;
        Ok(tag.into())
    }
}

/// Reads records in order and holds what the next one must continue.
struct Reader<'a> {
    key: &'a StateKey,
    key_id: [u8; 16],
    state: StateId,
    /// The cipher of the run that sealed the last record.
    cipher: Option<([u8; 16], u64, Aes256GcmSiv)>,
    last: Option<Position>,
}

impl Reader<'_> {
    /// Whose record it is, whether the key fits, whether it is genuine, whether it is in its place: in this
    /// order, so that each refusal names the true cause.
    fn next(&mut self, record: usize, bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let state = self.state;
        let (header, parts) = Header::split(bytes).map_err(|error| match error {
            HeaderError::Malformed(why) => OpenError::Malformed { state, record, why },
            HeaderError::Version(found) => {
                OpenError::UnsupportedVersion { state, record, found, supported: VERSION }
            }
        })?;
        if header.state != state {
            return Err(OpenError::OtherState { record, expected: state, found: header.state });
        }
        if header.key_id != self.key_id {
            return Err(OpenError::WrongKey { state, record });
        }
        let padded = self.decrypt(&header, &parts).ok_or(OpenError::Altered { state, record })?;
        self.place(&header).map_err(|cause| OpenError::BrokenChain { state, record, cause })?;
        let plain = unpad(header.kind, &padded).ok_or(OpenError::Malformed {
            state,
            record,
            why: "its padding is not the one a writer makes",
        })?;
        self.last = Some(Position { epoch: header.epoch, seq: header.seq, tag: parts.tag });
        Ok(plain)
    }

    fn decrypt(&mut self, header: &Header, parts: &Parts<'_>) -> Option<Zeroizing<Vec<u8>>> {
        let run = (header.salt, header.epoch);
        if self.cipher.as_ref().is_none_or(|(salt, epoch, _)| (*salt, *epoch) != run) {
            self.cipher = Some((run.0, run.1, self.key.cipher(self.state, &run.0, run.1)));
        }
        let (_, _, cipher) = self.cipher.as_ref()?;
        let mut padded = Zeroizing::new(parts.ciphertext.to_vec());
        cipher
            .decrypt_inout_detached(
                &Nonce::from(header.nonce()),
                parts.clear,
                InOutBuf::from(padded.as_mut_slice()),
                &Tag::from(parts.tag),
            )
            .ok()?;
        Some(padded)
    }

    /// Checks a genuine record against the one before it.
    fn place(&self, header: &Header) -> Result<(), ChainBreak> {
        let (found, epoch) = (header.seq, header.epoch);
        let Some(last) = self.last else {
            return match header.kind {
                Kind::Snapshot => Ok(()),
                Kind::Delta => Err(ChainBreak::NoSnapshot { found }),
            };
        };
        if header.kind == Kind::Snapshot {
            return Err(ChainBreak::SecondSnapshot { expected: last.epoch, found: epoch });
        }
        if epoch != last.epoch {
            return Err(ChainBreak::Epoch { expected: last.epoch, found: epoch });
        }
        let expected = last.seq.saturating_add(1);
        if found != expected {
            return Err(ChainBreak::Sequence { expected, found });
        }
        if header.previous != last.tag {
            return Err(ChainBreak::History { found });
        }
        Ok(())
    }
}
