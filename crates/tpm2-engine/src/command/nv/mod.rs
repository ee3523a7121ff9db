//! Part 3, 31: non-volatile storage. So far what other chapters need of it.
pub(crate) mod access;
