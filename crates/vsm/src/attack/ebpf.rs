//! What no setting of a host but the lack of eBPF stops: root has the *kernel* read for it, in the victim's context.
//!
//! Like the injection it is here so that a test can show it: neither secret memory nor Yama stands in the way of
//! code that runs as the victim. `docs/THREATS.md` says what does.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use crate::sys;

/// Bytes that a [`Tap`] takes.
pub const TAPPED: usize = 64;

// Commands, types and helpers of bpf(2), as `linux/bpf.h` numbers them.
const MAP_CREATE: i32 = 0;
const MAP_LOOKUP_ELEM: i32 = 1;
const PROG_LOAD: i32 = 5;
const RAW_TRACEPOINT_OPEN: i32 = 17;
const MAP_TYPE_ARRAY: u32 = 2;
const PROG_TYPE_RAW_TRACEPOINT: u32 = 17;
const HELPER_MAP_LOOKUP_ELEM: i32 = 1;
const HELPER_GET_CURRENT_PID_TGID: i32 = 14;
const HELPER_PROBE_READ_USER: i32 = 112;

/// A program in the kernel that copies memory of one process at each of its system calls. Dropping it ends it.
pub struct Tap {
    map: OwnedFd,
    _attached: OwnedFd,
}

impl Tap {
    /// Copies [`TAPPED`] bytes at `address` of the process `pid` whenever that makes a system call.
    ///
    /// # Errors
    /// The caller may not load programs (EPERM), or the kernel cannot have them.
    pub fn new(pid: i32, address: u64) -> io::Result<Self> {
        // Key size, value size and number of entries follow the type, in words of 32 bits.
        let map = new_fd(MAP_CREATE, &mut [pair(MAP_TYPE_ARRAY, 4), pair(TAPPED as u32, 1)])?;
        let code = program(pid, address, &map);
        let mut load =
            [pair(PROG_TYPE_RAW_TRACEPOINT, code.len() as u32), code.as_ptr() as u64, c"GPL".as_ptr() as u64];
        let program = new_fd(PROG_LOAD, &mut load)?;
        let mut open = [c"sys_enter".as_ptr() as u64, program.as_raw_fd() as u64];
        Ok(Tap { map, _attached: new_fd(RAW_TRACEPOINT_OPEN, &mut open)? })
    }

    /// What was there at the last system call; zeroes, if there was none or nothing could be read.
    pub fn bytes(&self) -> io::Result<[u8; TAPPED]> {
        let mut bytes = [0_u8; TAPPED];
        let key = 0_u32;
        let mut lookup = [self.map.as_raw_fd() as u64, (&raw const key) as u64, (&raw mut bytes) as u64];
        bpf(MAP_LOOKUP_ELEM, &mut lookup)?;
        Ok(bytes)
    }
}

/// `if pid_tgid() >> 32 == pid { if let Some(value) = map.lookup(0) { probe_read_user(value, 64, address) } }`
fn program(pid: i32, address: u64, map: &OwnedFd) -> [u64; 18] {
    const CALL: u8 = 0x85;
    const SHIFT_RIGHT: u8 = 0x77;
    const SKIP_UNLESS_EQUAL: u8 = 0x55;
    const SKIP_IF_EQUAL: u8 = 0x15;
    const STORE_32: u8 = 0x62;
    const ADD: u8 = 0x07;
    const COPY: u8 = 0xbf;
    const SET: u8 = 0xb7;
    const SET_64: u8 = 0x18; // takes the next word too
    const EXIT: u8 = 0x95;
    const FROM_MAP: u8 = 1;
    [
        instruction(CALL, 0, 0, 0, HELPER_GET_CURRENT_PID_TGID),
        instruction(SHIFT_RIGHT, 0, 0, 0, 32),
        instruction(SKIP_UNLESS_EQUAL, 0, 0, 13, pid),
        instruction(STORE_32, 10, 0, -4, 0), // the key 0, on the program's stack
        instruction(COPY, 2, 10, 0, 0),
        instruction(ADD, 2, 0, 0, -4),
        instruction(SET_64, 1, FROM_MAP, 0, map.as_raw_fd()),
        0,
        instruction(CALL, 0, 0, 0, HELPER_MAP_LOOKUP_ELEM),
        instruction(SKIP_IF_EQUAL, 0, 0, 6, 0),
        instruction(COPY, 1, 0, 0, 0),
        instruction(SET, 2, 0, 0, TAPPED as i32),
        instruction(SET_64, 3, 0, 0, address as u32 as i32),
        instruction(0, 0, 0, 0, (address >> 32) as i32),
        instruction(CALL, 0, 0, 0, HELPER_PROBE_READ_USER),
        instruction(SET, 0, 0, 0, 0),
        instruction(SET, 0, 0, 0, 0),
        instruction(EXIT, 0, 0, 0, 0),
    ]
}

fn instruction(code: u8, to: u8, from: u8, offset: i16, immediate: i32) -> u64 {
    let [low, high] = offset.to_le_bytes();
    let [a, b, c, d] = immediate.to_le_bytes();
    u64::from_le_bytes([code, to | from << 4, low, high, a, b, c, d])
}

fn pair(low: u32, high: u32) -> u64 {
    u64::from(low) | u64::from(high) << 32
}

fn new_fd(command: i32, attributes: &mut [u64]) -> io::Result<OwnedFd> {
    let fd = bpf(command, attributes)?;
    // SAFETY: these commands return a new descriptor, close-on-exec, that nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// The rest of the attributes is zero, as the kernel takes it to be.
fn bpf(command: i32, attributes: &mut [u64]) -> io::Result<libc::c_long> {
    // SAFETY: the attributes hold integers and addresses of memory that lives across the call, each as large
    // as the command reads or writes.
    sys::check(unsafe {
        libc::syscall(libc::SYS_bpf, command, attributes.as_mut_ptr(), size_of_val(attributes))
    })
}
