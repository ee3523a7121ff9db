//! What the commands about objects share: templates, key generation, protection, secret sharing.
pub(crate) mod generate;
pub(crate) mod keys;
pub(crate) mod protect;
pub(crate) mod secret;
pub(crate) mod template;
pub(crate) mod validate;

use crate::context::Context;
use crate::crypt::{digest_2b, hash, qualified_name};
use crate::state::limited::base;
use crate::state::object::Object;
use alloc::sync::Arc;
use tpm2_wire::{
    Rc, Tpm2bData, Tpm2bDigest, Tpm2bName, TpmAlg, TpmRh, TpmSt, TpmaLocality, TpmaObject, TpmiAlgHash,
    TpmiRhHierarchy, TpmlPcrSelection, TpmsCreationData, TpmtPublic, TpmtSensitive, TpmtTkCreation, to_vec,
};

/// The parent of a new object: a hierarchy, or a storage key.
pub(crate) enum Parent {
    Hierarchy(u32),
    Object(Arc<Object>),
}
impl Parent {
    /// The hierarchy that the child belongs to.
    pub(crate) fn hierarchy(&self) -> u32 {
        match self {
            Parent::Hierarchy(hierarchy) => *hierarchy,
            Parent::Object(parent) => parent.hierarchy,
        }
    }
    fn qualified_name(&self) -> Tpm2bName {
        match self {
            Parent::Hierarchy(hierarchy) => crate::crypt::handle_name(*hierarchy),
            Parent::Object(parent) => parent.qualified_name.clone(),
        }
    }
}

impl Object {
    /// An object as it is loaded below `parent`.
    pub(crate) fn below(
        cx: &Context<'_>,
        parent: &Parent,
        public: TpmtPublic,
        sensitive: TpmtSensitive,
    ) -> Result<Object, Rc> {
        let alg = public.name_alg.ok_or(Rc::HASH)?;
        let name = crate::crypt::name(cx.crypto, alg, &to_vec(&public))?;
        let qualified_name = qualified_name(cx.crypto, alg, &parent.qualified_name(), &name)?;
        let st_clear = public.object_attributes.has(TpmaObject::ST_CLEAR)
            || matches!(parent, Parent::Object(parent) if parent.st_clear);
        let hierarchy = parent.hierarchy();
        Ok(Object {
            public,
            sensitive: Some(sensitive),
            name,
            qualified_name,
            hierarchy,
            primary: matches!(parent, Parent::Hierarchy(_)) && base(hierarchy) != TpmRh::NULL,
            external: false,
            st_clear,
        })
    }
}

/// Creation data (Part 2, 15.1) and their digest.
pub(crate) fn creation_data(
    cx: &Context<'_>,
    parent: &Parent,
    name_alg: TpmiAlgHash,
    pcrs: &TpmlPcrSelection,
    outside_info: Tpm2bData,
) -> Result<(TpmsCreationData, Tpm2bDigest), Rc> {
    let alg = hash(name_alg)?;
    let (pcr_digest, pcr_select) = cx.state.volatile.pcrs.digest(cx.crypto, alg, pcrs);
    let (parent_name_alg, parent_name) = match parent {
        Parent::Hierarchy(hierarchy) => (TpmAlg::NULL, crate::crypt::handle_name(*hierarchy)),
        Parent::Object(parent) => {
            (parent.public.name_alg.map_or(TpmAlg::NULL, TpmiAlgHash::id), parent.name.clone())
        }
    };
    let data = TpmsCreationData {
        pcr_select,
        pcr_digest: digest_2b(&pcr_digest),
        locality: locality_attributes(cx.locality),
        parent_name_alg,
        parent_name,
        parent_qualified_name: parent.qualified_name(),
        outside_info,
    };
    let digest = cx.crypto.digest(alg, &[&to_vec(&data)]);
    Ok((data, digest_2b(&digest)))
}

/// A locality as `TPMA_LOCALITY`: a bit below 32, the number itself above.
pub(crate) fn locality_attributes(locality: u8) -> TpmaLocality {
    TpmaLocality(if locality < 5 { 1 << locality } else { locality })
}

/// A ticket that says that this TPM created an object (Part 2, 10.6.3).
pub(crate) fn creation_ticket(
    cx: &Context<'_>,
    hierarchy: u32,
    name: &Tpm2bName,
    creation_hash: &Tpm2bDigest,
) -> TpmtTkCreation {
    TpmtTkCreation {
        tag: TpmSt::CREATION,
        hierarchy: TpmiRhHierarchy(hierarchy),
        digest: cx.state.ticket(cx.crypto, hierarchy, TpmSt::CREATION, &[name, creation_hash]),
    }
}
