//! The tests: each compares what the provider and what stands above it compute with known answers.
pub(super) mod asymmetric;
pub(super) mod lattice;
pub(super) mod symmetric;
