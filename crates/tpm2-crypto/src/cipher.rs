//! Modes of operation (SP 800-38A) with the chaining that TPM2_EncryptDecrypt asks for.
//!
//! A caller may cut a long message into several commands: `iv` goes in as the chaining value and comes back
//! as the next one. CVE-2021-3446 was a TPM that got this wrong for all modes at once, so each mode is
//! written out here and tested across cuts, whatever the provider's own modes do.

use zeroize::Zeroizing;

use crate::{BlockCipher, CipherMode, CryptoProvider, Direction, Error, SymAlg};

const BLOCK: usize = 16;
type Block = [u8; BLOCK];

/// Blocks handed to the cipher at once: enough to fill the pipeline of AES instructions.
const BATCH: usize = 16;

impl CryptoProvider {
    /// Encrypts or decrypts `data` in place and leaves in `iv` the value that continues the stream.
    ///
    /// `iv` is one block for every mode but ECB, where it is empty ([`Error::BadInput`] otherwise). CBC and
    /// ECB need whole blocks. The other modes take any length, but only data cut at a block boundary
    /// continues seamlessly; after a partial block CFB returns the short cipher text padded with zeros, CTR
    /// the next counter and OFB the last key stream block, as the reference implementation does. Empty data
    /// leave `iv` as it was.
    pub fn cipher(
        &self,
        alg: SymAlg,
        mode: CipherMode,
        direction: Direction,
        key: &[u8],
        iv: &mut [u8],
        data: &mut [u8],
    ) -> Result<(), Error> {
        let key = self.cipher.key(alg, key)?;
        let key = &*key;
        let (blocks, tail) = data.as_chunks_mut::<BLOCK>();
        if matches!(mode, CipherMode::Cbc | CipherMode::Ecb) && !tail.is_empty() {
            return Err(Error::BadInput);
        }
        if mode == CipherMode::Ecb {
            if !iv.is_empty() {
                return Err(Error::BadInput);
            }
            match direction {
                Direction::Encrypt => key.encrypt(blocks),
                Direction::Decrypt => key.decrypt(blocks),
            }
            return Ok(());
        }
        let iv = <&mut Block>::try_from(iv).map_err(|_| Error::BadInput)?;
        match (mode, direction) {
            (CipherMode::Ctr, _) => ctr(key, iv, blocks, tail),
            (CipherMode::Ofb, _) => ofb(key, iv, blocks, tail),
            (CipherMode::Cfb, Direction::Encrypt) => cfb_encrypt(key, iv, blocks, tail),
            (CipherMode::Cfb, Direction::Decrypt) => cfb_decrypt(key, iv, blocks, tail),
            (_, Direction::Encrypt) => cbc_encrypt(key, iv, blocks),
            (_, Direction::Decrypt) => cbc_decrypt(key, iv, blocks),
        }
        Ok(())
    }

    /// AES-CFB of whole blocks, what the TPM uses for everything of its own; `iv` is advanced likewise.
    pub fn cfb(&self, direction: Direction, key: &[u8], iv: &mut [u8], data: &mut [u8]) -> Result<(), Error> {
        self.cipher(SymAlg::Aes, CipherMode::Cfb, direction, key, iv, data)
    }
}

fn ctr(key: &dyn BlockCipher, iv: &mut Block, blocks: &mut [Block], tail: &mut [u8]) {
    let mut counter = u128::from_be_bytes(*iv);
    let mut next = || {
        let now = counter.to_be_bytes();
        counter = counter.wrapping_add(1);
        now
    };
    for batch in blocks.chunks_mut(BATCH) {
        let mut stream = Zeroizing::new([[0; BLOCK]; BATCH]);
        let stream = &mut stream[..batch.len()];
        stream.fill_with(&mut next);
        key.encrypt(stream);
        xor_blocks(batch, stream);
    }
    if !tail.is_empty() {
        let mut stream = Zeroizing::new([next()]);
        key.encrypt(&mut *stream);
        xor(tail, &stream[0]);
    }
    *iv = counter.to_be_bytes();
}

fn ofb(key: &dyn BlockCipher, iv: &mut Block, blocks: &mut [Block], tail: &mut [u8]) {
    for block in blocks {
        encrypt_one(key, iv);
        xor_block(block, iv);
    }
    if !tail.is_empty() {
        encrypt_one(key, iv);
        xor(tail, iv);
    }
}

fn cfb_encrypt(key: &dyn BlockCipher, iv: &mut Block, blocks: &mut [Block], tail: &mut [u8]) {
    for block in blocks {
        encrypt_one(key, iv);
        xor_block(block, iv);
        *iv = *block;
    }
    if !tail.is_empty() {
        encrypt_one(key, iv);
        xor(tail, iv);
        *iv = padded(tail);
    }
}

fn cfb_decrypt(key: &dyn BlockCipher, iv: &mut Block, blocks: &mut [Block], tail: &mut [u8]) {
    for batch in blocks.chunks_mut(BATCH) {
        let mut stream = Zeroizing::new([[0; BLOCK]; BATCH]);
        let stream = &mut stream[..batch.len()];
        for (slot, block) in stream.iter_mut().zip(batch.iter()) {
            *slot = core::mem::replace(iv, *block);
        }
        key.encrypt(stream);
        xor_blocks(batch, stream);
    }
    if !tail.is_empty() {
        let mut stream = Zeroizing::new(*iv);
        *iv = padded(tail);
        encrypt_one(key, &mut stream);
        xor(tail, &*stream);
    }
}

fn cbc_encrypt(key: &dyn BlockCipher, iv: &mut Block, blocks: &mut [Block]) {
    for block in blocks {
        xor_block(block, iv);
        encrypt_one(key, block);
        *iv = *block;
    }
}

fn cbc_decrypt(key: &dyn BlockCipher, iv: &mut Block, blocks: &mut [Block]) {
    for batch in blocks.chunks_mut(BATCH) {
        let mut chain = [[0; BLOCK]; BATCH];
        let chain = &mut chain[..batch.len()];
        for (slot, block) in chain.iter_mut().zip(batch.iter()) {
            *slot = core::mem::replace(iv, *block);
        }
        key.decrypt(batch);
        xor_blocks(batch, chain);
    }
}

fn encrypt_one(key: &dyn BlockCipher, block: &mut Block) {
    key.encrypt(core::slice::from_mut(block));
}

fn xor(data: &mut [u8], mask: &[u8]) {
    data.iter_mut().zip(mask).for_each(|(d, m)| *d ^= m);
}

fn xor_block(data: &mut Block, mask: &Block) {
    *data = (u128::from_ne_bytes(*data) ^ u128::from_ne_bytes(*mask)).to_ne_bytes();
}

fn xor_blocks(data: &mut [Block], mask: &[Block]) {
    data.iter_mut().zip(mask).for_each(|(d, m)| xor_block(d, m));
}

/// A short last block with zeros behind it.
fn padded(tail: &[u8]) -> Block {
    let mut block = [0; BLOCK];
    block.iter_mut().zip(tail).for_each(|(b, t)| *b = *t);
    block
}
