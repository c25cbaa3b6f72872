//! A tab that was left for eight days, and one that was left for an hour.

use serde_json::json;
use tidings_models::{
    Clock as _, Draft, Log as _, Notification, NotificationId, Recipients, Store as _, SystemClock, SystemRandom,
    UserId,
};

use crate::support::{Server, until};

const HOUR: i64 = 60 * 60 * 1000;

/// What was sent to Ann so many hours ago.
fn sent(hours_ago: i64, title: &str) -> Draft {
    let at = SystemClock.now().plus_millis(-hours_ago * HOUR);
    let notification: Notification = serde_json::from_value(json!({
        "id": NotificationId::new(at, &SystemRandom), "title": title, "level": "info", "critical": false, "created_at": at,
    }))
    .unwrap();
    Draft::Notify {
        notification: Box::new(notification),
        to: Recipients::User(UserId::parse("ann").unwrap()),
        key: None,
        deliver_at: None,
    }
}

/// Events are kept for a week. The first comes back to a `reset` with all that there is, the second
/// goes on as if it had never been away.
#[tokio::test]
async fn eight_days_are_reset_and_an_hour_is_not() {
    let server = Server::start_with(&[("TIDINGS_TRIM_SECONDS", "1")]).await;
    let store = server.store().await;
    let cursors = server.cursors().await;
    let eight_days_ago = cursors.seal(store.head().await.unwrap().position);
    store.commit(vec![sent(8 * 24 - 1, "long ago")]).await.unwrap();
    let an_hour_ago = cursors.seal(store.head().await.unwrap().position);
    store.commit(vec![sent(1, "just missed")]).await.unwrap();
    until("what is over a week old is trimmed", || async {
        let head = store.head().await.unwrap();
        (head.floor.get() == 1).then_some(())
    })
    .await;
    store.close().await;
    let server = server.start_again().await; // so that memory does not have it either

    let mut tab = server.stream("ann", "", Some(eight_days_ago.as_str())).await;
    let reset = tab.event().await;
    assert_eq!((reset.name.as_str(), &reset.json()["reason"]), ("reset", &json!("expired")));
    let items = reset.json()["notifications"].as_array().unwrap().clone();
    let titles: Vec<_> = items.iter().map(|item| item["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["just missed", "long ago"], "the inbox has kept both");
    assert_eq!(reset.json()["unread"], 2);

    let mut tab = server.stream("ann", "", Some(an_hour_ago.as_str())).await;
    assert_eq!(tab.event().await.title(), "just missed");
    assert_eq!(tab.event().await.name, "ready");
}
