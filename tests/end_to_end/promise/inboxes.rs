//! What REST and the log say once all is at rest.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::Value;
use tidings_models::{Position, Store};

use crate::support::json;

use super::{
    crowd::{LATE_USERS, USERS, user},
    history::{Counts, Item, counts},
    world::World,
};

/// A user's inbox.
#[derive(Clone, Debug, Default)]
pub(super) struct Inbox {
    pub(super) counts: Counts,
    /// Newest first, archived ones among them.
    pub(super) items: Vec<Item>,
}

/// An event of the log, as the store has it.
#[derive(Clone, Debug)]
pub(super) struct Logged {
    pub(super) position: i64,
    pub(super) audience: String,
    pub(super) seq: i64,
}

/// The inboxes of all users who were there from the beginning, and of those who came later.
pub(super) async fn read(world: &World) -> BTreeMap<String, Inbox> {
    let mut inboxes = BTreeMap::new();
    for user in (0..USERS + LATE_USERS).map(user) {
        let mut inbox = Inbox::default();
        for state in ["all", "archived"] {
            let mut next = String::new();
            loop {
                let path = format!("/notifications?state={state}&limit=200{next}");
                let page: Value = json(world.as_user(&user, Method::GET, &path).send().await.unwrap(), 200).await;
                inbox.counts = counts(&page);
                let items = page["items"].as_array().unwrap();
                inbox.items.extend(items.iter().map(|item| Item::read(&world.cursors, item)));
                match page["next"].as_str() {
                    Some(cursor) => next = format!("&after={cursor}"),
                    None => break,
                }
            }
        }
        let badge = json(world.as_user(&user, Method::GET, "/inbox").send().await.unwrap(), 200).await;
        assert_eq!(inbox.counts, counts(&badge), "the badge and the list agree");
        inboxes.insert(user, inbox);
    }
    inboxes
}

/// What the log still holds.
pub(super) async fn log(store: &dyn Store) -> Vec<Logged> {
    let floor = store.head().await.unwrap().floor;
    let mut log: Vec<Logged> = Vec::new();
    loop {
        let after = log.last().map_or(floor, |last| Position::new(last.position).unwrap());
        let page = store.read_log(after, 1000).await.unwrap();
        if page.is_empty() {
            return log;
        }
        log.extend(page.into_iter().map(|event| Logged {
            position: event.position.get(),
            audience: event.audience.to_string(),
            seq: event.seq.get(),
        }));
    }
}
