//! Chance that can be repeated, and what it does to commands.

/// Marsaglia's xorshift64*.
pub(crate) struct Chance(u64);
impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
    /// Below `n`; zero when there is nothing below.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() >> 33) as usize % n.max(1)
    }
    /// True once in `n` times.
    pub(crate) fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
    pub(crate) fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Values at the edges of what a field can hold.
const EDGES: [u32; 12] = [0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x4000_0007, 0xFFFF_FFFF];

/// Changes a command in one way or several. `handles` are such as the TPM knows, `other` is another command.
pub(crate) fn mutate(chance: &mut Chance, command: &mut Vec<u8>, other: &[u8], handles: &[u32]) {
    let times = if chance.once_in(2) { 1 } else { 1 + chance.below(4) };
    for _ in 0..times {
        once(chance, command, other, handles);
    }
    // Mostly the size is right, so that more than the first check is met.
    if !chance.once_in(16) && command.len() >= 6 {
        let size = command.len() as u32;
        command[2..6].copy_from_slice(&size.to_be_bytes());
    }
}

fn once(chance: &mut Chance, command: &mut Vec<u8>, other: &[u8], handles: &[u32]) {
    let at =
        if chance.once_in(3) { chance.below(command.len().min(40)) } else { chance.below(command.len()) };
    match chance.below(10) {
        0 | 1 => {
            if let Some(byte) = command.get_mut(at) {
                *byte ^= 1 << chance.below(8);
            }
        }
        2 => {
            if let Some(byte) = command.get_mut(at) {
                *byte = *chance.pick(&EDGES) as u8;
            }
        }
        3 => command.truncate(at.max(6)),
        4 => {
            for _ in 0..=chance.below(40) {
                let byte = chance.next() as u8;
                command.push(byte);
            }
        }
        // The beginning of one, the end of another.
        5 => {
            let from = chance.below(other.len());
            command.truncate(at.max(10));
            command.extend_from_slice(&other[from..]);
        }
        // A size field.
        6 => put(command, at, &(*chance.pick(&EDGES) as u16).to_be_bytes()),
        // A handle, where there may be one: after the header, in the authorization area, anywhere.
        7 => {
            let place = [10, 14, 18, 22, at][chance.below(5)];
            put(command, place, &chance.pick(handles).to_be_bytes());
        }
        8 => {
            if chance.once_in(4) {
                put(command, 6, other.get(6..10).unwrap_or_default());
            } else {
                put(command, at, &chance.pick(&EDGES).to_be_bytes());
            }
        }
        // A part twice, or left out.
        _ => {
            let end = (at + 1 + chance.below(16)).min(command.len());
            if at < end {
                let part = command[at..end].to_vec();
                let with = if chance.once_in(2) { part.repeat(2) } else { Vec::new() };
                command.splice(at..end, with);
            }
        }
    }
    command.truncate(4200);
}

fn put(command: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = command.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}
