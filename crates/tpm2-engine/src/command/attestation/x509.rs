//! What TPM2_CertifyX509 reads and writes of a certificate (RFC 5280), in DER.
//!
//! What the caller gives is read by a strict reader, into as many fields as there are: there is no list that more
//! elements than are allowed could overrun.
use crate::objects::keys;
use crate::state::object::Object;
use alloc::vec::Vec;
use der::asn1::{AnyRef, BitStringRef, Null, ObjectIdentifier, OctetStringRef, UintRef};
use der::{Decode, Encode, Header, Reader, SliceReader, Tag, TagNumber};
use tpm2_wire::{Rc, TpmaObject, TpmiAlgHash, TpmtPublic, TpmtSigScheme};

/// Octets of a serial number, at most (RFC 5280, 4.1.2.2).
const SERIAL: usize = 20;
/// The tag of the extensions.
const EXTENSIONS: Tag = Tag::ContextSpecific { constructed: true, number: TagNumber(3) };

/// The elements that the caller gives, each whole.
pub(super) struct Partial<'a> {
    pub(super) algorithm: Option<&'a [u8]>,
    pub(super) issuer: &'a [u8],
    pub(super) validity: &'a [u8],
    pub(super) subject: &'a [u8],
    pub(super) extensions: &'a [u8],
}
impl<'a> Partial<'a> {
    /// Reads `partialCertificate`: `TPM_RC_SIZE` when it is not one sequence and nothing more, `TPM_RC_VALUE` when
    /// the sequence is not of the elements that it must be of.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Partial<'a>, Rc> {
        let mut r = SliceReader::new(bytes).map_err(|_| Rc::VALUE)?;
        let header = Header::peek(&r).map_err(|_| Rc::VALUE)?;
        let whole = header.encoded_len().and_then(|len| len + header.length()).map_err(|_| Rc::SIZE)?;
        if header.tag() != Tag::Sequence || usize::try_from(whole).ok() != Some(bytes.len()) {
            return Err(Rc::SIZE);
        }
        r.sequence(|r| {
            // The algorithm is known to be there by the count of the elements.
            let [first, second, third] = [sequence(r)?, sequence(r)?, sequence(r)?];
            let fourth = if Tag::peek(r)? == Tag::Sequence { Some(sequence(r)?) } else { None };
            Tag::peek(r)?.assert_eq(EXTENSIONS)?;
            let extensions = r.tlv_bytes()?;
            Ok(match fourth {
                None => Partial { algorithm: None, issuer: first, validity: second, subject: third, extensions },
                Some(subject) => {
                    Partial { algorithm: Some(first), issuer: second, validity: third, subject, extensions }
                }
            })
        })
        .map_err(|_: der::Error| Rc::VALUE)
    }
    /// Is what the extensions say of the key true? They must say what it is used for; `TPM_RC_ATTRIBUTES` when it
    /// is not a key for that.
    pub(super) fn check_extensions(&self, object: &Object) -> Result<(), Rc> {
        let values = ExtensionValues::read(self.extensions).map_err(|_| Rc::VALUE)?;
        if values.attributes.is_some_and(|attributes| attributes != object.attributes().0) {
            return Err(Rc::ATTRIBUTES);
        }
        let usage = values.key_usage.ok_or(Rc::VALUE)?;
        if usage & !usage::ALL != 0 {
            return Err(Rc::RESERVED_BITS);
        }
        let demands = [
            (usage::SIGN, TpmaObject::SIGN),
            (usage::DECRYPT, TpmaObject::DECRYPT),
            (usage::NON_REPUDIATION, TpmaObject::FIXED_TPM),
            (usage::KEY_ENCIPHERMENT, TpmaObject::RESTRICTED),
        ];
        let fits = demands.iter().all(|(bits, attribute)| usage & bits == 0 || object.has(*attribute));
        if fits { Ok(()) } else { Err(Rc::ATTRIBUTES) }
    }
}
/// The next element, which must be a sequence.
fn sequence<'a>(r: &mut SliceReader<'a>) -> der::Result<&'a [u8]> {
    Tag::peek(r)?.assert_eq(Tag::Sequence)?;
    r.tlv_bytes()
}

/// `TPMA_X509_KEY_USAGE` (Part 2, 8.11): the bits of a KeyUsage, the first of them on top.
mod usage {
    pub(super) const NON_REPUDIATION: u32 = 1 << 30;
    pub(super) const KEY_ENCIPHERMENT: u32 = 1 << 29;
    /// digitalSignature, keyCertSign and cRLSign.
    pub(super) const SIGN: u32 = 1 << 31 | 1 << 26 | 1 << 25;
    /// keyEncipherment, dataEncipherment, keyAgreement, encipherOnly and decipherOnly.
    pub(super) const DECRYPT: u32 = 1 << 29 | 1 << 28 | 1 << 27 | 1 << 24 | 1 << 23;
    pub(super) const ALL: u32 = SIGN | DECRYPT | NON_REPUDIATION;
}

/// What the two extensions that concern the TPM say.
#[derive(Default)]
struct ExtensionValues {
    key_usage: Option<u32>,
    attributes: Option<u32>,
}
impl ExtensionValues {
    fn read(extensions: &[u8]) -> der::Result<ExtensionValues> {
        let mut values = ExtensionValues::default();
        let outer = AnyRef::from_der(extensions)?;
        let mut r = SliceReader::new(outer.value())?;
        r.sequence(|r| {
            while !r.is_finished() {
                values.read_one(r)?;
            }
            Ok::<_, der::Error>(())
        })?;
        r.finish()?;
        Ok(values)
    }
    /// `Extension ::= SEQUENCE { OBJECT IDENTIFIER, BOOLEAN DEFAULT FALSE, OCTET STRING }`
    fn read_one(&mut self, r: &mut SliceReader<'_>) -> der::Result<()> {
        r.sequence(|r| {
            let id = ObjectIdentifier::decode(r)?;
            if Tag::peek(r)? == Tag::Boolean {
                bool::decode(r)?;
            }
            let value = <&OctetStringRef>::decode(r)?.as_bytes();
            let slot = match id {
                oid::KEY_USAGE => &mut self.key_usage,
                oid::TPMA_OBJECT => &mut self.attributes,
                _ => return Ok(()),
            };
            let bits = BitStringRef::from_der(value)?;
            let mut word = [0; 4];
            let given = word.get_mut(..bits.raw_bytes().len()).ok_or(der::ErrorKind::Overlength)?;
            given.copy_from_slice(bits.raw_bytes());
            // Twice the same extension would be twice an answer.
            match slot.replace(u32::from_be_bytes(word)) {
                None => Ok(()),
                Some(_) => Err(Tag::Sequence.value_error().into()),
            }
        })
    }
}

/// An element of this tag with these parts as its content.
pub(super) fn tlv(tag: Tag, parts: &[&[u8]]) -> Result<Vec<u8>, Rc> {
    AnyRef::new(tag, &parts.concat()).and_then(|any| any.to_der()).map_err(|_| Rc::FAILURE)
}
fn encode(value: &impl Encode) -> Result<Vec<u8>, Rc> {
    value.to_der().map_err(|_| Rc::FAILURE)
}
/// `AlgorithmIdentifier`: an identifier and its parameters.
fn identifier(id: ObjectIdentifier, parameters: &[u8]) -> Result<Vec<u8>, Rc> {
    tlv(Tag::Sequence, &[&encode(&id)?, parameters])
}
/// A serial number of this digest: positive, and no longer than is allowed.
pub(super) fn serial_number(digest: &[u8]) -> Result<Vec<u8>, Rc> {
    let mut bytes = digest.get(..SERIAL).unwrap_or(digest).to_vec();
    if let Some(first) = bytes.first_mut() {
        *first = *first & 0x7F | 0x40;
    }
    tlv(Tag::Integer, &[&bytes])
}

/// `SubjectPublicKeyInfo`; `None` for a key that has no such name.
pub(super) fn public_key(public: &TpmtPublic) -> Result<Option<Vec<u8>>, Rc> {
    let (algorithm, key) = if let Some((n, e)) = keys::rsa_public(public) {
        let uint = |bytes: &[u8]| UintRef::new(bytes).map_err(|_| Rc::FAILURE).and_then(|n| encode(&n));
        let key = tlv(Tag::Sequence, &[&uint(n)?, &uint(&e.to_be_bytes())?])?;
        (identifier(oid::RSA, &encode(&Null)?)?, key)
    } else if let Some((parms, _, q)) = keys::ecc_public(public) {
        let Some(curve) = oid::curve(parms.curve_id.0) else { return Ok(None) };
        (identifier(oid::EC_PUBLIC_KEY, &encode(&curve)?)?, [&[4], &q.x[..], &q.y[..]].concat())
    } else {
        return Ok(None);
    };
    let key = BitStringRef::from_bytes(&key).map_err(|_| Rc::FAILURE).and_then(|key| encode(&key))?;
    tlv(Tag::Sequence, &[&algorithm, &key]).map(Some)
}

/// `AlgorithmIdentifier` of a signature; `None` for a scheme that has no such name.
pub(super) fn signature_algorithm(scheme: &TpmtSigScheme, public: &TpmtPublic) -> Result<Option<Vec<u8>>, Rc> {
    let null = encode(&Null)?;
    match scheme {
        TpmtSigScheme::Rsassa(hash) => oid::rsassa(*hash).map(|id| identifier(id, &null)).transpose(),
        TpmtSigScheme::Ecdsa(hash) => oid::ecdsa(*hash).map(|id| identifier(id, &[])).transpose(),
        TpmtSigScheme::Rsapss(hash) => {
            let (Some(id), Some((n, _))) = (oid::hash(*hash), keys::rsa_public(public)) else { return Ok(None) };
            // The defaults of RFC 4055 are SHA-1 and 20 octets of salt; what is a default must not be written.
            if *hash == TpmiAlgHash::Sha1 {
                return identifier(oid::RSAPSS, &tlv(Tag::Sequence, &[])?).map(Some);
            }
            let hash_id = identifier(id, &null)?;
            let mgf = identifier(oid::MGF1, &hash_id)?;
            let room = n.len().saturating_sub(hash.digest_size() + 2);
            let salt = u32::try_from(room.min(hash.digest_size())).map_err(|_| Rc::FAILURE)?;
            let explicit = |n, inner: &[u8]| {
                tlv(Tag::ContextSpecific { constructed: true, number: TagNumber(n) }, &[inner])
            };
            let fields = [explicit(0, &hash_id)?, explicit(1, &mgf)?, explicit(2, &encode(&salt)?)?].concat();
            identifier(oid::RSAPSS, &tlv(Tag::Sequence, &[&fields])?).map(Some)
        }
        _ => Ok(None),
    }
}

/// Object identifiers.
mod oid {
    use der::asn1::ObjectIdentifier;
    use tpm2_wire::TpmiAlgHash;

    const fn new(id: &str) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(id)
    }
    pub(super) const KEY_USAGE: ObjectIdentifier = new("2.5.29.15");
    pub(super) const TPMA_OBJECT: ObjectIdentifier = new("2.23.133.10.1.1.1");
    pub(super) const RSA: ObjectIdentifier = new("1.2.840.113549.1.1.1");
    pub(super) const RSAPSS: ObjectIdentifier = new("1.2.840.113549.1.1.10");
    pub(super) const MGF1: ObjectIdentifier = new("1.2.840.113549.1.1.8");
    pub(super) const EC_PUBLIC_KEY: ObjectIdentifier = new("1.2.840.10045.2.1");

    /// A curve by its `TPM_ECC_CURVE`.
    pub(super) fn curve(id: u16) -> Option<ObjectIdentifier> {
        Some(match id {
            0x01 => const { new("1.2.840.10045.3.1.1") },
            0x02 => const { new("1.3.132.0.33") },
            0x03 => const { new("1.2.840.10045.3.1.7") },
            0x04 => const { new("1.3.132.0.34") },
            0x05 => const { new("1.3.132.0.35") },
            0x20 => const { new("1.2.156.10197.1.301") },
            _ => return None,
        })
    }
    /// A hash.
    pub(super) fn hash(alg: TpmiAlgHash) -> Option<ObjectIdentifier> {
        Some(match alg {
            TpmiAlgHash::Sha1 => const { new("1.3.14.3.2.26") },
            TpmiAlgHash::Sha256 => const { new("2.16.840.1.101.3.4.2.1") },
            TpmiAlgHash::Sha384 => const { new("2.16.840.1.101.3.4.2.2") },
            TpmiAlgHash::Sha512 => const { new("2.16.840.1.101.3.4.2.3") },
            TpmiAlgHash::Sha3_256 => const { new("2.16.840.1.101.3.4.2.8") },
            TpmiAlgHash::Sha3_384 => const { new("2.16.840.1.101.3.4.2.9") },
            TpmiAlgHash::Sha3_512 => const { new("2.16.840.1.101.3.4.2.10") },
            TpmiAlgHash::Sm3 => const { new("1.2.156.10197.1.401") },
            _ => return None,
        })
    }
    /// RSASSA-PKCS1-v1_5 with a hash.
    pub(super) fn rsassa(alg: TpmiAlgHash) -> Option<ObjectIdentifier> {
        Some(match alg {
            TpmiAlgHash::Sha1 => const { new("1.2.840.113549.1.1.5") },
            TpmiAlgHash::Sha256 => const { new("1.2.840.113549.1.1.11") },
            TpmiAlgHash::Sha384 => const { new("1.2.840.113549.1.1.12") },
            TpmiAlgHash::Sha512 => const { new("1.2.840.113549.1.1.13") },
            TpmiAlgHash::Sha3_256 => const { new("2.16.840.1.101.3.4.3.14") },
            TpmiAlgHash::Sha3_384 => const { new("2.16.840.1.101.3.4.3.15") },
            TpmiAlgHash::Sha3_512 => const { new("2.16.840.1.101.3.4.3.16") },
            TpmiAlgHash::Sm3 => const { new("1.2.156.10197.1.504") },
            _ => return None,
        })
    }
    /// ECDSA with a hash.
    pub(super) fn ecdsa(alg: TpmiAlgHash) -> Option<ObjectIdentifier> {
        Some(match alg {
            TpmiAlgHash::Sha1 => const { new("1.2.840.10045.4.1") },
            TpmiAlgHash::Sha256 => const { new("1.2.840.10045.4.3.2") },
            TpmiAlgHash::Sha384 => const { new("1.2.840.10045.4.3.3") },
            TpmiAlgHash::Sha512 => const { new("1.2.840.10045.4.3.4") },
            TpmiAlgHash::Sha3_256 => const { new("2.16.840.1.101.3.4.3.10") },
            TpmiAlgHash::Sha3_384 => const { new("2.16.840.1.101.3.4.3.11") },
            TpmiAlgHash::Sha3_512 => const { new("2.16.840.1.101.3.4.3.12") },
            _ => return None,
        })
    }
}
