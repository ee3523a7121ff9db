//! Part 3, 10 and 30.3: self-tests.
mod get_test_result;
mod incremental_self_test;
mod known_answers;
mod registry;
mod self_test;
mod test_parms;
mod tests;

pub(crate) use registry::Untested;

actions! { SelfTest IncrementalSelfTest GetTestResult TestParms }
