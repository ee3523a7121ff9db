//! Prints what the exponentiations cost: `cargo run --release -p tpm2-bignum --example bench_pow`.

use std::{hint::black_box, num::NonZeroU32, time::Instant};

use tpm2_bignum::{Engine, Modulus, Power};

fn main() {
    for engine in Engine::all() {
        pair::<8>(engine);
        pair::<16>(engine);
        pair::<24>(engine);
        pair::<32>(engine);
        public::<16>(engine);
        public::<32>(engine);
        public::<48>(engine);
        public::<64>(engine);
    }
}

fn number<const L: usize>(seed: u64) -> [u64; L] {
    core::array::from_fn(|i| {
        (seed + i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31) | 1 << 63 | 1
    })
}

fn pair<const L: usize>(engine: Engine) {
    let (m, base, exponent) = (number::<L>(1), number::<L>(100), number::<L>(200));
    let modulus = Modulus::new(&m).expect("odd");
    let power = || Power { modulus: &modulus, base: &base, exponent: &exponent };
    let name = format!("{} two powers of {} bits", engine.name(), 64 * L);
    median(&name, 60, || _ = black_box(engine.pow_pair([power(), power()])));
    median(&format!("  modulus of {} bits", 64 * L), 100, || drop(black_box(Modulus::new(&m))));
}

fn public<const L: usize>(engine: Engine) {
    let modulus = Modulus::new(&number::<L>(1)).expect("odd");
    let base = number::<L>(100);
    let e = NonZeroU32::new(65_537).expect("not 0");
    let name = format!("{} power 65537 of {} bits", engine.name(), 64 * L);
    median(&name, 200, || _ = black_box(engine.pow_public(&base, e, &modulus)));
}

/// Median and least of `rounds` single calls.
fn median(name: &str, rounds: usize, mut call: impl FnMut()) {
    let mut times: Vec<_> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            call();
            start.elapsed()
        })
        .collect();
    times.sort();
    let us = |at: usize| times[at].as_nanos() as f64 / 1e3;
    println!("{:>10.1} us, least {:>10.1} us  {name}", us(rounds / 2), us(0));
}
