//! The avenues of a debugger: the victim's threads are stopped, and its words, registers and whole image read.

use std::io;
use std::os::unix::fs::FileExt;

use super::{Avenue, Depth, Map, Search, Target, maps, memory};
use crate::sys;

/// Stops every thread of a process; they go on when this is dropped.
pub(super) struct Stopped {
    threads: Vec<libc::pid_t>,
}

impl Stopped {
    /// All calls to the victim must come from the calling thread, which is its tracer.
    pub(super) fn new(pid: i32) -> io::Result<Self> {
        let mut stopped = Stopped { threads: Vec::new() };
        for entry in std::fs::read_dir(format!("/proc/{pid}/task"))? {
            let Ok(tid) = entry?.file_name().to_string_lossy().parse() else { continue };
            ptrace(libc::PTRACE_SEIZE, tid, 0, 0)?;
            stopped.threads.push(tid);
            ptrace(libc::PTRACE_INTERRUPT, tid, 0, 0)?;
            wait_for_stop(tid)?;
        }
        if stopped.threads.is_empty() { Err(io::Error::from_raw_os_error(libc::ESRCH)) } else { Ok(stopped) }
    }

    pub(super) fn threads(&self) -> &[libc::pid_t] {
        &self.threads
    }
}

impl Drop for Stopped {
    /// The first thread goes on last: if it then faults, no other is still traced.
    fn drop(&mut self) {
        let first = self.threads.first().copied();
        for tid in self.threads.iter().rev().copied() {
            let gone = ptrace(libc::PTRACE_DETACH, tid, 0, 0).is_err();
            if gone && Some(tid) != first {
                // It was killed meanwhile. A traced thread stays until its tracer collects it, and its process
                // with it; the first thread is collected as the process that it stands for, by its parent.
                let _ = wait_for_stop(tid);
            }
        }
    }
}

/// One request whose arguments are integers or addresses in the victim.
pub(super) fn ptrace(request: libc::c_uint, tid: libc::pid_t, address: u64, data: u64) -> io::Result<()> {
    // SAFETY: none of the requests passed here reads or writes memory of this process.
    sys::check(unsafe { libc::ptrace(request, tid, address, data) }).map(drop)
}

pub(super) fn wait_for_stop(tid: libc::pid_t) -> io::Result<()> {
    let mut status = 0;
    loop {
        // SAFETY: `status` lives across the call.
        match sys::check_int(unsafe { libc::waitpid(tid, &mut status, libc::__WALL) }) {
            Ok(_) if libc::WIFSTOPPED(status) => return Ok(()),
            Ok(_) => return Err(io::Error::from_raw_os_error(libc::ESRCH)),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

const WORDS: &str = "ptrace PEEKDATA";
const REGISTERS: &str = "ptrace GETREGSET";
const IMAGE: &str = "core image of the stopped process";

/// The three avenues of a tracer.
pub(super) fn tracing(target: &Target, maps: &[Map], search: &Search<'_>, depth: Depth) -> Vec<Avenue> {
    let stopped = match Stopped::new(target.pid) {
        Ok(stopped) => stopped,
        Err(e) => {
            let refused = |name| Avenue::refused(name, sys::errno(&e));
            return [WORDS, REGISTERS, IMAGE].map(refused).into();
        }
    };
    let Some(&first) = stopped.threads.first() else { return Vec::new() };
    let words = match depth {
        Depth::Quick => peek(first, &maps::guesses(&target.hints), search),
        Depth::Everything => peek(first, maps, search),
    };
    let mut avenues = vec![words, registers(&stopped.threads, search)];
    if depth == Depth::Everything {
        avenues.push(image(target.pid, maps, search));
    }
    avenues
}

/// A word at a time, as a debugger shows memory.
fn peek(tid: libc::pid_t, maps: &[Map], search: &Search<'_>) -> Avenue {
    let mut avenue = Avenue::of_memory(WORDS);
    memory::scan(&mut avenue, maps, search, |address, buffer| {
        let mut filled = 0;
        for (word, at) in buffer.chunks_exact_mut(8).zip((address..).step_by(8)) {
            match peek_word(tid, at) {
                Ok(value) => word.copy_from_slice(&value.to_ne_bytes()),
                Err(e) if filled == 0 => return Err(e),
                Err(_) => break,
            }
            filled += 8;
        }
        Ok(filled)
    });
    avenue
}

fn peek_word(tid: libc::pid_t, address: u64) -> io::Result<libc::c_long> {
    let mut word: libc::c_long = 0;
    // SAFETY: the raw call (unlike the library's) writes the word to the address in `data`, and it lives
    // across the call.
    let r = unsafe { libc::syscall(libc::SYS_ptrace, libc::PTRACE_PEEKDATA, tid, address, &raw mut word) };
    sys::check(r).map(|_| word)
}

/// What the threads have in their registers, vector registers among them.
fn registers(threads: &[libc::pid_t], search: &Search<'_>) -> Avenue {
    const NT_PRSTATUS: u32 = 1;
    const NT_PRFPREG: u32 = 2;
    const NT_X86_XSTATE: u32 = 0x202;
    let sets: &[u32] =
        if cfg!(target_arch = "x86_64") { &[NT_PRSTATUS, NT_X86_XSTATE] } else { &[NT_PRSTATUS, NT_PRFPREG] };
    let mut avenue = Avenue::new(REGISTERS);
    let mut buffer = vec![0_u8; 16 << 10];
    for tid in threads {
        for set in sets {
            let mut vector = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
            // SAFETY: the vector describes the buffer; both live across the call.
            let r = unsafe { libc::ptrace(libc::PTRACE_GETREGSET, *tid, u64::from(*set), &raw mut vector) };
            match sys::check(r) {
                Ok(_) => {
                    avenue.read += vector.iov_len as u64;
                    avenue.hits.extend(search.find(buffer.get(..vector.iov_len).unwrap_or_default(), 0));
                }
                Err(e) => avenue.errno = avenue.errno.or(Some(sys::errno(&e))),
            }
        }
    }
    avenue
}

/// What `gcore` does: the whole image of the stopped process goes to a file, and the file is searched.
fn image(pid: i32, maps: &[Map], search: &Search<'_>) -> Avenue {
    let mut avenue = Avenue::of_memory(IMAGE);
    let written = write_image(&mut avenue, pid, maps);
    let mut at = 0;
    let mut buffer = vec![0_u8; 1 << 20];
    let found = written.and_then(|file| {
        loop {
            let n = file.read_at(&mut buffer, at)?;
            avenue.hits.extend(search.find(buffer.get(..n).unwrap_or_default(), at));
            match n {
                0 => return Ok(()),
                // Overlapping, so that no run is cut at the edge.
                n if n == buffer.len() => at += n as u64 - 64,
                n => at += n as u64,
            }
        }
    });
    if let Err(e) = found {
        avenue.errno = Some(sys::errno(&e));
    }
    avenue
}

fn write_image(avenue: &mut Avenue, pid: i32, maps: &[Map]) -> io::Result<std::fs::File> {
    use std::io::Write;
    use std::os::fd::{FromRawFd, OwnedFd};
    let memory = std::fs::File::open(format!("/proc/{pid}/mem"))?;
    // SAFETY: a literal name; what it returns is a new descriptor that nobody else owns.
    let image = unsafe {
        let fd = sys::check_int(libc::memfd_create(c"image".as_ptr(), libc::MFD_CLOEXEC))?;
        OwnedFd::from_raw_fd(fd)
    };
    let mut image = std::fs::File::from(image);
    let nothing = Search::new(&[]);
    memory::scan(avenue, maps, &nothing, |address, buffer| {
        let n = memory.read_at(buffer, address)?;
        image.write_all(buffer.get(..n).unwrap_or_default())?;
        Ok(n)
    });
    Ok(image)
}
