//! TPM2_Create (Part 3, 12.1) and TPM2_CreatePrimary (24.1).
use crate::context::{Action, Context};
use crate::crypt::strip;
use crate::objects::generate::{derivation, generate};
use crate::objects::template::{Above, check_create};
use crate::state::limited::base;
use crate::objects::{Parent, creation_data, creation_ticket, protect};
use crate::state::object::{Loaded, Object};
use alloc::sync::Arc;
use alloc::vec::Vec;
use tpm2_crypto::Drbg;
use tpm2_wire::{Create, CreatePrimary, CreatePrimaryReply, CreateReply, Rc, Sized2b, TpmRh, TpmsSensitiveCreate, TpmtPublic, TpmtSensitive, to_vec};

/// What the reference seeds the generator of primary keys with beside the seed; the zero belongs to it.
const PRIMARY_OBJECT_CREATION: &[u8] = b"Primary Object Creation\0";

/// The authorization value must not be longer than the Name's digest.
pub(super) fn check_auth(public: &TpmtPublic, auth: &[u8]) -> Result<(), Rc> {
    let max = public.name_alg.map_or(tpm2_wire::MAX_DIGEST, |alg| alg.digest_size());
    if strip(auth).len() > max { Err(Rc::SIZE) } else { Ok(()) }
}

impl Action for Create {
    fn run(self, cx: &mut Context<'_>) -> Result<CreateReply, Rc> {
        let parent = cx.object(self.parent_handle, Rc::TYPE, Self::parent_handle)?;
        if !parent.is_parent() {
            return Err(Rc::TYPE.at(Self::parent_handle));
        }
        // The object is made where one could be loaded.
        cx.check_slot()?;
        let mut public = self.in_public.0;
        let create = self.in_sensitive.0;
        check_create(Above::Object(&parent), &public, create.data.len()).map_err(|rc| rc.at(Self::in_public))?;
        check_auth(&public, &create.user_auth).map_err(|rc| rc.at(Self::in_sensitive))?;
        let sensitive = generate(cx.crypto, cx.platform, cx.rng, &mut public, &create, derivation(1), &[])?;
        let name_alg = public.name_alg.ok_or(Rc::HASH.at(Self::in_public))?;
        let name = crate::crypt::name(cx.crypto, name_alg, &to_vec(&public))?;
        let hierarchy = parent.hierarchy;
        let under = Parent::Object(parent.clone());
        let (data, creation_hash) = creation_data(cx, &under, name_alg, &self.creation_pcr, self.outside_info)?;
        let creation_ticket = creation_ticket(cx, hierarchy, &name, &creation_hash);
        let out_private = protect::to_private(cx.crypto, cx.rng, &parent, &name, name_alg, &sensitive)?;
        Ok(CreateReply {
            out_private,
            out_public: Sized2b(public),
            creation_data: Sized2b(data),
            creation_hash,
            creation_ticket,
        })
    }
}

impl Action for CreatePrimary {
    fn run(self, cx: &mut Context<'_>) -> Result<CreatePrimaryReply, Rc> {
        cx.check_slot()?;
        let mut public = self.in_public.0;
        let create = self.in_sensitive.0;
        let hierarchy = self.primary_handle.0;
        check_create(Above::Hierarchy(hierarchy), &public, create.data.len())
            .map_err(|rc| rc.at(Self::in_public))?;
        check_auth(&public, &create.user_auth).map_err(|rc| rc.at(Self::in_sensitive))?;
        let name_alg = public.name_alg.ok_or(Rc::HASH.at(Self::in_public))?;
        let sensitive = primary(cx, hierarchy, &mut public, &create)?;

        let parent = Parent::Hierarchy(hierarchy);
        let object = Object::below(cx, &parent, public.clone(), sensitive)?;
        let (data, creation_hash) = creation_data(cx, &parent, name_alg, &self.creation_pcr, self.outside_info)?;
        let creation_ticket = creation_ticket(cx, hierarchy, &object.name, &creation_hash);
        let name = object.name.clone();
        let object_handle = cx.load(Loaded::Object(Arc::new(object)))?;
        Ok(CreatePrimaryReply {
            object_handle,
            out_public: Sized2b(public),
            creation_data: Sized2b(data),
            creation_hash,
            creation_ticket,
            name,
        })
    }
}

/// Derives the sensitive area of a primary object from the hierarchy's seed and the template, whose unique field it
/// fills in.
pub(super) fn primary(
    cx: &mut Context<'_>,
    hierarchy: u32,
    public: &mut TpmtPublic,
    create: &TpmsSensitiveCreate,
) -> Result<TpmtSensitive, Rc> {
    let name_alg = public.name_alg.ok_or(Rc::HASH)?;
    let template = crate::crypt::name(cx.crypto, name_alg, &to_vec(public))?;
    let seed = cx.state.primary_seed(cx.crypto, hierarchy);
    let mut rng = Drbg::from_seed(cx.crypto, &[&seed, PRIMARY_OBJECT_CREATION, &template, &create.data]);
    let proofs = match base(hierarchy) {
        TpmRh::ENDORSEMENT => {
            Vec::from([TpmRh::OWNER, TpmRh::ENDORSEMENT].map(|base| cx.state.proof(cx.crypto, base)))
        }
        _ => Vec::new(),
    };
    let stir: Vec<&[u8]> = proofs.iter().map(|proof| &proof[..]).collect();
    let level = cx.state.persistent.seeds.level(base(hierarchy));
    generate(cx.crypto, cx.platform, &mut rng, public, create, derivation(level), &stir)
}
