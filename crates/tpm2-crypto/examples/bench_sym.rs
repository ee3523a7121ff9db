//! Prints what hashes, MACs and ciphers cost: `cargo run --release -p tpm2-crypto --example bench_sym`. Medians.

use std::{hint::black_box, time::Instant};

use tpm2_crypto::{CipherMode, CryptoProvider, Direction, Drbg, HashAlg, RUST, SymAlg};

const MIB: usize = 1 << 20;

fn main() {
    let p = &RUST;
    let data = vec![0x5A; MIB];
    for alg in HashAlg::ALL {
        let whole = median(15, || drop(black_box(p.digest(alg, &[&data]).to_vec())));
        // As TPM2_SequenceUpdate feeds it.
        let pieces = median(15, || {
            let mut hasher = p.hasher(alg);
            data.chunks(1024).for_each(|chunk| hasher.update(chunk));
            drop(black_box(hasher.finish().to_vec()));
        });
        println!("{whole:>10.1} us, {pieces:>10.1} us in pieces of 1 KiB: {alg:?} of 1 MiB");
    }
    primitive(&data);
    for alg in [HashAlg::Sha1, HashAlg::Sha256, HashAlg::Sha384, HashAlg::Sm3, HashAlg::Sha3_256] {
        let time = median(2000, || drop(black_box(p.hmac(alg, &[1; 32], &[&data[..64]]).to_vec())));
        println!("{time:>10.2} us, HMAC-{alg:?} of 64 bytes");
    }
    for alg in SymAlg::ALL {
        let key = &data[..usize::from(alg.key_sizes()[0]) / 8];
        for mode in [CipherMode::Cfb, CipherMode::Ctr] {
            for direction in [Direction::Encrypt, Direction::Decrypt] {
                let time = median(500, || cipher(p, alg, mode, direction, key));
                println!("{time:>10.2} us, {alg:?}-{mode:?} {direction:?} of 1 KiB with key set-up");
            }
        }
        let time =
            median(500, || drop(black_box(p.cmac(alg, key, &[&data[..64]]).map(|code| code.to_vec()))));
        println!("{time:>10.2} us, CMAC-{alg:?} of 64 bytes with key set-up");
    }
    let mut rng = Drbg::from_entropy(p, &[b"bench"]);
    let time = median(2000, || drop(black_box(rng.generate(32))));
    println!("{time:>10.2} us, CTR_DRBG, 32 bytes");
}

/// SHA-256's compression function over the same bytes, with nothing around it.
fn primitive(data: &[u8]) {
    let time = median(15, || {
        let mut state = [1; 8];
        RUST.hash.sha256(&mut state, data.as_chunks().0);
        black_box(state);
    });
    println!("{time:>10.1} us, the compression function of SHA-256 over 1 MiB");
}

fn cipher(p: &CryptoProvider, alg: SymAlg, mode: CipherMode, direction: Direction, key: &[u8]) {
    let mut data = [0x33; 1024];
    let mut iv = [0; SymAlg::MAX_BLOCK];
    p.cipher(alg, mode, direction, key, &mut iv[..alg.block_size()], &mut data).expect("sizes fit");
    black_box(data);
}

/// Microseconds of the median of `rounds` single calls.
fn median(rounds: usize, mut call: impl FnMut()) -> f64 {
    let mut times: Vec<_> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            call();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[rounds / 2].as_nanos() as f64 / 1e3
}
