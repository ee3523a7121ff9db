use super::create::{check_auth, primary};
use crate::context::{Action, Context};
use crate::objects::generate::{derivation, generate};
use crate::objects::template::{Above, check_attributes, check_create};
use crate::objects::{Parent, protect};
use crate::state::object::{Loaded, Object};
use alloc::sync::Arc;
use tpm2_crypto::{KdfStream, MAX_DERIVATION_BITS};
use tpm2_wire::{
    CreateLoaded, CreateLoadedReply, DerivedTemplate, Rc, Reader, Sized2b, Tpm2bPrivate, TpmAlg, TpmHt, TpmaObject,
    TpmsDerive, TpmsSensitiveCreate, TpmtKeyedhashScheme, TpmtPublic, TpmtPublicParms, TpmtSensitive, Wire,
};

/// Part 3, 12.9: a primary object of a hierarchy, an ordinary one below a storage key, or one that is derived from a
/// derivation parent. Only the second has a private area to be loaded from again; the others can be made again.
impl Action for CreateLoaded {
    fn run(self, cx: &mut Context<'_>) -> Result<CreateLoadedReply, Rc> {
        let handle = self.parent_handle.0;
        let above = if TpmHt::of(handle) == TpmHt::PERMANENT {
            Parent::Hierarchy(handle)
        } else {
            let parent = cx.object(handle, Rc::TYPE, Self::parent_handle)?;
            if !parent.is_parent() && !parent.is_derivation_parent() {
                return Err(Rc::TYPE.at(Self::parent_handle));
            }
            Parent::Object(parent)
        };
        cx.check_slot()?;
        let create = self.in_sensitive.0;
        let template = |cx: &Context<'_>| crate::crypt::parse(&self.in_public, &cx.profile.accept);
        let at = |rc: Rc| rc.at(Self::in_public);
        let auth_at = |rc: Rc| rc.at(Self::in_sensitive);

        let (public, sensitive) = match &above {
            Parent::Object(parent) if parent.is_derivation_parent() => {
                let DerivedTemplate { mut public, derive } =
                    crate::crypt::parse(&self.in_public, &cx.profile.accept).map_err(at)?;
                check_auth(&public, &create.user_auth).map_err(auth_at)?;
                if public.kind() == TpmAlg::RSA {
                    return Err(at(Rc::TYPE));
                }
                if public.object_attributes.has(TpmaObject::SENSITIVE_DATA_ORIGIN) {
                    return Err(Rc::ATTRIBUTES);
                }
                check_attributes(Above::Object(parent), &public).map_err(at)?;
                let sensitive = derive_from(cx, parent, &mut public, derive, create)?;
                (public, sensitive)
            }
            Parent::Object(parent) => {
                let mut public: TpmtPublic = template(cx).map_err(at)?;
                check_auth(&public, &create.user_auth).map_err(auth_at)?;
                check_create(Above::Object(parent), &public, create.data.len()).map_err(at)?;
                let level = derivation(1);
                let sensitive = generate(cx.crypto, cx.platform, cx.rng, &mut public, &create, level, &[])?;
                (public, sensitive)
            }
            Parent::Hierarchy(hierarchy) => {
                let mut public: TpmtPublic = template(cx).map_err(at)?;
                check_auth(&public, &create.user_auth).map_err(auth_at)?;
                check_create(Above::Hierarchy(*hierarchy), &public, create.data.len()).map_err(at)?;
                let sensitive = primary(cx, *hierarchy, &mut public, &create)?;
                (public, sensitive)
            }
        };
        let name_alg = public.name_alg.ok_or(at(Rc::HASH))?;
        let object = Object::below(cx, &above, public.clone(), sensitive)?;
        let out_private = match (&above, &object.sensitive) {
            (Parent::Object(parent), Some(sensitive)) if parent.is_parent() => {
                protect::to_private(cx.crypto, cx.rng, parent, &object.name, name_alg, sensitive)?
            }
            _ => Tpm2bPrivate::default(),
        };
        let name = object.name.clone();
        let object_handle = cx.load(Loaded::Object(Arc::new(object)))?;
        Ok(CreateLoadedReply { object_handle, out_private, out_public: Sized2b(public), name })
    }
}

/// Derives the sensitive area of an object from its parent's secret, a label and a context (Part 1, 25). What of these
/// the template leaves empty is taken from the sensitive data.
fn derive_from(
    cx: &mut Context<'_>,
    parent: &Object,
    public: &mut TpmtPublic,
    mut derive: TpmsDerive,
    mut create: TpmsSensitiveCreate,
) -> Result<TpmtSensitive, Rc> {
    let TpmtPublicParms::Keyedhash(Some(TpmtKeyedhashScheme::Xor(scheme))) = &parent.public.parameters else {
        return Err(Rc::FAILURE);
    };
    if !create.data.is_empty() {
        let given = TpmsDerive::read(&mut Reader::new(&create.data, &cx.profile.accept))?;
        if derive.label.is_empty() {
            derive.label = given.label;
        }
        if derive.context.is_empty() {
            derive.context = given.context;
        }
        create.data = Default::default();
    }
    let secret = parent.sensitive.as_ref().ok_or(Rc::FAILURE)?;
    let mut stream = KdfStream::new(
        cx.crypto,
        crate::crypt::hash(scheme.hash_alg)?,
        secret.sensitive.bytes(),
        &derive.label,
        &derive.context,
        &[],
        MAX_DERIVATION_BITS,
    );
    generate(cx.crypto, cx.platform, &mut stream, public, &create, derivation(1), &[])
}
