//! Part 3, 24.2 to 24.9: hierarchies.
mod change_auth;
mod change_seeds;
mod clear;
mod clear_control;
mod control;
mod flush;
mod read_only_control;
mod set_primary_policy;

actions! {
    HierarchyControl SetPrimaryPolicy ChangePps ChangeEps Clear ClearControl HierarchyChangeAuth ReadOnlyControl
}
