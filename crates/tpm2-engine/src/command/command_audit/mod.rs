//! Part 3, 21: command audit.
mod set_status;

actions! { SetCommandCodeAuditStatus }
