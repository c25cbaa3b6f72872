//! Tidings from outside: the real binary, on a real port, with a database of its own for each test.

mod cli;
mod durability;
mod inbox;
mod many;
mod publish;
mod refusals;
mod session;
mod stream;
mod support;
