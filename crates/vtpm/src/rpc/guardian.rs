//! The frames of the role "guardian".

use super::codec::{Malformed, Reader, Writer};

/// Keeper to guardian.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToGuardian {
    /// The guardian's public key, please.
    Public,
    /// Release the key of this state, which is in this protector, to this recipient.
    Release {
        /// The state.
        state: [u8; 16],
        /// The protector as stored with the state.
        protector: Vec<u8>,
        /// The trustlet's public key.
        recipient: Vec<u8>,
    },
}

impl ToGuardian {
    /// The frame.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            ToGuardian::Public => Writer::new(1),
            ToGuardian::Release { state, protector, recipient } => {
                Writer::new(2).array(state).bytes(protector).bytes(recipient)
            }
        }
        .end()
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// [`Malformed`] when it is none of these, or has bytes left over.
    pub fn decode(frame: &[u8]) -> Result<ToGuardian, Malformed> {
        let mut r = Reader(frame);
        let request = match r.byte()? {
            1 => ToGuardian::Public,
            2 => ToGuardian::Release { state: r.array()?, protector: r.bytes()?, recipient: r.bytes()? },
            _ => return Err(Malformed),
        };
        r.end(request)
    }
}

/// Guardian to keeper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FromGuardian {
    /// A public key, or a released key that only its recipient can use.
    Done(Vec<u8>),
    /// Why not, for a person.
    Refused(String),
}

impl FromGuardian {
    /// The frame.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            FromGuardian::Done(bytes) => Writer::new(1).bytes(bytes),
            FromGuardian::Refused(text) => Writer::new(2).bytes(text.as_bytes()),
        }
        .end()
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// [`Malformed`] when it is none of these, or has bytes left over.
    pub fn decode(frame: &[u8]) -> Result<FromGuardian, Malformed> {
        let mut r = Reader(frame);
        let reply = match r.byte()? {
            1 => FromGuardian::Done(r.bytes()?),
            2 => FromGuardian::Refused(r.text()?),
            _ => return Err(Malformed),
        };
        r.end(reply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_read_back_and_never_with_a_byte_more_or_less() {
        for request in [
            ToGuardian::Public,
            ToGuardian::Release { state: [5; 16], protector: vec![1, 2], recipient: vec![3; 32] },
        ] {
            let frame = request.encode();
            assert_eq!(ToGuardian::decode(&frame), Ok(request));
            assert_eq!(ToGuardian::decode(&[&frame[..], &[0]].concat()), Err(Malformed));
            assert_eq!(ToGuardian::decode(&frame[..frame.len() - 1]), Err(Malformed));
        }
        for reply in [FromGuardian::Done(vec![4; 9]), FromGuardian::Refused("no".into())] {
            let frame = reply.encode();
            assert_eq!(FromGuardian::decode(&frame), Ok(reply));
            assert_eq!(FromGuardian::decode(&[&frame[..], &[0]].concat()), Err(Malformed));
            assert_eq!(FromGuardian::decode(&frame[..frame.len() - 1]), Err(Malformed));
        }
    }
}
