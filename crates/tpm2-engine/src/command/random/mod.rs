//! Part 3, 16: random numbers.
mod get_random;
mod stir_random;

actions! { GetRandom StirRandom }
