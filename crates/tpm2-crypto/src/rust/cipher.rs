//! AES of the `aes` crate (AES-NI where the processor has it, constant-time fixslicing elsewhere).

use alloc::boxed::Box;

use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256};

use crate::{BlockCipher, CipherProvider, Error, SymAlg};

pub(crate) struct RustCipher;

impl CipherProvider for RustCipher {
    fn key(&self, alg: SymAlg, key: &[u8]) -> Result<Box<dyn BlockCipher>, Error> {
        let SymAlg::Aes = alg;
        Ok(match key.len() {
            16 => Box::new(Key(Aes128::new_from_slice(key).map_err(|_| Error::BadKey)?)),
            24 => Box::new(Key(Aes192::new_from_slice(key).map_err(|_| Error::BadKey)?)),
            32 => Box::new(Key(Aes256::new_from_slice(key).map_err(|_| Error::BadKey)?)),
            _ => return Err(Error::BadKey),
        })
    }

    fn aes256(&self, key: &[u8; 32]) -> Box<dyn BlockCipher> {
        Box::new(Key(Aes256::new(key.into())))
    }
}

/// An expanded key; the crate's `zeroize` feature clears it on drop.
struct Key<C>(C);

impl<C> BlockCipher for Key<C>
where
    C: BlockCipherEncrypt<BlockSize = aes::cipher::consts::U16>
        + BlockCipherDecrypt<BlockSize = aes::cipher::consts::U16>
        + Send
        + Sync,
{
    fn encrypt(&self, blocks: &mut [[u8; 16]]) {
        // The chained modes come block by block; the parallel path costs them twice the time.
        match blocks {
            [block] => self.0.encrypt_block(Array::cast_from_core_mut(block)),
            blocks => self.0.encrypt_blocks(Array::cast_slice_from_core_mut(blocks)),
        }
    }
    fn decrypt(&self, blocks: &mut [[u8; 16]]) {
        self.0.decrypt_blocks(Array::cast_slice_from_core_mut(blocks));
    }
}
