//! The victim's address space, as /proc/PID/maps tells it.

use std::io;

use super::Depth;

/// A mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Map {
    pub(super) start: u64,
    pub(super) end: u64,
}

/// A page of memory.
pub(super) struct Page;

impl Page {
    pub(super) const LEN: u64 = 4096;
}

/// Above this lies the kernel; what the kernel shows there (vsyscall) is no memory of the process.
const USER_END: u64 = 0x0000_7fff_ffff_ffff;

/// The mappings of `pid` that are worth reading.
pub(super) fn read_maps(pid: i32, depth: Depth) -> io::Result<Vec<Map>> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/maps"))?;
    Ok(text.lines().filter_map(|line| parse(line, depth)).collect())
}

/// `start-end perms offset device inode name`
fn parse(line: &str, depth: Depth) -> Option<Map> {
    let mut fields = line.split_ascii_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    let (start, end) = (u64::from_str_radix(start, 16).ok()?, u64::from_str_radix(end, 16).ok()?);
    let permissions = fields.next()?;
    let name = fields.nth(3).unwrap_or_default();
    // The kernel's own pages: reading them gives the time of day.
    let kernels = name.starts_with("[vvar") || name == "[vsyscall]" || start > USER_END;
    let worth = depth == Depth::Everything || permissions.contains('w');
    (worth && !kernels).then_some(Map { start, end })
}

/// The pages at `hints`, for an attacker that is not shown the map.
pub(super) fn guesses(hints: &[u64]) -> Vec<Map> {
    let page = |hint: &u64| hint & !(Page::LEN - 1);
    let mut maps: Vec<Map> =
        hints.iter().map(|hint| Map { start: page(hint), end: page(hint) + Page::LEN }).collect();
    maps.sort_by_key(|map| map.start);
    maps.dedup();
    maps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_read_and_the_kernels_left_out() {
        let heap = "55d0c0a00000-55d0c0a21000 rw-p 00000000 00:00 0                          [heap]";
        let text = "7f0000000000-7f0000001000 r-xp 00000000 fe:00 12 /lib/x.so";
        let map = |start, end| Some(Map { start, end });
        assert_eq!(parse(heap, Depth::Quick), map(0x55d0_c0a0_0000, 0x55d0_c0a2_1000));
        assert_eq!(parse(text, Depth::Quick), None);
        assert_eq!(parse(text, Depth::Everything), map(0x7f00_0000_0000, 0x7f00_0000_1000));
        for line in [
            "7ffd0000-7ffd4000 r--p 0 00:00 0 [vvar]",
            "ffffffffff600000-ffffffffff601000 --xp 0 00:00 0 [vsyscall]",
            "",
            "x-y",
        ] {
            assert_eq!(parse(line, Depth::Everything), None, "{line}");
        }
        assert!(!read_maps(std::process::id() as i32, Depth::Quick).unwrap().is_empty());
        assert_eq!(guesses(&[0x1234, 0x1238, 0x5000]).len(), 2);
    }
}
