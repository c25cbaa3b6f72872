//! The load: thousands of streams held by one thread, and publishers on another.

mod answer;
mod chunks;
mod frames;
pub(crate) mod http;
mod messages;
mod pace;
pub(crate) mod streams;
pub(crate) mod tally;
pub(crate) mod wire;
