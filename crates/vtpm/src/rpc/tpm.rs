//! The frames of the role "tpm".

use super::codec::{Malformed, Reader, Writer};

/// How a trustlet comes to the key of an existing state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenWith {
    /// The guardian released it to the key that [`ToTpm::Hello`] was answered with.
    Released(Vec<u8>),
    /// The trustlet has it: the state is the one it holds, at another moment.
    Held,
}

/// Keeper to trustlet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToTpm {
    /// A public key to release a state key to, please.
    Hello,
    /// Manufacture a TPM with this state id. `guardian`: whom to protect the state key for; nobody
    /// when the state is not to outlive the trustlet.
    Create {
        /// Chosen by the keeper; names, but does not protect, the state.
        state: [u8; 16],
        /// The guardian's public key.
        guardian: Option<Vec<u8>>,
        /// The profile, as the engine writes it; its default without.
        profile: Option<Vec<u8>>,
    },
    /// One sealed record of the state that an [`ToTpm::Open`] will name, in order. No reply.
    Record(Vec<u8>),
    /// Open the state from the records sent before.
    Open {
        /// As in the protector and in every record.
        state: [u8; 16],
        /// The key.
        with: OpenWith,
    },
    /// `_TPM_Init`
    PowerOn {
        /// The largest command and response that the transport carries, in bytes.
        buffer: u32,
    },
    /// Run one command.
    Execute {
        /// 0 to 4.
        locality: u8,
        /// Header included.
        command: Vec<u8>,
    },
    /// The running command should end with `TPM_RC_CANCELED`. No reply of its own; without effect
    /// when none runs.
    Cancel,
    /// `_TPM_Hash_Start`
    HashStart,
    /// `_TPM_Hash_Data`
    HashData(Vec<u8>),
    /// `_TPM_Hash_End`
    HashEnd,
    /// The `tpmEstablished` bit, please.
    Established,
    /// Reset it, from this locality.
    ResetEstablished(u8),
    /// All volatile state, sealed.
    SaveVolatile,
    /// Take up volatile state sealed by [`ToTpm::SaveVolatile`] of this very TPM.
    LoadVolatile(Vec<u8>),
    /// All permanent state as one record that replaces all before it.
    Snapshot,
    /// The profile of the TPM that is open, as the engine writes it.
    Profile,
}

impl ToTpm {
    /// The frame.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            ToTpm::Hello => Writer::new(1),
            ToTpm::Create { state, guardian, profile } => {
                Writer::new(2).array(state).maybe(guardian.as_deref()).maybe(profile.as_deref())
            }
            ToTpm::Record(record) => Writer::new(3).bytes(record),
            ToTpm::Open { state, with: OpenWith::Released(key) } => {
                Writer::new(4).array(state).maybe(Some(key))
            }
            ToTpm::Open { state, with: OpenWith::Held } => Writer::new(4).array(state).maybe(None),
            ToTpm::PowerOn { buffer } => Writer::new(5).array(&buffer.to_le_bytes()),
            ToTpm::Execute { locality, command } => Writer::new(6).byte(*locality).bytes(command),
            ToTpm::Cancel => Writer::new(7),
            ToTpm::HashStart => Writer::new(8),
            ToTpm::HashData(data) => Writer::new(9).bytes(data),
            ToTpm::HashEnd => Writer::new(10),
            ToTpm::Established => Writer::new(11),
            ToTpm::ResetEstablished(locality) => Writer::new(12).byte(*locality),
            ToTpm::SaveVolatile => Writer::new(13),
            ToTpm::LoadVolatile(blob) => Writer::new(14).bytes(blob),
            ToTpm::Snapshot => Writer::new(15),
            ToTpm::Profile => Writer::new(16),
        }
        .end()
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// [`Malformed`] when it is none of these, or has bytes left over.
    pub fn decode(frame: &[u8]) -> Result<ToTpm, Malformed> {
        let mut r = Reader(frame);
        let request = match r.byte()? {
            1 => ToTpm::Hello,
            2 => ToTpm::Create { state: r.array()?, guardian: r.maybe()?, profile: r.maybe()? },
            3 => ToTpm::Record(r.bytes()?),
            4 => {
                let state = r.array()?;
                let with = r.maybe()?.map_or(OpenWith::Held, OpenWith::Released);
                ToTpm::Open { state, with }
            }
            5 => ToTpm::PowerOn { buffer: u32::from_le_bytes(r.array()?) },
            6 => ToTpm::Execute { locality: r.byte()?, command: r.bytes()? },
            7 => ToTpm::Cancel,
            8 => ToTpm::HashStart,
            9 => ToTpm::HashData(r.bytes()?),
            10 => ToTpm::HashEnd,
            11 => ToTpm::Established,
            12 => ToTpm::ResetEstablished(r.byte()?),
            13 => ToTpm::SaveVolatile,
            14 => ToTpm::LoadVolatile(r.bytes()?),
            15 => ToTpm::Snapshot,
            16 => ToTpm::Profile,
            _ => return Err(Malformed),
        };
        r.end(request)
    }
}

/// What a reply carries beside a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// Nothing more to say.
    None,
    /// A TPM response, a public key, sealed volatile state.
    Bytes(Vec<u8>),
    /// A yes or no.
    Flag(bool),
}

/// Why a trustlet could not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Failure {
    /// The kernel gave no entropy.
    Entropy = 1,
    /// The key released is not for this trustlet, or was altered.
    Key = 2,
    /// The records are not those of this state, or were altered.
    Damaged = 3,
    /// The records are genuine, but no state this version can run.
    Unknown = 4,
    /// Volatile state of another TPM, another run, or altered.
    Volatile = 5,
    /// A request that makes no sense in the state the trustlet is in.
    Order = 6,
}

impl Failure {
    const ALL: [Failure; 6] = [
        Failure::Entropy,
        Failure::Key,
        Failure::Damaged,
        Failure::Unknown,
        Failure::Volatile,
        Failure::Order,
    ];
}

/// Trustlet to keeper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FromTpm {
    /// Done. `record`, if any, must be durable before anybody learns so.
    Done {
        /// A sealed change of permanent state; after `Snapshot` and `Create`, all of it.
        record: Option<Vec<u8>>,
        /// What was asked for.
        payload: Payload,
    },
    /// Not done; nothing has changed.
    Failed {
        /// Why.
        failure: Failure,
        /// The same for a person, no secret in it.
        text: String,
    },
}

impl FromTpm {
    /// The frame.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            FromTpm::Done { record, payload } => {
                let w = Writer::new(1).maybe(record.as_deref());
                match payload {
                    Payload::None => w.byte(0),
                    Payload::Bytes(bytes) => w.byte(1).bytes(bytes),
                    Payload::Flag(flag) => w.byte(2).byte(u8::from(*flag)),
                }
            }
            FromTpm::Failed { failure, text } => Writer::new(2).byte(*failure as u8).bytes(text.as_bytes()),
        }
        .end()
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// [`Malformed`] when it is none of these, or has bytes left over.
    pub fn decode(frame: &[u8]) -> Result<FromTpm, Malformed> {
        let mut r = Reader(frame);
        let reply = match r.byte()? {
            1 => FromTpm::Done {
                record: r.maybe()?,
                payload: match r.byte()? {
                    0 => Payload::None,
                    1 => Payload::Bytes(r.bytes()?),
                    2 => Payload::Flag(r.flag()?),
                    _ => return Err(Malformed),
                },
            },
            2 => {
                let number = r.byte()?;
                let failure = Failure::ALL.into_iter().find(|f| *f as u8 == number).ok_or(Malformed)?;
                FromTpm::Failed { failure, text: r.text()? }
            }
            _ => return Err(Malformed),
        };
        r.end(reply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests() -> Vec<ToTpm> {
        vec![
            ToTpm::Hello,
            ToTpm::Create { state: [7; 16], guardian: None, profile: None },
            ToTpm::Create { state: [7; 16], guardian: Some(vec![1; 32]), profile: Some(vec![5; 9]) },
            ToTpm::Profile,
            ToTpm::Record(vec![1, 2, 3]),
            ToTpm::Open { state: [9; 16], with: OpenWith::Held },
            ToTpm::Open { state: [9; 16], with: OpenWith::Released(vec![5; 80]) },
            ToTpm::PowerOn { buffer: 4096 },
            ToTpm::Execute { locality: 3, command: vec![0x80, 1] },
            ToTpm::Execute { locality: 0, command: vec![] },
            ToTpm::Cancel,
            ToTpm::HashStart,
            ToTpm::HashData(vec![0; 5000]),
            ToTpm::HashEnd,
            ToTpm::Established,
            ToTpm::ResetEstablished(4),
            ToTpm::SaveVolatile,
            ToTpm::LoadVolatile(vec![8; 9]),
            ToTpm::Snapshot,
        ]
    }

    fn replies() -> Vec<FromTpm> {
        let mut replies = Vec::new();
        for record in [None, Some(vec![]), Some(vec![1, 2])] {
            for payload in [Payload::None, Payload::Bytes(vec![3]), Payload::Flag(true), Payload::Flag(false)]
            {
                replies.push(FromTpm::Done { record: record.clone(), payload });
            }
        }
        replies.extend(Failure::ALL.map(|failure| FromTpm::Failed { failure, text: "why".into() }));
        replies
    }

    #[test]
    fn frames_read_back_and_never_with_a_byte_more_or_less() {
        for request in requests() {
            let frame = request.encode();
            assert_eq!(ToTpm::decode(&frame), Ok(request));
            assert_eq!(ToTpm::decode(&[&frame[..], &[0]].concat()), Err(Malformed));
            for cut in 0..frame.len() {
                assert_eq!(ToTpm::decode(&frame[..cut]), Err(Malformed));
            }
        }
        for reply in replies() {
            let frame = reply.encode();
            assert_eq!(FromTpm::decode(&frame), Ok(reply));
            assert_eq!(FromTpm::decode(&[&frame[..], &[0]].concat()), Err(Malformed));
            for cut in 0..frame.len() {
                assert_eq!(FromTpm::decode(&frame[..cut]), Err(Malformed));
            }
        }
    }

    #[test]
    fn a_length_beyond_the_frame_allocates_nothing() {
        assert_eq!(ToTpm::decode(&[3, 0xff, 0xff, 0xff, 0xff, 0]), Err(Malformed));
        assert_eq!(ToTpm::decode(&[0]), Err(Malformed));
        assert_eq!(FromTpm::decode(&[2, 99, 0, 0, 0, 0]), Err(Malformed));
        assert_eq!(FromTpm::decode(&[1, 2]), Err(Malformed));
    }
}
