//! Known answers of hashes, HMAC, key derivation, AES and the random number generator.
use hex_literal::hex;

/// FIPS 180-4: "abc".
pub(in super::super) const SHA1_ABC: [u8; 20] = hex!("a9993e364706816aba3e25717850c26c9cd0d89d");
pub(in super::super) const SHA256_ABC: [u8; 32] =
    hex!("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
pub(in super::super) const SHA384_ABC: [u8; 48] =
    hex!("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
pub(in super::super) const SHA512_ABC: [u8; 64] =
    hex!("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd\
     454d4423643ce80e2a9ac94fa54ca49f");
/// RFC 4231, test case 2.
pub(in super::super) const SHA256_HMAC: [u8; 32] =
    hex!("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
pub(in super::super) const SHA512_HMAC: [u8; 64] =
    hex!("164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd\
     caeab1a34d4a6b4b636e070a38bce737");
/// The KDFs with SHA-256, over the inputs that the test names; computed from their definitions (Part 1,
/// 11.4.10).
pub(in super::super) const KDFA: [u8; 48] =
    hex!("7591c065a309e2cc508e6693e44372828c9953e31005475f3efb8a6da07e23429ee536ea4f103eebd75da5925902c93a");
pub(in super::super) const KDFE: [u8; 48] =
    hex!("18fbb3dd66c262796c387c5e358ebfd0345931f69f07e527c6143aebb317a921354c47b9b48e5e9f40905924bd5614a7");
pub(in super::super) const MGF1: [u8; 48] =
    hex!("336f28a022193939585a1b4edc989f870917f3a5f6ddd16e4fb357084a6bdfc273a649427664d03bbb062e4564254884");
/// SP 800-38A, appendix F: the first two blocks of each mode.
pub(in super::super) const AES_KEY: [u8; 16] = hex!("2b7e151628aed2a6abf7158809cf4f3c");
pub(in super::super) const AES_IV: [u8; 16] = hex!("000102030405060708090a0b0c0d0e0f");
pub(in super::super) const AES_COUNTER: [u8; 16] = hex!("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
pub(in super::super) const AES_PLAIN: [u8; 32] =
    hex!("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
pub(in super::super) const AES_ECB: [u8; 32] =
    hex!("3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf");
pub(in super::super) const AES_CBC: [u8; 32] =
    hex!("7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2");
pub(in super::super) const AES_CFB: [u8; 32] =
    hex!("3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b");
pub(in super::super) const AES_OFB: [u8; 32] =
    hex!("3b3fd92eb72dad20333449f8e83cfb4a7789508d16918f03f53c52dac54ed825");
pub(in super::super) const AES_CTR: [u8; 32] =
    hex!("874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff");
pub(in super::super) const AES_KEY_192: [u8; 24] = hex!("8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b");
pub(in super::super) const AES_ECB_192: [u8; 32] =
    hex!("bd334f1d6e45f25ff712a214571fa5cc974104846d0ad3ad7734ecb3ecee4eef");
pub(in super::super) const AES_KEY_256: [u8; 32] =
    hex!("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
pub(in super::super) const AES_ECB_256: [u8; 32] =
    hex!("f3eed1bdb5d2a03c064b5a7e3db181f8591ccb10d410ed26dc5ba74a31362870");
/// The generator of the reference implementation, instantiated with "seed" and "part".
pub(in super::super) const DRBG: [u8; 32] =
    hex!("9d7e8048ef8ec7025504c543caca766f1637e416988ff89274c4cfc9d8b6d91c");
/// FIPS 202: "abc". Of SHAKE256, 64 bytes.
pub(in super::super) const SHA3_256_ABC: [u8; 32] =
    hex!("3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532");
pub(in super::super) const SHA3_384_ABC: [u8; 48] =
    hex!("ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25");
pub(in super::super) const SHA3_512_ABC: [u8; 64] =
    hex!("b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e39340\
     57340b4cf408d5a56592f8274eec53f0");
pub(in super::super) const SHAKE256_ABC: [u8; 64] =
    hex!("483366601360a8771c6863080cc4114d8db44530f8f1e1ee4f94ea37e78b5739d5a15bef186a5386c75744c0527e1faa\
     9f8726e462a12a4feb06bd8801e751e4");
/// GB/T 32905-2016, A.1: "abc".
pub(in super::super) const SM3_ABC: [u8; 32] =
    hex!("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
/// RFC 3713, appendix A: one key with its heads as the shorter keys, and one block. In CFB, under an IV of zeros.
pub(in super::super) const RFC3713_KEY: [u8; 32] =
    hex!("0123456789abcdeffedcba987654321000112233445566778899aabbccddeeff");
pub(in super::super) const RFC3713_PLAIN: [u8; 16] = hex!("0123456789abcdeffedcba9876543210");
pub(in super::super) const ZERO: [u8; 16] = hex!("00000000000000000000000000000000");
pub(in super::super) const CAMELLIA_128: [u8; 16] = hex!("67673138549669730857065648eabe43");
pub(in super::super) const CAMELLIA_192: [u8; 16] = hex!("b4993401b3e996f84ee5cee7d79b09b9");
pub(in super::super) const CAMELLIA_256: [u8; 16] = hex!("9acc237dff16d76c20ef7c919e3a7509");
pub(in super::super) const CAMELLIA_CFB: [u8; 16] = hex!("a7484127977e3c457b01c2772c659ca8");
/// GB/T 32907-2016, A.1: the key is the block.
pub(in super::super) const SM4_KEY: [u8; 16] = hex!("0123456789abcdeffedcba9876543210");
pub(in super::super) const SM4_ECB: [u8; 16] = hex!("681edf34d206965e86b3e94f536e4246");
pub(in super::super) const SM4_CFB: [u8; 16] = hex!("2754b10c806aef23698989882d80903a");
/// SP 800-67, B.1; its first two keys as the shorter key.
pub(in super::super) const TDES_KEY: [u8; 24] = hex!("0123456789abcdef23456789abcdef01456789abcdef0123");
pub(in super::super) const TDES_PLAIN: [u8; 24] = hex!("54686520717566636b2062726f776e20666f78206a756d70");
pub(in super::super) const TDES_ECB_128: [u8; 24] = hex!("c44862f70cf2fbdc9077d0909fa91b884cabd61fc58e0cbb");
pub(in super::super) const TDES_ECB_192: [u8; 24] = hex!("a826fd8ce53b855fcce21c8112256fe668d5c05dd9b6b900");
pub(in super::super) const TDES_CFB: [u8; 24] = hex!("1ad216bce8fead03e7d1623e8a841fd94499c13537caca61");
/// SP 800-38B, D.1: of nothing, and of one block.
pub(in super::super) const CMAC_EMPTY: [u8; 16] = hex!("bb1d6929e95937287fa37d129b756746");
pub(in super::super) const CMAC_BLOCK: [u8; 16] = hex!("070a16b46b4d4144f79bdd9dd04a287c");
