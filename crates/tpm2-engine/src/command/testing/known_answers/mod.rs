//! Known answers: what correct algorithms give for fixed inputs.
pub(super) mod asymmetric;
pub(super) mod lattice;
pub(super) mod symmetric;
