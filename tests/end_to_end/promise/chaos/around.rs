//! What happens to what the nodes share, and on their ways to it.

use std::sync::Arc;

use tidings_models::store::Bells;
use tokio::{task::spawn_blocking, time::Instant};

use crate::{
    postgres::cluster::Cluster,
    promise::{
        deployment::{Around, Bus},
        world::pause,
    },
    support::Dice,
};

use super::Faults;

/// Forged bells that come at once, where nothing of ours stands between nodes and bus.
const VOLLEY: usize = 200;

/// Disturbs it until then, and gives it back whole.
pub(super) async fn rage(mut around: Around, mut dice: Dice, until: Instant, faults: &mut Faults) -> Around {
    while Instant::now() < until {
        pause(&mut dice, 50, 2000).await;
        match dice.below(10) {
            0 => {
                with(&around.database, Cluster::kill).await;
                pause(&mut dice, 0, 500).await;
                with(&around.database, Cluster::start_again).await;
                faults.note("kills of the database");
            }
            1 => {
                with(&around.database, |database| drop(database.signal("STOP"))).await;
                pause(&mut dice, 300, 2000).await;
                with(&around.database, |database| drop(database.signal("CONT"))).await;
                faults.note("the database stopped and continued");
            }
            2..=3 => {
                let way = &around.ways[dice.below(around.ways.len())];
                way.pause();
                pause(&mut dice, 500, 3000).await;
                if dice.chance(50) {
                    way.cut();
                }
                way.resume();
                faults.note("nodes cut off from the database");
            }
            4 => {
                around.ways[dice.below(around.ways.len())].cut();
                faults.note("connections to the database cut");
            }
            _ => disturb(&mut around.bus, &mut dice, faults).await,
        }
    }
    if let Bus::Program { bells, .. } = &around.bus {
        bells.ring_true();
        bells.tampered().into_iter().for_each(|(what, count)| faults.note_all(what, count));
    }
    around
}

/// Does something that takes a thread to wait for.
async fn with(database: &Arc<Cluster>, work: fn(&Cluster)) {
    let database = Arc::clone(database);
    spawn_blocking(move || work(&database)).await.unwrap();
}

async fn disturb(bus: &mut Bus, dice: &mut Dice, faults: &mut Faults) {
    match bus {
        Bus::None => {}
        Bus::Database(bells) => {
            if forge(bells, dice).await.is_ok() {
                faults.note_all("bells forged", VOLLEY as u64);
            }
        }
        Bus::Program { program, way, .. } => match dice.below(4) {
            0 => {
                program.kill();
                pause(dice, 0, 1500).await;
                program.start_again();
                faults.note("kills of the bus");
            }
            1 => {
                program.signal("STOP");
                pause(dice, 300, 3000).await;
                program.signal("CONT");
                faults.note("the bus stopped and continued");
            }
            2 => {
                way.pause(); // half-open: nobody is told
                pause(dice, 300, 3000).await;
                way.cut();
                way.resume();
                faults.note("the way to the bus blocked, and cut");
            }
            _ => {
                way.cut();
                faults.note("connections to the bus cut");
            }
        },
    }
}

/// Rings as many nodes that there are not.
async fn forge(bells: &Bells, dice: &mut Dice) -> Result<(), tidings_models::StoreError> {
    let (mut rope, _) = bells.connect().await?;
    for _ in 0..VOLLEY {
        rope.ring(&format!("{:016x}", dice.next())).await?;
    }
    Ok(())
}
