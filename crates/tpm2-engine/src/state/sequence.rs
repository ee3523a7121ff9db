//! Sequence objects: a hash, HMAC, event or signature that is fed piece by piece.
use crate::saved::{LoadError, Saved, bad};
use alloc::vec::Vec;
use tpm2_crypto::{Cmac, HashAlg, Hasher, Hmac, RUST, SymAlg};
use tpm2_wire::{Buffer, Reader, Tpm2bAuth, Tpm2bDigest, Tpm2bSignatureCtx};

saved! {
    /// A sequence.
    Sequence {
        1 auth: Tpm2bAuth,
        2 kind: Kind,
        /// The first buffer shows that the whole does not begin with `TPM_GENERATED_VALUE`; `None` before it came.
        3 safe: Option<bool>,
    }
    /// A signature to be made or verified.
    Signing {
        /// To be verified.
        1 verify: bool,
        /// The key, by a digest of what it is and where: no other completes the sequence.
        2 key: Tpm2bDigest,
        3 context: Tpm2bSignatureCtx,
        4 fed: Fed,
        /// How the message begins.
        5 head: Buffer<4>,
        /// There was an update.
        6 updated: bool,
        /// The HMAC of the ticket that a valid signature earns, in a hierarchy that has tickets.
        7 ticket: Option<Hmac>,
    }
}

/// What becomes of the message of a signature.
#[derive(Clone)]
#[allow(clippy::large_enum_variant)] // a sequence is always behind an `Arc`
pub(crate) enum Fed {
    /// A digest: of the message, or of the message and what the scheme puts before it.
    Digest(Hasher),
    Hmac(Hmac),
}

/// What is fed.
#[derive(Clone)]
#[allow(clippy::large_enum_variant)] // a sequence is always behind an `Arc`
pub(crate) enum Kind {
    Hash(Hasher),
    Hmac(Hmac),
    Cmac(Cmac),
    /// All banks at once.
    Event(Vec<Hasher>),
    Signing(Signing),
}

impl Sequence {
    /// Feeds `data`.
    pub(crate) fn update(&mut self, data: &[u8]) {
        self.safe.get_or_insert(data.len() >= generated().len() && !data.starts_with(&generated()));
        match &mut self.kind {
            Kind::Hash(hasher) => hasher.update(data),
            Kind::Hmac(hmac) => hmac.update(data),
            Kind::Cmac(cmac) => cmac.update(data),
            Kind::Event(banks) => banks.iter_mut().for_each(|hasher| hasher.update(data)),
            Kind::Signing(signing) => {
                signing.updated = true;
                signing.update(data);
            }
        }
    }
    /// The algorithms in use (`TPM_ALG_ID`).
    pub(crate) fn algorithms(&self) -> Vec<u16> {
        match &self.kind {
            Kind::Hash(hasher) => Vec::from([hasher.alg().id()]),
            Kind::Hmac(hmac) => Vec::from([hmac.alg().id()]),
            Kind::Cmac(cmac) => Vec::from([cmac.alg().id()]),
            Kind::Event(banks) => banks.iter().map(|hasher| hasher.alg().id()).collect(),
            Kind::Signing(signing) => match &signing.fed {
                Fed::Digest(hasher) => Vec::from([hasher.alg().id()]),
                Fed::Hmac(hmac) => Vec::from([hmac.alg().id()]),
            },
        }
    }
    /// Can what was fed not be mistaken for something that the TPM made (Part 3, 17.8)? A first buffer that is too
    /// short to tell counts as unsafe.
    pub(crate) fn safe(&self) -> bool {
        self.safe == Some(true)
    }
}

impl Signing {
    /// Feeds a piece of the message.
    pub(crate) fn update(&mut self, data: &[u8]) {
        let missing = generated().len() - self.head.len();
        self.head.0.extend(data.iter().take(missing));
        match &mut self.fed {
            Fed::Digest(hasher) => hasher.update(data),
            Fed::Hmac(hmac) => hmac.update(data),
        }
        if let Some(ticket) = &mut self.ticket {
            ticket.update(data);
        }
    }
    /// Could the message be mistaken for something that the TPM made?
    pub(crate) fn seems_generated(&self) -> bool {
        *self.head == generated()
    }
}
/// What all begins with that the TPM makes and signs.
fn generated() -> [u8; 4] {
    tpm2_wire::TPM_GENERATED.to_be_bytes()
}

/// Hash states are the same for every provider; the default one reads them back.
impl Saved for Hasher {
    fn save(&self, w: &mut Vec<u8>) {
        self.alg().save(w);
        self.export().to_vec().save(w);
    }
    fn load(r: &mut Reader<'_>) -> Result<Self, LoadError> {
        let alg = HashAlg::load(r)?;
        RUST.import_hasher(alg, &Vec::<u8>::load(r)?).map_err(|_| bad("malformed hash state"))
    }
}
impl Saved for Hmac {
    fn save(&self, w: &mut Vec<u8>) {
        self.alg().save(w);
        self.export().to_vec().save(w);
    }
    fn load(r: &mut Reader<'_>) -> Result<Self, LoadError> {
        let alg = HashAlg::load(r)?;
        RUST.import_hmac(alg, &Vec::<u8>::load(r)?).map_err(|_| bad("malformed HMAC state"))
    }
}
impl Saved for Cmac {
    fn save(&self, w: &mut Vec<u8>) {
        self.alg().id().save(w);
        self.export().to_vec().save(w);
    }
    fn load(r: &mut Reader<'_>) -> Result<Self, LoadError> {
        let alg = SymAlg::from_id(u16::load(r)?).ok_or(bad("unknown block cipher"))?;
        RUST.import_cmac(alg, &Vec::<u8>::load(r)?).map_err(|_| bad("malformed CMAC state"))
    }
}
impl Saved for Kind {
    fn save(&self, w: &mut Vec<u8>) {
        match self {
            Kind::Hash(hasher) => {
                0u8.save(w);
                hasher.save(w);
            }
            Kind::Hmac(hmac) => {
                1u8.save(w);
                hmac.save(w);
            }
            Kind::Event(banks) => {
                2u8.save(w);
                banks.save(w);
            }
            Kind::Signing(signing) => {
                3u8.save(w);
                signing.save(w);
            }
            Kind::Cmac(cmac) => {
                4u8.save(w);
                cmac.save(w);
            }
        }
    }
    fn load(r: &mut Reader<'_>) -> Result<Self, LoadError> {
        match u8::load(r)? {
            0 => Saved::load(r).map(Kind::Hash),
            1 => Saved::load(r).map(Kind::Hmac),
            2 => Saved::load(r).map(Kind::Event),
            3 => Saved::load(r).map(Kind::Signing),
            4 => Saved::load(r).map(Kind::Cmac),
            _ => Err(bad("unknown kind of sequence")),
        }
    }
}
impl Saved for Fed {
    fn save(&self, w: &mut Vec<u8>) {
        match self {
            Fed::Digest(hasher) => {
                0u8.save(w);
                hasher.save(w);
            }
            Fed::Hmac(hmac) => {
                1u8.save(w);
                hmac.save(w);
            }
        }
    }
    fn load(r: &mut Reader<'_>) -> Result<Self, LoadError> {
        match u8::load(r)? {
            0 => Saved::load(r).map(Fed::Digest),
            1 => Saved::load(r).map(Fed::Hmac),
            _ => Err(bad("unknown kind of signature sequence")),
        }
    }
}
