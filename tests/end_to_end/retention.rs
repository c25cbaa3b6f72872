//! What is no longer kept: a client either gets everything, or is told so.

mod away;
mod bounds;
mod replays;
