//! What L2 does *not* hold against: a tracer with the right to trace makes the victim give itself away.
//!
//! It is here so that a test can show it, and so that nobody believes otherwise. Yama's `ptrace_scope=3`
//! closes it; `docs/THREATS.md` says what else does.

#[cfg(target_arch = "x86_64")]
pub(super) use x86_64::jump_to;
#[cfg(target_arch = "x86_64")]
pub use x86_64::make_it_send;

#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use std::io;
    use std::mem;

    use super::super::tracing::{Stopped, ptrace, wait_for_stop};
    use crate::sys;

    /// Has the thread of `pid` that waits in `recvfrom` send `len` bytes at `address` over its channel, as if
    /// it wanted to. Returns what its `sendto` returned.
    ///
    /// # Errors
    /// The process may not be traced, or no thread of it waits in `recvfrom`.
    pub fn make_it_send(pid: i32, address: u64, len: u64) -> io::Result<i64> {
        let stopped = Stopped::new(pid)?;
        for &tid in stopped.threads() {
            let before = registers(tid)?;
            if before.orig_rax == libc::SYS_recvfrom as u64 {
                return call(tid, &before, libc::SYS_sendto as u64, [before.rdi, address, len, 0, 0, 0]);
            }
        }
        Err(io::Error::new(io::ErrorKind::NotFound, "no thread waits on the channel"))
    }

    /// Sends a stopped thread to `address`, where it goes on when it is let go.
    pub(in super::super) fn jump_to(tid: libc::pid_t, address: u64) -> io::Result<()> {
        let mut registers = registers(tid)?;
        registers.rip = address;
        registers.orig_rax = u64::MAX; // it was in no call that is to be restarted
        set_registers(tid, &registers)
    }

    /// Makes a stopped thread, which is in a system call, make another one and then its own again.
    fn call(
        tid: libc::pid_t,
        before: &libc::user_regs_struct,
        number: u64,
        arguments: [u64; 6],
    ) -> io::Result<i64> {
        const SYSCALL_LEN: u64 = 2;
        let mut there = *before;
        there.rip = before.rip - SYSCALL_LEN; // no code is written: the instruction it came by serves again
        there.rax = number;
        there.orig_rax = u64::MAX;
        [there.rdi, there.rsi, there.rdx, there.r10, there.r8, there.r9] = arguments;
        set_registers(tid, &there)?;
        for _entry_then_exit in 0..2 {
            ptrace(libc::PTRACE_SYSCALL, tid, 0, 0)?;
            wait_for_stop(tid)?;
        }
        let result = registers(tid)?.rax as i64;
        let mut again = *before;
        again.rip = before.rip - SYSCALL_LEN;
        again.rax = before.orig_rax;
        again.orig_rax = u64::MAX;
        set_registers(tid, &again)?;
        Ok(result)
    }

    fn registers(tid: libc::pid_t) -> io::Result<libc::user_regs_struct> {
        // SAFETY: zeroes are valid registers, and what the request writes to lives across it.
        unsafe {
            let mut registers: libc::user_regs_struct = mem::zeroed();
            sys::check(libc::ptrace(libc::PTRACE_GETREGS, tid, 0, &raw mut registers))?;
            Ok(registers)
        }
    }

    fn set_registers(tid: libc::pid_t, registers: &libc::user_regs_struct) -> io::Result<()> {
        // SAFETY: what the request reads lives across it.
        sys::check(unsafe { libc::ptrace(libc::PTRACE_SETREGS, tid, 0, &raw const *registers) }).map(drop)
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod elsewhere {
    use std::io;

    /// Not written for this architecture.
    pub fn make_it_send(_pid: i32, _address: u64, _len: u64) -> io::Result<i64> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(in super::super) fn jump_to(_tid: libc::pid_t, _address: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
#[cfg(not(target_arch = "x86_64"))]
pub(super) use elsewhere::jump_to;
#[cfg(not(target_arch = "x86_64"))]
pub use elsewhere::make_it_send;
