//! Compression functions of the `sha1` and `sha2` crates (SHA-NI where the processor has it).

use crate::HashProvider;

pub(crate) struct RustHash;

impl HashProvider for RustHash {
    fn sha1(&self, state: &mut [u32; 5], blocks: &[[u8; 64]]) {
        sha1::block_api::compress(state, blocks);
    }
    fn sha256(&self, state: &mut [u32; 8], blocks: &[[u8; 64]]) {
        sha2::block_api::compress256(state, blocks);
    }
    fn sha512(&self, state: &mut [u64; 8], blocks: &[[u8; 128]]) {
        sha2::block_api::compress512(state, blocks);
    }
}
