//! TPM2_EncryptDecrypt (Part 3, 15.2) and TPM2_EncryptDecrypt2 (15.3), which differ in the order of their
//! parameters alone.
use crate::context::{Action, Context};
use crate::crypt::cipher;
use tpm2_crypto::{CipherMode, Direction, SymAlg};
use tpm2_wire::{
    At, EncryptDecrypt, EncryptDecrypt2, EncryptDecrypt2Reply, EncryptDecryptReply, Rc, Tpm2bIv,
    Tpm2bMaxBuffer, TpmaObject, TpmiAlgCipherMode, TpmiAlgSymMode, TpmiDhObject, TpmiYesNo, TpmtPublicParms,
};

impl Action for EncryptDecrypt {
    fn run(self, cx: &mut Context<'_>) -> Result<EncryptDecryptReply, Rc> {
        let at = Positions { key: Self::key_handle, mode: Self::mode, iv: Self::iv_in, data: Self::in_data };
        let (out_data, iv_out) =
            run(cx, &at, self.key_handle, self.decrypt, self.mode, self.iv_in, self.in_data)?;
        Ok(EncryptDecryptReply { out_data, iv_out })
    }
}

impl Action for EncryptDecrypt2 {
    fn run(self, cx: &mut Context<'_>) -> Result<EncryptDecrypt2Reply, Rc> {
        let at = Positions { key: Self::key_handle, mode: Self::mode, iv: Self::iv_in, data: Self::in_data };
        let (out_data, iv_out) =
            run(cx, &at, self.key_handle, self.decrypt, self.mode, self.iv_in, self.in_data)?;
        Ok(EncryptDecrypt2Reply { out_data, iv_out })
    }
}

/// Where the command has what can be wrong.
struct Positions {
    key: At,
    mode: At,
    iv: At,
    data: At,
}

/// The data, and the IV that continues them.
fn run(
    cx: &Context<'_>,
    at: &Positions,
    key_handle: TpmiDhObject,
    decrypt: TpmiYesNo,
    mode: Option<TpmiAlgCipherMode>,
    mut iv: Tpm2bIv,
    mut data: Tpm2bMaxBuffer,
) -> Result<(Tpm2bMaxBuffer, Tpm2bIv), Rc> {
    let key = cx.object(key_handle, Rc::KEY, at.key)?;
    let TpmtPublicParms::Symcipher(symmetric) = &key.public.parameters else { return Err(Rc::KEY.at(at.key)) };
    let (direction, needed) = match decrypt {
        TpmiYesNo::Yes => (Direction::Decrypt, TpmaObject::DECRYPT),
        TpmiYesNo::No => (Direction::Encrypt, TpmaObject::SIGN),
    };
    if key.has(TpmaObject::RESTRICTED) || !key.has(needed) {
        return Err(Rc::ATTRIBUTES.at(at.key));
    }
    let mode = select(symmetric.mode, mode, at)?;
    let alg = cipher(symmetric)?;
    if iv.len() != iv_size(alg, mode) {
        return Err(Rc::SIZE.at(at.iv));
    }
    let whole = matches!(mode, CipherMode::Cbc | CipherMode::Ecb);
    if whole && !data.len().is_multiple_of(alg.block_size()) {
        return Err(Rc::SIZE.at(at.data));
    }
    let secret = key.sensitive.as_ref().ok_or(Rc::KEY.at(at.key))?;
    let result = cx.crypto.cipher(alg, mode, direction, secret.sensitive.bytes(), &mut iv.0, &mut data.0);
    result.map_err(|_| Rc::KEY.at(at.key))?;
    Ok((data, iv))
}

/// The mode: the key's, or, where it leaves it open, the caller's.
fn select(own: Option<TpmiAlgSymMode>, asked: Option<TpmiAlgCipherMode>, at: &Positions) -> Result<CipherMode, Rc> {
    // A key that authenticates does not encrypt.
    let own = own.map(|own| CipherMode::from_id(own.id()).ok_or(Rc::MODE.at(at.key))).transpose()?;
    let asked = asked.and_then(|asked| CipherMode::from_id(asked.id()));
    match (own, asked) {
        (Some(own), Some(asked)) if own != asked => Err(Rc::MODE.at(at.mode)),
        (own, asked) => own.or(asked).ok_or(Rc::MODE.at(at.mode)),
    }
}

fn iv_size(alg: SymAlg, mode: CipherMode) -> usize {
    if mode == CipherMode::Ecb { 0 } else { alg.block_size() }
}
