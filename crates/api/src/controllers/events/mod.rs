//! The events of the stream, by request.

pub(crate) mod list;
