//! What the caller wants to be bothered with.

pub(crate) mod put;
pub(crate) mod show;
