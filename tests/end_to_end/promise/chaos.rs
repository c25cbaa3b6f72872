//! What happens to the server.

use std::{fmt, time::Duration};

use tokio::time::Instant;

use crate::support::{Dice, Server};

use super::world::{World, pause};

/// What was done to it.
#[derive(Debug, Default)]
pub(super) struct Faults {
    kills: u64,
    stops: u64,
    restarts: u64,
    resident: u64,
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kills, stops, restarts, resident } = self;
        write!(f, "{kills} kills, {stops} times stopped and continued, {restarts} restarts in peace; ")?;
        write!(f, "at most {resident} KiB of memory")
    }
}

/// Lets it suffer for a while, and gives it back running.
pub(super) async fn rage(mut server: Server, world: &World, mut dice: Dice, lasting: Duration) -> (Server, Faults) {
    let until = Instant::now() + lasting;
    let mut faults = Faults::default();
    while Instant::now() < until {
        pause(&mut dice, 50, 1000).await;
        faults.resident = faults.resident.max(server.resident().unwrap_or_default());
        match dice.below(10) {
            0..=1 => {
                server.signal("STOP");
                pause(&mut dice, 500, 2000).await;
                server.signal("CONT");
                faults.stops += 1;
            }
            2 => {
                server.terminate().await;
                server = again(server, world).await;
                faults.restarts += 1;
            }
            _ => {
                server.kill();
                pause(&mut dice, 0, 300).await;
                server = again(server, world).await;
                faults.kills += 1;
            }
        }
    }
    (server, faults)
}

async fn again(server: Server, world: &World) -> Server {
    let server = server.start_again().await;
    world.reborn();
    server
}
