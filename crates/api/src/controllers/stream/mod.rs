//! The stream, as server-sent events.

pub(crate) mod open;
mod serve;
mod trace;
mod wire;
