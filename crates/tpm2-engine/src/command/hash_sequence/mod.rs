//! Part 3, 15.4, 15.5 and 17: hashes, HMACs and signatures, at once or piece by piece.
mod complete;
mod hash;
mod hmac;
mod sign_start;
mod start;

pub(crate) use sign_start::signing;

actions! {
    Hash Hmac HmacStart HashSequenceStart SignSequenceStart VerifySequenceStart SequenceUpdate SequenceComplete
    EventSequenceComplete
}
