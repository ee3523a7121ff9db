//! Is a public area consistent (Part 1, 25; Part 3, 12.1)? The codes lack their position.
use crate::crypt::hash;
use crate::objects::keys;
use crate::state::limited::{Limit, split};
use crate::state::object::Object;
use tpm2_crypto::mldsa::is_pre_hash;
use tpm2_wire::{
    Rc, TpmAlg, TpmaObject, TpmiAlgKdf, TpmiAlgSymMode, TpmtEccScheme, TpmtKeyedhashScheme, TpmtPublic,
    TpmtPublicParms, TpmtRsaScheme,
};

/// What a new object, or one that is loaded, stands below.
#[derive(Clone, Copy)]
pub(crate) enum Above<'a> {
    Hierarchy(u32),
    Object(&'a Object),
    /// It comes from elsewhere.
    Nothing,
}
impl<'a> Above<'a> {
    /// The parent, where it is an object.
    pub(crate) fn object(self) -> Option<&'a Object> {
        match self {
            Above::Object(parent) => Some(parent),
            _ => None,
        }
    }
    /// Is it firmware-limited, or SVN-limited? A limited hierarchy counts as if it had the attribute.
    fn limited(self, attribute: TpmaObject) -> bool {
        match self {
            Above::Object(parent) => parent.has(attribute),
            Above::Hierarchy(hierarchy) => match split(hierarchy).1 {
                Limit::Firmware => attribute == TpmaObject::FIRMWARE_LIMITED,
                Limit::Svn(_) => attribute == TpmaObject::SVN_LIMITED,
                Limit::None => false,
            },
            Above::Nothing => false,
        }
    }
}

/// Checks a template that an object is to be created from. `data` is the size of the sensitive data given.
pub(crate) fn check_create(above: Above<'_>, public: &TpmtPublic, data: usize) -> Result<(), Rc> {
    let attributes = public.object_attributes;
    let origin = attributes.has(TpmaObject::SENSITIVE_DATA_ORIGIN);
    if !origin && data == 0 {
        return Err(Rc::ATTRIBUTES);
    }
    if above.object().is_some() && origin && data != 0 {
        return Err(Rc::ATTRIBUTES);
    }
    let restricted_import = attributes.has(TpmaObject::RESTRICTED)
        && !origin
        && attributes.any(TpmaObject::FIXED_PARENT | TpmaObject::FIXED_TPM);
    match public.kind() {
        TpmAlg::KEYEDHASH => {
            // A data object holds what the caller gives.
            if !attributes.any(TpmaObject::SIGN | TpmaObject::DECRYPT) && origin {
                return Err(Rc::ATTRIBUTES);
            }
            if restricted_import {
                return Err(Rc::ATTRIBUTES);
            }
        }
        TpmAlg::SYMCIPHER if restricted_import => return Err(Rc::ATTRIBUTES),
        TpmAlg::SYMCIPHER => {}
        // The TPM makes asymmetric keys itself.
        _ if !origin => return Err(Rc::ATTRIBUTES),
        _ => {}
    }
    check_attributes(above, public)
}

/// Checks the attributes of a public area, and then its scheme.
pub(crate) fn check_attributes(above: Above<'_>, public: &TpmtPublic) -> Result<(), Rc> {
    let parent = above.object();
    let attributes = public.object_attributes;
    let has = |bits| attributes.has(bits);
    let name_alg = hash(public.name_alg.ok_or(Rc::HASH)?)?;
    if !public.auth_policy.is_empty() && public.auth_policy.len() != name_alg.digest_size() {
        return Err(Rc::SIZE);
    }
    let parent_fixed = parent.is_none_or(|parent| parent.has(TpmaObject::FIXED_TPM));
    if parent_fixed {
        if has(TpmaObject::FIXED_PARENT) != has(TpmaObject::FIXED_TPM) {
            return Err(Rc::ATTRIBUTES);
        }
    } else if has(TpmaObject::FIXED_TPM) {
        return Err(Rc::ATTRIBUTES);
    }
    if has(TpmaObject::SIGN) == has(TpmaObject::DECRYPT) {
        // A restricted key has one use; a data object has none.
        if has(TpmaObject::RESTRICTED) {
            return Err(Rc::ATTRIBUTES);
        }
        if public.kind() != TpmAlg::KEYEDHASH && !has(TpmaObject::SIGN) {
            return Err(Rc::ATTRIBUTES);
        }
    }
    if has(TpmaObject::FIXED_TPM) && has(TpmaObject::ENCRYPTED_DUPLICATION) {
        return Err(Rc::ATTRIBUTES);
    }
    if let Some(parent) = parent.filter(|parent| !parent.has(TpmaObject::FIXED_TPM))
        && has(TpmaObject::ENCRYPTED_DUPLICATION) != parent.has(TpmaObject::ENCRYPTED_DUPLICATION)
    {
        return Err(Rc::ATTRIBUTES);
    }
    for limit in [TpmaObject::FIRMWARE_LIMITED, TpmaObject::SVN_LIMITED] {
        if has(limit) && !(has(TpmaObject::FIXED_TPM) && above.limited(limit)) {
            return Err(Rc::ATTRIBUTES);
        }
    }
    // What is derived can be derived again wherever its parent goes, and goes nowhere else itself.
    if let Some(parent) = parent.filter(|parent| parent.is_derivation_parent())
        && (has(TpmaObject::FIXED_TPM) != parent.has(TpmaObject::FIXED_TPM) || !has(TpmaObject::FIXED_PARENT))
    {
        return Err(Rc::ATTRIBUTES);
    }
    check_scheme(parent, public)
}

/// Does the scheme fit the attributes?
pub(crate) fn check_scheme(parent: Option<&Object>, public: &TpmtPublic) -> Result<(), Rc> {
    let has = |bits| public.object_attributes.has(bits);
    let (sign, decrypt) = (has(TpmaObject::SIGN), has(TpmaObject::DECRYPT));
    let restricted = has(TpmaObject::RESTRICTED);
    let symmetric = match &public.parameters {
        // What decrypts cannot authenticate.
        TpmtPublicParms::Symcipher(symmetric) if decrypt && symmetric.mode == Some(TpmiAlgSymMode::Cmac) => {
            return Err(Rc::SCHEME);
        }
        TpmtPublicParms::Symcipher(symmetric) => Some(*symmetric),
        TpmtPublicParms::Keyedhash(scheme) => {
            let fits = match scheme {
                None => sign == decrypt,
                Some(TpmtKeyedhashScheme::Hmac(_)) => sign && !decrypt,
                Some(TpmtKeyedhashScheme::Xor(xor)) => {
                    decrypt && !sign && (!restricted || xor.kdf == Some(TpmiAlgKdf::Kdf1Sp800_108))
                }
            };
            return if fits { Ok(()) } else { Err(Rc::SCHEME) };
        }
        TpmtPublicParms::Rsa(parms) => {
            let kind = parms.scheme.map(|scheme| match scheme {
                TpmtRsaScheme::Rsassa(_) | TpmtRsaScheme::Rsapss(_) => Use::Sign,
                TpmtRsaScheme::Rsaes | TpmtRsaScheme::Oaep(_) => Use::Decrypt,
            });
            check_asymmetric(kind, sign, decrypt, restricted, parms.symmetric.is_some())?;
            parms.symmetric
        }
        TpmtPublicParms::Ecc(parms) => {
            let kind = parms.scheme.map(|scheme| match scheme {
                TpmtEccScheme::Ecdh(_) | TpmtEccScheme::Ecmqv(_) => Use::Decrypt,
                // A signature or a key exchange, as the key is for.
                TpmtEccScheme::Sm2(_) if decrypt => Use::Decrypt,
                _ => Use::Sign,
            });
            check_asymmetric(kind, sign, decrypt, restricted, parms.symmetric.is_some())?;
            // A key that others encrypt or encapsulate to may say how (Part 2, 12.2.3.5); no other key derives anything.
            let derives =
                decrypt && !sign && !restricted && matches!(parms.scheme, Some(TpmtEccScheme::Ecdh(_)));
            if parms.kdf.is_some() && !(derives && keys::has_use_of_kdf(parms)) {
                return Err(Rc::KDF);
            }
            parms.symmetric
        }
        TpmtPublicParms::Mlkem(parms) => {
            // These have one use (Part 2, 12.2.3.9), which is no matter of a scheme.
            if sign || !decrypt {
                return Err(Rc::ATTRIBUTES);
            }
            if parms.symmetric.is_some() && !restricted {
                return Err(Rc::SYMMETRIC);
            }
            parms.symmetric
        }
        TpmtPublicParms::Mldsa(_) | TpmtPublicParms::HashMldsa(_) => {
            if decrypt || !sign {
                return Err(Rc::ATTRIBUTES);
            }
            if let TpmtPublicParms::HashMldsa(parms) = &public.parameters
                && !is_pre_hash(hash(parms.hash_alg)?)
            {
                return Err(Rc::HASH);
            }
            None
        }
    };
    // A storage key protects its children as its parent does.
    if restricted && decrypt {
        let symmetric = symmetric.ok_or(Rc::SYMMETRIC)?;
        if let Some(parent) = parent.filter(|_| has(TpmaObject::FIXED_PARENT)) {
            if public.name_alg != parent.public.name_alg {
                return Err(Rc::HASH);
            }
            if parent.symmetric() != Some(symmetric) {
                return Err(Rc::SYMMETRIC);
            }
        }
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Sign,
    Decrypt,
}

fn check_asymmetric(
    scheme: Option<Use>,
    sign: bool,
    decrypt: bool,
    restricted: bool,
    symmetric: bool,
) -> Result<(), Rc> {
    let fits = match (sign, decrypt) {
        (true, false) => scheme == Some(Use::Sign) || scheme.is_none() && !restricted,
        (false, true) => scheme.is_none() || scheme == Some(Use::Decrypt) && !restricted,
        _ => scheme.is_none(),
    };
    if !fits {
        return Err(Rc::SCHEME);
    }
    if symmetric && !(restricted && decrypt) { Err(Rc::SYMMETRIC) } else { Ok(()) }
}
