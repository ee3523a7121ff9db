//! Part 3, 19: ephemeral EC keys.
mod commit;
mod ec_ephemeral;

actions! { Commit EcEphemeral }
