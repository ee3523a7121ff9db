//! Part 3, 20: signing and signature verification.
mod message;
mod sign;
mod sign_digest;
mod sign_sequence;
mod support;
mod verify_digest_signature;
mod verify_sequence;
mod verify_signature;

pub(crate) use message::{Scheme, digest_hash, sign_digest, sign_message, verify_message};
pub(crate) use support::{scheme_hash, select_scheme, sign};

actions! {
    Sign VerifySignature SignDigest VerifyDigestSignature SignSequenceComplete VerifySequenceComplete
}
