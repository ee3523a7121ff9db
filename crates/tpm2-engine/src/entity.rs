//! Entities: what a handle stands for, its Name, its authorization and its policy.
use crate::crypt::handle_name;
use crate::profile::Active;
use crate::state::State;
use crate::state::limited::base;
use crate::state::nv::NvIndex;
use crate::state::object::{Loaded, Object};
use crate::state::pcr::attributes;
use alloc::sync::Arc;
use tpm2_crypto::CryptoProvider;
use tpm2_wire::{
    ActSetTimeout, Command, Rc, Tpm2bAuth, Tpm2bDigest, Tpm2bName, TpmHt, TpmNt, TpmRh, TpmaNv, TpmaObject,
    TpmiAlgHash,
};

/// The number of the authenticated countdown timer of a handle, if it is one.
pub(crate) fn timer_number(handle: u32) -> Option<u8> {
    (TpmRh::ACT_0..=TpmRh::ACT_F).contains(&handle).then_some((handle & 15) as u8)
}
fn is_authorized_pcr(handle: u32) -> bool {
    TpmHt::of(handle) == TpmHt::PCR && attributes(handle).authorized
}

impl State {
    /// The object of a transient or persistent handle. `None` for sequences too.
    pub(crate) fn object(&self, handle: u32) -> Option<Arc<Object>> {
        match TpmHt::of(handle) {
            TpmHt::PERSISTENT => self.persistent.objects.get(&handle).cloned(),
            _ => match self.volatile.objects.get(&handle)? {
                Loaded::Object(object) => Some(object.clone()),
                Loaded::Sequence(_) => None,
            },
        }
    }
    /// Is a hierarchy enabled? The null hierarchy always is.
    pub(crate) fn hierarchy_enabled(&self, hierarchy: u32) -> bool {
        self.check_hierarchy(hierarchy).is_ok()
    }
    /// Is what a handle stands for here (Part 3, 5.4)? The code still lacks its position. `index` counts from 0.
    pub(crate) fn load_status(&self, profile: &Active, handle: u32, index: u8) -> Result<(), Rc> {
        let found = |found: bool, otherwise: Rc| if found { Ok(()) } else { Err(otherwise) };
        match TpmHt::of(handle) {
            TpmHt::PERMANENT => match handle {
                TpmRh::LOCKOUT => Ok(()),
                timer if timer_number(timer).is_some() => {
                    found(profile.command(ActSetTimeout::SHAPE.code).is_some(), Rc::VALUE)
                }
                _ => self.check_hierarchy(handle),
            },
            TpmHt::TRANSIENT => {
                found(self.volatile.objects.contains_key(&handle), Rc::reference_handle(index))
            }
            TpmHt::PERSISTENT => match self.persistent.objects.get(&handle) {
                // A disabled hierarchy hides its objects.
                Some(object) => found(self.hierarchy_enabled(object.hierarchy), Rc::HANDLE),
                None => Err(Rc::HANDLE),
            },
            TpmHt::HMAC_SESSION | TpmHt::POLICY_SESSION => {
                if self.volatile.sessions.contains_key(&handle) {
                    Ok(())
                } else {
                    Err(self.not_loaded(handle, Rc::reference_handle(index)))
                }
            }
            TpmHt::NV_INDEX | TpmHt::EXTERNAL_NV | TpmHt::PERMANENT_NV => match self.nv(handle) {
                Some(index) if index.attributes().has(TpmaNv::PLATFORMCREATE) => {
                    found(self.clear.platform_nv_enable, Rc::HANDLE)
                }
                Some(_) => found(self.clear.owner_enable, Rc::HANDLE),
                None => Err(Rc::HANDLE),
            },
            _ => Ok(()),
        }
    }
    /// The Name (Part 1, 16).
    pub(crate) fn name(&self, crypto: &CryptoProvider, handle: u32) -> Result<Tpm2bName, Rc> {
        match TpmHt::of(handle) {
            TpmHt::TRANSIENT | TpmHt::PERSISTENT => {
                Ok(self.object(handle).map(|object| object.name.clone()).unwrap_or_default())
            }
            TpmHt::NV_INDEX => self.nv(handle).ok_or(Rc::HANDLE)?.name(crypto),
            _ => Ok(handle_name(handle)),
        }
    }
    /// The authorization value; empty for what has none.
    pub(crate) fn auth_value(&self, handle: u32) -> Tpm2bAuth {
        let hierarchies = &self.persistent.hierarchies;
        match TpmHt::of(handle) {
            TpmHt::TRANSIENT | TpmHt::PERSISTENT => match self.volatile.objects.get(&handle) {
                Some(Loaded::Sequence(sequence)) => sequence.auth.clone(),
                _ => self.object(handle).map(|object| object.auth()).unwrap_or_default(),
            },
            TpmHt::NV_INDEX => self.nv(handle).map(|nv| nv.auth.clone()).unwrap_or_default(),
            _ => match base(handle) {
                TpmRh::OWNER => hierarchies.owner_auth.clone(),
                TpmRh::ENDORSEMENT => hierarchies.endorsement_auth.clone(),
                TpmRh::LOCKOUT => hierarchies.lockout_auth.clone(),
                TpmRh::PLATFORM => self.clear.platform_auth.clone(),
                timer if timer_number(timer).is_some() => self.clear.platform_auth.clone(),
                pcr if is_authorized_pcr(pcr) => self.clear.pcr_auth.clone(),
                _ => Tpm2bAuth::default(),
            },
        }
    }
    /// The authorization policy and its hash.
    pub(crate) fn auth_policy(&self, handle: u32) -> (Option<TpmiAlgHash>, Tpm2bDigest) {
        let hierarchies = &self.persistent.hierarchies;
        let of = |policy: &crate::state::Policy| (policy.alg, policy.digest.clone());
        match TpmHt::of(handle) {
            TpmHt::TRANSIENT | TpmHt::PERSISTENT => match self.object(handle) {
                Some(object) => (object.public.name_alg, object.public.auth_policy.clone()),
                None => (None, Tpm2bDigest::default()),
            },
            TpmHt::NV_INDEX => match self.nv(handle) {
                Some(nv) => (Some(nv.public.name_alg), nv.public.auth_policy.clone()),
                None => (None, Tpm2bDigest::default()),
            },
            _ => match base(handle) {
                TpmRh::OWNER => of(&hierarchies.owner_policy),
                TpmRh::ENDORSEMENT => of(&hierarchies.endorsement_policy),
                TpmRh::LOCKOUT => of(&hierarchies.lockout_policy),
                TpmRh::PLATFORM => of(&self.clear.platform_policy),
                pcr if is_authorized_pcr(pcr) => of(&self.persistent.platform.pcr_policy),
                other => match timer_number(other) {
                    Some(number) => of(&self.timer(number).policy),
                    None => (None, Tpm2bDigest::default()),
                },
            },
        }
    }
    /// Is it outside of dictionary-attack protection?
    pub(crate) fn da_exempt(&self, handle: u32) -> bool {
        match TpmHt::of(handle) {
            TpmHt::PERMANENT => handle != TpmRh::LOCKOUT,
            TpmHt::TRANSIENT | TpmHt::PERSISTENT => match self.volatile.objects.get(&handle) {
                // The attribute of a sequence object is SET by the commands that make one.
                Some(Loaded::Sequence(_)) => true,
                _ => self.object(handle).is_none_or(|object| object.has(TpmaObject::NO_DA)),
            },
            TpmHt::NV_INDEX => self.nv(handle).is_none_or(|nv| nv.attributes().has(TpmaNv::NO_DA)),
            _ => true,
        }
    }
    /// May a PIN index be used with its authorization value: written, and below its limit (Part 1, 37.2.8)?
    pub(crate) fn pin_available(index: &NvIndex) -> bool {
        let pin = index.number();
        debug_assert!(matches!(index.kind(), TpmNt::PinFail | TpmNt::PinPass));
        index.written() && (pin >> 32) < (pin & 0xFFFF_FFFF)
    }
}
