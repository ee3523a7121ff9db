//! Secret sharing with an asymmetric key: the labeled KEMs (Part 1, 8.4.5.2, 43.10, 44.7 and 47.4) of salts,
//! credentials and duplication seeds.
use crate::context::Context;
use crate::crypt::{failed, hash, random};
use crate::objects::keys;
use crate::state::object::Object;
use alloc::vec::Vec;
use tpm2_crypto::{HashAlg, RsaPad};
use tpm2_wire::{Buffer, Rc, Tpm2bEncryptedSecret, TpmsEccPoint, TpmtPublicParms, TpmtRsaScheme, to_vec};
use zeroize::Zeroizing;

/// What the secret is for: a label keeps the uses apart.
#[derive(Clone, Copy)]
pub(crate) enum Label {
    Secret,
    Identity,
    Duplicate,
}
impl Label {
    /// With the terminating zero, as OAEP takes it.
    const fn oaep(self) -> &'static [u8] {
        match self {
            Label::Secret => b"SECRET\0",
            Label::Identity => b"IDENTITY\0",
            Label::Duplicate => b"DUPLICATE\0",
        }
    }
    /// Without it, as the KDF takes it.
    const fn kdf(self) -> &'static [u8] {
        match self {
            Label::Secret => b"SECRET",
            Label::Identity => b"IDENTITY",
            Label::Duplicate => b"DUPLICATE",
        }
    }
}

/// The hash of OAEP: the scheme's, or nameAlg where the key leaves the scheme open. A key of another scheme shares
/// no secrets.
fn oaep_hash(key: &Object) -> Result<HashAlg, Rc> {
    let TpmtPublicParms::Rsa(parms) = &key.public.parameters else { return Err(Rc::KEY) };
    match parms.scheme {
        None => hash(key.public.name_alg.ok_or(Rc::HASH)?),
        Some(TpmtRsaScheme::Oaep(alg)) => hash(alg),
        Some(_) => Err(Rc::VALUE),
    }
}

/// Makes a secret that only the holder of `key` can recover. `TPM_RC_KEY` when its public point is on no curve.
pub(crate) fn share(
    cx: &mut Context<'_>,
    key: &Object,
    label: Label,
) -> Result<(Zeroizing<Vec<u8>>, Tpm2bEncryptedSecret), Rc> {
    let alg = hash(key.public.name_alg.ok_or(Rc::HASH)?)?;
    if let Some((n, e)) = keys::rsa_public(&key.public) {
        let alg = oaep_hash(key)?;
        let secret = random(cx.rng, alg.digest_size())?;
        let pad = RsaPad::Oaep { hash: alg, label: label.oaep() };
        let sealed = cx.crypto.rsa_encrypt(n, e, pad, &secret, cx.rng).map_err(failed)?;
        return Ok((secret, Buffer(sealed)));
    }
    if let Some((set, public)) = keys::mlkem_public(&key.public) {
        let made = cx.crypto.mlkem_encapsulate(set, public, cx.rng).map_err(|_| Rc::KEY)?;
        let secret = mlkem_secret(cx, alg, &*made.secret, label, &made.ciphertext, public);
        return Ok((secret, Buffer(made.ciphertext)));
    }
    let (_, curve, q) = keys::ecc_public(&key.public).ok_or(Rc::KEY)?;
    let (d, ephemeral) = cx.crypto.ec_generate(cx.rng, curve).map_err(failed)?;
    let z = cx.crypto.ec_mul(curve, &q, &d).map_err(|_| Rc::KEY)?;
    let z_x = Zeroizing::new(z.x);
    let secret = cx.crypto.kdfe(alg, &z_x, label.kdf(), &ephemeral.x, &q.x, alg.digest_size() * 8);
    Ok((secret, Buffer(to_vec(&keys::wire_point(ephemeral)))))
}

/// Recovers a secret that was shared with `key`.
pub(crate) fn recover(
    cx: &mut Context<'_>,
    key: &Object,
    label: Label,
    sealed: &Tpm2bEncryptedSecret,
) -> Result<Zeroizing<Vec<u8>>, Rc> {
    let alg = hash(key.public.name_alg.ok_or(Rc::HASH)?)?;
    if keys::rsa_public(&key.public).is_some() {
        let alg = oaep_hash(key)?;
        let private = keys::rsa_private(cx.crypto, key).ok_or(Rc::KEY)?;
        if sealed.len() != private.n().len() || **sealed >= *private.n() {
            return Err(Rc::SIZE);
        }
        let pad = RsaPad::Oaep { hash: alg, label: label.oaep() };
        let secret = cx.crypto.rsa_decrypt(&private, pad, sealed, cx.rng).map_err(failed)?;
        return if secret.len() > alg.digest_size() { Err(Rc::VALUE) } else { Ok(secret) };
    }
    if let Some((_, public)) = keys::mlkem_public(&key.public) {
        let private = keys::mlkem_private(cx.crypto, key).ok_or(Rc::KEY)?;
        let shared = private.decapsulate(sealed).map_err(|_| Rc::SIZE)?;
        return Ok(mlkem_secret(cx, alg, &*shared, label, sealed, public));
    }
    let (_, curve, q) = keys::ecc_public(&key.public).ok_or(Rc::KEY)?;
    let ephemeral: TpmsEccPoint = crate::crypt::parse(sealed, &cx.profile.accept)?;
    let d = key.sensitive.as_ref().ok_or(Rc::KEY)?;
    let ephemeral = keys::point(curve, &ephemeral);
    let z = cx.crypto.ec_mul(curve, &ephemeral, d.sensitive.bytes()).map_err(failed)?;
    let z_x = Zeroizing::new(z.x);
    Ok(cx.crypto.kdfe(alg, &z_x, label.kdf(), &ephemeral.x, &q.x, alg.digest_size() * 8))
}

/// What ML-KEM's shared secret becomes under a label (Part 1, equation 67).
fn mlkem_secret(
    cx: &Context<'_>,
    alg: HashAlg,
    shared: &[u8],
    label: Label,
    ciphertext: &[u8],
    public: &[u8],
) -> Zeroizing<Vec<u8>> {
    cx.crypto.kdfa(alg, shared, label.kdf(), ciphertext, public, alg.digest_size() * 8)
}
