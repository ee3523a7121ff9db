//! Prints what elliptic curves cost on this machine: `cargo run --release -p tpm2-crypto --example bench_ec`.
//!
//! Medians of many batches, and the least batch: on a machine that does other things too, the least is nearer the truth.

use std::{hint::black_box, time::Instant};

use tpm2_crypto::{CryptoProvider, Curve, Drbg, HashAlg, RUST};

fn main() {
    let provider = &RUST;
    println!("provider {}: median and least, in us", provider.name);
    for curve in Curve::WEIERSTRASS {
        weierstrass(provider, curve);
    }
}

fn weierstrass(p: &CryptoProvider, curve: Curve) {
    let mut rng = Drbg::from_entropy(p, &[b"bench"]);
    let (d, public) = p.ec_generate(&mut rng, curve).expect("a sound generator");
    let digest = p.digest(HashAlg::Sha256, &[b"m"]);
    let (r, s) = p.ecdsa_sign(curve, &d, &digest, &mut rng).expect("signs");
    time(&format!("{curve:?} generate"), || drop(black_box(p.ec_generate(&mut rng, curve))));
    time(&format!("{curve:?} multiply any point"), || drop(black_box(p.ec_mul(curve, &public, &d))));
    time(&format!("{curve:?} sign"), || drop(black_box(p.ecdsa_sign(curve, &d, &digest, &mut rng))));
    time(&format!("{curve:?} verify"), || assert!(p.ecdsa_verify(curve, &public, &digest, &r, &s)));
}

fn time(name: &str, mut call: impl FnMut()) {
    const BATCH: u32 = 8;
    let mut batches: Vec<_> = (0..61)
        .map(|_| {
            let start = Instant::now();
            (0..BATCH).for_each(|_| call());
            start.elapsed() / BATCH
        })
        .collect();
    batches.sort();
    let us = |at: usize| batches[at].as_nanos() as f64 / 1e3;
    println!("{:>9.1} {:>9.1}  {name}", us(batches.len() / 2), us(0));
}
