//! Known answers: what correct algorithms give for fixed inputs.
pub(super) mod asymmetric;
pub(super) mod lattice;
pub(super) mod symmetric;

/// The bytes that hexadecimal digits stand for. Evaluated at compile time: what is malformed or of another
/// length does not compile.
#[allow(clippy::panic, clippy::indexing_slicing)]
const fn hex<const N: usize>(digits: &str) -> [u8; N] {
    let digits = digits.as_bytes();
    if digits.len() != 2 * N {
        panic!("not as many digits as the bytes need");
    }
    let mut bytes = [0; N];
    let mut i = 0;
    while i < digits.len() {
        let value = match digits[i] {
            digit @ b'0'..=b'9' => digit - b'0',
            digit @ b'a'..=b'f' => digit - b'a' + 10,
            _ => panic!("not a hexadecimal digit"),
        };
        bytes[i / 2] = bytes[i / 2] << 4 | value;
        i += 1;
    }
    bytes
}
