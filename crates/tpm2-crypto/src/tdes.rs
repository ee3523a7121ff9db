//! Which TDES keys a TPM makes and takes: with odd parity when it makes them, and none that is weak.
//!
//! Other TPMs share these rules, and primary keys derive by them: a key that is refused costs one more request
//! of the generator.

use zeroize::Zeroizing;

use crate::{Error, Rng};

/// Draws a key of `len` bytes (16 or 24) with odd parity that [`is_valid`]. Each attempt is one request.
pub fn generate(rng: &mut dyn Rng, len: usize) -> Result<Zeroizing<[u8; 24]>, Error> {
    let mut key = Zeroizing::new([0; 24]);
    let used = key.get_mut(..len).filter(|used| used.len() == 16 || used.len() == 24).ok_or(Error::BadKey)?;
    loop {
        rng.fill(used)?;
        used.iter_mut().for_each(|byte| *byte = odd_parity(*byte));
        if is_valid(used) {
            return Ok(key);
        }
    }
}

/// Whether a key is two or three DES keys of which none is weak and no two neighbours are equal. Parity bits
/// do not count.
pub fn is_valid(key: &[u8]) -> bool {
    let (keys, rest) = key.as_chunks::<8>();
    let normal = |key: &[u8; 8]| Zeroizing::new(key.map(odd_parity));
    let distinct = keys.windows(2).all(|pair| normal(&pair[0]) != normal(&pair[1]));
    rest.is_empty()
        && matches!(keys.len(), 2 | 3)
        && distinct
        && !keys.iter().any(|key| is_weak(&normal(key)))
}

/// The byte with its lowest bit such that an odd number of bits is set.
fn odd_parity(byte: u8) -> u8 {
    let bits = byte & 0xFE;
    bits | u8::from(bits.count_ones().is_multiple_of(2))
}

/// One of the 64 weak, semi-weak and possibly weak keys of DES (SP 800-67r1, 3.4.2): those whose halves are all
/// one of 01, 1F, E0 and FE (0E for 1F and F1 for E0 on the right), the right half in the order of the left, and
/// no more than four subkeys: which is when the bytes of a half cancel out.
fn is_weak(key: &[u8; 8]) -> bool {
    let (left, right) = (&key[..4], &key[4..]);
    let patterned = left
        .iter()
        .zip(right)
        .all(|pair| matches!(pair, (0x01, 0x01) | (0x1F, 0x0E) | (0xE0, 0xF1) | (0xFE, 0xFE)));
    patterned && left.iter().fold(0, |sum, byte| sum ^ byte) == 0
}
