//! Part 3, 24.2 to 24.8: hierarchies.
mod change_auth;
mod change_seeds;
mod clear;
mod clear_control;
mod control;
mod flush;
mod set_primary_policy;

actions! { HierarchyControl SetPrimaryPolicy ChangePps ChangeEps Clear ClearControl HierarchyChangeAuth }
