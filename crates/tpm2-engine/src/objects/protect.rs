//! Protection of what leaves the TPM: sensitive areas and credentials (Part 1, 22 and 23, 24).
use crate::crypt::{cipher, hash, random};
use crate::state::object::Object;
use alloc::vec::Vec;
use tpm2_crypto::{CryptoProvider, Direction, HashAlg, Rng, SymAlg, ct_eq};
use tpm2_wire::{
    Accept, Buffer, Rc, Reader, Secret, Sized2b, Tpm2bDigest, Tpm2bIv, Tpm2bName, Tpm2bPrivate, TpmiAlgHash,
    TpmtSensitive, TpmtSymDefObject, Wire, to_vec,
};
use zeroize::Zeroizing;

/// How a protector (a storage key, or a seed that was shared) protects.
pub(crate) struct Protector<'a> {
    pub(crate) alg: HashAlg,
    pub(crate) cipher: SymAlg,
    pub(crate) key_bits: u16,
    pub(crate) seed: &'a [u8],
}
impl<'a> Protector<'a> {
    /// A storage key that protects its children, or, with a seed, what is sent to it.
    pub(crate) fn new(key: &'a Object, seed: Option<&'a [u8]>) -> Result<Self, Rc> {
        let sensitive = key.sensitive.as_ref().map(|s| &*s.seed_value);
        let symmetric = key.symmetric().ok_or(Rc::TYPE)?;
        Ok(Protector {
            alg: hash(key.public.name_alg.ok_or(Rc::TYPE)?)?,
            cipher: cipher(&symmetric)?,
            key_bits: symmetric.key_bits,
            seed: seed.or(sensitive).ok_or(Rc::TYPE)?,
        })
    }
    fn symmetric_key(&self, crypto: &CryptoProvider, name: &Tpm2bName) -> Zeroizing<Vec<u8>> {
        crypto.kdfa(self.alg, self.seed, b"STORAGE", name, &[], usize::from(self.key_bits))
    }
    fn integrity(&self, crypto: &CryptoProvider, name: &Tpm2bName, encrypted: &[u8]) -> Tpm2bDigest {
        let key = crypto.kdfa(self.alg, self.seed, b"INTEGRITY", &[], &[], self.alg.digest_size() * 8);
        crate::crypt::digest_2b(&crypto.hmac(self.alg, &key, &[encrypted, name]))
    }
    /// Encrypts, then authenticates. With `rng`, under a random IV that is sent along; without, under zero, for keys
    /// that are used once.
    pub(crate) fn wrap(
        &self,
        crypto: &CryptoProvider,
        name: &Tpm2bName,
        rng: Option<&mut dyn Rng>,
        plain: &[u8],
    ) -> Result<Vec<u8>, Rc> {
        let mut encrypted = Vec::new();
        let mut iv = alloc::vec![0; self.cipher.block_size()];
        if let Some(rng) = rng {
            iv = random(rng, iv.len())?.to_vec();
            Tpm2bIv::from(&iv[..]).write(&mut encrypted);
        }
        let mut body = plain.to_vec();
        let key = self.symmetric_key(crypto, name);
        crypto.cfb(self.cipher, Direction::Encrypt, &key, &mut iv, &mut body).map_err(|_| Rc::SYMMETRIC)?;
        encrypted.append(&mut body);
        let mut out = to_vec(&self.integrity(crypto, name, &encrypted));
        out.append(&mut encrypted);
        Ok(out)
    }
    /// The inverse of [`Protector::wrap`]: authenticates, then decrypts.
    pub(crate) fn unwrap(
        &self,
        crypto: &CryptoProvider,
        name: &Tpm2bName,
        has_iv: bool,
        wrapped: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Rc> {
        let mut r = Reader::new(wrapped, &Accept::ALL);
        let integrity = Tpm2bDigest::read(&mut r)?;
        if !ct_eq(&integrity, &self.integrity(crypto, name, r.rest())) {
            return Err(Rc::INTEGRITY);
        }
        let mut iv = alloc::vec![0; self.cipher.block_size()];
        if has_iv {
            iv = Tpm2bIv::read(&mut r)?.0;
            if iv.len() != self.cipher.block_size() {
                return Err(Rc::VALUE);
            }
        }
        let mut body = Zeroizing::new(r.rest().to_vec());
        let key = self.symmetric_key(crypto, name);
        crypto.cfb(self.cipher, Direction::Decrypt, &key, &mut iv, &mut body).map_err(|_| Rc::SYMMETRIC)?;
        Ok(body)
    }
}

/// A sensitive area as a `TPM2B_SENSITIVE`, its authorization value padded to the size of the Name's hash so that
/// the length does not tell.
pub(crate) fn sensitive_bytes(sensitive: &TpmtSensitive, name_alg: TpmiAlgHash) -> Zeroizing<Vec<u8>> {
    let mut padded = sensitive.clone();
    let mut auth = padded.auth_value.0.clone();
    auth.resize(name_alg.digest_size().max(auth.len()), 0);
    padded.auth_value = Secret(auth);
    Zeroizing::new(to_vec(&Sized2b(padded)))
}
/// The inverse: the authorization value is stripped again.
pub(crate) fn parse_sensitive(bytes: &[u8], accept: &Accept) -> Result<TpmtSensitive, Rc> {
    let Sized2b(mut sensitive): Sized2b<TpmtSensitive> = crate::crypt::parse(bytes, accept)?;
    sensitive.auth_value = crate::crypt::strip(&sensitive.auth_value);
    Ok(sensitive)
}

/// A `TPM2B_PRIVATE` for storage outside of the TPM, under the parent.
pub(crate) fn to_private(
    crypto: &CryptoProvider,
    rng: &mut dyn Rng,
    parent: &Object,
    name: &Tpm2bName,
    name_alg: TpmiAlgHash,
    sensitive: &TpmtSensitive,
) -> Result<Tpm2bPrivate, Rc> {
    let plain = sensitive_bytes(sensitive, name_alg);
    Protector::new(parent, None)?.wrap(crypto, name, Some(rng), &plain).map(Buffer)
}
/// The sensitive area of a `TPM2B_PRIVATE` that the parent protects.
pub(crate) fn from_private(
    crypto: &CryptoProvider,
    accept: &Accept,
    parent: &Object,
    name: &Tpm2bName,
    private: &Tpm2bPrivate,
) -> Result<TpmtSensitive, Rc> {
    let plain = Protector::new(parent, None)?.unwrap(crypto, name, true, private)?;
    // It was authenticated: whoever made it so knows the parent's seed.
    parse_sensitive(&plain, accept).map_err(|_| Rc::SENSITIVE)
}

/// The inner wrapper of a duplicate (Part 1, 23.3.2.2): a digest before the data, both encrypted under a key that
/// is used once.
pub(crate) fn wrap_inner(
    crypto: &CryptoProvider,
    alg: HashAlg,
    cipher: SymAlg,
    key: &[u8],
    name: &Tpm2bName,
    plain: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Rc> {
    let digest = crate::crypt::digest_2b(&crypto.digest(alg, &[plain, name]));
    let mut body = Zeroizing::new(to_vec(&digest));
    body.extend_from_slice(plain);
    let mut iv = alloc::vec![0; cipher.block_size()];
    crypto.cfb(cipher, Direction::Encrypt, key, &mut iv, &mut body).map_err(|_| Rc::SYMMETRIC)?;
    Ok(body)
}
/// The inverse of [`wrap_inner`].
pub(crate) fn unwrap_inner(
    crypto: &CryptoProvider,
    alg: HashAlg,
    cipher: SymAlg,
    key: &[u8],
    name: &Tpm2bName,
    mut body: Zeroizing<Vec<u8>>,
) -> Result<Zeroizing<Vec<u8>>, Rc> {
    let mut iv = alloc::vec![0; cipher.block_size()];
    crypto.cfb(cipher, Direction::Decrypt, key, &mut iv, &mut body).map_err(|_| Rc::SYMMETRIC)?;
    let mut r = Reader::new(&body, &Accept::ALL);
    let digest = Tpm2bDigest::read(&mut r)?;
    if !ct_eq(&digest, &crypto.digest(alg, &[r.rest(), name])) {
        return Err(Rc::INTEGRITY);
    }
    Ok(Zeroizing::new(r.rest().to_vec()))
}
/// Bytes of the key of an inner wrapper.
pub(crate) fn inner_key_size(symmetric: TpmtSymDefObject) -> usize {
    usize::from(symmetric.key_bits) / 8
}
