//! Modular exponentiation for RSA, in constant time.
//!
//! [`Modulus`] holds an odd modulus; [`Engine`] is the code that raises numbers to powers modulo it: on AVX-512
//! IFMA, in integer registers with BMI2, or portably. Numbers are arrays of little-endian 64-bit limbs; the sizes
//! are those of RSA moduli and their primes: 8, 16, 24, 32, 48 and 64 limbs.
//!
//! Constant time means: no branch and no address depends on a base, a secret exponent or a modulus, only on sizes.
//! There is no `unsafe` here; the one step from "this CPU has the instructions" to the code that uses them is
//! `fearless_simd`'s.
#![no_std]

extern crate alloc;

mod engine;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod ifma;
mod limbs;
mod modulus;
mod mont64;

pub use engine::{Engine, Power};
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
pub use fearless_simd;
pub use modulus::Modulus;
