//! Part 3, 30: what the TPM says of itself.
use super::*;
use crate::step::cmd;
use tpm2_wire::GetCapability;

pub fn cases() -> Vec<Case> {
    let get = |capability: u32, property: u32, count: u32| {
        cmd::<GetCapability>().p(capability).p(property).p(count)
    };
    let mut all = Vec::new();
    for capability in (0..14).chain([0x100, 0x101, u32::MAX]) {
        for property in [
            0,
            1,
            0x100,
            0x0100_0000,
            0x0200_0000,
            0x0300_0000,
            0x4000_0000,
            0x8000_0000,
            0x8100_0000,
            u32::MAX,
        ] {
            for count in [0, 1, 2, 127, u32::MAX] {
                let what = format!("{capability:#x}, {count} from {property:#x}");
                all.push(case(&what, get(capability, property, count)));
            }
        }
    }
    // One by one, so that a difference names what differs.
    all.extend((0..0xB0).map(|alg| case(&format!("algorithm {alg:#x}"), get(0, alg, 1))));
    all.extend((0x11F..0x1AA).map(|code| case(&format!("command {code:#x}"), get(2, code, 1))));
    all.extend((0x100..0x135).map(|pt| case(&format!("property {pt:#x}"), get(6, pt, 1))));
    all.extend((0x200..0x218).map(|pt| case(&format!("property {pt:#x}"), get(6, pt, 1))));
    all.extend((0..0x18).map(|pt| case(&format!("PCR property {pt:#x}"), get(7, pt, 1))));
    all.extend((0..0x42).map(|curve| case(&format!("curve {curve:#x}"), get(8, curve, 1))));
    all.push(varied("", get(6, 0x200, 4)));
    all
}
