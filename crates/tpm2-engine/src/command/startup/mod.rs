//! Part 3, 9: start-up and shutdown.
mod shutdown;
mod start;

actions! { Startup Shutdown }
