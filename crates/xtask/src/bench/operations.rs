//! The operations that are measured: how each is prepared, and what of it is timed.
use super::caller::{Caller, command, command_with, handle, sized};
use super::{Error, keys};
use std::time::Duration;
use tpm2_wire as wire;
use tpm2_wire::{Command, TpmRh};

/// Does it once; how long that took. What has to be undone is undone outside the time.
pub(super) type Timed = Box<dyn FnMut(&mut Caller) -> Result<Duration, Error>>;

pub(super) struct Operation {
    pub(super) name: &'static str,
    pub(super) prepare: fn(&mut Caller) -> Result<Timed, Error>,
    /// So often at least, if not the default.
    pub(super) least: Option<usize>,
    /// So often at most.
    pub(super) most: usize,
}

const fn often(name: &'static str, prepare: fn(&mut Caller) -> Result<Timed, Error>) -> Operation {
    Operation { name, prepare, least: None, most: 2000 }
}
const fn times(name: &'static str, n: usize, prepare: fn(&mut Caller) -> Result<Timed, Error>) -> Operation {
    Operation { name, prepare, least: Some(n), most: n }
}

/// The first is the transport floor: nothing is cheaper.
pub(super) const OPERATIONS: &[Operation] = &[
    often("ReadClock", |_| same::<wire::ReadClock>(&[], &[])),
    often("GetRandom, 32 bytes", |_| same::<wire::GetRandom>(&[], &[0, 32])),
    often("PCR_Read, one of SHA-256", |_| same::<wire::PcrRead>(&[], &[0, 0, 0, 1, 0, 11, 3, 1, 0, 0])),
    often("PCR_Extend, SHA-256", |_| {
        same::<wire::PcrExtend>(&[16], &[&[0, 0, 0, 1, 0, 11][..], &[7; 32]].concat())
    }),
    often("GetCapability, commands", |_| {
        same::<wire::GetCapability>(&[], &[0, 0, 0, 2, 0, 0, 1, 0x1F, 0, 0, 0, 255])
    }),
    often("GetCapability, fixed properties", |_| {
        same::<wire::GetCapability>(&[], &[0, 0, 0, 6, 0, 0, 1, 0, 0, 0, 0, 127])
    }),
    often("Hash, 1 KiB of SHA-256", |_| {
        same::<wire::Hash>(
            &[],
            &[sized(&[1; 1024]), vec![0, 11], TpmRh::NULL.to_be_bytes().to_vec()].concat(),
        )
    }),
    often("HMAC session: start", |_| session_start(0)),
    often("Policy session: start", |_| session_start(1)),
    often("PolicyPCR", |caller| {
        let session = caller.call::<wire::StartAuthSession>(&[TpmRh::NULL; 2], &session_params(1))?.handle;
        same::<wire::PolicyPcr>(&[session], &[0, 0, 0, 0, 0, 1, 0, 11, 3, 0x80, 0, 0])
    }),
    times("SHA-256 of 1 MiB by sequence", 7, sequence),
    times("SelfTest, full", 7, |_| same::<wire::SelfTest>(&[], &[1])),
    often("CreatePrimary, P-256", |_| create_primary(keys::ecc_storage(keys::P256))),
    often("CreatePrimary, P-384", |_| create_primary(keys::ecc_storage(keys::P384))),
    times("CreatePrimary, RSA-2048, keys that differ", 100, create_rsa_primaries),
    often("Create, P-256", |caller| create(caller, keys::ecdsa(keys::P256))),
    often("Create, sealed data", |caller| {
        let parent = caller.primary(&keys::ecc_storage(keys::P256))?;
        same::<wire::Create>(&[parent], &keys::create(&[5; 32], &keys::data()))
    }),
    times("Create, RSA-2048, one after the other", 30, |caller| create(caller, keys::rsassa())),
    times("Create, RSA-2048, after a second of idle time", 7, |caller| {
        let mut create = create(caller, keys::rsassa())?;
        Ok(Box::new(move |caller| {
            std::thread::sleep(Duration::from_secs(1));
            create(caller)
        }))
    }),
    often("Load, P-256", |caller| load(caller, &keys::ecdsa(keys::P256))),
    often("Load, RSA-2048", |caller| load(caller, &keys::rsassa())),
    often("Unseal", |caller| {
        let parent = caller.primary(&keys::ecc_storage(keys::P256))?;
        let (object, _) = caller.child(parent, &[5; 32], &keys::data())?;
        same::<wire::Unseal>(&[object], &[])
    }),
    often("Sign, ECDSA P-256", |caller| sign(caller, keys::ecdsa(keys::P256))),
    often("VerifySignature, ECDSA P-256", |caller| verify(caller, keys::ecdsa(keys::P256))),
    often("Sign, ECDSA P-384", |caller| sign(caller, keys::ecdsa(keys::P384))),
    often("VerifySignature, ECDSA P-384", |caller| verify(caller, keys::ecdsa(keys::P384))),
    often("ECDH_ZGen, P-256", ecdh_z_gen),
    often("ECDH_KeyGen, P-256", |caller| {
        let key = caller.primary(&keys::ecdh(keys::P256))?;
        same::<wire::EcdhKeyGen>(&[key], &[])
    }),
    often("Sign, RSASSA 2048", |caller| sign(caller, keys::rsassa())),
    often("VerifySignature, RSASSA 2048", |caller| verify(caller, keys::rsassa())),
    often("Quote, ECDSA P-256", |caller| {
        let key = caller.primary(&keys::ecdsa(keys::P256))?;
        same::<wire::Quote>(&[key], &[0, 0, 0, 0x10, 0, 0, 0, 1, 0, 11, 3, 0xFF, 0, 0])
    }),
    often("ContextSave, P-256", |caller| {
        let key = caller.primary(&keys::ecdsa(keys::P256))?;
        same::<wire::ContextSave>(&[key], &[])
    }),
    often("NV_Increment, durable", |caller| {
        // A counter, read and written by the owner and by its authorization value.
        let index = nv_define(caller, 0x0006_0016, 8)?;
        same::<wire::NvIncrement>(&[TpmRh::OWNER, index], &[])
    }),
    often("NV_Write, 1 KiB, durable", |caller| {
        let index = nv_define(caller, 0x0006_0006, 1024)?;
        same::<wire::NvWrite>(&[TpmRh::OWNER, index], &[sized(&[3; 1024]), vec![0, 0]].concat())
    }),
    often("Encapsulate, ML-KEM-768", |caller| {
        let key = caller.primary(&keys::ml_kem(2))?;
        same::<wire::Encapsulate>(&[key], &[])
    }),
    often("Decapsulate, ML-KEM-768", |caller| {
        let key = caller.primary(&keys::ml_kem(2))?;
        let reply = caller.call::<wire::Encapsulate>(&[key], &[])?;
        let ciphertext = reply.params.get(2 + 32..).unwrap_or_default().to_vec();
        same::<wire::Decapsulate>(&[key], &ciphertext)
    }),
    often("Sign sequence, ML-DSA-65, 32 bytes", sign_ml_dsa),
];

/// The same command again and again.
fn same<C: Command>(handles: &[u32], params: &[u8]) -> Result<Timed, Error> {
    let command = command::<C>(handles, params);
    Ok(Box::new(move |caller| caller.time(C::SHAPE.name, &command).map(|(took, _)| took)))
}

/// The same command again and again, which yields a handle.
fn flushed<C: Command>(command: Vec<u8>) -> Result<Timed, Error> {
    Ok(Box::new(move |caller| {
        let (took, response) = caller.time(C::SHAPE.name, &command)?;
        caller.flush(handle(&response))?;
        Ok(took)
    }))
}

/// The parameters that start a session of this type: SHA-256, no parameter encryption.
fn session_params(kind: u8) -> Vec<u8> {
    [sized(&[7; 16]), vec![0, 0, kind, 0, 0x10, 0, 0x0B]].concat()
}
fn session_start(kind: u8) -> Result<Timed, Error> {
    flushed::<wire::StartAuthSession>(command::<wire::StartAuthSession>(
        &[TpmRh::NULL; 2],
        &session_params(kind),
    ))
}
fn create_primary(public: Vec<u8>) -> Result<Timed, Error> {
    flushed::<wire::CreatePrimary>(command::<wire::CreatePrimary>(
        &[TpmRh::OWNER],
        &keys::create(&[], &public),
    ))
}
fn create_rsa_primaries(_: &mut Caller) -> Result<Timed, Error> {
    let mut n = 0u32;
    Ok(Box::new(move |caller| {
        n += 1;
        create_primary(keys::rsa_storage(&n.to_be_bytes()))?(caller)
    }))
}
fn create(caller: &mut Caller, public: Vec<u8>) -> Result<Timed, Error> {
    let parent = caller.primary(&keys::ecc_storage(keys::P256))?;
    same::<wire::Create>(&[parent], &keys::create(&[], &public))
}
fn load(caller: &mut Caller, public: &[u8]) -> Result<Timed, Error> {
    let parent = caller.primary(&keys::ecc_storage(keys::P256))?;
    let (key, params) = caller.child(parent, &[], public)?;
    caller.flush(key)?;
    flushed::<wire::Load>(command::<wire::Load>(&[parent], &params))
}

const DIGEST: [u8; 32] = [9; 32];

/// What `TPM2_Sign` takes for a digest that the TPM need not have made, by the scheme of the key.
fn sign_params() -> Vec<u8> {
    [sized(&DIGEST), vec![0, 0x10], vec![0x80, 0x24], TpmRh::NULL.to_be_bytes().to_vec(), vec![0, 0]].concat()
}
fn signer(caller: &mut Caller, public: &[u8]) -> Result<u32, Error> {
    let parent = caller.primary(&keys::ecc_storage(keys::P256))?;
    Ok(caller.child(parent, &[], public)?.0)
}
fn sign(caller: &mut Caller, public: Vec<u8>) -> Result<Timed, Error> {
    let key = signer(caller, &public)?;
    same::<wire::Sign>(&[key], &sign_params())
}
fn verify(caller: &mut Caller, public: Vec<u8>) -> Result<Timed, Error> {
    let key = signer(caller, &public)?;
    let signature = caller.call::<wire::Sign>(&[key], &sign_params())?.params;
    same::<wire::VerifySignature>(&[key], &[sized(&DIGEST), signature].concat())
}
fn ecdh_z_gen(caller: &mut Caller) -> Result<Timed, Error> {
    let key = caller.primary(&keys::ecdh(keys::P256))?;
    let both = caller.call::<wire::EcdhKeyGen>(&[key], &[])?.params;
    let z = both.get(..2).map_or(0, |b| usize::from(u16::from_be_bytes([b[0], b[1]])));
    same::<wire::EcdhZGen>(&[key], both.get(2 + z..).unwrap_or_default())
}
fn nv_define(caller: &mut Caller, attributes: u32, size: u16) -> Result<u32, Error> {
    let index = 0x0150_0000 | u32::from(size);
    let public =
        [&index.to_be_bytes()[..], &[0, 11], &attributes.to_be_bytes(), &[0, 0], &size.to_be_bytes()]
            .concat();
    caller.call::<wire::NvDefineSpace>(&[TpmRh::OWNER], &[sized(&[]), sized(&public)].concat())?;
    if size == 8 {
        caller.call::<wire::NvIncrement>(&[TpmRh::OWNER, index], &[])?;
    }
    Ok(index)
}

/// 1 MiB in pieces of 1 KiB.
fn sequence(_: &mut Caller) -> Result<Timed, Error> {
    let start = command::<wire::HashSequenceStart>(&[], &[0, 0, 0, 11]);
    Ok(Box::new(move |caller| {
        let (mut took, response) = caller.time("HashSequenceStart", &start)?;
        let object = handle(&response);
        let update = command::<wire::SequenceUpdate>(&[object], &sized(&[4; 1024]));
        for _ in 0..1024 {
            took += caller.time("SequenceUpdate", &update)?.0;
        }
        let end = [sized(&[]), TpmRh::NULL.to_be_bytes().to_vec()].concat();
        let end = command::<wire::SequenceComplete>(&[object], &end);
        Ok(took + caller.time("SequenceComplete", &end)?.0)
    }))
}

/// Start and end of a sequence, which is how ML-DSA signs a message.
fn sign_ml_dsa(caller: &mut Caller) -> Result<Timed, Error> {
    let key = caller.primary(&keys::ml_dsa(2))?;
    let start = command::<wire::SignSequenceStart>(&[key], &[0, 0, 0, 0]);
    Ok(Box::new(move |caller| {
        let (took, response) = caller.time("SignSequenceStart", &start)?;
        let end = command_with::<wire::SignSequenceComplete>(
            &[handle(&response), key],
            &[TpmRh::PW, TpmRh::PW],
            &sized(&DIGEST),
        );
        Ok(took + caller.time("SignSequenceComplete", &end)?.0)
    }))
}
