//! Objects: keys and sealed data, loaded or persistent.
use super::sequence::Sequence;
use crate::saved::{LoadError, Saved, bad};
use alloc::{sync::Arc, vec::Vec};
use tpm2_wire::{
    Reader, Tpm2bAuth, Tpm2bName, TpmAlg, TpmaObject, TpmtPublic, TpmtPublicParms, TpmtSensitive,
    TpmtSymDefObject,
};

saved! {
    /// A key or a sealed datum. Without `sensitive`, its public part alone.
    Object {
        1 public: TpmtPublic,
        2 sensitive: Option<TpmtSensitive>,
        3 name: Tpm2bName,
        4 qualified_name: Tpm2bName,
        /// The hierarchy as a permanent handle; `TPM_RH_NULL` for a temporary object.
        5 hierarchy: u32,
        /// Made by `TPM2_CreatePrimary`.
        6 primary: bool,
        /// Made by `TPM2_LoadExternal`: it has no parent here.
        7 external: bool,
        /// It, or an ancestor of it, has stClear.
        8 st_clear: bool,
    }
}

/// What a transient handle can stand for.
#[derive(Clone)]
pub(crate) enum Loaded {
    Object(Arc<Object>),
    Sequence(Arc<Sequence>),
}
impl Saved for Loaded {
    fn save(&self, w: &mut Vec<u8>) {
        match self {
            Loaded::Object(object) => {
                0u8.save(w);
                object.save(w);
            }
            Loaded::Sequence(sequence) => {
                1u8.save(w);
                sequence.save(w);
            }
        }
    }
    fn load(r: &mut Reader<'_>) -> Result<Self, LoadError> {
        match u8::load(r)? {
            0 => Saved::load(r).map(Loaded::Object),
            1 => Saved::load(r).map(Loaded::Sequence),
            _ => Err(bad("unknown kind of loaded object")),
        }
    }
}

impl Object {
    /// Attributes.
    pub(crate) fn attributes(&self) -> TpmaObject {
        self.public.object_attributes
    }
    /// Are all these attributes set?
    pub(crate) fn has(&self, attributes: TpmaObject) -> bool {
        self.public.object_attributes.has(attributes)
    }
    /// Is only the public part here?
    pub(crate) fn public_only(&self) -> bool {
        self.sensitive.is_none()
    }
    /// The authorization value; empty without a sensitive part.
    pub(crate) fn auth(&self) -> Tpm2bAuth {
        self.sensitive.as_ref().map(|s| s.auth_value.clone()).unwrap_or_default()
    }
    /// Can it be the parent of another object (Part 1, 27.2: a storage key)? External objects cannot, and keyed-hash
    /// keys only derive.
    pub(crate) fn is_parent(&self) -> bool {
        self.has(TpmaObject::RESTRICTED | TpmaObject::DECRYPT)
            && !self.has(TpmaObject::SIGN)
            && self.public.name_alg.is_some()
            && !self.public_only()
            && !self.external
            && self.public.kind() != TpmAlg::KEYEDHASH
    }
    /// Can other objects be derived from it (Part 1, 25)?
    pub(crate) fn is_derivation_parent(&self) -> bool {
        self.has(TpmaObject::RESTRICTED | TpmaObject::DECRYPT)
            && self.public.name_alg.is_some()
            && !self.public_only()
            && !self.external
            && self.public.kind() == TpmAlg::KEYEDHASH
    }
    /// Is it of a kind that secrets can be sent to (Part 1, 8.4.5.2)?
    pub(crate) fn has_labeled_kem(&self) -> bool {
        matches!(self.public.kind(), TpmAlg::RSA | TpmAlg::ECC | TpmAlg::MLKEM)
    }
    /// Is it an asymmetric storage key, which secrets can be sent to? Its public part is enough.
    pub(crate) fn is_storage(&self) -> bool {
        self.has(TpmaObject::RESTRICTED | TpmaObject::DECRYPT)
            && !self.has(TpmaObject::SIGN)
            && self.has_labeled_kem()
    }
    /// The symmetric algorithm with which a storage key protects its children.
    pub(crate) fn symmetric(&self) -> Option<TpmtSymDefObject> {
        match &self.public.parameters {
            TpmtPublicParms::Rsa(p) => p.symmetric,
            TpmtPublicParms::Ecc(p) => p.symmetric,
            TpmtPublicParms::Mlkem(p) => p.symmetric,
            TpmtPublicParms::Symcipher(s) => Some(*s),
            _ => None,
        }
    }
}
