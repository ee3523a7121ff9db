//! Part 3, 13: duplication.
mod duplicate;
mod import;

actions! { Duplicate Import }
