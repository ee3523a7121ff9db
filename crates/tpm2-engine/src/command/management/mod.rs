//! Part 3, 26: miscellaneous management.
mod pp_commands;
mod set_algorithm_set;

actions! { PpCommands SetAlgorithmSet }
