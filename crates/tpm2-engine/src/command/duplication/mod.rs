//! Part 3, 13: duplication.
mod duplicate;
mod import;
mod rewrap;

actions! { Duplicate Rewrap Import }
