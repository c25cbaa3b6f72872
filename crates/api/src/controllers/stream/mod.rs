//! The stream, as server-sent events.

pub(crate) mod open;
pub(crate) mod renew;
mod serve;
pub(crate) mod ticket;
mod trace;
mod wire;
