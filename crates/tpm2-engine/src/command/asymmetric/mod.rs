//! Part 3, 14: asymmetric primitives.
mod ecc_parameters;
mod ecdh_key_gen;
mod ecdh_z_gen;
mod kem;
mod rsa;

actions! { RsaEncrypt RsaDecrypt EcdhKeyGen EcdhZGen EccParameters Encapsulate Decapsulate }
