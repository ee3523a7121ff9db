//! The role "guardian".
pub const ROLE: &str = "guardian";
pub const CREATE: &str = "create";
pub fn role(_inside: &mut vsm::Inside) {}
