//! What a keeper and its trustlets say to each other: one request, one reply, each a frame of the
//! trustlet channel.
//!
//! Neither end trusts the other's bytes: lengths are bounded by the frame ([`vsm::MAX_FRAME`]),
//! every field is read to its end, and a frame with bytes left over is no frame. Only
//! [`ToTpm::Cancel`] and [`ToTpm::Record`] have no reply.

mod codec;
mod guardian;
mod tpm;

pub use codec::Malformed;
pub use guardian::{FromGuardian, ToGuardian};
pub use tpm::{Failure, FromTpm, OpenWith, Payload, ToTpm};
