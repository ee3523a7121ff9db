//! Part 3, 20: signing and signature verification.
mod sign;
mod support;
mod verify_signature;

pub(crate) use support::{scheme_hash, select_scheme, sign, signature_hash, verify};

actions! { Sign VerifySignature }
