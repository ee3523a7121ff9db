//! Lower-case hex digits, written and read without a branch or a look-up that depends on them: some are a
//! secret.

use std::fmt;

use zeroize::Zeroizing;

/// Public bytes that are shown as hex digits, such as a state id.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hex<const N: usize>(pub [u8; N]);

impl<const N: usize> fmt::Display for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl<const N: usize> fmt::Debug for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Appends the digits of `bytes`. Never grows `out` if it has room.
pub(crate) fn push(out: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        out.extend([digit(byte >> 4), digit(byte & 15)]);
    }
}

/// Exactly `N` bytes from exactly `2 * N` lower-case digits.
pub(crate) fn read<const N: usize>(text: &str) -> Option<Zeroizing<[u8; N]>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    if pairs.len() != N {
        return None;
    }
    let mut bytes = Zeroizing::new([0; N]);
    let mut wrong = 0;
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let (high, low) = (value(*high), value(*low));
        wrong |= (high | low) & 0xf0;
        *byte = high << 4 | low & 15;
    }
    (wrong == 0).then_some(bytes)
}

/// 0..=15 to its digit.
fn digit(value: u8) -> u8 {
    // All ones when value > 9: the subtraction borrows.
    let letter = 9_u8.wrapping_sub(value) >> 7;
    value + b'0' + letter * (b'a' - b'0' - 10)
}

/// A digit to 0..=15; 0xff for anything else.
fn value(digit: u8) -> u8 {
    let within = |low: u8, high: u8| {
        let (d, low, high) = (u16::from(digit), u16::from(low), u16::from(high));
        // 0xff when low <= d <= high, else 0.
        !((d.wrapping_sub(low) | high.wrapping_sub(d)) >> 8) as u8
    };
    let (number, letter) = (within(b'0', b'9'), within(b'a', b'f'));
    let found = digit.wrapping_sub(b'0') & number | digit.wrapping_sub(b'a' - 10) & letter;
    found | !(number | letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_reads_back_and_every_other_digit_is_refused() {
        for byte in 0..=255_u8 {
            let mut text = Vec::new();
            push(&mut text, &[byte]);
            assert_eq!(text, format!("{byte:02x}").as_bytes());
            assert_eq!(*read::<1>(std::str::from_utf8(&text).unwrap()).unwrap(), [byte]);
            let good = byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            assert_eq!(value(byte) != 0xff, good, "{byte:#x}");
        }
        for text in ["", "0", "000", "0000", "0G", "A0", "é"] {
            assert!(read::<1>(text).is_none(), "{text:?}");
        }
        assert_eq!(Hex([1, 0xfe]).to_string(), "01fe");
    }
}
