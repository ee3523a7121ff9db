//! Block ciphers in five modes: published vectors, other lengths from an independent implementation, and streams
//! that are cut into several calls.

mod common;

use common::{PROVIDERS, cases, cipher_named, hex};
use tpm2_crypto::{CipherMode, CryptoProvider, Direction, Error, SymAlg};

const PLAIN: &str = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52ef\
                     f69f2445df4f9b17ad2b417be66c3710";
const KEYS: [&str; 3] = [
    "2b7e151628aed2a6abf7158809cf4f3c",
    "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
    "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
];

/// Each cipher with each key size, and a key.
fn every_key() -> impl Iterator<Item = (SymAlg, Vec<u8>)> {
    let sizes = |alg: SymAlg| alg.key_sizes().iter().map(move |bits| (alg, usize::from(*bits) / 8));
    SymAlg::ALL.into_iter().flat_map(sizes).map(|(alg, size)| (alg, hex(KEYS[2])[..size].to_vec()))
}

fn run(
    p: &CryptoProvider,
    (alg, mode): (SymAlg, CipherMode),
    direction: Direction,
    key: &[u8],
    iv: &mut [u8],
    data: &[u8],
) -> Vec<u8> {
    let mut data = data.to_vec();
    p.cipher(alg, mode, direction, key, iv, &mut data).unwrap();
    data
}

/// RFC 3713, appendix A; GB/T 32907-2016, A.1; SP 800-67, B.1: one block each.
#[test]
fn published_blocks() {
    let rfc3713 = "0123456789abcdeffedcba9876543210";
    let vectors = [
        (SymAlg::Camellia, rfc3713, rfc3713, "67673138549669730857065648eabe43"),
        (
            SymAlg::Camellia,
            "0123456789abcdeffedcba98765432100011223344556677",
            rfc3713,
            "b4993401b3e996f84ee5cee7d79b09b9",
        ),
        (
            SymAlg::Camellia,
            "0123456789abcdeffedcba987654321000112233445566778899aabbccddeeff",
            rfc3713,
            "9acc237dff16d76c20ef7c919e3a7509",
        ),
        (SymAlg::Sm4, rfc3713, rfc3713, "681edf34d206965e86b3e94f536e4246"),
        (
            SymAlg::Tdes,
            "0123456789abcdef23456789abcdef01456789abcdef0123",
            "5468652071756663",
            "a826fd8ce53b855f",
        ),
    ];
    for p in PROVIDERS {
        for (alg, key, plain, expected) in vectors {
            let ecb = (alg, CipherMode::Ecb);
            assert_eq!(run(p, ecb, Direction::Encrypt, &hex(key), &mut [], &hex(plain)), hex(expected));
            assert_eq!(run(p, ecb, Direction::Decrypt, &hex(key), &mut [], &hex(expected)), hex(plain));
        }
    }
}

/// TDES with a repeated key is DES; the parity bits of a key do not count (SP 800-67).
#[test]
fn tdes_keys() {
    for p in PROVIDERS {
        let key = hex("0123456789abcdef");
        let two = [&key[..], &[0x10; 8]].concat();
        let three = [&two[..], &key].concat();
        let flipped: Vec<u8> = three.iter().map(|byte| byte ^ 1).collect();
        let encrypt = |key: &[u8]| {
            run(p, (SymAlg::Tdes, CipherMode::Ecb), Direction::Encrypt, key, &mut [], b"Now is t")
        };
        assert_eq!(encrypt(&two), encrypt(&three), "two keys are three of which the third is the first");
        assert_eq!(encrypt(&flipped), encrypt(&three));
        // FIPS 81, table B1.
        assert_eq!(encrypt(&key.repeat(3)), hex("3fa40e8a984d4815"));
    }
}

/// SP 800-38A, appendix F: all four blocks for AES-128, the first and last block of the chain for the larger
/// keys.
#[test]
fn sp_800_38a() {
    let iv = "000102030405060708090a0b0c0d0e0f";
    let counter = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";
    let vectors = [
        (
            CipherMode::Ecb,
            0,
            "",
            "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf43b1cd7f598ece23881b00e3ed030688\
             7b0c785e27e8ad3f8223207104725dd4",
        ),
        (
            CipherMode::Cbc,
            0,
            iv,
            "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b273bed6b8e3c1743b7116e69e22229516\
             3ff1caa1681fac09120eca307586e1a7",
        ),
        (
            CipherMode::Cfb,
            0,
            iv,
            "3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b26751f67a3cbb140b1808cf187a4f4df\
             c04b05357c5d1c0eeac4c66f9ff7f2e6",
        ),
        (
            CipherMode::Ofb,
            0,
            iv,
            "3b3fd92eb72dad20333449f8e83cfb4a7789508d16918f03f53c52dac54ed8259740051e9c5fecf64344f7a82260edcc\
             304c6528f659c77866a510d9c1d6ae5e",
        ),
        (
            CipherMode::Ctr,
            0,
            counter,
            "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff5ae4df3edbd5d35e5b4f09020db03eab\
             1e031dda2fbe03d1792170a0f3009cee",
        ),
        (CipherMode::Ecb, 1, "", "bd334f1d6e45f25ff712a214571fa5cc"),
        (CipherMode::Cbc, 1, iv, "4f021db243bc633d7178183a9fa071e8"),
        (CipherMode::Cfb, 1, iv, "cdc80d6fddf18cab34c25909c99a4174"),
        (CipherMode::Ctr, 1, counter, "1abc932417521ca24f2b0459fe7e6e0b"),
        (CipherMode::Ecb, 2, "", "f3eed1bdb5d2a03c064b5a7e3db181f8"),
        (CipherMode::Cbc, 2, iv, "f58c4c04d6e5f1ba779eabfb5f7bfbd6"),
        (CipherMode::Cfb, 2, iv, "dc7e84bfda79164b7ecd8486985d3860"),
        (CipherMode::Ctr, 2, counter, "601ec313775789a5b7a7f504bbf3d228"),
    ];
    for p in PROVIDERS {
        for (mode, key, iv, expected) in vectors {
            let (key, expected) = (hex(KEYS[key]), hex(expected));
            let plain = &hex(PLAIN)[..expected.len()];
            assert_eq!(
                run(p, (SymAlg::Aes, mode), Direction::Encrypt, &key, &mut hex(iv), plain),
                expected,
                "{mode:?}"
            );
            assert_eq!(
                run(p, (SymAlg::Aes, mode), Direction::Decrypt, &key, &mut hex(iv), &expected),
                plain,
                "{mode:?}"
            );
        }
    }
}

#[test]
fn other_lengths_computed_elsewhere() {
    for p in PROVIDERS {
        let mut checked = 0;
        for case in cases(include_str!("vectors/cipher.txt")) {
            let (alg, key, data) = (cipher_named(case.text("alg")), case.hex("key"), case.hex("data"));
            for (mode, name, iv) in [
                (CipherMode::Ctr, "ctr", "ctr_iv"),
                (CipherMode::Ofb, "ofb", "iv"),
                (CipherMode::Cfb, "cfb", "iv"),
                (CipherMode::Cbc, "cbc", "iv"),
                (CipherMode::Ecb, "ecb", ""),
            ] {
                if !case.has(name) {
                    continue;
                }
                let iv = if iv.is_empty() { vec![] } else { case.hex(iv) };
                let (alg, expected) = ((alg, mode), case.hex(name));
                let encrypted = run(p, alg, Direction::Encrypt, &key, &mut iv.clone(), &data);
                assert_eq!(encrypted, expected, "{alg:?}");
                let decrypted = run(p, alg, Direction::Decrypt, &key, &mut iv.clone(), &expected);
                assert_eq!(decrypted, data, "{alg:?}");
                checked += 1;
            }
        }
        assert_eq!(checked, 9 * (6 * 3 + 2 * 2));
    }
}

/// CVE-2021-3446 and CVE-2026-21444: the IV handed back must be the one that continues the stream, in both
/// directions.
#[test]
fn a_stream_cut_into_calls_is_the_same_stream() {
    let plain: Vec<u8> = (0..=255).cycle().take(16 * 40).collect();
    for p in PROVIDERS {
        for (alg, key) in every_key() {
            let block = alg.block_size();
            for mode in CipherMode::ALL {
                let alg = (alg, mode);
                // A counter about to carry through all bytes.
                let start = if mode == CipherMode::Ecb { vec![] } else { vec![0xFF; block] };
                let whole = run(p, alg, Direction::Encrypt, &key, &mut start.clone(), &plain);
                assert_ne!(whole, plain);
                for blocks in [1, 2, 15, 16, 17, 39] {
                    for (direction, from, to) in
                        [(Direction::Encrypt, &plain, &whole), (Direction::Decrypt, &whole, &plain)]
                    {
                        let mut iv = start.clone();
                        let pieces: Vec<u8> = from
                            .chunks(block * blocks)
                            .flat_map(|c| run(p, alg, direction, &key, &mut iv, c))
                            .collect();
                        assert_eq!(&pieces, to, "{alg:?} {direction:?} in pieces of {blocks}");
                        // An empty call changes nothing.
                        let before = iv.clone();
                        assert!(run(p, alg, direction, &key, &mut iv, &[]).is_empty());
                        assert_eq!(iv, before);
                    }
                }
            }
        }
    }
}

/// What the reference returns as IV, mode by mode, also after a partial block.
#[test]
fn returned_iv() {
    for (p, (alg, key)) in PROVIDERS.iter().flat_map(|p| every_key().map(move |key| (p, key))) {
        let block = alg.block_size();
        let iv = [&vec![0xF0; block - 2][..], &[0xFE, 0xFF]].concat();
        for direction in [Direction::Encrypt, Direction::Decrypt] {
            for last in [4, block] {
                let data = vec![0x5A; block + last];
                let after = |mode| {
                    let mut iv = iv.clone();
                    let out = run(p, (alg, mode), direction, &key, &mut iv, &data);
                    (out, iv)
                };
                let (out, next) = after(CipherMode::Cfb);
                let cipher_text = if direction == Direction::Encrypt { &out } else { &data };
                let mut expected = cipher_text[block..].to_vec();
                expected.resize(block, 0);
                assert_eq!(next, expected, "short cipher text, zeros behind");
                let counted = [&vec![0xF0; block - 2][..], &[0xFF, 0x01]].concat();
                assert_eq!(after(CipherMode::Ctr).1, counted);
                let (out, next) = after(CipherMode::Ofb);
                assert!(out[block..].iter().zip(&next).all(|(o, n)| o ^ 0x5A == *n), "key stream block");
                if last == block {
                    let (out, next) = after(CipherMode::Cbc);
                    let cipher_text = if direction == Direction::Encrypt { &out } else { &data };
                    assert_eq!(next, cipher_text[block..]);
                }
            }
        }
    }
}

#[test]
fn wrong_sizes_are_refused_and_change_nothing() {
    for p in PROVIDERS {
        for (alg, mode) in SymAlg::ALL.into_iter().flat_map(|alg| CipherMode::ALL.map(|mode| (alg, mode))) {
            let block = alg.block_size();
            let size = if mode == CipherMode::Ecb { 0 } else { block };
            let attempt = |key: usize, iv: usize, data: usize| {
                let (mut iv, mut data) = (vec![9; iv], vec![9; data]);
                let result = p.cipher(alg, mode, Direction::Encrypt, &vec![1; key], &mut iv, &mut data);
                assert!(result.is_ok() || iv.iter().chain(&data).all(|b| *b == 9), "{mode:?}");
                result
            };
            for key in 0..=40 {
                let expected = if alg.has_key_bits(key * 8) { Ok(()) } else { Err(Error::BadKey) };
                assert_eq!(attempt(usize::from(key), size, 32), expected, "{alg:?} {key}");
            }
            for iv in (0..=17).filter(|iv| *iv != size) {
                assert_eq!(attempt(16, iv, 32), Err(Error::BadInput), "{alg:?} {mode:?} {iv}");
            }
            let whole_blocks = matches!(mode, CipherMode::Cbc | CipherMode::Ecb);
            assert_eq!(attempt(16, size, 33).is_err(), whole_blocks, "{mode:?}");
        }
        for mode in CipherMode::ALL {
            assert_eq!(CipherMode::from_id(mode.id()), Some(mode));
        }
        for alg in SymAlg::ALL {
            assert_eq!(SymAlg::from_id(alg.id()), Some(alg));
        }
        assert_eq!((SymAlg::from_id(4), CipherMode::from_id(0x45)), (None, None));
    }
}
