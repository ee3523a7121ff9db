//! A session as its caller sees it: nonces, HMACs and parameter encryption, computed apart from both TPMs.
use crate::step::{Auth, Handle, Value};
use tpm2_crypto::{Direction, HashAlg, RUST, SymAlg};
use tpm2_wire::{
    Accept, Command, Reader, StartAuthSession, Tpm2bDigest, Tpm2bNonce, TpmRh, TpmaSession, TpmtSymDef, Wire,
};

/// Bytes of a caller's nonce.
const NONCE: usize = 16;
/// Bytes of a cipher's block.
const BLOCK: usize = 16;

/// A session that was started.
#[derive(Clone)]
pub struct Session {
    hash: HashAlg,
    key: Vec<u8>,
    symmetric: Option<TpmtSymDef>,
    nonce_caller: Vec<u8>,
    pub nonce_tpm: Vec<u8>,
}

/// One session of one command.
pub struct Use {
    pub handle: u32,
    pub attributes: u8,
    pub value: Value,
    pub session: Option<Session>,
}

impl Session {
    /// The session that `TPM2_StartAuthSession` with these handles and parameters has started.
    pub fn of(handles: &[u32], params: &[u8], nonce_tpm: &[u8], secret: &[u8]) -> Option<Session> {
        let mut r = Reader::new(params, &Accept::ALL);
        let start = StartAuthSession::params((None, None), &mut r).ok()?;
        let hash = HashAlg::from_id(start.auth_hash.id())?;
        let key = if handles.iter().all(|handle| *handle == TpmRh::NULL) {
            Vec::new()
        } else {
            let bits = hash.digest_size() * 8;
            RUST.kdfa(hash, secret, b"ATH", nonce_tpm, &start.nonce_caller, bits).to_vec()
        };
        Some(Session {
            hash,
            key,
            symmetric: start.symmetric,
            nonce_caller: vec![0; NONCE],
            nonce_tpm: nonce_tpm.to_vec(),
        })
    }
    fn crypt(&self, direction: Direction, auth: &[u8], newer: &[u8], older: &[u8], params: &mut [u8]) {
        let Some((size, rest)) = params.split_first_chunk_mut::<2>() else { return };
        let Some(data) = rest.get_mut(..usize::from(u16::from_be_bytes(*size))) else { return };
        let key = [&self.key[..], auth].concat();
        match self.symmetric {
            Some(TpmtSymDef::Xor(alg)) => {
                if let Some(hash) = HashAlg::from_id(alg.id()) {
                    RUST.xor_obfuscate(hash, &key, newer, older, data);
                }
            }
            Some(TpmtSymDef::Cipher(cipher)) => {
                let bits = usize::from(cipher.key_bits);
                let material = RUST.kdfa(self.hash, &key, b"CFB", newer, older, bits + BLOCK * 8);
                let (key, iv) = material.split_at(bits / 8);
                RUST.cfb(SymAlg::Aes, direction, key, &mut iv.to_vec(), data).expect("a key of AES");
            }
            None => {}
        }
    }
    fn mac(&self, auth: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        let key = [&self.key[..], auth].concat();
        if key.is_empty() { Vec::new() } else { RUST.hmac(self.hash, &key, parts).to_vec() }
    }
}

impl Use {
    /// The session that a step names; `find` gives the handle and session of a name.
    pub fn of(auth: &Auth, find: impl Fn(&str) -> Option<(u32, Option<Session>)>) -> Option<Use> {
        let (handle, session) = match &auth.session {
            Handle::Number(number) => (*number, None),
            Handle::Of(name) => find(name)?,
        };
        Some(Use { handle, attributes: auth.attributes, value: auth.value.clone(), session })
    }
    /// Is an HMAC to be made, so that the Names of the entities must be known?
    pub fn needs_names(&self) -> bool {
        self.session.is_some() && !matches!(self.value, Value::Plain(_))
    }
    /// Does this one have the attribute?
    fn has(&self, attribute: TpmaSession) -> bool {
        TpmaSession(self.attributes).has(attribute)
    }
    /// What enters the encryption key beside the session key.
    fn crypt_auth(&self, authorizes: bool) -> &[u8] {
        match &self.value {
            Value::Plain(auth) | Value::Mac(auth) | Value::Bound(auth) if authorizes => auth,
            _ => &[],
        }
    }
}

/// The authorization area of a command; encrypts its first parameter where a session asks for that.
pub fn authorize(uses: &mut [Use], code: u32, names: &[u8], authorized: usize, params: &mut [u8]) -> Vec<u8> {
    for (i, one) in uses.iter_mut().enumerate() {
        if let Some(session) = &mut one.session {
            // The caller's nonces only have to differ.
            session.nonce_caller.iter_mut().for_each(|byte| *byte = byte.wrapping_add(1));
        }
        if let Some(session) = one.session.as_ref().filter(|_| one.has(TpmaSession::DECRYPT)) {
            let auth = one.crypt_auth(i < authorized);
            session.crypt(Direction::Encrypt, auth, &session.nonce_caller, &session.nonce_tpm, params);
        }
    }
    let find = |bit| uses.iter().position(|one| one.has(bit) && one.session.is_some());
    let (decrypt, encrypt) = (find(TpmaSession::DECRYPT), find(TpmaSession::ENCRYPT));
    let mut others = Vec::new();
    for other in [decrypt, encrypt.filter(|encrypt| Some(*encrypt) != decrypt)].into_iter().flatten() {
        if let Some(session) = uses[other].session.as_ref().filter(|_| other != 0 && authorized > 0) {
            others.extend_from_slice(&session.nonce_tpm);
        }
    }
    let mut area = Vec::new();
    for (i, one) in uses.iter().enumerate() {
        let nonce = one.session.as_ref().map_or(&[][..], |session| &session.nonce_caller);
        let value = match (&one.value, &one.session) {
            (Value::Mac(auth) | Value::Bound(auth), Some(session)) => {
                let cp_hash = RUST.digest(session.hash, &[&code.to_be_bytes(), names, params]);
                let auth: &[u8] = if matches!(one.value, Value::Mac(_)) { auth } else { &[] };
                let others: &[u8] = if i == 0 { &others } else { &[] };
                let older = &session.nonce_tpm;
                session.mac(auth, &[&cp_hash, nonce, older, others, &[one.attributes]])
            }
            (Value::Plain(bytes) | Value::Mac(bytes) | Value::Bound(bytes), _) => bytes.clone(),
        };
        area.extend_from_slice(&one.handle.to_be_bytes());
        crate::run::put_sized(nonce, &mut area);
        area.push(one.attributes);
        crate::run::put_sized(&value, &mut area);
    }
    area
}

/// What the sessions of a response say.
pub struct Answers {
    /// The attributes of each.
    pub attributes: Vec<u8>,
    /// For each whether its HMAC is right, as far as it can be known.
    pub macs: Vec<bool>,
}

/// Reads the sessions of a response, which move on, and decrypts its first parameter where one asked for that.
pub fn answer(
    uses: &mut [Use],
    code: u32,
    authorized: usize,
    params: &mut [u8],
    area: &[u8],
) -> Option<Answers> {
    let mut r = Reader::new(area, &Accept::ALL);
    let mut answers = Answers { attributes: Vec::new(), macs: Vec::new() };
    for one in uses.iter_mut() {
        let nonce = Tpm2bNonce::read(&mut r).ok()?;
        let attributes = u8::read(&mut r).ok()?;
        let mac = Tpm2bDigest::read(&mut r).ok()?;
        answers.attributes.push(attributes);
        let Some(session) = &mut one.session else { continue };
        session.nonce_tpm = nonce.0;
        let auth = match &one.value {
            Value::Mac(auth) => auth,
            Value::Bound(_) => &Vec::new(),
            Value::Plain(_) => continue,
        };
        let rp_hash = RUST.digest(session.hash, &[&[0; 4], &code.to_be_bytes(), params]);
        let expected =
            session.mac(auth, &[&rp_hash, &session.nonce_tpm, &session.nonce_caller, &[attributes]]);
        answers.macs.push(mac.0 == expected);
    }
    r.finish().ok()?;
    for (i, one) in uses.iter().enumerate() {
        if let Some(session) = one.session.as_ref().filter(|_| one.has(TpmaSession::ENCRYPT)) {
            let auth = one.crypt_auth(i < authorized);
            session.crypt(Direction::Decrypt, auth, &session.nonce_tpm, &session.nonce_caller, params);
        }
    }
    Some(answers)
}
