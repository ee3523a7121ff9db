//! Part 3, 11: sessions.
mod policy_restart;
mod start_auth_session;

actions! { StartAuthSession PolicyRestart }
