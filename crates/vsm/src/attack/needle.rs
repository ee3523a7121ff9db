//! What is looked for, and how: any run of [`RUN`] or more bytes of a needle, at any address.

use zeroize::Zeroizing;

/// The shortest run of a needle that counts as having read it, in bytes.
pub const RUN: usize = 8;

/// Needles are held under this mask, so that the searcher's memory does not contain what it looks for.
const MASK: u8 = 0x5a;

/// Something to look for.
pub struct Needle {
    name: &'static str,
    masked: Zeroizing<Vec<u8>>,
}

impl Needle {
    /// Looks for `bytes`, under `name` in reports. It takes 8 bytes or more, and such as do not occur by chance.
    pub fn new(name: &'static str, bytes: &[u8]) -> Self {
        Needle { name, masked: Zeroizing::new(bytes.iter().map(|byte| byte ^ MASK).collect()) }
    }
}

/// A place where a needle was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Which.
    pub needle: &'static str,
    /// Where: an address in the victim, or a position in what was read.
    pub address: u64,
    /// How many bytes of it in a row.
    pub run: usize,
}

/// Needles, prepared for searching.
pub(super) struct Search<'a> {
    needles: &'a [Needle],
    /// Each window of RUN masked bytes, with its needle and offset, sorted.
    windows: Vec<(u64, usize, usize)>,
    /// Which pairs of (unmasked) bytes begin a window: one bit each.
    starts: Vec<u64>,
}

impl<'a> Search<'a> {
    pub(super) fn new(needles: &'a [Needle]) -> Self {
        let mut windows = Vec::new();
        let mut starts = vec![0_u64; 1 << 10];
        for (which, needle) in needles.iter().enumerate() {
            for (offset, window) in needle.masked.windows(RUN).enumerate() {
                let Some(word) = word_at(window, 0) else { continue };
                windows.push((word, which, offset));
                let pair = usize::from(word as u16 ^ u16::from_le_bytes([MASK; 2]));
                if let Some(bits) = starts.get_mut(pair >> 6) {
                    *bits |= 1 << (pair & 63);
                }
            }
        }
        windows.sort_unstable();
        Search { needles, windows, starts }
    }

    /// Finds every run in `hay`, whose first byte has the address `base`.
    pub(super) fn find(&self, hay: &[u8], base: u64) -> Vec<Hit> {
        const ZEROES: [u8; 4096] = [0; 4096];
        let mut hits = Vec::new();
        let mut at = 0;
        while let Some(word) = word_at(hay, at) {
            // Most of a process is zeroes, and a needle is not.
            if word == 0 && hay.get(at..at + ZEROES.len()) == Some(&ZEROES[..]) {
                at += ZEROES.len() - RUN + 1;
                continue;
            }
            let pair = usize::from(word as u16);
            if self.starts.get(pair >> 6).is_some_and(|bits| bits >> (pair & 63) & 1 == 1)
                && let Some(hit) = self.run_at(hay, at, word, base)
            {
                at += hit.run;
                hits.push(hit);
            } else {
                at += 1;
            }
        }
        hits
    }

    fn run_at(&self, hay: &[u8], at: usize, word: u64, base: u64) -> Option<Hit> {
        let masked = word ^ u64::from_le_bytes([MASK; 8]);
        let first = self.windows.partition_point(|(window, ..)| *window < masked);
        let &(_, which, offset) = self.windows.get(first).filter(|(window, ..)| *window == masked)?;
        let needle = self.needles.get(which)?;
        let rest = needle.masked.get(offset..)?.iter().zip(hay.get(at..)?);
        let run = rest.take_while(|(masked, byte)| **masked == **byte ^ MASK).count();
        Some(Hit { needle: needle.name, address: base + at as u64, run })
    }
}

fn word_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at.checked_add(RUN)?)?.try_into().ok().map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Vec<u8> {
        (0..64_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8 | 1).collect() // no zeroes, which are everywhere
    }

    #[test]
    fn a_run_of_eight_bytes_is_found_at_any_offset_and_seven_are_not() {
        let key = key();
        let needles = [Needle::new("other", b"another needle altogether"), Needle::new("key", &key)];
        let search = Search::new(&needles);
        for offset in 0..=key.len() - RUN {
            for place in [0, 1, 4091, 4096, 9000] {
                let mut hay = vec![0_u8; 10_000];
                hay[place..place + RUN].copy_from_slice(&key[offset..offset + RUN]);
                let hits = search.find(&hay, 0x1000);
                assert_eq!(hits.len(), 1, "offset {offset}, place {place}");
                assert_eq!((hits[0].needle, hits[0].address), ("key", 0x1000 + place as u64));
                assert!(hits[0].run >= RUN);
                hay[place] ^= 0xff;
                assert!(search.find(&hay, 0).is_empty(), "seven bytes are no run");
            }
        }
    }

    #[test]
    fn a_whole_needle_is_one_hit_of_its_length() {
        let needles = [Needle::new("key", &key())];
        let hay = [&[7_u8; 5000][..], &key(), &[9; 100], &key()[10..30]].concat();
        let hits = Search::new(&needles).find(&hay, 0);
        assert_eq!(hits.iter().map(|hit| hit.run).collect::<Vec<_>>(), [64, 20]);
    }

    #[test]
    fn a_needle_does_not_hold_what_it_looks_for() {
        let needles = [Needle::new("key", &key())];
        assert!(Search::new(&needles).find(&needles[0].masked, 0).is_empty());
    }
}
