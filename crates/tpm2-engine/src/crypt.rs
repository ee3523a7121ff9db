//! What several commands compute: Names, tickets, proofs; and where the wire's algorithms meet the provider's.
use crate::state::State;
use alloc::vec::Vec;
use tpm2_crypto::{CryptoProvider, Digest, HashAlg, Rng, SymAlg};
use tpm2_wire::{
    Buffer, Rc, Secret, Tpm2bAuth, Tpm2bDigest, Tpm2bName, TpmRh, TpmSt, TpmiAlgHash, TpmiRhHierarchy,
    TpmtSymDefObject, TpmtTkHashcheck, TpmtTkVerified, Wire, to_vec,
};
use zeroize::Zeroizing;

/// The hash with which the TPM protects what is its own alone: contexts, tickets, bindings.
pub(crate) const CONTEXT_HASH: HashAlg = HashAlg::Sha512;

/// The provider's name of a hash; the profile has let no other through.
pub(crate) fn hash(alg: TpmiAlgHash) -> Result<HashAlg, Rc> {
    HashAlg::from_id(alg.id()).ok_or(Rc::HASH)
}
/// The provider's name of a block cipher; the profile has let no other through.
pub(crate) fn cipher(symmetric: &TpmtSymDefObject) -> Result<SymAlg, Rc> {
    SymAlg::from_id(symmetric.algorithm.id()).ok_or(Rc::SYMMETRIC)
}
/// A digest as a `TPM2B_DIGEST`.
pub(crate) fn digest_2b(digest: &Digest) -> Tpm2bDigest {
    Tpm2bDigest::from(&**digest)
}
/// A Name: the algorithm and the digest of a public area (Part 1, 16).
pub(crate) fn name(crypto: &CryptoProvider, alg: TpmiAlgHash, public_area: &[u8]) -> Result<Tpm2bName, Rc> {
    let mut name = to_vec(&alg);
    name.extend_from_slice(&crypto.digest(hash(alg)?, &[public_area]));
    Ok(Buffer(name))
}
/// A Qualified Name: of the parent's Qualified Name and the Name (Part 1, 16.5).
pub(crate) fn qualified_name(
    crypto: &CryptoProvider,
    alg: TpmiAlgHash,
    parent: &Tpm2bName,
    name: &Tpm2bName,
) -> Result<Tpm2bName, Rc> {
    let mut qualified = to_vec(&alg);
    qualified.extend_from_slice(&crypto.digest(hash(alg)?, &[parent, name]));
    Ok(Buffer(qualified))
}
/// The Name of an entity that is its handle.
pub(crate) fn handle_name(handle: u32) -> Tpm2bName {
    Buffer(handle.to_be_bytes().to_vec())
}
/// An authorization value without its trailing zeros, which do not count (Part 1, 19.6.4.3).
pub(crate) fn strip(auth: &[u8]) -> Tpm2bAuth {
    let end = auth.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    Secret(auth.get(..end).unwrap_or_default().to_vec())
}
/// Random bytes. A generator that fails puts the TPM in failure mode: the code tells `execute`.
pub(crate) fn random(rng: &mut dyn Rng, len: usize) -> Result<Zeroizing<Vec<u8>>, Rc> {
    let mut bytes = Zeroizing::new(alloc::vec![0; len]);
    rng.fill(&mut bytes).map_err(|_| Rc::FAILURE)?;
    Ok(bytes)
}
/// What a failed cryptographic operation is called on the wire, when the command says nothing better.
pub(crate) fn failed(error: tpm2_crypto::Error) -> Rc {
    match error {
        tpm2_crypto::Error::Canceled => Rc::CANCELED,
        tpm2_crypto::Error::NoPrime | tpm2_crypto::Error::NoSignature => Rc::NO_RESULT,
        tpm2_crypto::Error::BadPoint => Rc::ECC_POINT,
        tpm2_crypto::Error::Rng | tpm2_crypto::Error::Fault => Rc::FAILURE,
        _ => Rc::VALUE,
    }
}

impl State {
    /// The HMAC of a ticket (Part 2, 10.6): `HMAC(proof, tag ‖ parts)`.
    pub(crate) fn ticket(
        &self,
        crypto: &CryptoProvider,
        hierarchy: u32,
        tag: u16,
        parts: &[&[u8]],
    ) -> Tpm2bDigest {
        let tag = tag.to_be_bytes();
        let mut all: Vec<&[u8]> = alloc::vec![&tag];
        all.extend_from_slice(parts);
        digest_2b(&crypto.hmac(CONTEXT_HASH, &self.proof(crypto, hierarchy), &all))
    }
    /// The HMAC of a ticket that says that this TPM verified a signature of `signed`, a message or a digest, by the key
    /// of this Name (Part 2, 10.6.5).
    pub(crate) fn verified(
        &self,
        crypto: &CryptoProvider,
        ticket: &TpmtTkVerified,
        signed: &[u8],
        key: &Tpm2bName,
    ) -> Tpm2bDigest {
        let metadata = ticket.metadata.map(|alg| to_vec(&alg)).unwrap_or_default();
        self.ticket(crypto, ticket.hierarchy.0, ticket.tag, &[signed, key, &metadata])
    }
    /// A ticket that says that this TPM hashed something which did not begin with `TPM_GENERATED_VALUE`
    /// (Part 2, 10.6.7).
    pub(crate) fn hashcheck(
        &self,
        crypto: &CryptoProvider,
        hierarchy: TpmiRhHierarchy,
        alg: TpmiAlgHash,
        digest: &[u8],
    ) -> TpmtTkHashcheck {
        let hmac = self.ticket(crypto, hierarchy.0, TpmSt::HASHCHECK, &[&to_vec(&alg), digest]);
        TpmtTkHashcheck { tag: TpmSt::HASHCHECK, hierarchy, digest: hmac }
    }
}
/// The ticket that proves nothing.
pub(crate) fn null_hashcheck() -> TpmtTkHashcheck {
    TpmtTkHashcheck {
        tag: TpmSt::HASHCHECK,
        hierarchy: TpmiRhHierarchy(TpmRh::NULL),
        digest: Tpm2bDigest::default(),
    }
}

/// Reads a value that bytes begin with.
pub(crate) fn parse_prefix<T: Wire>(bytes: &[u8], accept: &tpm2_wire::Accept) -> Result<T, Rc> {
    T::read(&mut tpm2_wire::Reader::new(bytes, accept))
}
/// Reads a value from bytes that must be that value and nothing more.
pub(crate) fn parse<T: Wire>(bytes: &[u8], accept: &tpm2_wire::Accept) -> Result<T, Rc> {
    let mut r = tpm2_wire::Reader::new(bytes, accept);
    let value = T::read(&mut r)?;
    r.finish()?;
    Ok(value)
}
