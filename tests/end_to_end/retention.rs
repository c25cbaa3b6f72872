//! What is no longer kept: a client either gets everything, or is told so.

mod bounds;
mod replays;
