//! What users do to their inboxes, on several devices at once.

use std::sync::Arc;

use reqwest::{Method, RequestBuilder};
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{Dice, PATIENCE};

use super::{
    crowd::{USERS, user},
    world::{World, answered, pause},
};

/// How many of them do something at once.
const HANDS: usize = 4;

/// Starts them. They end when the world is calm.
pub(super) fn begin(world: &Arc<World>, dice: &mut Dice, tasks: &mut JoinSet<()>) {
    for _ in 0..HANDS {
        let (world, mut dice) = (Arc::clone(world), dice.fork());
        tasks.spawn(async move {
            while !world.is_calm() {
                let user = user(dice.below(USERS));
                if let Some(request) = mark(&world, &user, &mut dice) {
                    // One that was cut off may have been done or not: the inbox tells. None is given up, or it might be
                    // done after the end.
                    if let Some((status, _, text)) = answered(request.timeout(PATIENCE)).await {
                        assert!(matches!(status, 200 | 204 | 404), "{status}: {text}"); // 404: it was deleted
                    }
                }
                pause(&mut dice, 20, 150).await;
            }
        });
    }
}

/// Nothing is taken out of the archive again: a client that was reset since does not have it.
fn mark(world: &World, user: &str, dice: &mut Dice) -> Option<RequestBuilder> {
    let known = world.recall(user, dice)?;
    let one = format!("/notifications/{}", known.id);
    let change = |flags| Some(world.as_user(user, Method::PATCH, &one).json(&flags));
    let up_to = |mut flags: serde_json::Value| {
        flags["up_to"] = json!(known.cursor);
        Some(world.as_user(user, Method::POST, "/notifications/mark").json(&flags))
    };
    match dice.below(10) {
        0..=2 => change(json!({"read": true})),
        3 => change(json!({"read": false})),
        4 => change(json!({"archived": true})),
        5 => up_to(json!({"seen": true})),
        6 => up_to(json!({"read": true})),
        7 => up_to(json!({"read": false})),
        8 => Some(
            world.as_user(user, Method::POST, "/notifications/mark").json(&json!({"seen": true, "ids": [known.id]})),
        ),
        _ => {
            world.deletes(user, &known.id);
            Some(world.as_user(user, Method::DELETE, &one))
        }
    }
}
