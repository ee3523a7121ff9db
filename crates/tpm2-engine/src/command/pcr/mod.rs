//! Part 3, 22: PCRs.
mod allocate;
mod event;
mod extend;
mod read;
mod registers;
mod reset;

actions! { PcrExtend PcrEvent PcrRead PcrAllocate PcrReset }
