//! Part 3, 22: PCRs.
use super::*;
use crate::step::cmd;
use tpm2_wire::{PcrAllocate, PcrEvent, PcrExtend, PcrRead, PcrReset, PcrSetAuthPolicy, PcrSetAuthValue};

pub fn cases() -> Vec<Case> {
    let digest = |alg: u16, size: usize| [&alg.to_be_bytes()[..], &vec![3; size]].concat();
    let values = |all: &[Vec<u8>]| [&(all.len() as u32).to_be_bytes()[..], &all.concat()].concat();
    let extend = |pcr: u32, all: &[Vec<u8>]| cmd::<PcrExtend>().h(pcr).pw("").p(values(all));
    let select = |alg: u16, select: &[u8]| {
        [&[0, 0, 0, 1][..], &alg.to_be_bytes(), &[select.len() as u8], select].concat()
    };
    let allocate = |selection: Vec<u8>| cmd::<PcrAllocate>().h(PLATFORM).pw("").p(selection);
    let mut all = vec![
        varied("", extend(16, &[digest(0x0B, 32)])),
        varied("two banks", extend(16, &[digest(0x0B, 32), digest(4, 20)])),
        case("no digest", extend(16, &[])),
        case("no PCR", extend(NULL, &[digest(0x0B, 32)])),
        case("a bank twice", extend(16, &[digest(0x0B, 32), digest(0x0B, 32)])),
        case("all banks", extend(0, &[digest(4, 20), digest(0x0B, 32), digest(0x0C, 48), digest(0x0D, 64)])),
        case("too many", extend(16, &vec![digest(0x0B, 32); 17])),
        varied("", cmd::<PcrEvent>().h(16u32).pw("").b("event")),
        case("no PCR", cmd::<PcrEvent>().h(NULL).pw("").b("event")),
        case("1024 bytes", cmd::<PcrEvent>().h(16u32).pw("").b([1; 1024])),
        case("1025 bytes", cmd::<PcrEvent>().h(16u32).pw("").b([1; 1025])),
        varied("", cmd::<PcrRead>().p(pcrs([1, 0, 1]))),
        case("many", cmd::<PcrRead>().p(pcrs([0xFF, 0xFF, 0xFF]))),
        case("two banks", cmd::<PcrRead>().p([0, 0, 0, 2, 0, 4, 3, 0, 1, 0, 0, 0x0B, 3, 1, 1, 1])),
        case("nothing", cmd::<PcrRead>().p(0u32)),
        case("four bytes", cmd::<PcrRead>().p(select(0x0B, &[1, 0, 0, 0]))),
        case("two bytes", cmd::<PcrRead>().p(select(0x0B, &[1, 0]))),
        case("no bank that is there", cmd::<PcrRead>().p(select(0x12, &[1, 0, 0]))),
        varied("", allocate(select(4, &[0, 0, 0]))),
        case("all", allocate(select(0x0B, &[0xFF, 0xFF, 0xFF]))),
        case("without PCR 0", allocate(select(0x0B, &[0xFE, 0xFF, 0xFF]))),
        case(
            "no bank",
            allocate(
                [0, 0, 0, 4, 0, 4, 3, 0, 0, 0, 0, 0x0B, 3, 0, 0, 0, 0, 0x0C, 3, 0, 0, 0, 0, 0x0D, 3, 0, 0, 0]
                    .to_vec(),
            ),
        ),
        case("not a hash", allocate(select(1, &[0, 0, 0]))),
        varied("", cmd::<PcrSetAuthPolicy>().h(PLATFORM).pw("").b([1; 32]).p(SHA256).p(20u32)),
        varied("", cmd::<PcrSetAuthValue>().h(20u32).pw("").b("auth")),
        varied("", cmd::<PcrReset>().h(16u32).pw("")),
    ];
    for pcr in 0..25u32 {
        for locality in 0..=4 {
            let at = format!("PCR {pcr} at locality {locality}");
            all.push(case(&at, extend(pcr, &[digest(0x0B, 32)])).after([Event::Locality(locality)]));
            all.push(case(&at, cmd::<PcrReset>().h(pcr).pw("")).after([Event::Locality(locality)]));
            all.push(case(&at, cmd::<PcrEvent>().h(pcr).pw("").b("e")).after([Event::Locality(locality)]));
        }
        all.push(case(&format!("PCR {pcr}"), cmd::<PcrSetAuthValue>().h(pcr).pw("").b("auth")));
        all.push(case(
            &format!("PCR {pcr}"),
            cmd::<PcrSetAuthPolicy>().h(PLATFORM).pw("").b([1; 32]).p(SHA256).p(pcr),
        ));
        let mut one = [0; 3];
        if let Some(byte) = one.get_mut(pcr as usize / 8) {
            *byte = 1 << (pcr % 8);
        }
        all.push(
            case(&format!("PCR {pcr} after _TPM_Hash"), cmd::<PcrRead>().p(pcrs(one)))
                .after([Event::Hash(b"drtm".to_vec())]),
        );
        all.push(
            case(&format!("PCR {pcr} after a reset"), cmd::<PcrRead>().p(pcrs(one)))
                .after([Event::Power, world::startup(tpm2_wire::TpmSu::Clear).into()]),
        );
    }
    for alg in 0..0x30u16 {
        all.push(case(&format!("hash {alg:#x}"), extend(16, &[digest(alg, 32)])));
        all.push(case(&format!("hash {alg:#x}"), cmd::<PcrRead>().p(select(alg, &[1, 0, 0]))));
    }
    all
}
