//! The tests of ML-KEM and ML-DSA.
use super::super::known_answers::lattice::{DSA, Dsa, KEM, Kem, M, SEED};
use super::super::registry::Means;
use tpm2_crypto::{DsaMessage, Error, HashAlg, MlDsa, MlKem, Rng, mldsa};

/// A generator whose bytes are known.
struct Known;
impl Rng for Known {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        out.fill(M);
        Ok(())
    }
}

fn is(m: &Means<'_>, bytes: &[u8], digest: &[u8; 32]) -> bool {
    *m.crypto.digest(HashAlg::Sha256, &[bytes]) == *digest
}

/// All parameter sets: keys, encapsulation, decapsulation, and the secret of a ciphertext that nobody made.
pub(in super::super) fn kem(m: &mut Means<'_>) -> Result<bool, Error> {
    Ok(MlKem::ALL.into_iter().zip(&KEM).all(|(set, known)| kem_set(m, set, known).unwrap_or(false)))
}
fn kem_set(m: &Means<'_>, set: MlKem, known: &Kem) -> Result<bool, Error> {
    let key = m.crypto.mlkem_private(set, &SEED)?;
    let mut made = m.crypto.mlkem_encapsulate(set, key.public(), &mut Known)?;
    let good = is(m, key.public(), &known.public)
        && is(m, &made.ciphertext, &known.ciphertext)
        && *made.secret == known.secret
        && *key.decapsulate(&made.ciphertext)? == known.secret;
    if let Some(first) = made.ciphertext.first_mut() {
        *first ^= 1;
    }
    Ok(good && *key.decapsulate(&made.ciphertext)? == known.rejected)
}

/// All parameter sets; for the smallest, by way of a representative too.
pub(in super::super) fn dsa(m: &mut Means<'_>) -> Result<bool, Error> {
    Ok(MlDsa::ALL.into_iter().zip(&DSA).all(|(set, known)| dsa_set(m, set, known).unwrap_or(false)))
}
fn dsa_set(m: &Means<'_>, set: MlDsa, known: &Dsa) -> Result<bool, Error> {
    let key = m.crypto.mldsa_private(set, SEED.first_chunk::<32>().ok_or(Error::BadKey)?)?;
    let formatted = mldsa::pure(b"", b"abc")?;
    let message = DsaMessage::Formatted(&formatted);
    let signature = key.sign_with(message, &[0; 32])?;
    let other = mldsa::pure(b"", b"another")?;
    let verify = |message| m.crypto.mldsa_verify(set, key.public(), message, &signature);
    let mut good = is(m, key.public(), &known.public)
        && is(m, &signature, &known.signature)
        && verify(message)
        // A verification that finds everything right is no better than one that finds everything wrong.
        && !verify(DsaMessage::Formatted(&other));
    if set == MlDsa::MlDsa44 {
        let mut mu = m.crypto.mldsa_mu(key.public(), b"")?;
        mu.update(b"abc");
        let mu = mu.finish();
        let mu = DsaMessage::Mu(mu.first_chunk().ok_or(Error::BadInput)?);
        good &= key.sign_with(mu, &[0; 32])? == signature
            && verify(mu)
            && !verify(DsaMessage::Mu(&[0; MlDsa::MU_SIZE]));
    }
    Ok(good)
}
