//! Part 3, 30.2: capabilities.
mod algorithms;
mod get_capability;
mod handles;
mod page;
mod pcrs;
mod properties;

pub(crate) use properties::FIRMWARE_VERSION;

actions! { GetCapability }
