//! Part 3, 15.4, 15.5 and 17: hashes and HMACs, at once or piece by piece.
mod complete;
mod hash;
mod hmac;
mod start;

actions! { Hash Hmac HmacStart HashSequenceStart SequenceUpdate SequenceComplete EventSequenceComplete }
