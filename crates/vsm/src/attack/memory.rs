//! The avenues that read memory at an address: `process_vm_readv` and `/proc/PID/mem`.

use std::io;
use std::os::unix::fs::FileExt;

use super::{Avenue, Map, Page, Search};
use crate::sys;

/// Read in one go where nothing is refused.
const CHUNK: u64 = 64 << 10;

/// Reads all of `maps` through `read`, which may fill less than it was asked for, and searches it.
///
/// Where a chunk is refused, its pages are tried one by one, so that one secret page hides no ordinary one.
pub(super) fn scan(
    avenue: &mut Avenue,
    maps: &[Map],
    search: &Search<'_>,
    mut read: impl FnMut(u64, &mut [u8]) -> io::Result<usize>,
) {
    let mut buffer = vec![0_u8; CHUNK as usize];
    for map in maps {
        let mut at = map.start;
        let mut page_by_page_until = 0;
        while at < map.end {
            let step = if at < page_by_page_until { Page::LEN - at % Page::LEN } else { CHUNK };
            let want = step.min(map.end - at) as usize;
            let Some(room) = buffer.get_mut(..want) else { break };
            match read(at, room) {
                Ok(n) if n > 0 => {
                    avenue.read += n as u64;
                    avenue.hits.extend(search.find(room.get(..n).unwrap_or_default(), at));
                    at += n as u64;
                    if n < want {
                        page_by_page_until = at + (want - n) as u64;
                    }
                }
                _ if want as u64 > Page::LEN => page_by_page_until = at + want as u64,
                result => {
                    avenue.refused += want as u64;
                    avenue.errno =
                        avenue.errno.or(Some(result.map_or_else(|e| sys::errno(&e), |_| libc::EIO)));
                    at += want as u64;
                }
            }
        }
    }
}

/// The system call that debuggers use, one process's memory into another's.
pub(super) fn process_vm_readv(pid: i32, maps: &[Map], search: &Search<'_>) -> Avenue {
    let mut avenue = Avenue::of_memory("process_vm_readv");
    scan(&mut avenue, maps, search, |address, buffer| {
        let local = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
        let remote = libc::iovec { iov_base: address as *mut libc::c_void, iov_len: buffer.len() };
        // SAFETY: the local vector describes the buffer; the remote one is the other process's affair.
        let n = unsafe { libc::process_vm_readv(pid, &local, 1, &remote, 1, 0) };
        sys::check(n as libc::c_long).map(|n| n as usize)
    });
    avenue
}

/// The file that is a process's memory.
pub(super) fn proc_mem(pid: i32, maps: &[Map], search: &Search<'_>) -> Avenue {
    let mut avenue = Avenue::of_memory("/proc/PID/mem");
    match std::fs::File::open(format!("/proc/{pid}/mem")) {
        Ok(file) => scan(&mut avenue, maps, search, |address, buffer| file.read_at(buffer, address)),
        Err(e) => avenue.errno = Some(sys::errno(&e)),
    }
    avenue
}

#[cfg(test)]
mod tests {
    use super::super::Needle;
    use super::*;

    #[test]
    fn a_refused_page_hides_none_beside_it() {
        let key = b"a needle that lies in the last page";
        let needles = [Needle::new("key", key)];
        let mut avenue = Avenue::of_memory("test");
        let maps = [Map { start: 0x10000, end: 0x10000 + 3 * CHUNK }];
        let place = 0x10000 + CHUNK + 5 * Page::LEN + 100;
        let secret = 0x10000 + CHUNK + 4 * Page::LEN..0x10000 + CHUNK + 5 * Page::LEN;
        scan(&mut avenue, &maps, &Search::new(&needles), |address, buffer| {
            let end = address + buffer.len() as u64;
            if address < secret.end && end > secret.start {
                // As the kernel does: what comes before the refused page, or nothing.
                let before = secret.start.saturating_sub(address) as usize;
                buffer[..before].fill(0);
                return if before > 0 { Ok(before) } else { Err(io::Error::from_raw_os_error(libc::EFAULT)) };
            }
            buffer.fill(0);
            if (address..end).contains(&place) {
                let offset = (place - address) as usize;
                buffer[offset..offset + key.len()].copy_from_slice(key);
            }
            Ok(buffer.len())
        });
        assert_eq!(avenue.refused, Page::LEN);
        assert_eq!(avenue.read, 3 * CHUNK - Page::LEN);
        assert_eq!(avenue.errno, Some(libc::EFAULT));
        assert_eq!(avenue.hits.iter().map(|hit| hit.address).collect::<Vec<_>>(), [place]);
    }
}
