//! CMAC (SP 800-38B) of any block cipher, as a state that can be stopped, exported and resumed at any byte.

use alloc::{sync::Arc, vec::Vec};

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{BlockCipher, CryptoProvider, Digest, Error, SymAlg};

/// First byte of an exported state; the form is `version(1) || TPM_ALG_ID(2) || bytes of the key(1) || key ||
/// chaining block || bytes in it(1)`.
const EXPORT_VERSION: u8 = 1;

/// A running CMAC. It keeps the key itself, too, to be exported. Zeroized on drop.
#[derive(Clone)]
pub struct Cmac {
    alg: SymAlg,
    expanded: Arc<dyn BlockCipher>,
    key: Zeroizing<Vec<u8>>,
    /// The last block of cipher text, with what came of the next block added to it.
    chain: [u8; SymAlg::MAX_BLOCK],
    /// How many bytes came of it: all of them, too, until it is known that it is not the last.
    held: usize,
}

impl CryptoProvider {
    /// Starts a CMAC; [`Error::BadKey`] when the key's length is not one of the cipher's.
    pub fn cmac_state(&self, alg: SymAlg, key: &[u8]) -> Result<Cmac, Error> {
        let expanded = Arc::from(self.cipher.key(alg, key)?);
        Ok(Cmac { alg, expanded, key: Zeroizing::new(key.to_vec()), chain: [0; SymAlg::MAX_BLOCK], held: 0 })
    }

    /// The CMAC of the concatenation of `parts`, as long as a block.
    pub fn cmac(&self, alg: SymAlg, key: &[u8], parts: &[&[u8]]) -> Result<Digest, Error> {
        let mut cmac = self.cmac_state(alg, key)?;
        for part in parts {
            cmac.update(part);
        }
        Ok(cmac.finish())
    }

    /// Resumes a CMAC from [`Cmac::export`]; [`Error::BadState`] when the bytes are not a state of `alg`.
    pub fn import_cmac(&self, alg: SymAlg, exported: &[u8]) -> Result<Cmac, Error> {
        let state = exported.strip_prefix(&[EXPORT_VERSION]).ok_or(Error::BadState)?;
        let state = state.strip_prefix(&alg.id().to_be_bytes()).ok_or(Error::BadState)?;
        let (size, state) = state.split_first().ok_or(Error::BadState)?;
        let (key, state) = state.split_at_checked(usize::from(*size)).ok_or(Error::BadState)?;
        let (chain, held) = state.split_at_checked(alg.block_size()).ok_or(Error::BadState)?;
        let mut cmac = self.cmac_state(alg, key).map_err(|_| Error::BadState)?;
        cmac.block_mut().copy_from_slice(chain);
        cmac.held = match held {
            [held] if usize::from(*held) <= chain.len() => usize::from(*held),
            _ => return Err(Error::BadState),
        };
        Ok(cmac)
    }
}

impl Cmac {
    /// The cipher.
    pub fn alg(&self) -> SymAlg {
        self.alg
    }

    /// Adds bytes.
    pub fn update(&mut self, mut data: &[u8]) {
        while !data.is_empty() {
            let size = self.alg.block_size();
            if self.held == size {
                self.encrypt();
                self.held = 0;
            }
            let (head, rest) = data.split_at(data.len().min(size - self.held));
            self.chain.iter_mut().skip(self.held).zip(head).for_each(|(c, d)| *c ^= d);
            self.held += head.len();
            data = rest;
        }
    }

    /// The code over everything added, one block long.
    pub fn finish(mut self) -> Digest {
        let size = self.alg.block_size();
        let mut subkey = Zeroizing::new([0u8; SymAlg::MAX_BLOCK]);
        let subkey = &mut subkey[..size];
        self.expanded.encrypt(subkey);
        double(subkey);
        if self.held < size {
            self.chain[self.held] ^= 0x80;
            double(subkey);
        }
        self.chain.iter_mut().zip(subkey).for_each(|(c, s)| *c ^= *s);
        self.encrypt();
        Digest::from_slice(self.block_mut()).unwrap_or_default()
    }

    /// The whole state, for [`CryptoProvider::import_cmac`]. It contains the key.
    pub fn export(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Vec::with_capacity(5 + SymAlg::MAX_KEY + SymAlg::MAX_BLOCK);
        out.push(EXPORT_VERSION);
        out.extend_from_slice(&self.alg.id().to_be_bytes());
        out.push(self.key.len() as u8);
        out.extend_from_slice(&self.key);
        out.extend_from_slice(&self.chain[..self.alg.block_size()]);
        out.push(self.held as u8);
        Zeroizing::new(out)
    }

    fn encrypt(&mut self) {
        let size = self.alg.block_size();
        self.expanded.encrypt(&mut self.chain[..size]);
    }

    fn block_mut(&mut self) -> &mut [u8] {
        &mut self.chain[..self.alg.block_size()]
    }
}

/// Multiplication by x in the field of the block size (SP 800-38B, 5.3 and 6.1), in constant time.
fn double(block: &mut [u8]) {
    let reduction = if block.len() == 8 { 0x1B } else { 0x87 };
    let mut carry = 0;
    for byte in block.iter_mut().rev() {
        let next = *byte >> 7;
        *byte = *byte << 1 | carry;
        carry = next;
    }
    if let Some(last) = block.last_mut() {
        *last ^= reduction & carry.wrapping_neg();
    }
}

impl Drop for Cmac {
    fn drop(&mut self) {
        self.chain.zeroize();
    }
}

impl ZeroizeOnDrop for Cmac {}
