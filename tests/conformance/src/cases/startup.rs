//! Part 3, 9 and 10: start-up and self-tests.
use super::world::startup;
use super::*;
use crate::step::cmd;
use tpm2_wire::{GetTestResult, IncrementalSelfTest, SelfTest, Shutdown, TestParms, TpmSu};

pub fn cases() -> Vec<Case> {
    let shutdown = |kind: TpmSu| cmd::<Shutdown>().p(kind.value());
    let mut all = vec![
        case("a second one", startup(TpmSu::Clear)),
        varied("reset", startup(TpmSu::Clear)).after([Event::Power]),
        case("resume without shutdown (9.3)", startup(TpmSu::State)).after([Event::Power]),
        case("state, after an orderly shutdown", startup(TpmSu::State))
            .after([shutdown(TpmSu::Clear).into(), Event::Power]),
        varied("resume", startup(TpmSu::State)).after([shutdown(TpmSu::State).into(), Event::Power]),
        case("restart", startup(TpmSu::Clear)).after([shutdown(TpmSu::State).into(), Event::Power]),
        case("resume at locality 3 after locality 0", startup(TpmSu::State)).after([
            shutdown(TpmSu::State).into(),
            Event::Power,
            Event::Locality(3),
        ]),
        case("after an H-CRTM event", startup(TpmSu::Clear))
            .after([Event::Power, Event::Hash(b"crtm".to_vec())]),
        case("resume after an H-CRTM event", startup(TpmSu::State)).after([
            shutdown(TpmSu::State).into(),
            Event::Power,
            Event::Hash(b"crtm".to_vec()),
        ]),
        varied("clear", shutdown(TpmSu::Clear)),
        varied("state", shutdown(TpmSu::State)),
        varied("full", cmd::<SelfTest>().p(1u8)),
        varied("needed ones", cmd::<SelfTest>().p(0u8)),
        varied("of nothing", cmd::<IncrementalSelfTest>().p(0u32)),
        varied("of SHA-256", cmd::<IncrementalSelfTest>().p(1u32).p(SHA256)),
        varied("", cmd::<GetTestResult>()),
    ];
    for locality in 0..=4 {
        all.push(
            case(&format!("at locality {locality}"), startup(TpmSu::Clear))
                .after([Event::Power, Event::Locality(locality)]),
        );
    }
    let parms: &[(&str, Vec<u8>)] = &[
        ("RSA-1024", [&[0, 1][..], NONE, NONE, &[4, 0], &[0; 4]].concat()),
        ("RSA-2048", [&[0, 1][..], NONE, NONE, &[8, 0], &[0; 4]].concat()),
        ("RSA-3072", [&[0, 1][..], NONE, NONE, &[12, 0], &[0; 4]].concat()),
        ("RSA-4096", [&[0, 1][..], NONE, NONE, &[16, 0], &[0; 4]].concat()),
        ("RSA, exponent 3", [&[0, 1][..], NONE, NONE, &[8, 0], &[0, 0, 0, 3]].concat()),
        ("P-256", [&[0, 0x23][..], AES, ECDSA, &[0, 3], NONE].concat()),
        ("keyed hash", [&[0, 8][..], HMAC].concat()),
        ("XOR", [0, 8, 0, 0x0A, 0, 0x0B, 0, 0x22].to_vec()),
        ("AES", [&[0, 0x25][..], AES].concat()),
        ("null", NONE.to_vec()),
        ("a hash", SHA256.to_vec()),
    ];
    all.extend(parms.iter().map(|(what, parms)| varied(what, cmd::<TestParms>().p(parms.clone()))));
    for curve in 0..0x42u16 {
        let parms = [&[0, 0x23][..], NONE, NONE, &curve.to_be_bytes(), NONE].concat();
        all.push(case(&format!("curve {curve:#x}"), cmd::<TestParms>().p(parms)));
    }
    for id in 0..0xB0u16 {
        let as_hash = [&[0, 8, 0, 5][..], &id.to_be_bytes()].concat();
        all.push(case(&format!("HMAC with {id:#x}"), cmd::<TestParms>().p(as_hash)));
        let as_scheme = [&[0, 0x23][..], NONE, &id.to_be_bytes(), SHA256, &[0, 3], NONE].concat();
        all.push(case(&format!("ECC with {id:#x}"), cmd::<TestParms>().p(as_scheme)));
        let as_cipher = [&[0, 0x25][..], &id.to_be_bytes(), &[0, 128, 0, 0x43]].concat();
        all.push(case(&format!("cipher {id:#x}"), cmd::<TestParms>().p(as_cipher)));
        let as_mode = [&[0, 0x25, 0, 6, 0, 128][..], &id.to_be_bytes()].concat();
        all.push(case(&format!("mode {id:#x}"), cmd::<TestParms>().p(as_mode)));
    }
    all
}
