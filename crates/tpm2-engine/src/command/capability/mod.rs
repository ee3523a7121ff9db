//! Part 3, 30.2 and 30.4: capabilities.
mod algorithms;
mod get_capability;
mod handles;
mod page;
mod pcrs;
mod properties;
mod set_capability;

pub(crate) use get_capability::element;
pub(crate) use properties::{FIRMWARE_VERSION, firmware_version};

actions! { GetCapability SetCapability }
