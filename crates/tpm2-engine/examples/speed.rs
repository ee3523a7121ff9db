//! How long commands take in process, without a transport: `cargo run --release -p tpm2-engine --example speed`.
//! Medians of batches, in nanoseconds.
use std::time::Instant;
use tpm2_crypto::RUST;
use tpm2_engine::{Config, EntropyError, Platform, Tpm};

struct World(u64);
impl Platform for World {
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

/// The bytes of a command; authorized handles get an empty password.
fn command(code: u32, handles: &[u32], authorized: bool, params: &[u8]) -> Vec<u8> {
    const PASSWORD: [u8; 13] = [0, 0, 0, 9, 0x40, 0, 0, 9, 0, 0, 1, 0, 0];
    let mut body: Vec<u8> = handles.iter().flat_map(|handle| handle.to_be_bytes()).collect();
    if authorized {
        body.extend_from_slice(&PASSWORD);
    }
    body.extend_from_slice(params);
    let tag = if authorized { 0x8002u16 } else { 0x8001 };
    [&tag.to_be_bytes()[..], &(10 + body.len() as u32).to_be_bytes(), &code.to_be_bytes(), &body].concat()
}

fn main() {
    let mut world = World(1);
    let mut tpm = Tpm::manufacture(&RUST, &Config::default(), &mut world).expect("entropy");
    tpm.power_on(&mut world);
    let mut run = |bytes: &[u8]| {
        let response = tpm.execute(&mut world, 0, bytes).response;
        assert_eq!(response[6..10], [0; 4], "{bytes:02x?} answers {response:02x?}");
        response
    };
    run(&command(0x144, &[], false, &[0, 0]));
    let index =
        [&[0, 0, 0, 14, 1, 0x50, 0, 0, 0, 0x0B][..], &0x0202_0002u32.to_be_bytes(), &[0, 0, 0, 32]].concat();
    run(&command(0x12A, &[0x4000_0001], true, &index));
    let nv = [0x4000_0001, 0x0150_0000];
    let write = command(0x137, &nv, true, &[&[0, 32][..], &[7; 32], &[0, 0]].concat());
    run(&write);
    let policy = command(
        0x176,
        &[0x4000_0007; 2],
        false,
        &[0, 16, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 0, 0, 1, 0, 0x10, 0, 0x0B],
    );
    let flush = command(0x165, &[], false, &[3, 0, 0, 0]);
    run(&policy);
    let session = [0x0300_0000];
    let extend = command(0x182, &[16], true, &[&[0, 0, 0, 1, 0, 0x0B][..], &[5; 32]].concat());
    let capability = |which: u32, from: u32, count: u32| {
        command(0x17A, &[], false, &[which, from, count].map(u32::to_be_bytes).concat())
    };
    let cases: Vec<(&str, Vec<Vec<u8>>)> = vec![
        ("ReadClock", vec![command(0x181, &[], false, &[])]),
        ("GetTestResult", vec![command(0x17C, &[], false, &[])]),
        ("PCR_Read, one", vec![command(0x17E, &[], false, &[0, 0, 0, 1, 0, 0x0B, 3, 1, 0, 0])]),
        ("PCR_Read, eight", vec![command(0x17E, &[], false, &[0, 0, 0, 1, 0, 0x0B, 3, 0xFF, 0, 0])]),
        ("PCR_Extend", vec![extend]),
        ("GetRandom, 16", vec![command(0x17B, &[], false, &[0, 16])]),
        (
            "Hash, SHA-256 of 32",
            vec![command(0x17D, &[], false, &[&[0, 32][..], &[1; 32], &[0, 0x0B, 0x40, 0, 0, 7]].concat())],
        ),
        ("GetCapability, one property", vec![capability(6, 0x10E, 1)]),
        ("GetCapability, all fixed", vec![capability(6, 0x100, 127)]),
        ("GetCapability, commands", vec![capability(2, 0, 254)]),
        ("GetCapability, algorithms", vec![capability(0, 0, 64)]),
        ("NV_ReadPublic", vec![command(0x169, &[0x0150_0000], false, &[])]),
        ("NV_Read, 32", vec![command(0x14E, &nv, true, &[0, 32, 0, 0])]),
        ("NV_Write, 32", vec![write]),
        ("PolicyGetDigest", vec![command(0x189, &session, false, &[])]),
        ("PolicyAuthValue", vec![command(0x16B, &session, false, &[])]),
        ("StartAuthSession, FlushContext", vec![flush, policy]),
    ];
    let only = std::env::args().nth(1).unwrap_or_default();
    for (name, commands) in cases.into_iter().filter(|(name, _)| name.contains(&only)) {
        let mut times: Vec<u128> = (0..41)
            .map(|_| {
                let begin = Instant::now();
                for _ in 0..1000 {
                    for bytes in &commands {
                        run(bytes);
                    }
                }
                begin.elapsed().as_nanos() / 1000
            })
            .collect();
        times.sort_unstable();
        println!("{:>8} ns  {name}", times[times.len() / 2]);
    }
}
