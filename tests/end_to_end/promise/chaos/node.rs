//! What happens to one node.

use tokio::time::Instant;

use crate::{
    promise::world::{World, pause},
    support::{Dice, Server},
};

use super::{Faults, faults::ENDED};

/// Lets it suffer until then, and gives it back running.
pub(super) async fn rage(mut node: Server, world: &World, mut dice: Dice, until: Instant) -> (Server, Faults) {
    let mut faults = Faults::default();
    // With more nodes each has its peace for longer, so that there is always something that goes on.
    let peace = 1000 * u64::try_from(world.nodes()).unwrap();
    while Instant::now() < until {
        pause(&mut dice, 50, peace).await;
        faults.weigh(node.resident());
        if node.has_ended() {
            faults.note(ENDED);
            node = again(node, world, &mut faults).await;
        }
        match dice.below(10) {
            0..=1 => {
                node.signal("STOP");
                pause(&mut dice, 500, 2000).await;
                node.signal("CONT");
                faults.note("nodes stopped and continued");
            }
            2 => {
                node.terminate().await;
                node = again(node, world, &mut faults).await;
                faults.note("restarts of nodes in peace");
            }
            _ => {
                node.kill();
                pause(&mut dice, 0, 300).await;
                node = again(node, world, &mut faults).await;
                faults.note("kills of nodes");
            }
        }
    }
    if node.has_ended() {
        faults.note(ENDED);
        node = again(node, world, &mut faults).await;
    }
    (node, faults)
}

async fn again(node: Server, world: &World, faults: &mut Faults) -> Server {
    let (node, failed) = node.start_until_it_stays().await;
    faults.note_all("starts without a database", failed);
    world.reborn();
    node
}
