//! Assertions about presence, parameters, capabilities, approved policies in NV and secure channels (Part 3, 23.12 and
//! 23.22 to 23.25): digests computed apart from the engine, and each refusal.
mod common;

use common::policy::{code, digest, guarded, session, sha, unseal};
use common::session::session_at;
use common::{Chip, public, refused, refused_at, sized};
use tpm2_wire::{
    Buffer, Command, GetCapability, NvRead, NvReadLock, NvWrite, PolicyAuthorizeNv, PolicyCapability,
    PolicyCpHash, PolicyNameHash, PolicyParameters, PolicyPhysicalPresence, PolicyTransportSpdm, Rc,
    Tpm2bName, TpmCap, TpmEo, TpmPt, TpmRh, TpmSe, TpmaNv, TpmsSpdmSessionInfo, Unseal, to_vec,
};

const INDEX: u32 = 0x0150_0000;

#[test]
fn presence() {
    let mut chip = Chip::new();
    let policy = sha(&[&[0; 32], &code::<PolicyPhysicalPresence>()]);
    let item = guarded(&mut chip, &policy);
    let one = session(&mut chip, TpmSe::Policy);
    let assert =
        |chip: &mut Chip| chip.send::<PolicyPhysicalPresence>(&[one], &[], &[]).expect("an assertion");
    assert(&mut chip);
    assert_eq!(digest(&mut chip, one), policy);
    refused_at(unseal(&mut chip, item, one), Rc::PP, session_at(1));
    chip.bench.presence = true;
    unseal(&mut chip, item, one).expect("the secret");
}

#[test]
fn parameters() {
    let mut chip = Chip::new();
    // The parameters of TPM2_Unseal: none.
    let hash = sha(&[&code::<Unseal>()]);
    let policy = sha(&[&[0; 32], &code::<PolicyParameters>(), &hash]);
    let item = guarded(&mut chip, &policy);
    let one = session(&mut chip, TpmSe::Policy);
    let limit = |chip: &mut Chip, session: u32, hash: &[u8]| {
        chip.send::<PolicyParameters>(&[session], &[], &sized(hash)).map(drop)
    };
    refused_at(limit(&mut chip, one, &hash[1..]), Rc::SIZE, PolicyParameters::p_hash);
    limit(&mut chip, one, &hash).expect("a limit");
    assert_eq!(digest(&mut chip, one), policy);
    // It is one of those of which a policy has but one.
    refused(limit(&mut chip, one, &hash), Rc::CPHASH);
    refused(chip.send::<PolicyCpHash>(&[one], &[], &sized(&hash)), Rc::CPHASH);
    refused(chip.send::<PolicyNameHash>(&[one], &[], &sized(&hash)), Rc::CPHASH);
    unseal(&mut chip, item, one).expect("the secret");
    let cp_hash = session(&mut chip, TpmSe::Policy);
    chip.send::<PolicyCpHash>(&[cp_hash], &[], &sized(&hash)).expect("a limit");
    refused(limit(&mut chip, cp_hash, &hash), Rc::CPHASH);
    // Another command, or other parameters, are refused.
    let other = sha(&[&code::<NvRead>()]);
    let other_policy = sha(&[&[0; 32], &code::<PolicyParameters>(), &other]);
    let item = guarded(&mut chip, &other_policy);
    let two = session(&mut chip, TpmSe::Policy);
    limit(&mut chip, two, &other).expect("a limit");
    refused_at(unseal(&mut chip, item, two), Rc::POLICY_FAIL, session_at(1));
    // An index that can be read in one way.
    let read = [0, 4, 0, 0];
    let hash = sha(&[&code::<NvRead>(), &read]);
    let mut area = public(INDEX, TpmaNv::OWNERWRITE | TpmaNv::POLICYREAD, 8);
    area.auth_policy = Buffer(sha(&[&[0; 32], &code::<PolicyParameters>(), &hash]));
    chip.define_with(area, "").expect("an index");
    let write = [sized(&[1; 8]), vec![0; 2]].concat();
    chip.send::<NvWrite>(&[TpmRh::OWNER, INDEX], &[], &write).expect("a write");
    let three = session(&mut chip, TpmSe::Policy);
    limit(&mut chip, three, &hash).expect("a limit");
    let at = |chip: &mut Chip, params: &[u8]| {
        chip.send_policy::<NvRead>(&[INDEX, INDEX], &[Some(three)], params).map(drop)
    };
    refused_at(at(&mut chip, &[0, 5, 0, 0]), Rc::POLICY_FAIL, session_at(1));
    at(&mut chip, &read).expect("the data");
}

/// The parameters of TPM2_PolicyCapability.
fn capability(operand: &[u8], offset: u16, operation: TpmEo, capability: TpmCap, property: u32) -> Vec<u8> {
    [
        &sized(operand)[..],
        &offset.to_be_bytes(),
        &operation.value().to_be_bytes(),
        &(capability as u32).to_be_bytes(),
        &property.to_be_bytes(),
    ]
    .concat()
}

#[test]
fn capabilities() {
    let mut chip = Chip::new();
    let one = session(&mut chip, TpmSe::Policy);
    let check = |chip: &mut Chip, params: &[u8]| chip.send::<PolicyCapability>(&[one], &[], params).map(drop);
    let version = TpmPt::FIXED + 2;
    let params = capability(&[0, 0, 0, 185], 4, TpmEo::UnsignedGe, TpmCap::TpmProperties, version);
    check(&mut chip, &params).expect("a version from 1.85 on");
    let args = sha(&[&params[2..]]);
    let policy = sha(&[&[0; 32], &code::<PolicyCapability>(), &args]);
    assert_eq!(digest(&mut chip, one), policy);
    // A trial session takes all.
    let trial = session(&mut chip, TpmSe::Trial);
    let false_one = capability(&[0; 4], 99, TpmEo::Eq, TpmCap::Pcrs, 0);
    chip.send::<PolicyCapability>(&[trial], &[], &false_one).expect("a trial");
    // What does not hold changes nothing.
    let before = digest(&mut chip, one);
    let at = PolicyCapability::operand_b;
    for (operand, offset, operation, which, property, rc) in [
        (&[0u8, 0, 0, 186][..], 4, TpmEo::UnsignedGe, TpmCap::TpmProperties, version, Rc::POLICY),
        (&[0; 4], 9, TpmEo::Eq, TpmCap::TpmProperties, version, Rc::VALUE.at(PolicyCapability::offset)),
        (&[0; 4], 5, TpmEo::Eq, TpmCap::TpmProperties, version, Rc::SIZE.at(at)),
        (&[0; 4], 0, TpmEo::Eq, TpmCap::TpmProperties, TpmPt::FIXED + 21, Rc::POLICY),
        (&[0; 4], 0, TpmEo::Eq, TpmCap::Handles, 0x8000_0000, Rc::POLICY),
        (&[0; 4], 0, TpmEo::Eq, TpmCap::Handles, 0x0400_0000, Rc::HANDLE.at(PolicyCapability::property)),
        (&[0; 4], 0, TpmEo::Eq, TpmCap::Pcrs, 0, Rc::VALUE.at(PolicyCapability::capability)),
        (&[0; 4], 0, TpmEo::Eq, TpmCap::VendorProperty, 0, Rc::VALUE.at(PolicyCapability::capability)),
        (&[0; 4], 0, TpmEo::Eq, TpmCap::PubKeys, 0, Rc::VALUE.at(PolicyCapability::property)),
        (&[0; 4], 0, TpmEo::Eq, TpmCap::AuthPolicies, 0, Rc::VALUE.at(PolicyCapability::property)),
        (&[0; 4], 0, TpmEo::Eq, TpmCap::SpdmSessionInfo, 0, Rc::POLICY),
    ] {
        refused(check(&mut chip, &capability(operand, offset, operation, which, property)), rc);
    }
    let unknown = [&params[..10], &0xFFu32.to_be_bytes(), &[0; 4]].concat();
    refused_at(check(&mut chip, &unknown), Rc::VALUE, PolicyCapability::capability);
    assert_eq!(digest(&mut chip, one), before);
    // One of each kind that is there, by its first bytes; and what is not there is unlike everything.
    chip.define(INDEX, TpmaNv::OWNERREAD | TpmaNv::OWNERWRITE, 8).expect("an index");
    let own = one.to_be_bytes();
    for (operand, which, property) in [
        (&[0u8, 1][..], TpmCap::Algs, 1),
        (&INDEX.to_be_bytes()[..], TpmCap::Handles, INDEX),
        (&own, TpmCap::Handles, one & 0x00FF_FFFF | 0x0200_0000),
        (&[], TpmCap::Commands, Unseal::SHAPE.code),
        (&[0, 0, 1, 0x2D], TpmCap::PpCommands, 0x12D),
        (&[0, 0, 1, 0x40], TpmCap::AuditCommands, 0x140),
        (&[0, 0, 0, 1, 3], TpmCap::PcrProperties, 1),
        (&[0, 3], TpmCap::EccCurves, 3),
        (&TpmRh::OWNER.to_be_bytes(), TpmCap::AuthPolicies, TpmRh::OWNER),
        (&TpmRh::ACT_0.to_be_bytes(), TpmCap::Act, TpmRh::ACT_0),
    ] {
        let reply = check(&mut chip, &capability(operand, 0, TpmEo::Eq, which, property));
        if which == TpmCap::Handles && property >> 24 == 2 {
            // A loaded session is listed with its own type.
            refused(reply, Rc::POLICY);
        } else {
            reply.unwrap_or_else(|rc| panic!("{which:?}: {rc:?}"));
        }
        check(&mut chip, &capability(&[0xEE], 0, TpmEo::Neq, which, property)).expect("not that");
    }
    check(&mut chip, &capability(&[1], 0, TpmEo::Neq, TpmCap::Handles, 0x8000_0000)).expect("nothing there");
}

#[test]
fn a_policy_that_nv_approves() {
    let mut chip = Chip::new();
    let attributes = TpmaNv::OWNERWRITE | TpmaNv::OWNERREAD | TpmaNv::AUTHREAD | TpmaNv::READ_STCLEAR;
    chip.define(INDEX, attributes, 40).expect("an index");
    let one = session(&mut chip, TpmSe::Policy);
    let by = [TpmRh::OWNER, INDEX, one];
    let check = |chip: &mut Chip| chip.send::<PolicyAuthorizeNv>(&by, &[], &[]).map(drop);
    let write = |chip: &mut Chip, data: &[u8]| {
        let params = [sized(data), vec![0; 2]].concat();
        chip.send::<NvWrite>(&[TpmRh::OWNER, INDEX], &[], &params).expect("a write");
    };
    refused(check(&mut chip), Rc::NV_UNINITIALIZED);
    // By itself, an index that was never written is refused before its value is looked at.
    let itself = chip.send::<PolicyAuthorizeNv>(&[INDEX, INDEX, one], &["wrong"], &[]);
    refused_at(itself, Rc::NV_UNINITIALIZED, session_at(1));
    let approved = sha(&[&[0; 32], &code::<PolicyPhysicalPresence>()]);
    write(&mut chip, &[&[0, 0x99][..], &approved].concat());
    refused(check(&mut chip), Rc::HASH);
    write(&mut chip, &[&[0, 0x0C][..], &approved].concat());
    // An index that is too small for the digest of its algorithm, here SHA-384.
    refused(check(&mut chip), Rc::INSUFFICIENT);
    write(&mut chip, &[&[0, 4][..], &approved].concat());
    refused(check(&mut chip), Rc::HASH);
    write(&mut chip, &[&[0, 0x0B][..], &approved].concat());
    refused(check(&mut chip), Rc::VALUE);
    chip.send::<PolicyPhysicalPresence>(&[one], &[], &[]).expect("an assertion");
    check(&mut chip).expect("an approved policy");
    let name = chip.send::<tpm2_wire::NvReadPublic>(&[INDEX], &[], &[]).expect("an index");
    let name = &name.params[name.params.len() - 34..];
    let policy = sha(&[&[0; 32], &code::<PolicyAuthorizeNv>(), name]);
    assert_eq!(digest(&mut chip, one), policy);
    let item = guarded(&mut chip, &policy);
    chip.bench.presence = true;
    unseal(&mut chip, item, one).expect("the secret");
    // A trial session looks at nothing, and has to be authorized nevertheless.
    let trial = session(&mut chip, TpmSe::Trial);
    write(&mut chip, &[0; 34]);
    chip.send::<PolicyAuthorizeNv>(&[INDEX, INDEX, trial], &[], &[]).expect("a trial");
    assert_eq!(digest(&mut chip, trial), policy);
    let wrong = chip.send::<PolicyAuthorizeNv>(&[INDEX, INDEX, trial], &["wrong"], &[]);
    refused_at(wrong, Rc::AUTH_FAIL, session_at(1));
    // Who may not read it, and what may not be read.
    let platform = chip.send::<PolicyAuthorizeNv>(&[TpmRh::PLATFORM, INDEX, one], &[], &[]);
    refused(platform, Rc::NV_AUTHORIZATION);
    chip.send::<NvReadLock>(&[TpmRh::OWNER, INDEX], &[], &[]).expect("a lock");
    refused(check(&mut chip), Rc::NV_LOCKED);
    let missing = chip.send::<PolicyAuthorizeNv>(&[TpmRh::OWNER, INDEX + 1, one], &[], &[]);
    refused_at(missing, Rc::HANDLE, PolicyAuthorizeNv::nv_index);
}

#[test]
fn secure_channels() {
    let mut chip = Chip::new();
    let key = |n: u8| Tpm2bName::from(&[&[0, 0x0B][..], &[n; 32]].concat()[..]);
    let none = Tpm2bName::default();
    let require = |chip: &mut Chip, session: u32, requester: &[u8], tpm: &[u8]| {
        let params = [sized(requester), sized(tpm)].concat();
        chip.send::<PolicyTransportSpdm>(&[session], &[], &params).map(drop)
    };
    let one = session(&mut chip, TpmSe::Policy);
    for (bad, rc) in [(&[0u8][..], Rc::SIZE), (&[0, 0x99, 1], Rc::HASH), (&[0, 0x0B, 1], Rc::SIZE)] {
        refused_at(require(&mut chip, one, bad, &[]), rc, PolicyTransportSpdm::req_key_name);
        refused_at(require(&mut chip, one, &[], bad), rc, PolicyTransportSpdm::tpm_key_name);
    }
    // Any channel; this key of the requester, that of the TPM, or both.
    for (requester, tpm) in [(&none, &none), (&key(1), &none), (&none, &key(2)), (&key(1), &key(2))] {
        let names = sha(&[&to_vec(requester), &to_vec(tpm)]);
        let names = if requester.is_empty() && tpm.is_empty() { &[][..] } else { &names };
        let policy = sha(&[&[0; 32], &code::<PolicyTransportSpdm>(), names]);
        let item = guarded(&mut chip, &policy);
        let attempt = |chip: &mut Chip| {
            let one = session(chip, TpmSe::Policy);
            require(chip, one, requester, tpm).expect("an assertion");
            assert_eq!(digest(chip, one), policy);
            refused(require(chip, one, requester, tpm), Rc::VALUE);
            let result = unseal(chip, item, one);
            chip.flush(one);
            result
        };
        refused_at(attempt(&mut chip), Rc::CHANNEL, session_at(1));
        chip.flush(item);
    }
}

#[test]
fn secure_channels_by_key() {
    let mut chip = Chip::new();
    let key = |n: u8| Tpm2bName::from(&[&[0, 0x0B][..], &[n; 32]].concat()[..]);
    let none = Tpm2bName::default();
    for (requester, tpm) in
        [(none.clone(), none.clone()), (key(1), none.clone()), (none.clone(), key(2)), (key(1), key(2))]
    {
        let names = sha(&[&to_vec(&requester), &to_vec(&tpm)]);
        let names = if requester.is_empty() && tpm.is_empty() { &[][..] } else { &names };
        let item = guarded(&mut chip, &sha(&[&[0; 32], &code::<PolicyTransportSpdm>(), names]));
        let one = session(&mut chip, TpmSe::Policy);
        for (here, there) in [(key(1), key(2)), (key(3), key(2)), (key(1), key(4)), (key(2), key(1))] {
            let params = [to_vec(&requester), to_vec(&tpm)].concat();
            chip.send::<PolicyTransportSpdm>(&[one], &[], &params).expect("an assertion");
            let fits = (requester.is_empty() || requester == here) && (tpm.is_empty() || tpm == there);
            chip.bench.channel = Some(TpmsSpdmSessionInfo { req_key_name: here, tpm_key_name: there });
            if fits {
                unseal(&mut chip, item, one).expect("the secret");
            } else {
                refused_at(unseal(&mut chip, item, one), Rc::CHANNEL_KEY, session_at(1));
                chip.send::<tpm2_wire::PolicyRestart>(&[one], &[], &[]).expect("a new beginning");
            }
        }
        chip.flush(one);
        chip.flush(item);
    }
    // The channel is told.
    let params = [TpmCap::SpdmSessionInfo as u32, 0, 1].map(u32::to_be_bytes).concat();
    let reply = chip.send::<GetCapability>(&[], &[], &params).expect("a channel");
    let expected = [&[0, 0, 0, 0, 0x0C, 0, 0, 0, 1][..], &to_vec(&key(2)), &to_vec(&key(1))].concat();
    assert_eq!(reply.params, expected);
}
