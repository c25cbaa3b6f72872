//! Tidings from outside: the real binary, on a real port, with a database of its own for each test.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod access;
mod attacks;
mod batch;
mod behind;
mod behind_nginx;
mod cli;
mod deployment;
mod documentation;
mod durability;
mod events;
mod identity;
mod inbox;
mod later_version;
mod limits;
mod many;
mod moving;
mod operation;
mod people;
mod postgres;
mod promise;
mod publish;
mod refusals;
mod retention;
mod rolling;
mod session;
mod slow_readers;
mod store_failures;
mod stream;
mod support;
mod tls;
mod websocket;
mod whole_inbox;
