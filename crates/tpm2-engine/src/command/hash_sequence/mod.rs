//! Part 3, 17: hashes, MACs and signatures, piece by piece.
mod complete;
mod sign_start;
mod start;

pub(crate) use sign_start::signing;

actions! {
    MacStart HashSequenceStart SignSequenceStart VerifySequenceStart SequenceUpdate SequenceComplete
    EventSequenceComplete
}
