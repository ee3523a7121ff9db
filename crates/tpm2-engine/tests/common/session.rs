//! A session as its caller sees it: nonces, HMACs and parameter encryption, computed apart from the engine.
use super::{Chip, Reply, assemble, parse, sized};
use tpm2_crypto::{Direction, HashAlg, RUST, SymAlg};
use tpm2_wire::{Accept, At, Command, Rc, Reader, StartAuthSession, TpmRh, TpmSe, TpmaSession, Wire};

/// How a session begins.
pub(crate) struct Begin<'a> {
    pub(crate) kind: TpmSe,
    pub(crate) tpm_key: u32,
    pub(crate) bind: u32,
    /// The salt in clear, and encrypted to `tpm_key`.
    pub(crate) salt: (&'a [u8], &'a [u8]),
    /// The authorization value of `bind`.
    pub(crate) bind_auth: &'a [u8],
    /// A `TPMT_SYM_DEF`.
    pub(crate) symmetric: &'a [u8],
    pub(crate) hash: HashAlg,
}
impl Default for Begin<'_> {
    fn default() -> Self {
        Begin {
            kind: TpmSe::Hmac,
            tpm_key: TpmRh::NULL,
            bind: TpmRh::NULL,
            salt: (&[], &[]),
            bind_auth: &[],
            symmetric: &[0, 0x10],
            hash: HashAlg::Sha256,
        }
    }
}

/// One session. `attributes` are those of the next command.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) handle: u32,
    hash: HashAlg,
    key: Vec<u8>,
    symmetric: Vec<u8>,
    pub(crate) nonce_caller: Vec<u8>,
    pub(crate) nonce_tpm: Vec<u8>,
    pub(crate) attributes: TpmaSession,
    /// The authorization value of the entity, where it enters the HMAC key.
    pub(crate) auth: Vec<u8>,
    /// The same for parameter encryption, where a bound session has it too.
    pub(crate) crypt_auth: Vec<u8>,
    /// The HMAC is left out, or replaced by these bytes.
    pub(crate) hmac: Option<Vec<u8>>,
}

impl Session {
    /// Starts one.
    pub(crate) fn begin(chip: &mut Chip, begin: &Begin<'_>) -> Result<Session, Rc> {
        let nonce = vec![0x5A; 16];
        let params = [
            &sized(&nonce)[..],
            &sized(begin.salt.1),
            &[begin.kind.value()],
            begin.symmetric,
            &begin.hash.id().to_be_bytes(),
        ]
        .concat();
        let reply = chip.send::<StartAuthSession>(&[begin.tpm_key, begin.bind], &[], &params)?;
        let nonce_tpm = reply.value::<tpm2_wire::Tpm2bNonce>().0;
        let secret = [begin.bind_auth, begin.salt.0].concat();
        let key = if begin.tpm_key == TpmRh::NULL && begin.bind == TpmRh::NULL {
            Vec::new()
        } else {
            let bits = begin.hash.digest_size() * 8;
            RUST.kdfa(begin.hash, &secret, b"ATH", &nonce_tpm, &nonce, bits).to_vec()
        };
        Ok(Session {
            handle: reply.handle.expect("a handle"),
            hash: begin.hash,
            key,
            symmetric: begin.symmetric.to_vec(),
            nonce_caller: nonce,
            nonce_tpm,
            attributes: TpmaSession::CONTINUE,
            auth: Vec::new(),
            crypt_auth: Vec::new(),
            hmac: None,
        })
    }
    fn mac(&self, hash: &[u8], newer: &[u8], older: &[u8], others: &[u8], attributes: u8) -> Vec<u8> {
        let key = [&self.key[..], &self.auth].concat();
        if key.is_empty() {
            return Vec::new();
        }
        RUST.hmac(self.hash, &key, &[hash, newer, older, others, &[attributes]]).to_vec()
    }
    fn crypt(&self, direction: Direction, newer: &[u8], older: &[u8], params: &mut [u8]) {
        let size = usize::from(u16::from_be_bytes([params[0], params[1]]));
        let key = [&self.key[..], &self.crypt_auth].concat();
        let data = &mut params[2..2 + size];
        if self.symmetric[..2] == [0, 0x0A] {
            RUST.xor_obfuscate(self.hash, &key, newer, older, data);
            return;
        }
        let word = |at: usize| u16::from_be_bytes([self.symmetric[at], self.symmetric[at + 1]]);
        let (alg, bits) = (SymAlg::from_id(word(0)).expect("a cipher"), usize::from(word(2)));
        let material = RUST.kdfa(self.hash, &key, b"CFB", newer, older, bits + alg.block_size() * 8);
        let (key, iv) = material.split_at(bits / 8);
        RUST.cfb(alg, direction, key, &mut iv.to_vec(), data).expect("a cipher");
    }
}

impl Chip {
    /// Sends a command with these sessions, in order; the Names are those of the handles. Checks the response's
    /// HMACs, and decrypts it where a session asked for that.
    pub(crate) fn send_sessions<C: Command>(
        &mut self,
        handles: &[u32],
        names: &[&[u8]],
        sessions: &mut [&mut Session],
        params: &[u8],
    ) -> Result<Reply, Rc> {
        let command = self.sign_command::<C>(handles, names, sessions, params);
        let response = self.raw(&command);
        read_response::<C>(&response, sessions)
    }
    /// The bytes of the command alone.
    pub(crate) fn sign_command<C: Command>(
        &mut self,
        handles: &[u32],
        names: &[&[u8]],
        sessions: &mut [&mut Session],
        params: &[u8],
    ) -> Vec<u8> {
        let mut params = params.to_vec();
        for session in sessions.iter_mut() {
            // The caller's nonces only have to differ.
            for byte in &mut session.nonce_caller {
                *byte = byte.wrapping_add(1);
            }
            if session.attributes.has(TpmaSession::DECRYPT) {
                session.crypt(Direction::Encrypt, &session.nonce_caller, &session.nonce_tpm, &mut params);
            }
        }
        let find = |bit| sessions.iter().position(|session| session.attributes.has(bit));
        let (decrypt, encrypt) = (find(TpmaSession::DECRYPT), find(TpmaSession::ENCRYPT));
        let mut others = Vec::new();
        for other in [decrypt, encrypt.filter(|encrypt| Some(*encrypt) != decrypt)].into_iter().flatten() {
            if other != 0 && C::SHAPE.authorized() > 0 {
                others.extend_from_slice(&sessions[other].nonce_tpm);
            }
        }
        let code = C::SHAPE.code.to_be_bytes();
        let mut auths = Vec::new();
        for (i, session) in sessions.iter().enumerate() {
            let cp_hash = RUST.digest(session.hash, &[&code, &names.concat(), &params]);
            let others: &[u8] = if i == 0 { &others } else { &[] };
            let attributes = session.attributes.0;
            let mac = session.mac(&cp_hash, &session.nonce_caller, &session.nonce_tpm, others, attributes);
            let mac = session.hmac.clone().unwrap_or(mac);
            auths.extend_from_slice(&session.handle.to_be_bytes());
            auths.extend_from_slice(&sized(&session.nonce_caller));
            auths.push(session.attributes.0);
            auths.extend_from_slice(&sized(&mac));
        }
        assemble(&C::SHAPE, handles, &auths, &params)
    }
}

/// Reads a response to [`Chip::sign_command`]; the sessions move on.
pub(crate) fn read_response<C: Command>(response: &[u8], sessions: &mut [&mut Session]) -> Result<Reply, Rc> {
    let mut reply = parse(&C::SHAPE, response)?;
    let at = if C::SHAPE.reply_handle { 18 } else { 14 } + reply.params.len();
    let mut r = Reader::new(&response[at..], &Accept::ALL);
    let code = C::SHAPE.code.to_be_bytes();
    for session in sessions.iter_mut() {
        session.nonce_tpm = tpm2_wire::Tpm2bNonce::read(&mut r).expect("a nonce").0;
        let attributes = u8::read(&mut r).expect("attributes");
        let mac = tpm2_wire::Tpm2bDigest::read(&mut r).expect("an HMAC");
        let rp_hash = RUST.digest(session.hash, &[&[0; 4], &code, &reply.params]);
        if session.hmac.is_none() {
            let expected = session.mac(&rp_hash, &session.nonce_tpm, &session.nonce_caller, &[], attributes);
            assert_eq!(mac.0, expected, "the HMAC of the response");
        }
        session.attributes = TpmaSession(attributes);
    }
    r.finish().expect("nothing after the sessions");
    if let Some(session) = sessions.iter().find(|session| session.attributes.has(TpmaSession::ENCRYPT)) {
        let params = &mut reply.params;
        session.crypt(Direction::Decrypt, &session.nonce_tpm, &session.nonce_caller, params);
    }
    Ok(reply)
}

/// The position of session `n`, from 1.
pub(crate) const fn session_at(n: u8) -> At {
    At::Session(n)
}
