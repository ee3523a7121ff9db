//! Virtual machines: what they are on disk, and how they are made, started, watched, stopped and removed.
pub mod accel;
pub mod change;
mod child;
pub mod config;
pub mod console;
pub mod create;
pub mod disk;
pub mod firmware;
pub mod home;
mod keeper;
pub mod name;
mod plan;
pub mod progress;
mod qemu;
mod qmp;
pub mod size;
pub mod start;
mod state;
pub mod stop;
pub mod supervisor;
mod time;
pub mod view;

pub use config::Config;
pub use home::Home;
pub use name::Name;
