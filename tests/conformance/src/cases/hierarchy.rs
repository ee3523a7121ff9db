//! Part 3, 24, 25, 26 and 27: hierarchies, dictionary-attack protection, management.
use super::world::*;
use super::*;
use crate::step::cmd;
use tpm2_wire::{
    ChangeEps, ChangePps, Clear, ClearControl, DictionaryAttackLockReset, DictionaryAttackParameters,
    GetCapability, HierarchyChangeAuth, HierarchyControl, NvRead, PpCommands, SetAlgorithmSet,
    SetPrimaryPolicy, TpmRh,
};

pub fn cases() -> Vec<Case> {
    let control = |by: u32, enable: u32, state: u8| cmd::<HierarchyControl>().h(by).pw("").p(enable).p(state);
    let policy =
        |of: u32, size: usize, alg: u16| cmd::<SetPrimaryPolicy>().h(of).pw("").b(vec![1; size]).p(alg);
    let attack =
        |tries: u32| cmd::<DictionaryAttackParameters>().h(LOCKOUT).pw("").p(tries).p(100u32).p(100u32);
    let wrong = || super::signing::sign(SECRET_KEY, ECDSA).pw("wrong");
    let right = || super::signing::sign(SECRET_KEY, ECDSA).pw(SECRET);
    let reset = || cmd::<DictionaryAttackLockReset>().h(LOCKOUT).pw("");
    let property = |property: u32| cmd::<GetCapability>().p(6u32).p(property).p(1u32);
    let change = |of: u32, new: &str| cmd::<HierarchyChangeAuth>().h(of).pw("").b(new);
    let mut all = vec![
        varied("", control(PLATFORM, OWNER, 0)),
        case("enables itself", control(OWNER, OWNER, 1)),
        case("disables another", control(OWNER, ENDORSEMENT, 0)),
        case("the platform itself", control(PLATFORM, PLATFORM, 0)),
        case("the platform on", control(PLATFORM, PLATFORM, 1)),
        varied("", policy(OWNER, 32, 0x0B)),
        case("none", policy(OWNER, 0, 0x10)),
        case("none, but a hash", policy(OWNER, 0, 0x0B)),
        case("no hash", policy(OWNER, 32, 0x10)),
        case("of another size", policy(OWNER, 20, 0x0B)),
        varied("", cmd::<ChangePps>().h(PLATFORM).pw("")),
        varied("", cmd::<ChangeEps>().h(PLATFORM).pw("")),
        varied("by lockout", cmd::<Clear>().h(LOCKOUT).pw("")),
        case("by the platform", cmd::<Clear>().h(PLATFORM).pw("")),
        varied("", cmd::<ClearControl>().h(LOCKOUT).pw("").p(1u8)),
        case("lockout allows", cmd::<ClearControl>().h(LOCKOUT).pw("").p(0u8)),
        case("disabled", cmd::<Clear>().h(PLATFORM).pw(""))
            .after([cmd::<ClearControl>().h(LOCKOUT).pw("").p(1u8)]),
        varied("", change(OWNER, "new")),
        case("then the old value", change(OWNER, "x")).after([change(OWNER, "new")]),
        case("then the new value", cmd::<HierarchyChangeAuth>().h(OWNER).pw("new").b("x"))
            .after([change(OWNER, "new")]),
        case("zeros at its end", cmd::<HierarchyChangeAuth>().h(OWNER).pw("new\0").b("x"))
            .after([change(OWNER, "new\0\0")]),
        case("65 bytes", cmd::<HierarchyChangeAuth>().h(OWNER).pw("").b([1; 65])),
        case("64 bytes", cmd::<HierarchyChangeAuth>().h(OWNER).pw("").b([1; 64])),
        varied("", reset()),
        case("wrong value", cmd::<DictionaryAttackLockReset>().h(LOCKOUT).pw("wrong")),
        case("after a wrong value", reset())
            .after([cmd::<DictionaryAttackLockReset>().h(LOCKOUT).pw("wrong")]),
        varied("", attack(5)),
        case("no try", right()).after([attack(0)]),
        case("a failure counts", property(0x20E)).after([wrong()]),
        case("failures lock out", right()).after([attack(2), wrong(), wrong()]),
        case("one failure is left", right()).after([attack(2), wrong()]),
        case("reset", right()).after([attack(1), wrong(), reset()]),
        case("flags when locked out", property(0x200)).after([attack(1), wrong()]),
        case(
            "an index is under it too",
            cmd::<NvRead>().h(NV_UNWRITTEN).h(NV_UNWRITTEN).pw("wrong").p(1u16).p(0u16),
        ),
        case(
            "an index, locked out",
            cmd::<NvRead>().h(NV_UNWRITTEN).h(NV_UNWRITTEN).pw(SECRET).p(1u16).p(0u16),
        )
        .after([attack(1), wrong()]),
        case("what is exempt, locked out", super::signing::sign(ECC_KEY, ECDSA).pw(""))
            .after([attack(1), wrong()]),
        varied("", cmd::<PpCommands>().h(PLATFORM).pw("").p(0u32).p(0u32)),
        varied("", cmd::<SetAlgorithmSet>().h(PLATFORM).pw("").p(0u32)),
    ];
    for hierarchy in [OWNER, ENDORSEMENT, PLATFORM, LOCKOUT, NULL, TpmRh::PLATFORM_NV] {
        all.push(case(&format!("{hierarchy:08x}"), change(hierarchy, "new")));
        all.push(case(&format!("{hierarchy:08x}"), policy(hierarchy, 32, 0x0B)));
        for by in [OWNER, ENDORSEMENT, PLATFORM, LOCKOUT] {
            for state in [0, 1, 2] {
                all.push(case(
                    &format!("{hierarchy:08x} to {state} by {by:08x}"),
                    control(by, hierarchy, state),
                ));
            }
        }
    }
    for hash in 0..0x30u16 {
        for size in [20, 32, 48, 64] {
            all.push(case(&format!("hash {hash:#x}, {size} bytes"), policy(OWNER, size, hash)));
        }
    }
    all
}
