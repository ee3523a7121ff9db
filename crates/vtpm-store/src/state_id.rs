//! Names one TPM's state, so that records and key protectors of two VMs cannot be confused.

use std::fmt;
use std::str::FromStr;

/// The identity of one TPM's state: 16 random bytes, public, fixed for life. Shown as 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StateId(pub [u8; 16]);

impl StateId {
    /// A new identity from the caller's entropy.
    pub fn generate(entropy: &mut dyn FnMut(&mut [u8])) -> Self {
        let mut id = [0; 16];
        entropy(&mut id);
        Self(id)
    }

    /// The 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for StateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for StateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StateId({self})")
    }
}

/// The text was not 32 lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a state id is 32 lower-case hex digits")]
pub struct ParseStateIdError;

impl FromStr for StateId {
    type Err = ParseStateIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 32 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(ParseStateIdError);
        }
        let number = u128::from_str_radix(text, 16).map_err(|_| ParseStateIdError)?;
        Ok(Self(number.to_be_bytes()))
    }
}

impl serde::Serialize for StateId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips_and_is_strict() {
        let id = StateId(*b"\x00\x01\xfe\xff0123456789ab");
        assert_eq!(id.to_string().parse(), Ok(id));
        for wrong in
            ["", "00", &id.to_string().to_uppercase(), &"g".repeat(32), &format!("+{}", "0".repeat(31))]
        {
            assert_eq!(wrong.parse::<StateId>(), Err(ParseStateIdError), "{wrong}");
        }
    }
}
