//! Public areas of the keys and data that tests create, as bytes, and what makes objects of them.
use super::{Chip, sized};
use tpm2_wire::{
    Create, CreatePrimary, FlushContext, Load, LoadExternal, Rc, ReadPublic, Tpm2bName, Tpm2bPrivate, TpmRh,
    TpmaObject, TpmtPublic, TpmtSensitive, TpmuPublicId, Wire, to_vec,
};

/// Fixed to the TPM and the parent, of the TPM's own making, with an authorization value, without dictionary-attack
/// protection.
pub(crate) const OWN: TpmaObject = TpmaObject(
    TpmaObject::FIXED_TPM.0
        | TpmaObject::FIXED_PARENT.0
        | TpmaObject::SENSITIVE_DATA_ORIGIN.0
        | TpmaObject::USER_WITH_AUTH.0
        | TpmaObject::NO_DA.0,
);
/// A storage key.
pub(crate) const STORAGE: TpmaObject = TpmaObject(OWN.0 | TpmaObject::RESTRICTED.0 | TpmaObject::DECRYPT.0);
/// A key that signs what its user likes.
pub(crate) const SIGNING: TpmaObject = TpmaObject(OWN.0 | TpmaObject::SIGN.0);
/// Data of the caller's.
pub(crate) const DATA: TpmaObject = TpmaObject(OWN.0 & !TpmaObject::SENSITIVE_DATA_ORIGIN.0);
/// The same attributes, for what may be duplicated.
pub(crate) fn portable(attributes: TpmaObject) -> TpmaObject {
    attributes.with(TpmaObject::FIXED_TPM | TpmaObject::FIXED_PARENT, false)
}

/// AES-128-CFB, as the symmetric algorithm of a storage key.
pub(crate) const AES: &[u8] = &[0, 6, 0, 128, 0, 0x43];
/// `TPM_ALG_NULL`.
pub(crate) const NULL: &[u8] = &[0, 0x10];
/// ECDSA with SHA-256.
pub(crate) const ECDSA: &[u8] = &[0, 0x18, 0, 0x0B];
/// RSASSA with SHA-256.
pub(crate) const RSASSA: &[u8] = &[0, 0x14, 0, 0x0B];
/// HMAC with SHA-256.
pub(crate) const HMAC: &[u8] = &[0, 5, 0, 0x0B];

fn area(kind: u16, attributes: TpmaObject, policy: &[u8], rest: &[&[u8]]) -> Vec<u8> {
    let head = [&kind.to_be_bytes()[..], &[0, 0x0B], &attributes.0.to_be_bytes(), &sized(policy)].concat();
    [head, rest.concat()].concat()
}
/// A P-256 key with this symmetric algorithm and scheme.
pub(crate) fn ecc(attributes: TpmaObject, symmetric: &[u8], scheme: &[u8], policy: &[u8]) -> Vec<u8> {
    area(0x23, attributes, policy, &[symmetric, scheme, &[0, 3], NULL, &[0; 4]])
}
/// A P-256 key for ECDH that encapsulates with this KDF.
pub(crate) fn dhkem(attributes: TpmaObject, scheme: &[u8], kdf: &[u8]) -> Vec<u8> {
    area(0x23, attributes, &[], &[NULL, scheme, &[0, 3], kdf, &[0; 4]])
}
/// An RSA-2048 key.
pub(crate) fn rsa(attributes: TpmaObject, symmetric: &[u8], scheme: &[u8]) -> Vec<u8> {
    area(1, attributes, &[], &[symmetric, scheme, &[8, 0], &[0; 4], &[0; 2]])
}
/// An ML-KEM key of this parameter set.
pub(crate) fn mlkem(attributes: TpmaObject, symmetric: &[u8], set: u8) -> Vec<u8> {
    area(0xA0, attributes, &[], &[symmetric, &[0, set], &[0; 2]])
}
/// An ML-DSA key of this parameter set; `mu` is 1 when it may sign representatives that others computed.
pub(crate) fn mldsa(attributes: TpmaObject, set: u8, mu: u8) -> Vec<u8> {
    area(0xA1, attributes, &[], &[&[0, set, mu], &[0; 2]])
}
/// A HashML-DSA key of this parameter set and hash.
pub(crate) fn hash_mldsa(attributes: TpmaObject, set: u8, hash: u8) -> Vec<u8> {
    area(0xA2, attributes, &[], &[&[0, set, 0, hash], &[0; 2]])
}
/// A key or datum of bytes.
pub(crate) fn keyed_hash(attributes: TpmaObject, scheme: &[u8], policy: &[u8]) -> Vec<u8> {
    area(8, attributes, policy, &[scheme, &[0; 2]])
}
/// A P-256 storage key.
pub(crate) fn storage() -> Vec<u8> {
    ecc(STORAGE, AES, NULL, &[])
}

/// The parameters of `TPM2_Create` and `TPM2_CreatePrimary`.
pub(crate) fn create_params(auth: &str, data: &[u8], public: &[u8]) -> Vec<u8> {
    let sensitive = [sized(auth.as_bytes()), sized(data)].concat();
    [sized(&sensitive), sized(public), vec![0; 6]].concat()
}

/// What `TPM2_Create` gave.
pub(crate) struct Made {
    pub(crate) private: Tpm2bPrivate,
    pub(crate) public: Vec<u8>,
}
impl Made {
    /// The parameters of `TPM2_Load`.
    pub(crate) fn load_params(&self) -> Vec<u8> {
        [to_vec(&self.private), sized(&self.public)].concat()
    }
}

impl Chip {
    /// A primary key of a hierarchy; its handle.
    pub(crate) fn primary(&mut self, hierarchy: u32, auth: &str, public: &[u8]) -> Result<u32, Rc> {
        let reply = self.send::<CreatePrimary>(&[hierarchy], &[], &create_params(auth, &[], public))?;
        Ok(reply.handle.expect("a handle"))
    }
    /// A new object below `parent`, not loaded.
    pub(crate) fn create(&mut self, parent: u32, auth: &str, data: &[u8], public: &[u8]) -> Result<Made, Rc> {
        let reply = self.send::<Create>(&[parent], &[], &create_params(auth, data, public))?;
        let mut r = reply.reader();
        let private = Tpm2bPrivate::read(&mut r).expect("a private area");
        let size = u16::read(&mut r).expect("a size");
        Ok(Made { private, public: r.take(usize::from(size)).expect("a public area").to_vec() })
    }
    /// Loads what was made; the handle.
    pub(crate) fn load_made(&mut self, parent: u32, made: &Made) -> Result<u32, Rc> {
        Ok(self.send::<Load>(&[parent], &[], &made.load_params())?.handle.expect("a handle"))
    }
    /// A new object below `parent`, loaded.
    pub(crate) fn child(&mut self, parent: u32, auth: &str, data: &[u8], public: &[u8]) -> Result<u32, Rc> {
        let made = self.create(parent, auth, data, public)?;
        self.load_made(parent, &made)
    }
    /// Loads a key that others know, or, without `sensitive`, its public part; the handle.
    pub(crate) fn external(
        &mut self,
        sensitive: Option<&TpmtSensitive>,
        public: &[u8],
        hierarchy: u32,
    ) -> Result<u32, Rc> {
        let private = sized(&sensitive.map(to_vec).unwrap_or_default());
        let params = [private, sized(public), hierarchy.to_be_bytes().to_vec()].concat();
        Ok(self.send::<LoadExternal>(&[], &[], &params)?.handle.expect("a handle"))
    }
    /// The public area and Name of an object.
    pub(crate) fn read_public(&mut self, handle: u32) -> (TpmtPublic, Tpm2bName) {
        let reply = self.send::<ReadPublic>(&[handle], &[], &[]).expect("an object");
        let mut r = reply.reader();
        let public: tpm2_wire::Sized2b<TpmtPublic> = Wire::read(&mut r).expect("a public area");
        (public.0, Tpm2bName::read(&mut r).expect("a name"))
    }
    /// The point of an ECC key.
    pub(crate) fn point(&mut self, handle: u32) -> tpm2_crypto::Point {
        let TpmuPublicId::Ecc(point) = self.read_public(handle).0.unique else { panic!("not an ECC key") };
        tpm2_crypto::Point { x: point.x.0, y: point.y.0 }
    }
    /// Flushes an object or a session.
    pub(crate) fn flush(&mut self, handle: u32) {
        self.send::<FlushContext>(&[], &[], &handle.to_be_bytes()).expect("something to flush");
    }
    /// A storage key of the owner.
    pub(crate) fn srk(&mut self) -> u32 {
        self.primary(TpmRh::OWNER, "", &storage()).expect("a storage key")
    }
}
