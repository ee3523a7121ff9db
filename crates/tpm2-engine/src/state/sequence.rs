//! Sequence objects: a hash, HMAC or event that is fed piece by piece.
use crate::saved::{LoadError, Saved, bad};
use alloc::vec::Vec;
use tpm2_crypto::{HashAlg, Hasher, Hmac, RUST};
use tpm2_wire::{Reader, Tpm2bAuth};

saved! {
    /// A sequence.
    Sequence {
        1 auth: Tpm2bAuth,
        2 kind: Kind,
        /// The first buffer shows that the whole does not begin with `TPM_GENERATED_VALUE`; `None` before it came.
        3 safe: Option<bool>,
    }
}

/// What is fed.
#[derive(Clone)]
#[allow(clippy::large_enum_variant)] // a sequence is always behind an `Arc`
pub(crate) enum Kind {
    Hash(Hasher),
    Hmac(Hmac),
    /// All banks at once.
    Event(Vec<Hasher>),
}

impl Sequence {
    /// Feeds `data`.
    pub(crate) fn update(&mut self, data: &[u8]) {
        let generated = tpm2_wire::TPM_GENERATED.to_be_bytes();
        self.safe.get_or_insert(data.len() >= generated.len() && !data.starts_with(&generated));
        match &mut self.kind {
            Kind::Hash(hasher) => hasher.update(data),
            Kind::Hmac(hmac) => hmac.update(data),
            Kind::Event(banks) => banks.iter_mut().for_each(|hasher| hasher.update(data)),
        }
    }
    /// Can what was fed not be mistaken for something that the TPM made (Part 3, 17.8)? A first buffer that is too
    /// short to tell counts as unsafe.
    pub(crate) fn safe(&self) -> bool {
        self.safe == Some(true)
    }
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
        }
    }
    fn load(r: &mut Reader<'_>) -> Result<Self, LoadError> {
        match u8::load(r)? {
            0 => Saved::load(r).map(Kind::Hash),
            1 => Saved::load(r).map(Kind::Hmac),
            2 => Saved::load(r).map(Kind::Event),
            _ => Err(bad("unknown kind of sequence")),
        }
    }
}
