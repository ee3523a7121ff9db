//! Part 3, 14: asymmetric primitives.
mod ecc_encrypt;
mod ecc_parameters;
mod ecdh_key_gen;
mod ecdh_z_gen;
mod kem;
mod rsa;
mod zgen_2phase;

actions! { RsaEncrypt RsaDecrypt EcdhKeyGen EcdhZGen EccParameters EccEncrypt EccDecrypt ZGen2Phase Encapsulate Decapsulate }
