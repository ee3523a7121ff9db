//! Public areas and parameters, as bytes.
use crate::step::{Part, Step, cmd, sized};
use tpm2_wire::{Create, CreatePrimary, NvDefineSpace, TpmRh, TpmaNv, TpmaObject};

pub const OWNER: u32 = TpmRh::OWNER;
pub const ENDORSEMENT: u32 = TpmRh::ENDORSEMENT;
pub const PLATFORM: u32 = TpmRh::PLATFORM;
pub const LOCKOUT: u32 = TpmRh::LOCKOUT;
pub const NULL: u32 = TpmRh::NULL;

/// Fixed to the TPM and the parent, of the TPM's own making, with an authorization value.
pub const OWN: u32 = TpmaObject::FIXED_TPM.0
    | TpmaObject::FIXED_PARENT.0
    | TpmaObject::SENSITIVE_DATA_ORIGIN.0
    | TpmaObject::USER_WITH_AUTH.0;
pub const NO_DA: u32 = TpmaObject::NO_DA.0;
pub const SIGN: u32 = TpmaObject::SIGN.0;
pub const DECRYPT: u32 = TpmaObject::DECRYPT.0;
pub const RESTRICTED: u32 = TpmaObject::RESTRICTED.0;
/// A storage key.
pub const STORAGE: u32 = OWN | NO_DA | RESTRICTED | DECRYPT;
/// Data of the caller's.
pub const DATA: u32 = OWN & !TpmaObject::SENSITIVE_DATA_ORIGIN.0 | NO_DA;
/// What may be duplicated lacks these.
pub const FIXED: u32 = TpmaObject::FIXED_TPM.0 | TpmaObject::FIXED_PARENT.0;

/// AES-128-CFB.
pub const AES: &[u8] = &[0, 6, 0, 128, 0, 0x43];
/// `TPM_ALG_NULL`.
pub const NONE: &[u8] = &[0, 0x10];
pub const SHA256: &[u8] = &[0, 0x0B];
pub const ECDSA: &[u8] = &[0, 0x18, 0, 0x0B];
pub const ECDH: &[u8] = &[0, 0x19, 0, 0x0B];
pub const RSASSA: &[u8] = &[0, 0x14, 0, 0x0B];
pub const RSAPSS: &[u8] = &[0, 0x16, 0, 0x0B];
pub const RSAES: &[u8] = &[0, 0x15];
pub const OAEP: &[u8] = &[0, 0x17, 0, 0x0B];
pub const HMAC: &[u8] = &[0, 5, 0, 0x0B];
pub const P256: u16 = 3;

fn area(kind: u16, attributes: u32, policy: &[u8], rest: &[&[u8]]) -> Vec<u8> {
    let mut all = [&kind.to_be_bytes()[..], SHA256, &attributes.to_be_bytes()].concat();
    crate::run::put_sized(policy, &mut all);
    [all, rest.concat()].concat()
}
/// An ECC key.
pub fn ecc(attributes: u32, symmetric: &[u8], scheme: &[u8], curve: u16) -> Vec<u8> {
    area(0x23, attributes, &[], &[symmetric, scheme, &curve.to_be_bytes(), NONE, &[0; 4]])
}
/// An RSA key.
pub fn rsa(attributes: u32, symmetric: &[u8], scheme: &[u8], bits: u16) -> Vec<u8> {
    area(1, attributes, &[], &[symmetric, scheme, &bits.to_be_bytes(), &[0; 4], &[0; 2]])
}
/// A key or datum of bytes.
pub fn keyed_hash(attributes: u32, scheme: &[u8]) -> Vec<u8> {
    area(8, attributes, &[], &[scheme, &[0; 2]])
}
/// The same with a policy.
pub fn with_policy(attributes: u32, scheme: &[u8], policy: &[u8]) -> Vec<u8> {
    area(8, attributes, policy, &[scheme, &[0; 2]])
}
/// A key of a block cipher.
pub fn cipher(attributes: u32, symmetric: &[u8]) -> Vec<u8> {
    area(0x25, attributes, &[], &[symmetric, &[0; 2]])
}
/// A P-256 storage key.
pub fn storage() -> Vec<u8> {
    ecc(STORAGE, AES, NONE, P256)
}

/// The parameters of a command that creates: an authorization value, data, a public area.
pub trait Creates {
    /// Adds them, without outside information and PCRs.
    fn creates(self, auth: &str, data: &[u8], public: &[u8]) -> Step;
}
impl Creates for Step {
    fn creates(self, auth: &str, data: &[u8], public: &[u8]) -> Step {
        let sensitive = Part::Sized(vec![sized(auth.as_bytes()), sized(data)]);
        self.p(sensitive).b(public).b([]).p(0u32)
    }
}
/// `TPM2_CreatePrimary`, with empty authorization of the hierarchy.
pub fn primary(hierarchy: u32, auth: &str, data: &[u8], public: &[u8]) -> Step {
    cmd::<CreatePrimary>().h(hierarchy).pw("").creates(auth, data, public)
}
/// `TPM2_Create` below a key with an empty authorization value.
pub fn create(parent: u32, auth: &str, data: &[u8], public: &[u8]) -> Step {
    cmd::<Create>().h(parent).pw("").creates(auth, data, public)
}

/// Read and written by the owner and with the index's authorization value.
pub const NV_ALL: u32 =
    TpmaNv::OWNERREAD.0 | TpmaNv::OWNERWRITE.0 | TpmaNv::AUTHREAD.0 | TpmaNv::AUTHWRITE.0 | TpmaNv::NO_DA.0;
/// A type of index, as attributes.
pub const fn kind(kind: tpm2_wire::TpmNt) -> u32 {
    (kind as u32) << 4
}
/// A `TPMS_NV_PUBLIC`.
pub fn nv_public(index: u32, attributes: u32, policy: &[u8], size: u16) -> Vec<u8> {
    let mut all = [&index.to_be_bytes()[..], SHA256, &attributes.to_be_bytes()].concat();
    crate::run::put_sized(policy, &mut all);
    [&all[..], &size.to_be_bytes()].concat()
}
/// `TPM2_NV_DefineSpace` without a policy.
pub fn define(by: u32, auth: &str, index: u32, attributes: u32, size: u16) -> Step {
    cmd::<NvDefineSpace>().h(by).pw("").b(auth).b(nv_public(index, attributes, &[], size))
}

/// PCRs of the SHA-256 bank, as a list.
pub fn pcrs(select: [u8; 3]) -> Vec<u8> {
    [&[0, 0, 0, 1][..], SHA256, &[3], &select].concat()
}
/// A ticket that proves nothing.
pub fn no_ticket(tag: u16) -> Vec<u8> {
    [&tag.to_be_bytes()[..], &NULL.to_be_bytes(), &[0, 0]].concat()
}
