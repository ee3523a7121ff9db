//! CPUID, from the processor or from a recording.
use std::collections::BTreeMap;

/// The registers EAX, EBX, ECX, EDX of one leaf.
pub type Registers = [u32; 4];

/// Where CPUID is read.
pub trait Cpuid {
    /// The answer to a leaf and subleaf; zeros when the processor does not know the leaf.
    fn leaf(&self, leaf: u32, sub: u32) -> Registers;
}

/// The processor this runs on.
pub struct Native;

impl Cpuid for Native {
    #[cfg(target_arch = "x86_64")]
    fn leaf(&self, leaf: u32, sub: u32) -> Registers {
        // The highest leaf of the range: beyond it Intel answers with the last leaf's values, not zeros.
        let highest = raw_cpuid::cpuid!(leaf & 0xC000_0000).eax;
        if leaf > highest && leaf & 0xC000_0000 != 0x4000_0000 {
            return [0; 4];
        }
        let r = raw_cpuid::cpuid!(leaf, sub);
        [r.eax, r.ebx, r.ecx, r.edx]
    }
    #[cfg(not(target_arch = "x86_64"))]
    fn leaf(&self, _leaf: u32, _sub: u32) -> Registers {
        [0; 4]
    }
}

/// A recording: lines of `leaf subleaf eax ebx ecx edx` in hexadecimal, `#` starts a comment.
#[derive(Default)]
pub struct Recorded(BTreeMap<(u32, u32), Registers>);

impl Recorded {
    /// Reads a recording; the error names the line.
    pub fn parse(text: &str) -> Result<Recorded, String> {
        let mut leaves = BTreeMap::new();
        for (n, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or("").trim();
            if line.is_empty() {
                continue;
            }
            let words: Result<Vec<u32>, _> =
                line.split_whitespace().map(|w| u32::from_str_radix(w, 16)).collect();
            match words.as_deref() {
                Ok(&[leaf, sub, a, b, c, d]) => leaves.insert((leaf, sub), [a, b, c, d]),
                _ => return Err(format!("line {}: not six hexadecimal words: {line}", n + 1)),
            };
        }
        Ok(Recorded(leaves))
    }
}

impl Cpuid for Recorded {
    fn leaf(&self, leaf: u32, sub: u32) -> Registers {
        self.0.get(&(leaf, sub)).copied().unwrap_or([0; 4])
    }
}

/// Whether a hypervisor is beneath, and the name it gives itself (leaf 0x4000_0000).
#[must_use]
pub fn hypervisor(cpuid: &dyn Cpuid) -> Option<String> {
    let [_, _, ecx, _] = cpuid.leaf(1, 0);
    if ecx >> 31 & 1 == 0 {
        return None;
    }
    let [_, b, c, d] = cpuid.leaf(0x4000_0000, 0);
    let bytes: Vec<u8> = [b, c, d].into_iter().flat_map(u32::to_le_bytes).collect();
    Some(String::from_utf8_lossy(&bytes).trim_matches(['\0', ' ']).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_read_back_and_a_bad_line_is_named() {
        let r = Recorded::parse("# a comment\n1 0 a b 80000000 d\n40000000 0 0 4b4d564b 564b4d56 4d # KVM\n")
            .expect("it is right");
        assert_eq!(r.leaf(1, 0), [0xa, 0xb, 0x8000_0000, 0xd]);
        assert_eq!(r.leaf(7, 0), [0; 4]);
        assert_eq!(hypervisor(&r).as_deref(), Some("KVMKVMKVM"));
        assert_eq!(
            Recorded::parse("1 0 a\n").err().as_deref(),
            Some("line 1: not six hexadecimal words: 1 0 a")
        );
    }

    #[test]
    fn this_processor_answers() {
        #[cfg(target_arch = "x86_64")]
        assert_ne!(Native.leaf(0, 0)[0], 0);
    }
}
