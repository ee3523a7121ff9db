//! Prints what ML-KEM and ML-DSA cost on this machine: `cargo run --release -p tpm2-crypto --example bench_pqc`.

use std::{hint::black_box, time::Instant};

use tpm2_crypto::{Drbg, DsaMessage, MlDsa, MlKem, RUST, mldsa};

fn main() {
    let p = &RUST;
    let mut rng = Drbg::from_entropy(p, &[b"bench"]);
    println!("provider {}", p.name);
    for set in MlKem::ALL {
        let seed = p.mlkem_seed(&mut rng).expect("a sound generator");
        let key = p.mlkem_private(set, &seed[..]).expect("a seed of the right size");
        let made = p.mlkem_encapsulate(set, key.public(), &mut rng).expect("a public key");
        median(&format!("{set:?} key from seed"), 500, || drop(black_box(p.mlkem_private(set, &seed[..]))));
        median(&format!("{set:?} encapsulation, key checked"), 500, || {
            drop(black_box(p.mlkem_encapsulate(set, key.public(), &mut rng)));
        });
        median(&format!("{set:?} decapsulation"), 500, || drop(black_box(key.decapsulate(&made.ciphertext))));
    }
    for set in MlDsa::ALL {
        let seed = p.mldsa_seed(&mut rng).expect("a sound generator");
        let key = p.mldsa_private(set, &seed[..]).expect("a seed of the right size");
        let whole = mldsa::pure(b"", &[7; 256]).expect("a short context");
        let mu = [3; MlDsa::MU_SIZE];
        median(&format!("{set:?} key from seed"), 200, || drop(black_box(p.mldsa_private(set, &seed[..]))));
        // Signing tries until it finds: each round is another message's worth of luck.
        for (name, message) in
            [("message", DsaMessage::Formatted(&whole)), ("representative", DsaMessage::Mu(&mu))]
        {
            median(&format!("{set:?} signature of a {name}"), 300, || {
                drop(black_box(key.sign(message, &mut rng)));
            });
            let signature = key.sign(message, &mut rng).expect("a signature");
            median(&format!("{set:?} verification of a {name}"), 300, || {
                assert!(p.mldsa_verify(set, key.public(), message, &signature));
            });
        }
    }
}

/// The median of `rounds` runs.
fn median(what: &str, rounds: usize, mut run: impl FnMut()) {
    let mut times: Vec<u128> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_nanos()
        })
        .collect();
    times.sort_unstable();
    println!("{:>12.1} us  {what}", times[rounds / 2] as f64 / 1000.0);
}
