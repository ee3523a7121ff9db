//! Does the time of a curve's operations tell of the secret? `cargo run --release -p tpm2-crypto --example ec_time`.
//!
//! In the manner of dudect (Reparaz, Balasch, Verbauwhede, "Dude, is my code constant time?", 2017): the same operation on one
//! fixed scalar and on random ones, in an order that is drawn; then Welch's t of the two sets of times, of all and of the
//! fastest halves, where noise of the machine is least. Beyond 4.5 the sets differ. To be run by hand on a quiet machine, more
//! than once: a number above 4.5 that does not come again is noise; one that grows with the count of measurements (the
//! first argument, 20,000 by default) is a leak. The last line is an operation that does leak, for comparison.

use std::{hint::black_box, time::Instant};

use tpm2_crypto::{Curve, Drbg, RUST, Rng};

fn main() {
    let count = std::env::args().nth(1).map_or(20_000, |n| n.parse().expect("a number of measurements"));
    let curves = [Curve::P256, Curve::P384, Curve::P521, Curve::BnP256, Curve::Sm2P256];
    for curve in curves {
        let (_, point) = RUST.ec_generate(&mut rng(), curve).expect("a key");
        // Few ones, so that what skips zeros shows.
        let mut fixed = vec![0; curve.size()];
        fixed[curve.size() - 1] = 3;
        measure(&format!("{curve:?} kG"), count, curve, &fixed, |k| {
            drop(black_box(RUST.ec.base_mul(curve, k)))
        });
        measure(&format!("{curve:?} kP"), count, curve, &fixed, |k| {
            drop(black_box(RUST.ec.mul(curve, &point, k)))
        });
        measure(&format!("{curve:?} 1/k"), count, curve, &fixed, |k| {
            drop(black_box(RUST.ec.scalar_invert(curve, k)))
        });
    }
    let (curve, (_, point)) = (Curve::P256, RUST.ec_generate(&mut rng(), Curve::P256).expect("a key"));
    let mut fixed = vec![0; curve.size()];
    fixed[curve.size() - 1] = 3;
    measure("P256 kG + kP for public k, which leaks", count, curve, &fixed, |k| {
        drop(black_box(RUST.ec.mul_add_public(curve, k, &point, k)))
    });
}

fn rng() -> Drbg {
    Drbg::from_entropy(&RUST, &[b"time"])
}

fn measure(name: &str, count: usize, curve: Curve, fixed: &[u8], mut call: impl FnMut(&[u8])) {
    let mut rng = rng();
    // Both kinds are prepared alike, beforehand, in memory of the same kind.
    let inputs: Vec<(bool, Vec<u8>)> = (0..count)
        .map(|_| {
            let random = drawn(&mut rng, curve);
            let mut coin = [0];
            rng.fill(&mut coin).expect("a sound generator");
            let is_fixed = coin[0] & 1 == 0;
            (is_fixed, if is_fixed { fixed.to_vec() } else { random })
        })
        .collect();
    let mut times = [Vec::new(), Vec::new()];
    for (is_fixed, k) in &inputs {
        let start = Instant::now();
        call(k);
        times[usize::from(*is_fixed)].push(start.elapsed().as_nanos() as f64);
    }
    times.iter_mut().for_each(|set| set.sort_by(f64::total_cmp));
    let [random, fixed] = &times;
    let half = |set: &[f64]| set[..set.len() / 2].to_vec();
    let (all, fast) = (welch(random, fixed), welch(&half(random), &half(fixed)));
    println!("t {all:>8.2} of all, {fast:>8.2} of the fastest halves  {name}");
}

/// A scalar below every order of its length.
fn drawn(rng: &mut Drbg, curve: Curve) -> Vec<u8> {
    let mut k = vec![0; curve.size()];
    rng.fill(&mut k).expect("a sound generator");
    k[0] = if curve == Curve::P521 { 0 } else { k[0] & 0x7F };
    k
}

/// Welch's t.
fn welch(a: &[f64], b: &[f64]) -> f64 {
    let mean = |set: &[f64]| set.iter().sum::<f64>() / set.len() as f64;
    let spread = |set: &[f64], mean: f64| {
        set.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (set.len() - 1) as f64 / set.len() as f64
    };
    let (mean_a, mean_b) = (mean(a), mean(b));
    (mean_a - mean_b) / (spread(a, mean_a) + spread(b, mean_b)).sqrt()
}
