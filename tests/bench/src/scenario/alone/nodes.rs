//! One node, two and three on one PostgreSQL, which has its defaults: every commit is on disk.
//!
//! Streams: each node has its share of them. For the latency, 200 a second by the clock, all published at the first
//! node: of two nodes one half of what is sent is for somebody at the other one, of three nodes two thirds. Then publishers are
//! spread over the nodes: a closed loop on 60 connections, to one user each, and broadcasts, eight under way. With each
//! bus, and without: a node then looks into the log once a second, and whenever it has written something itself that does
//! not follow what it has read.
//!
//! Publishing: nobody listens. One connection that publishes to one user each time, 60 that do, then 6 that name 256 users
//! each, spread over the nodes, with NATS between them. The floor is PostgreSQL without us, on as many connections, just
//! before, in the same server: one row and one commit, and 256 rows and one commit, in a table with a key and nothing
//! else. A notification is some nine rows in several tables.
//!
//! All nodes and the database share the machine. What a machine for each would do, this cannot show: it shows what several
//! nodes cost, and what the row does that all of them write.

mod publish;
mod receive;

use super::{Sizes, Values};
use crate::{contestant::Servers, failure::Result, postgres::Postgres, stamp::Clock};

/// How many nodes there are.
const COUNTS: [usize; 3] = [1, 2, 3];
/// The same for who only wants to see that it works.
const TINY_COUNTS: [usize; 1] = [2];
/// Publishers of one each, in a number that all counts of nodes divide.
const CONNECTIONS: usize = 60;

pub(super) fn run(servers: &Servers, sizes: &Sizes, clock: Clock) -> Result<Values> {
    // Beside the folder of the servers, which is closed to others.
    let postgres = Postgres::start(servers.folder.parent().unwrap_or(&servers.folder));
    let mut values = Values::new();
    for count in if sizes.tiny { &TINY_COUNTS[..] } else { &COUNTS } {
        receive::run(servers, &postgres, *count, sizes, clock, &mut values)?;
        publish::run(servers, &postgres, *count, sizes, clock, &mut values)?;
    }
    Ok(values)
}
