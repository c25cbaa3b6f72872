//! Who the clients are.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::support::Dice;

use super::{
    client::Client,
    history::History,
    poll,
    read::{self, Manner},
    world::{World, pause},
};

/// Users who are there from the beginning. Each has one device of every manner, and one that polls.
pub(super) const USERS: usize = 38;
/// Users who come later: broadcasts from before are not theirs.
pub(super) const LATE_USERS: usize = 5;
/// How late, in milliseconds, at most.
const LATENESS: u64 = 6000;

pub(super) fn user(index: usize) -> String {
    format!("user-{index}")
}

/// Starts all clients. Returns once those who are there from the beginning are known to the server.
pub(super) async fn begin(world: &Arc<World>, dice: &mut Dice) -> JoinSet<History> {
    let mut clients = JoinSet::new();
    for index in 0..USERS {
        for manner in [Manner::Steady, Manner::Away, Manner::Slow, Manner::Forgetful] {
            let name = format!("{} ({manner:?})", user(index));
            let client = Client::begin(Arc::clone(world), &user(index), name, dice.fork()).await;
            clients.spawn(read::run(client, manner));
        }
        let name = format!("{} (polling)", user(index));
        let client = Client::begin(Arc::clone(world), &user(index), name, dice.fork()).await;
        clients.spawn(poll::run(client));
    }
    for index in USERS..USERS + LATE_USERS {
        for device in 0..2 {
            let (world, mut dice) = (Arc::clone(world), dice.fork());
            clients.spawn(async move {
                pause(&mut dice, 0, LATENESS).await;
                world.not_yet(&user(index), world.head(&mut dice).await);
                let name = format!("{} (late, {device})", user(index));
                read::run(Client::begin(world, &user(index), name, dice).await, Manner::Steady).await
            });
        }
    }
    clients
}
