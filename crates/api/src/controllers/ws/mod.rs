//! The stream, over WebSocket.

mod closing;
mod command;
mod flood;
mod handshake;
mod heard;
pub(crate) mod open;
mod talk;
