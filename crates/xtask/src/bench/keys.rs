//! Public areas of the keys that are measured, as bytes.
use super::Error;
use super::caller::{Caller, sized};
use tpm2_wire::{Create, CreatePrimary, Load, TpmRh};

/// Fixed to the TPM, of the TPM's own making, with an authorization value, without dictionary-attack protection.
const OWN: u32 = 0x0000_0472;
const DECRYPT: u32 = 0x0002_0000;
const SIGN: u32 = 0x0004_0000;
const RESTRICTED: u32 = 0x0001_0000;

const NULL: &[u8] = &[0, 0x10];
const AES_128_CFB: &[u8] = &[0, 6, 0, 128, 0, 0x43];

pub(super) const P256: u16 = 3;
pub(super) const P384: u16 = 4;

fn area(kind: u16, attributes: u32, rest: &[&[u8]]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &[0, 0x0B], &attributes.to_be_bytes(), &[0, 0], &rest.concat()].concat()
}
fn ecc(attributes: u32, symmetric: &[u8], scheme: &[u8], curve: u16) -> Vec<u8> {
    area(0x23, attributes, &[symmetric, scheme, &curve.to_be_bytes(), NULL, &[0; 4]])
}
fn rsa(attributes: u32, symmetric: &[u8], scheme: &[u8], unique: &[u8]) -> Vec<u8> {
    area(1, attributes, &[symmetric, scheme, &2048u16.to_be_bytes(), &[0; 4], &sized(unique)])
}
/// A storage key.
pub(super) fn ecc_storage(curve: u16) -> Vec<u8> {
    ecc(OWN | RESTRICTED | DECRYPT, AES_128_CFB, NULL, curve)
}
/// An RSA-2048 storage key; a different one for each `unique`.
pub(super) fn rsa_storage(unique: &[u8]) -> Vec<u8> {
    rsa(OWN | RESTRICTED | DECRYPT, AES_128_CFB, NULL, unique)
}
/// A key that signs with ECDSA and SHA-256.
pub(super) fn ecdsa(curve: u16) -> Vec<u8> {
    ecc(OWN | SIGN, NULL, &[0, 0x18, 0, 0x0B], curve)
}
/// A key for ECDH.
pub(super) fn ecdh(curve: u16) -> Vec<u8> {
    ecc(OWN | DECRYPT, NULL, NULL, curve)
}
/// An RSA-2048 key that signs with RSASSA and SHA-256.
pub(super) fn rsassa() -> Vec<u8> {
    rsa(OWN | SIGN, NULL, &[0, 0x14, 0, 0x0B], &[])
}
/// A sealed object.
pub(super) fn data() -> Vec<u8> {
    area(8, 0x0000_0452, &[NULL, &[0; 2]])
}
/// ML-KEM of this parameter set, for encapsulation.
pub(super) fn ml_kem(set: u16) -> Vec<u8> {
    area(0xA0, OWN | DECRYPT, &[NULL, &set.to_be_bytes(), &[0; 2]])
}
/// ML-DSA of this parameter set, without external mu.
pub(super) fn ml_dsa(set: u16) -> Vec<u8> {
    area(0xA1, OWN | SIGN, &[&set.to_be_bytes(), &[0], &[0; 2]])
}

/// The parameters of `TPM2_Create` and `TPM2_CreatePrimary`.
pub(super) fn create(data: &[u8], public: &[u8]) -> Vec<u8> {
    let sensitive = [sized(&[]), sized(data)].concat();
    [sized(&sensitive), sized(public), vec![0; 6]].concat()
}

impl Caller {
    /// A primary key of the owner; its handle.
    pub(super) fn primary(&mut self, public: &[u8]) -> Result<u32, Error> {
        Ok(self.call::<CreatePrimary>(&[TpmRh::OWNER], &create(&[], public))?.handle)
    }
    /// A key below `parent`, loaded; its handle, and the parameters that load it again.
    pub(super) fn child(&mut self, parent: u32, data: &[u8], public: &[u8]) -> Result<(u32, Vec<u8>), Error> {
        let made = self.call::<Create>(&[parent], &create(data, public))?.params;
        let size =
            |at: usize| 2 + made.get(at..at + 2).map_or(0, |b| usize::from(u16::from_be_bytes([b[0], b[1]])));
        let private = size(0);
        let load = made.get(..private + size(private)).unwrap_or_default().to_vec();
        Ok((self.call::<Load>(&[parent], &load)?.handle, load))
    }
}
