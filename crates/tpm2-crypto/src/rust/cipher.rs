//! Block ciphers of RustCrypto: `aes` (AES-NI where the processor has it, constant-time fixslicing elsewhere),
//! and `camellia`, `des` and `sm4`, which look things up in tables and are *not* constant-time.

use alloc::boxed::Box;

use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, BlockSizeUser, KeyInit, typenum::Unsigned};
use aes::{Aes128, Aes192, Aes256};
use camellia::{Camellia128, Camellia192, Camellia256};
use des::{TdesEde2, TdesEde3};
use sm4::Sm4;

use crate::{BlockCipher, CipherProvider, Error, SymAlg};

pub(crate) struct RustCipher;

impl CipherProvider for RustCipher {
    fn key(&self, alg: SymAlg, key: &[u8]) -> Result<Box<dyn BlockCipher>, Error> {
        match (alg, key.len()) {
            (SymAlg::Aes, 16) => expand::<Aes128>(key),
            (SymAlg::Aes, 24) => expand::<Aes192>(key),
            (SymAlg::Aes, 32) => expand::<Aes256>(key),
            (SymAlg::Camellia, 16) => expand::<Camellia128>(key),
            (SymAlg::Camellia, 24) => expand::<Camellia192>(key),
            (SymAlg::Camellia, 32) => expand::<Camellia256>(key),
            (SymAlg::Tdes, 16) => expand::<TdesEde2>(key),
            (SymAlg::Tdes, 24) => expand::<TdesEde3>(key),
            (SymAlg::Sm4, 16) => expand::<Sm4>(key),
            _ => Err(Error::BadKey),
        }
    }

    fn aes256(&self, key: &[u8; 32]) -> Box<dyn BlockCipher> {
        Box::new(Key(Aes256::new(key.into())))
    }
}

fn expand<C>(key: &[u8]) -> Result<Box<dyn BlockCipher>, Error>
where
    Key<C>: BlockCipher,
    C: KeyInit + 'static,
{
    C::new_from_slice(key).map(|c| Box::new(Key(c)) as Box<dyn BlockCipher>).map_err(|_| Error::BadKey)
}

/// An expanded key; the crates' `zeroize` feature clears it on drop.
struct Key<C>(C);

impl<C: BlockCipherEncrypt + BlockCipherDecrypt + BlockSizeUser + Send + Sync> BlockCipher for Key<C> {
    fn encrypt(&self, blocks: &mut [u8]) {
        // The chained modes come block by block; the parallel path costs them twice the time.
        if blocks.len() == C::BlockSize::USIZE
            && let Ok(block) = blocks.try_into()
        {
            return self.0.encrypt_block(block);
        }
        self.0.encrypt_blocks(Array::slice_as_chunks_mut(blocks).0);
    }
    fn decrypt(&self, blocks: &mut [u8]) {
        self.0.decrypt_blocks(Array::slice_as_chunks_mut(blocks).0);
    }
}
