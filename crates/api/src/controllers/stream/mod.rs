//! The stream, as server-sent events.

pub(crate) mod open;
pub(crate) mod renew;
mod serve;
pub(crate) mod start;
pub(crate) mod ticket;
pub(crate) mod trace;
mod wire;
