//! Those who send, each thing under a key of its own, until it is acknowledged.

use std::{sync::Arc, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

use crate::support::Dice;

use super::{
    crowd::{USERS, user},
    history,
    world::{World, answered, patience, pause},
};

const PUBLISHERS: u64 = 6;
/// Each of them sends as often, so that the machine is busy and not drowned.
const EVERY: Duration = Duration::from_millis(45);

/// A notification that was acknowledged.
#[derive(Clone, Debug)]
pub(super) struct Published {
    pub(super) title: String,
    pub(super) id: u128,
    /// `None`: everyone.
    pub(super) users: Option<Vec<String>>,
    /// How often it was sent.
    pub(super) attempts: u64,
}

/// Starts them. They end when the world is calm and their last is acknowledged.
pub(super) fn begin(world: &Arc<World>, dice: &mut Dice) -> JoinSet<Vec<Published>> {
    let mut tasks = JoinSet::new();
    for number in 0..PUBLISHERS {
        tasks.spawn(run(Arc::clone(world), number, dice.fork()));
    }
    tasks
}

async fn run(world: Arc<World>, number: u64, mut dice: Dice) -> Vec<Published> {
    let mut published: Vec<Published> = Vec::new();
    let mut pace = interval(EVERY);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !world.is_calm() {
        pace.tick().await;
        let title = format!("{number}-{}", published.len());
        let users = recipients(&mut dice);
        let to = match users.as_deref() {
            None => json!({"everyone": true}),
            Some([one]) => json!({"user": one}),
            Some(several) => json!({"users": several}),
        };
        let mut body = json!({"to": to, "title": title});
        if dice.chance(10) {
            body["body"] = json!("x".repeat(dice.below(8000) + 1));
        }
        let (id, mut attempts) = until_acknowledged(&world, &title, &body, &mut dice).await;
        if dice.chance(5) {
            // As after an answer that got lost on its way.
            let (again, more) = until_acknowledged(&world, &title, &body, &mut dice).await;
            assert_eq!(again, id, "one key, one effect");
            attempts += more;
        }
        published.push(Published { title, id, users, attempts });
    }
    published
}

fn recipients(dice: &mut Dice) -> Option<Vec<String>> {
    match dice.below(10) {
        0 => None,
        1 => {
            let first = dice.below(USERS);
            Some([first, (first + 1) % USERS, (first + 7) % USERS].map(user).to_vec())
        }
        _ => Some(vec![user(dice.below(USERS))]),
    }
}

async fn until_acknowledged(world: &World, key: &str, body: &Value, dice: &mut Dice) -> (u128, u64) {
    for attempt in 1.. {
        let request = world.as_admin(Method::POST, "/admin/notifications").header("idempotency-key", key).json(body);
        match answered(request.timeout(patience(dice))).await {
            Some((201, _, text)) => {
                let made: Value = serde_json::from_str(&text).unwrap();
                return (history::id(made["id"].as_str().unwrap()), attempt);
            }
            Some((status, _, text)) => panic!("{key}: {status} {text}"),
            None => pause(dice, 10, 100).await,
        }
    }
    unreachable!()
}
