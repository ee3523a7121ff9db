//! DHKEM against another implementation of RFC 9180.

mod common;

use common::{PROVIDERS, rng};
use hpke::{Deserializable, Kem, Serializable, kem};
use tpm2_crypto::{CryptoProvider, Curve, Error, HashAlg, Point, ec::dhkem_id};

fn agree<K: Kem>(p: &CryptoProvider, curve: Curve, hash: HashAlg) {
    let mut rng = rng(p, "dhkem");
    for _ in 0..5 {
        let (d, public) = p.ec_generate(&mut rng, curve).unwrap();
        let (secret, sent) = p.dhkem_encapsulate(curve, hash, &public, &mut rng).unwrap();
        assert_eq!(secret.len(), hash.digest_size());
        let theirs = K::PrivateKey::from_bytes(&d).unwrap();
        let octets = K::sk_to_pk(&theirs).to_bytes();
        assert_eq!(octets[1..], [&public.x[..], &public.y].concat());
        let key = K::EncappedKey::from_bytes(&sent).unwrap();
        assert_eq!(K::decap(&theirs, None, &key).unwrap().0[..], secret[..]);
        assert_eq!(p.dhkem_decapsulate(curve, hash, &d, &public, &sent).unwrap(), secret);
        // Another key, another secret; and what is no point has none.
        let (other, _) = p.ec_generate(&mut rng, curve).unwrap();
        assert_ne!(p.dhkem_decapsulate(curve, hash, &other, &public, &sent).unwrap(), secret);
        let mut off = sent.clone();
        *off.last_mut().unwrap() ^= 1;
        assert_eq!(p.dhkem_decapsulate(curve, hash, &d, &public, &off).err(), Some(Error::BadPoint));
        off[0] = 2;
        assert_eq!(p.dhkem_decapsulate(curve, hash, &d, &public, &off).err(), Some(Error::BadInput));
        for short in [&sent[1..], &sent[..sent.len() - 1], &[]] {
            assert_eq!(p.dhkem_decapsulate(curve, hash, &d, &public, short).err(), Some(Error::BadInput));
        }
        let off = Point { x: public.x.clone(), y: public.x.clone() };
        assert_eq!(p.dhkem_encapsulate(curve, hash, &off, &mut rng).err(), Some(Error::BadPoint));
    }
}

#[test]
fn another_hpke_agrees() {
    for p in PROVIDERS {
        agree::<kem::DhP256HkdfSha256>(p, Curve::P256, HashAlg::Sha256);
        agree::<kem::DhP384HkdfSha384>(p, Curve::P384, HashAlg::Sha384);
        agree::<kem::DhP521HkdfSha512>(p, Curve::P521, HashAlg::Sha512);
        assert_eq!(dhkem_id(Curve::P256, HashAlg::Sha384), None);
        let (_, public) = p.ec_generate(&mut rng(p, "dhkem"), Curve::P256).unwrap();
        let answer = p.dhkem_encapsulate(Curve::P256, HashAlg::Sha384, &public, &mut rng(p, "dhkem"));
        assert_eq!(answer.err(), Some(Error::Unsupported));
    }
}
