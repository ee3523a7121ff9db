//! Known answers of ML-KEM and ML-DSA, from implementations of FIPS 203 and 204 in Python. Of what is long, the SHA-256.
use hex_literal::hex;

/// d ‖ z of ML-KEM; its first half is ξ of ML-DSA.
pub(in super::super) const SEED: [u8; 64] =
    hex!("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f\
     303132333435363738393a3b3c3d3e3f");
/// The random bytes of encapsulation.
pub(in super::super) const M: u8 = 0x5A;

/// A parameter set of ML-KEM.
pub(in super::super) struct Kem {
    pub(in super::super) public: [u8; 32],
    pub(in super::super) ciphertext: [u8; 32],
    pub(in super::super) secret: [u8; 32],
    /// The secret of the ciphertext whose first bit of the first byte is wrong.
    pub(in super::super) rejected: [u8; 32],
}
pub(in super::super) static KEM: [Kem; 3] = [
    Kem {
        public: hex!("3ae268dccc5456ac0d0f9b39257dc48fe081383b97c400512d712b739762daee"),
        ciphertext: hex!("0f244f94485d468aeaac7e257f73ed151f853a342d0494a966c4cfd2851dbc19"),
        secret: hex!("4d06b467b3ef03cbd181d7e23059ad7d443178cb538f54a4c3263e1e4345eeba"),
        rejected: hex!("fc76e57153a61738119a02e04c560b5c69d7edcc6b1b08e9f33a0c2763f201c4"),
    },
    Kem {
        public: hex!("0b7934c83125c788995e2ba6bd761e33046b3e40571be53e023309a29f398cc9"),
        ciphertext: hex!("fda1ac529e59760ece5aba81b8b16b8428f00911afa89be32ea079351f7190e5"),
        secret: hex!("1345ffad8176a59e2c87a2f2118c7313a6e04ddd06ca857555f6156d4c9f4d95"),
        rejected: hex!("29cca2645acf134ef3b019d68739fd5c9ebf9311f3c5604bbd4dba2ef08ae512"),
    },
    Kem {
        public: hex!("c7b8fa0aa471d5ae18922d6ccad5b31e1d84f92ae723abfd13747018740a8530"),
        ciphertext: hex!("454722aa065139bce5497de77d4260fe1e7b66c9a5e7a6b4e14e374b27cca63e"),
        secret: hex!("73c1cf0080d39a69657b4a6cd48c11cf6c888d970667b00d5abbc196a5240486"),
        rejected: hex!("94063a1867be58733b930d09582d5b83085a2395b6cf9fcdbbc1ad6e8ba342fe"),
    },
];

/// A parameter set of ML-DSA: the public key, and the deterministic signature of "abc" without a context.
pub(in super::super) struct Dsa {
    pub(in super::super) public: [u8; 32],
    pub(in super::super) signature: [u8; 32],
}
pub(in super::super) static DSA: [Dsa; 3] = [
    Dsa {
        public: hex!("9f107644c1084526af3bc8098680b05499a2325a644e388fb4f970e058d19d46"),
        signature: hex!("9c2afc5db0e15c199977be79eaee52ca0b538a1b6f8039dcac032a06120cfa87"),
    },
    Dsa {
        public: hex!("d666806e11cee19a7c989f7445f90dd419cf4d2d51db8c0fdb4c0f0a542238c9"),
        signature: hex!("4b01e98dfaa062b0ef64c949f50d2ee923d82f721379727d160ce6fccaa8a6e6"),
    },
    Dsa {
        public: hex!("91dc389cfaa01470b7f66eee45a4ae9026d154817c754dfe22298b3fa241ffcd"),
        signature: hex!("91e6609815657b405b6868f9d7ef71ee7882e62a3f5609657156007cdd9a2137"),
    },
];
