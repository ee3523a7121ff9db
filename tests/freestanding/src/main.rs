//! A TPM without an operating system: no standard library, no CPUID, an allocator over a static array. It makes a TPM,
//! starts it, creates a key and hashes; its exit code says whether all commands succeeded. Linux serves as the machine:
//! the one thing asked of it is to end the process.
#![no_std]
#![no_main]

use core::panic::PanicInfo;
use tpm2_engine::{Config, EntropyError, Platform, Tpm};

#[global_allocator]
static HEAP: emballoc::Allocator<{ 8 << 20 }> = emballoc::Allocator::new();

/// A machine with a counter for entropy: this is a test.
struct Machine(u64);
impl Platform for Machine {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        for byte in out {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (self.0 >> 56) as u8;
        }
        Ok(())
    }
    fn now_ms(&mut self) -> u64 {
        0
    }
}

/// `TPM2_Startup(CLEAR)`
const STARTUP: &[u8] = &[0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x44, 0, 0];
/// `TPM2_Hash` of "abc" with SHA-256
const HASH: &[u8] = &[0x80, 1, 0, 0, 0, 21, 0, 0, 1, 0x7D, 0, 3, b'a', b'b', b'c', 0, 0x0B, 0x40, 0, 0, 7];
/// `TPM2_CreatePrimary` of a P-256 storage key for the owner
const CREATE_PRIMARY: &[u8] = &[
    0x80, 2, 0, 0, 0, 67, 0, 0, 1, 0x31, 0x40, 0, 0, 1, 0, 0, 0, 9, 0x40, 0, 0, 9, 0, 0, 1, 0, 0, 0, 4, 0, 0,
    0, 0, 0, 26, 0, 0x23, 0, 0x0B, 0, 3, 4, 0x72, 0, 0, 0, 6, 0, 0x80, 0, 0x43, 0, 0x10, 0, 3, 0, 0x10, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0,
];

fn run() -> Result<(), u8> {
    let mut machine = Machine(1);
    let mut tpm = Tpm::manufacture(&tpm2_crypto::RUST, &Config::default(), &mut machine).map_err(|_| 1)?;
    tpm.power_on(&mut machine);
    for (n, command) in (2..).zip([STARTUP, HASH, CREATE_PRIMARY]) {
        let response = tpm.execute(&mut machine, 0, command).response;
        if response.get(6..10) != Some(&[0; 4]) {
            return Err(n);
        }
    }
    Ok(())
}

fn exit(code: u8) -> ! {
    // SAFETY: system call 60 of Linux, exit, touches no memory and does not return.
    unsafe {
        core::arch::asm!("syscall", in("rax") 60, in("rdi") u64::from(code), options(noreturn));
    }
}

// SAFETY: the linker's name for the first instruction; nothing else in the program has it.
#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    exit(run().err().unwrap_or(0))
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    exit(100)
}
