//! Wiping what compilers and the kernel leave behind: buffers on the stack, and vector registers.

/// Zeroes `bytes` so that the compiler cannot leave it out, at the speed of `memset`.
pub(crate) fn forget(bytes: &mut [u8]) {
    // SAFETY: the bytes are exclusively borrowed.
    unsafe { forget_raw(bytes.as_mut_ptr(), bytes.len()) }
}

/// [`forget`] for memory that need not be initialized.
///
/// # Safety
/// `len` bytes from `p` may be written.
pub(crate) unsafe fn forget_raw(p: *mut u8, len: usize) {
    // SAFETY: the caller's promise. The assembly is empty and claims to read the memory, so that the stores
    // before it must happen.
    unsafe {
        p.write_bytes(0, len);
        std::arch::asm!("/* {0} */", in(reg) p, options(nostack, preserves_flags));
    }
}

/// Overwrites every vector register that copying or cryptography may have left a secret in.
///
/// When a thread blocks, the kernel saves its registers to kernel memory, which is ordinary memory and is
/// not wiped when the process ends. They are filled with ones, not zeroes: the kernel's XSAVES leaves out a
/// component that is in its initial state (all zeroes), and the stale copy would stay where it was.
#[cfg(target_arch = "x86_64")]
pub(crate) fn wipe() {
    use std::arch::{asm, is_x86_feature_detected};

    if is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has AVX-512F; every register written is declared as such.
        unsafe {
            asm!(
                "vpternlogd zmm0, zmm0, zmm0, 0xff", "vmovdqa64 zmm1, zmm0", "vmovdqa64 zmm2, zmm0",
                "vmovdqa64 zmm3, zmm0", "vmovdqa64 zmm4, zmm0", "vmovdqa64 zmm5, zmm0",
                "vmovdqa64 zmm6, zmm0", "vmovdqa64 zmm7, zmm0", "vmovdqa64 zmm8, zmm0",
                "vmovdqa64 zmm9, zmm0", "vmovdqa64 zmm10, zmm0", "vmovdqa64 zmm11, zmm0",
                "vmovdqa64 zmm12, zmm0", "vmovdqa64 zmm13, zmm0", "vmovdqa64 zmm14, zmm0",
                "vmovdqa64 zmm15, zmm0", "vmovdqa64 zmm16, zmm0", "vmovdqa64 zmm17, zmm0",
                "vmovdqa64 zmm18, zmm0", "vmovdqa64 zmm19, zmm0", "vmovdqa64 zmm20, zmm0",
                "vmovdqa64 zmm21, zmm0", "vmovdqa64 zmm22, zmm0", "vmovdqa64 zmm23, zmm0",
                "vmovdqa64 zmm24, zmm0", "vmovdqa64 zmm25, zmm0", "vmovdqa64 zmm26, zmm0",
                "vmovdqa64 zmm27, zmm0", "vmovdqa64 zmm28, zmm0", "vmovdqa64 zmm29, zmm0",
                "vmovdqa64 zmm30, zmm0", "vmovdqa64 zmm31, zmm0",
                out("zmm0") _, out("zmm1") _, out("zmm2") _, out("zmm3") _, out("zmm4") _, out("zmm5") _,
                out("zmm6") _, out("zmm7") _, out("zmm8") _, out("zmm9") _, out("zmm10") _,
                out("zmm11") _, out("zmm12") _, out("zmm13") _, out("zmm14") _, out("zmm15") _,
                out("zmm16") _, out("zmm17") _, out("zmm18") _, out("zmm19") _, out("zmm20") _,
                out("zmm21") _, out("zmm22") _, out("zmm23") _, out("zmm24") _, out("zmm25") _,
                out("zmm26") _, out("zmm27") _, out("zmm28") _, out("zmm29") _, out("zmm30") _,
                out("zmm31") _, options(nomem, nostack, preserves_flags)
            );
        }
    } else if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2; every register written is declared as such.
        unsafe {
            asm!(
                "vpcmpeqd ymm0, ymm0, ymm0", "vmovdqa ymm1, ymm0", "vmovdqa ymm2, ymm0",
                "vmovdqa ymm3, ymm0", "vmovdqa ymm4, ymm0", "vmovdqa ymm5, ymm0", "vmovdqa ymm6, ymm0",
                "vmovdqa ymm7, ymm0", "vmovdqa ymm8, ymm0", "vmovdqa ymm9, ymm0", "vmovdqa ymm10, ymm0",
                "vmovdqa ymm11, ymm0", "vmovdqa ymm12, ymm0", "vmovdqa ymm13, ymm0",
                "vmovdqa ymm14, ymm0", "vmovdqa ymm15, ymm0",
                out("ymm0") _, out("ymm1") _, out("ymm2") _, out("ymm3") _, out("ymm4") _, out("ymm5") _,
                out("ymm6") _, out("ymm7") _, out("ymm8") _, out("ymm9") _, out("ymm10") _,
                out("ymm11") _, out("ymm12") _, out("ymm13") _, out("ymm14") _, out("ymm15") _,
                options(nomem, nostack, preserves_flags)
            );
        }
    } else {
        // SAFETY: SSE2 is part of x86-64; every register written is declared as such.
        unsafe {
            asm!(
                "pcmpeqd xmm0, xmm0", "movdqa xmm1, xmm0", "movdqa xmm2, xmm0", "movdqa xmm3, xmm0",
                "movdqa xmm4, xmm0", "movdqa xmm5, xmm0", "movdqa xmm6, xmm0", "movdqa xmm7, xmm0",
                "movdqa xmm8, xmm0", "movdqa xmm9, xmm0", "movdqa xmm10, xmm0", "movdqa xmm11, xmm0",
                "movdqa xmm12, xmm0", "movdqa xmm13, xmm0", "movdqa xmm14, xmm0", "movdqa xmm15, xmm0",
                out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _, out("xmm4") _, out("xmm5") _,
                out("xmm6") _, out("xmm7") _, out("xmm8") _, out("xmm9") _, out("xmm10") _,
                out("xmm11") _, out("xmm12") _, out("xmm13") _, out("xmm14") _, out("xmm15") _,
                options(nomem, nostack, preserves_flags)
            );
        }
    }
}

/// As on x86-64: the sixteen lower and sixteen upper vector registers.
#[cfg(target_arch = "aarch64")]
pub(crate) fn wipe() {
    // SAFETY: NEON is part of the AArch64 Linux ABI; every register written is declared as such.
    unsafe {
        std::arch::asm!(
            "movi v0.16b, #255", "movi v1.16b, #255", "movi v2.16b, #255", "movi v3.16b, #255",
            "movi v4.16b, #255", "movi v5.16b, #255", "movi v6.16b, #255", "movi v7.16b, #255",
            "movi v16.16b, #255", "movi v17.16b, #255", "movi v18.16b, #255", "movi v19.16b, #255",
            "movi v20.16b, #255", "movi v21.16b, #255", "movi v22.16b, #255", "movi v23.16b, #255",
            "movi v24.16b, #255", "movi v25.16b, #255", "movi v26.16b, #255", "movi v27.16b, #255",
            "movi v28.16b, #255", "movi v29.16b, #255", "movi v30.16b, #255", "movi v31.16b, #255",
            out("v0") _, out("v1") _, out("v2") _, out("v3") _, out("v4") _, out("v5") _, out("v6") _,
            out("v7") _, out("v16") _, out("v17") _, out("v18") _, out("v19") _, out("v20") _,
            out("v21") _, out("v22") _, out("v23") _, out("v24") _, out("v25") _, out("v26") _,
            out("v27") _, out("v28") _, out("v29") _, out("v30") _, out("v31") _,
            options(nomem, nostack, preserves_flags)
        );
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn forget_zeroes() {
        let mut bytes = [0x5a_u8; 100];
        super::forget(&mut bytes);
        assert_eq!(bytes, [0; 100]);
    }
}
