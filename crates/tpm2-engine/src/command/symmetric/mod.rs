//! Part 3, 15: symmetric primitives.
mod encrypt_decrypt;
mod hash;
pub(super) mod mac;

actions! { EncryptDecrypt EncryptDecrypt2 Hash Mac }
