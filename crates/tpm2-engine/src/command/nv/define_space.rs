use crate::context::{Action, Context};
use crate::crypt::{hash, strip};
use crate::state::nv::{Bytes, NvIndex};
use alloc::sync::Arc;
use tpm2_wire::{
    At, MAX_NV_BUFFER, NvDefineSpace, NvDefineSpaceReply, Rc, Tpm2bAuth, TpmNt, TpmRh, TpmaNv, TpmiRhProvision,
    TpmsNvPublic,
};

/// Part 3, 31.3.
impl Action for NvDefineSpace {
    fn run(self, cx: &mut Context<'_>) -> Result<NvDefineSpaceReply, Rc> {
        let blame = Blame { handle: Self::auth_handle, auth: Self::auth, public: Self::public_info };
        define(cx, self.auth_handle, &self.auth, self.public_info.0, &blame)?;
        Ok(NvDefineSpaceReply {})
    }
}

/// Where the parts of a definition stand in the command.
pub(super) struct Blame {
    pub(super) handle: At,
    pub(super) auth: At,
    pub(super) public: At,
}
/// Defines an index.
pub(super) fn define(
    cx: &mut Context<'_>,
    by: TpmiRhProvision,
    auth: &Tpm2bAuth,
    public: TpmsNvPublic,
    blame: &Blame,
) -> Result<(), Rc> {
    let digest_size = hash(public.name_alg)?.digest_size();
    if !public.auth_policy.is_empty() && public.auth_policy.len() != digest_size {
        return Err(Rc::SIZE.at(blame.public));
    }
    let auth = strip(auth);
    if auth.len() > digest_size {
        return Err(Rc::SIZE.at(blame.auth));
    }
    let platform = by.0 == TpmRh::PLATFORM;
    if platform && !cx.state.clear.platform_nv_enable {
        return Err(Rc::HIERARCHY.at(blame.handle));
    }
    check_type(&public, digest_size, cx.profile.nv_index_size).map_err(|rc| rc.at(blame.public))?;
    check_attributes(public.attributes).map_err(|rc| rc.at(blame.public))?;
    // Who creates an index can delete it.
    if public.attributes.has(TpmaNv::PLATFORMCREATE) != platform {
        return Err(Rc::ATTRIBUTES.at(blame.handle));
    }
    if public.attributes.has(TpmaNv::POLICY_DELETE) && !platform {
        return Err(Rc::ATTRIBUTES.at(blame.public));
    }
    if public.attributes.has(TpmaNv::WRITEALL) && usize::from(public.data_size) > MAX_NV_BUFFER {
        return Err(Rc::SIZE.at(blame.public));
    }
    let handle = public.nv_index.0;
    if cx.state.nv(handle).is_some() {
        return Err(Rc::NV_DEFINED);
    }
    let index = NvIndex { public, auth, data: Bytes::default() };
    if cx.state.nv_used() + index.footprint() > cx.profile.nv_total {
        return Err(Rc::NV_SPACE);
    }
    Arc::make_mut(&mut cx.state.persistent.nv).insert(handle, Arc::new(index));
    Ok(())
}

/// The size and what else the type of an index asks for.
fn check_type(public: &TpmsNvPublic, digest_size: usize, largest: u16) -> Result<(), Rc> {
    let attributes = public.attributes;
    let kind = attributes.kind().ok_or(Rc::ATTRIBUTES)?;
    let size = usize::from(public.data_size);
    let fits = match kind {
        TpmNt::Ordinary => public.data_size <= largest,
        TpmNt::Extend => size == digest_size,
        TpmNt::Counter | TpmNt::Bits | TpmNt::PinFail | TpmNt::PinPass => size == 8,
    };
    if !fits {
        return Err(Rc::SIZE);
    }
    let consistent = match kind {
        // A counter never goes back.
        TpmNt::Counter => !attributes.has(TpmaNv::CLEAR_STCLEAR),
        // A PIN that its holder could rewrite limits nothing, and one that is locked for good cannot be
        // reset. A PIN that counts failures is its own protection against guessing.
        TpmNt::PinFail => attributes.has(TpmaNv::NO_DA) && !attributes.any(NOT_FOR_PINS),
        TpmNt::PinPass => !attributes.any(NOT_FOR_PINS),
        TpmNt::Ordinary | TpmNt::Bits | TpmNt::Extend => true,
    };
    if consistent { Ok(()) } else { Err(Rc::ATTRIBUTES) }
}
const NOT_FOR_PINS: TpmaNv = TpmaNv(TpmaNv::AUTHWRITE.0 | TpmaNv::GLOBALLOCK.0 | TpmaNv::WRITEDEFINE.0);

/// What must hold for indices of every type.
fn check_attributes(attributes: TpmaNv) -> Result<(), Rc> {
    let state = TpmaNv::WRITTEN | TpmaNv::WRITELOCKED | TpmaNv::READLOCKED;
    let read = TpmaNv::OWNERREAD | TpmaNv::PPREAD | TpmaNv::AUTHREAD | TpmaNv::POLICYREAD;
    let write = TpmaNv::OWNERWRITE | TpmaNv::PPWRITE | TpmaNv::AUTHWRITE | TpmaNv::POLICYWRITE;
    let inconsistent = attributes.any(state)
        || !attributes.any(read)
        || !attributes.any(write)
        || attributes.has(TpmaNv::CLEAR_STCLEAR | TpmaNv::WRITEDEFINE);
    if inconsistent { Err(Rc::ATTRIBUTES) } else { Ok(()) }
}
