//! check
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// D
    pub directory: std::path::PathBuf,
}
#[must_use]
pub fn check(_a: &CheckArgs) -> i32 {
    1
}
