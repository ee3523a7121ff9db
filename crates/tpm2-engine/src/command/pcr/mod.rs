//! Part 3, 22: PCRs.
mod allocate;
mod event;
mod extend;
mod read;
mod registers;
mod reset;
mod set_auth;

actions! { PcrExtend PcrEvent PcrRead PcrAllocate PcrSetAuthPolicy PcrSetAuthValue PcrReset }
