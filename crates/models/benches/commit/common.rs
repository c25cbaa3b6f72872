//! What both sides write.

use std::{path::Path, time::Duration};

use tidings_models::{
    Clock as _, Draft, Notification, NotificationId, Recipients, SystemClock, SystemRandom, Timestamp, UserId,
    store::SqliteStore,
};

/// Users that are known from the start.
pub(crate) const USERS: usize = 10_000;

pub(crate) fn now() -> Timestamp {
    SystemClock.now() // ids sort by time: where they land in the indexes is part of the cost
}

pub(crate) async fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(&format!("sqlite://{}", path.display()), now(), &SystemRandom).await.unwrap()
}

/// One after the other in an order that jumps about, so that those of a group are distinct.
pub(crate) fn user(i: usize) -> UserId {
    UserId::parse(&format!("user-{}@example.org", i * 7919 % USERS)).unwrap()
}

pub(crate) fn notification() -> Notification {
    serde_json::from_value(serde_json::json!({
        "id": NotificationId::new(now(), &SystemRandom).to_string(), "title": "The build of main has failed",
        "body": "Two tests of the payment service did not pass on revision 4711.", "level": "error",
        "critical": false, "link": "/builds/4711", "category": "builds", "created_at": now(),
    }))
    .unwrap()
}

pub(crate) fn notify(i: usize) -> Draft {
    notify_to(user(i))
}

pub(crate) fn notify_to(user: UserId) -> Draft {
    Draft::Notify { notification: Box::new(notification()), to: Recipients::User(user), key: None, deliver_at: None }
}

pub(crate) fn notify_all() -> Draft {
    let (notification, to) = (Box::new(notification()), Recipients::Everyone);
    Draft::Notify { notification, to, key: None, deliver_at: None }
}

/// What all threads of this process have had of a processor.
pub(crate) fn cpu() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let spent = tasks.filter_map(|task| {
        let line = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        line.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(spent.sum())
}
