//! Modes of operation (SP 800-38A) with the chaining that TPM2_EncryptDecrypt asks for.
//!
//! A caller may cut a long message into several commands: `iv` goes in as the chaining value and comes back
//! as the next one. CVE-2021-3446 was a TPM that got this wrong for all modes at once, so each mode is
//! written out here and tested across cuts, whatever the provider's own modes do.

use zeroize::Zeroizing;

use crate::{BlockCipher, CipherMode, CryptoProvider, Direction, Error, SymAlg};

/// Blocks handed to the cipher at once: enough to fill the pipeline of AES instructions.
const BATCH: usize = 16;

/// A message in blocks of N bytes, which is the cipher's block size, under its expanded key.
struct Message<'a, const N: usize> {
    key: &'a dyn BlockCipher,
    blocks: &'a mut [[u8; N]],
    /// What does not fill a block.
    tail: &'a mut [u8],
}

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
        match alg.block_size() {
            8 => run::<8>(&*key, mode, direction, iv, data),
            _ => run::<16>(&*key, mode, direction, iv, data),
        }
    }

    /// CFB with blocks of `alg`, the mode that the TPM uses for everything of its own; `iv` is advanced likewise.
    pub fn cfb(
        &self,
        alg: SymAlg,
        direction: Direction,
        key: &[u8],
        iv: &mut [u8],
        data: &mut [u8],
    ) -> Result<(), Error> {
        self.cipher(alg, CipherMode::Cfb, direction, key, iv, data)
    }
}

fn run<const N: usize>(
    key: &dyn BlockCipher,
    mode: CipherMode,
    direction: Direction,
    iv: &mut [u8],
    data: &mut [u8],
) -> Result<(), Error> {
    let (blocks, tail) = data.as_chunks_mut::<N>();
    if matches!(mode, CipherMode::Cbc | CipherMode::Ecb) && !tail.is_empty() {
        return Err(Error::BadInput);
    }
    if mode == CipherMode::Ecb {
        if !iv.is_empty() {
            return Err(Error::BadInput);
        }
        match direction {
            Direction::Encrypt => key.encrypt(blocks.as_flattened_mut()),
            Direction::Decrypt => key.decrypt(blocks.as_flattened_mut()),
        }
        return Ok(());
    }
    let iv = <&mut [u8; N]>::try_from(iv).map_err(|_| Error::BadInput)?;
    let message = Message { key, blocks, tail };
    match (mode, direction) {
        (CipherMode::Ctr, _) => message.ctr(iv),
        (CipherMode::Ofb, _) => message.ofb(iv),
        (CipherMode::Cfb, Direction::Encrypt) => message.cfb_encrypt(iv),
        (CipherMode::Cfb, Direction::Decrypt) => message.cfb_decrypt(iv),
        (_, Direction::Encrypt) => message.cbc_encrypt(iv),
        (_, Direction::Decrypt) => message.cbc_decrypt(iv),
    }
    Ok(())
}

impl<const N: usize> Message<'_, N> {
    fn ctr(self, iv: &mut [u8; N]) {
        let mut next = || {
            let now = *iv;
            increment(iv);
            now
        };
        for batch in self.blocks.chunks_mut(BATCH) {
            let mut stream = Zeroizing::new([[0; N]; BATCH]);
            let stream = &mut stream[..batch.len()];
            stream.fill_with(&mut next);
            self.key.encrypt(stream.as_flattened_mut());
            xor(batch.as_flattened_mut(), stream.as_flattened());
        }
        if !self.tail.is_empty() {
            let mut stream = Zeroizing::new(next());
            self.key.encrypt(&mut *stream);
            xor(self.tail, &*stream);
        }
    }

    fn ofb(self, iv: &mut [u8; N]) {
        for block in self.blocks {
            self.key.encrypt(iv);
            xor(block, iv);
        }
        if !self.tail.is_empty() {
            self.key.encrypt(iv);
            xor(self.tail, iv);
        }
    }

    fn cfb_encrypt(self, iv: &mut [u8; N]) {
        for block in self.blocks {
            self.key.encrypt(iv);
            xor(block, iv);
            *iv = *block;
        }
        if !self.tail.is_empty() {
            self.key.encrypt(iv);
            xor(self.tail, iv);
            *iv = padded(self.tail);
        }
    }

    fn cfb_decrypt(self, iv: &mut [u8; N]) {
        for batch in self.blocks.chunks_mut(BATCH) {
            let mut stream = Zeroizing::new([[0; N]; BATCH]);
            let stream = &mut stream[..batch.len()];
            for (slot, block) in stream.iter_mut().zip(batch.iter()) {
                *slot = core::mem::replace(iv, *block);
            }
            self.key.encrypt(stream.as_flattened_mut());
            xor(batch.as_flattened_mut(), stream.as_flattened());
        }
        if !self.tail.is_empty() {
            let mut stream = Zeroizing::new(*iv);
            *iv = padded(self.tail);
            self.key.encrypt(&mut *stream);
            xor(self.tail, &*stream);
        }
    }

    fn cbc_encrypt(self, iv: &mut [u8; N]) {
        for block in self.blocks {
            xor(block, iv);
            self.key.encrypt(block);
            *iv = *block;
        }
    }

    fn cbc_decrypt(self, iv: &mut [u8; N]) {
        for batch in self.blocks.chunks_mut(BATCH) {
            let mut chain = [[0; N]; BATCH];
            let chain = &mut chain[..batch.len()];
            for (slot, block) in chain.iter_mut().zip(batch.iter()) {
                *slot = core::mem::replace(iv, *block);
            }
            self.key.decrypt(batch.as_flattened_mut());
            xor(batch.as_flattened_mut(), chain.as_flattened());
        }
    }
}

/// Adds one to a big-endian counter, which starts anew after the last.
fn increment(counter: &mut [u8]) {
    for byte in counter.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            return;
        }
    }
}

fn xor(data: &mut [u8], mask: &[u8]) {
    data.iter_mut().zip(mask).for_each(|(d, m)| *d ^= m);
}

/// A short last block with zeros behind it.
fn padded<const N: usize>(tail: &[u8]) -> [u8; N] {
    let mut block = [0; N];
    block.iter_mut().zip(tail).for_each(|(b, t)| *b = *t);
    block
}
