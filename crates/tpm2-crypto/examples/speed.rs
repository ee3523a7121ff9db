//! Prints what the operations cost on this machine: `cargo run --release -p tpm2-crypto --example speed`.

use std::{hint::black_box, time::Instant};

use tpm2_crypto::{
    CipherMode, CryptoProvider, Curve, Derivation, Direction, Drbg, HashAlg, RUST, RsaSig, SymAlg,
};

fn main() {
    let provider = &RUST;
    println!("provider {}", provider.name);
    symmetric(provider);
    rsa(provider);
    ecc(provider);
}

fn symmetric(p: &CryptoProvider) {
    let mut data = vec![0x5A; 1024];
    for alg in HashAlg::ALL {
        median(&format!("{alg:?}, 1 KiB"), 2000, || drop(black_box(p.digest(alg, &[&data]).to_vec())));
    }
    median("HMAC-SHA256, 64 bytes", 2000, || {
        drop(black_box(p.hmac(HashAlg::Sha256, &[1; 32], &[&[0; 64]]).to_vec()))
    });
    for mode in CipherMode::ALL {
        for direction in [Direction::Encrypt, Direction::Decrypt] {
            median(&format!("AES-128-{mode:?} {direction:?}, 1 KiB with key set-up"), 2000, || {
                let mut iv = [0; 16];
                let iv = if mode == CipherMode::Ecb { &mut iv[..0] } else { &mut iv[..] };
                p.cipher(SymAlg::Aes, mode, direction, &[7; 16], iv, &mut data).expect("sizes fit");
            });
        }
    }
    let mut drbg = Drbg::from_entropy(p, &[b"speed"]);
    median("DRBG, 32 bytes", 2000, || drop(black_box(drbg.generate(32))));
}

fn rsa(p: &CryptoProvider) {
    let mut rng = Drbg::from_entropy(p, &[b"speed"]);
    for (bits, keys) in [(1024, 40), (2048, 40), (3072, 10), (4096, 5)] {
        let start = Instant::now();
        let generate = |_| {
            p.rsa_generate(&mut rng, bits, 0, Derivation::PrimeAdjust, &mut || false)
                .expect("a sound generator")
        };
        let key = (0..keys).map(generate).last().expect("at least one key");
        println!(
            "{:>12.1} us  RSA-{bits} generation, mean of {keys}",
            start.elapsed().as_micros() as f64 / f64::from(keys)
        );
        let load = || p.rsa_private(&key.n, &key.p, 0).expect("our own key");
        median(&format!("RSA-{bits} load"), 30, || drop(black_box(load())));
        let private = load();
        let digest = p.digest(HashAlg::Sha256, &[b"m"]);
        let mut sign =
            || p.rsa_sign(&private, RsaSig::Pkcs1, HashAlg::Sha256, &digest, &mut rng).expect("signs");
        let signature = sign();
        median(&format!("RSA-{bits} private operation, blinded and checked"), 30, || drop(black_box(sign())));
        median(&format!("RSA-{bits} verify"), 100, || {
            assert!(p.rsa_verify(&key.n, 0, RsaSig::Pkcs1, HashAlg::Sha256, &digest, &signature));
        });
    }
}

fn ecc(p: &CryptoProvider) {
    let mut rng = Drbg::from_entropy(p, &[b"speed"]);
    for curve in [Curve::P256, Curve::P384, Curve::P521] {
        let (d, public) = p.ec_generate(&mut rng, curve).expect("a sound generator");
        let digest = p.digest(HashAlg::Sha256, &[b"m"]);
        let (r, s) = p.ecdsa_sign(curve, &d, &digest, &mut rng).expect("signs");
        median(&format!("{curve:?} key generation"), 200, || drop(black_box(p.ec_generate(&mut rng, curve))));
        median(&format!("{curve:?} ECDH"), 200, || drop(black_box(p.ec_mul(curve, &public, &d))));
        median(&format!("{curve:?} sign"), 200, || {
            drop(black_box(p.ecdsa_sign(curve, &d, &digest, &mut rng)))
        });
        median(&format!("{curve:?} verify"), 200, || {
            assert!(p.ecdsa_verify(curve, &public, &digest, &r, &s))
        });
    }
}

/// Median of `rounds` single calls.
fn median(name: &str, rounds: usize, mut call: impl FnMut()) {
    let mut times: Vec<_> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            call();
            start.elapsed()
        })
        .collect();
    times.sort();
    println!("{:>12.1} us  {name}", times[rounds / 2].as_nanos() as f64 / 1e3);
}
