//! Prints what self-tests cost on this machine: `cargo run --release -p tpm2-engine --example self_test`.

use std::time::Instant;
use tpm2_crypto::RUST;
use tpm2_engine::{Config, EntropyError, Platform, Profile, Tpm};

/// Entropy that is none, and a clock that stands: for measurements alone.
struct Bench(u64);
impl Platform for Bench {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        for byte in out {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *byte = (self.0 >> 56) as u8;
        }
        Ok(())
    }
    fn now_ms(&mut self) -> u64 {
        0
    }
}

fn main() {
    for name in ["default", "everything"] {
        let profile = Profile::by_name(name).expect("a built-in profile");
        let algorithms = profile.content().algorithms.clone();
        let mut bench = Bench(1);
        let mut tpm =
            Tpm::manufacture(&RUST, &Config { profile, ..Config::default() }, &mut bench).expect("entropy");
        tpm.power_on(&mut bench);
        let mut run = |bench: &mut Bench, code: u32, params: &[u8]| {
            let size = 10 + params.len() as u32;
            let command = [&[0x80, 1][..], &size.to_be_bytes(), &code.to_be_bytes(), params].concat();
            let start = Instant::now();
            let response = tpm.execute(bench, 0, &command).response;
            let took = start.elapsed();
            assert_eq!(response.get(6..10), Some(&[0; 4][..]), "{response:02x?}");
            took
        };
        run(&mut bench, 0x144, &[0, 0]);
        for alg in algorithms {
            // TPM2_IncrementalSelfTest: what was tested costs nothing.
            let took = run(&mut bench, 0x142, &[&[0, 0, 0, 1][..], &alg.to_be_bytes()].concat());
            if took.as_micros() > 20 {
                println!("{name:>12}: {:>8.1} us, algorithm {alg:#06x}", took.as_nanos() as f64 / 1e3);
            }
        }
        let mut full: Vec<_> = (0..21).map(|_| run(&mut bench, 0x143, &[1])).collect();
        full.sort();
        println!(
            "{name:>12}: {:>8.1} us, TPM2_SelfTest(YES), median of 21",
            full[10].as_nanos() as f64 / 1e3
        );
    }
}
