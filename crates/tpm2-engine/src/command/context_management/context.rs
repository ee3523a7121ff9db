//! TPM2_ContextSave and TPM2_ContextLoad (Part 3, 28.2 and 28.3; Part 1, 28).
use crate::context::{Action, Context};
use crate::crypt::CONTEXT_HASH;
use crate::saved::Saved;
use crate::state::object::Loaded;
use crate::state::session::{Session, index};
use alloc::sync::Arc;
use alloc::vec::Vec;
use tpm2_crypto::{Direction, SymAlg, ct_eq};
use tpm2_wire::{
    Accept, Buffer, ContextLoad, ContextLoadReply, ContextSave, ContextSaveReply, Rc, Reader, Tpm2bContextData,
    Tpm2bDigest, TpmHt, TpmRh, TpmiDhContext, TpmiDhSaved, TpmiRhHierarchy, TpmsContext, Wire, to_vec,
};
use zeroize::Zeroizing;

/// What `savedHandle` says of an object (Part 2, 9.12).
const SAVED_ORDINARY: u32 = 0x8000_0000;
const SAVED_SEQUENCE: u32 = 0x8000_0001;
const SAVED_ST_CLEAR: u32 = 0x8000_0002;
/// The size of the key that contexts are encrypted with, in bits.
const KEY_BITS: usize = 256;
const BLOCK: usize = 16;

impl Action for ContextSave {
    fn run(self, cx: &mut Context<'_>) -> Result<ContextSaveReply, Rc> {
        let handle = self.save_handle.0;
        let mut body = Zeroizing::new(Vec::with_capacity(4096));
        let (saved_handle, hierarchy, sequence) = if TpmHt::of(handle) == TpmHt::TRANSIENT {
            let loaded = cx.state.volatile.objects.get(&handle).ok_or(Rc::HANDLE.at(Self::save_handle))?;
            loaded.save(&mut body);
            let (saved, hierarchy) = match loaded {
                Loaded::Sequence(_) => (SAVED_SEQUENCE, TpmRh::NULL),
                Loaded::Object(object) if object.st_clear => (SAVED_ST_CLEAR, object.hierarchy),
                Loaded::Object(object) => (SAVED_ORDINARY, object.hierarchy),
            };
            let id = &mut cx.state.reset.object_context_id;
            *id = id.checked_add(1).ok_or(Rc::FAILURE)?;
            (saved, hierarchy, *id)
        } else {
            let session = cx.state.session(handle).ok_or(Rc::HANDLE.at(Self::save_handle))?;
            if cx.state.context_gap(cx.profile) {
                return Err(Rc::CONTEXT_GAP);
            }
            session.save(&mut body);
            let counter = &mut cx.state.reset.context_counter;
            *counter = counter.checked_add(1).ok_or(Rc::FAILURE)?;
            let id = *counter;
            // A session exists once: outside now, and only in this version.
            cx.state.reset.saved_sessions.insert(index(handle), id);
            cx.state.volatile.sessions.remove(&handle);
            (handle, TpmRh::NULL, id)
        };
        let mut context = TpmsContext {
            sequence,
            saved_handle: TpmiDhSaved(saved_handle),
            hierarchy: TpmiRhHierarchy(hierarchy),
            context_blob: Tpm2bContextData::default(),
        };
        let (key, mut iv) = key(cx, &context);
        cx.crypto.cfb(SymAlg::Aes, Direction::Encrypt, &key, &mut iv, &mut body).map_err(|_| Rc::FAILURE)?;
        let mut blob = to_vec(&integrity(cx, &context, &body));
        blob.extend_from_slice(&body);
        context.context_blob = Buffer(blob);
        Ok(ContextSaveReply { context })
    }
}

impl Action for ContextLoad {
    fn run(self, cx: &mut Context<'_>) -> Result<ContextLoadReply, Rc> {
        let context = &self.context;
        let mut r = Reader::new(&context.context_blob, &Accept::ALL);
        let claimed = Tpm2bDigest::read(&mut r)?;
        if claimed.len() != CONTEXT_HASH.digest_size() {
            return Err(Rc::SIZE.at(Self::context));
        }
        if !ct_eq(&claimed, &integrity(cx, context, r.rest())) {
            return Err(Rc::INTEGRITY.at(Self::context));
        }
        let mut body = Zeroizing::new(r.rest().to_vec());
        let (key, mut iv) = key(cx, context);
        cx.crypto.cfb(SymAlg::Aes, Direction::Decrypt, &key, &mut iv, &mut body).map_err(|_| Rc::FAILURE)?;
        let handle = context.saved_handle.0;
        if TpmHt::of(handle) == TpmHt::TRANSIENT {
            if !cx.state.hierarchy_enabled(context.hierarchy.0) {
                return Err(Rc::HIERARCHY.at(Self::context));
            }
            let loaded = Loaded::from_bytes(&body).map_err(|_| Rc::INTEGRITY.at(Self::context))?;
            return Ok(ContextLoadReply { loaded_handle: TpmiDhContext(cx.load(loaded)?) });
        }
        // Only the version that was saved last comes back, and only once.
        if cx.state.reset.saved_sessions.get(&index(handle)) != Some(&context.sequence) {
            return Err(Rc::HANDLE.at(Self::context));
        }
        if cx.state.volatile.sessions.len() >= cx.profile.loaded_sessions {
            return Err(Rc::SESSION_MEMORY);
        }
        // The last slot is for the session that is to be saved anew.
        let oldest = cx.state.reset.saved_sessions.values().min() == Some(&context.sequence);
        if !oldest && cx.state.last_slot_in_gap(cx.profile) {
            return Err(Rc::CONTEXT_GAP);
        }
        let session = Session::from_bytes(&body).map_err(|_| Rc::INTEGRITY.at(Self::context))?;
        cx.state.reset.saved_sessions.remove(&index(handle));
        cx.state.volatile.sessions.insert(handle, Arc::new(session));
        Ok(ContextLoadReply { loaded_handle: TpmiDhContext(handle) })
    }
}

/// The key and IV of a context: of its own, so that no two are encrypted alike (Part 1, 28.3).
fn key(cx: &Context<'_>, context: &TpmsContext) -> (Zeroizing<Vec<u8>>, Vec<u8>) {
    let proof = cx.state.proof(cx.crypto, context.hierarchy.0);
    let sequence = context.sequence.to_be_bytes();
    let handle = context.saved_handle.0.to_be_bytes();
    let bits = KEY_BITS + BLOCK * 8;
    let mut material = cx.crypto.kdfa(CONTEXT_HASH, &proof, b"CONTEXT", &sequence, &handle, bits);
    let iv = material.split_off(KEY_BITS / 8);
    (material, iv)
}
/// Its integrity value. What ends the life of a context is part of it: a reset, `TPM2_Clear` of its hierarchy (which
/// changes the proof), and for stClear objects a restart.
fn integrity(cx: &Context<'_>, context: &TpmsContext, encrypted: &[u8]) -> Tpm2bDigest {
    let proof = cx.state.proof(cx.crypto, context.hierarchy.0);
    let counters = &cx.state.persistent.counters;
    let resets = counters.total_reset_count.to_be_bytes();
    let restarts = match context.saved_handle.0 {
        SAVED_ST_CLEAR => cx.state.reset.clear_count.to_be_bytes(),
        _ => [0; 4],
    };
    let parts: [&[u8]; 6] = [
        b"CONTEXT",
        &resets,
        &restarts,
        &context.sequence.to_be_bytes(),
        &context.saved_handle.0.to_be_bytes(),
        encrypted,
    ];
    crate::crypt::digest_2b(&cx.crypto.hmac(CONTEXT_HASH, &proof, &parts))
}
