//! Part 3, 10 and 30.3: self-tests.
mod algorithm_tests;
mod get_test_result;
mod incremental_self_test;
mod known_answers;
mod lattice_tests;
mod self_test;
mod test_parms;

actions! { SelfTest IncrementalSelfTest GetTestResult TestParms }
