//! The stream, over WebSocket.

pub(crate) mod closing;
mod command;
mod flood;
mod handshake;
pub(crate) mod heard;
pub(crate) mod open;
mod talk;
