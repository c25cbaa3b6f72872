//! Logs that an earlier version wrote.

use sqlx::{Connection as _, SqliteConnection};

use super::{
    retention::{KEEP, trim},
    *,
};

/// Leads back from the newest structure to the first.
const BACK: &str = "DROP TABLE moves; DROP TABLE nodes; DROP TABLE open_streams; DROP TABLE whispers; ALTER TABLE accounts DROP COLUMN must_change; DROP TABLE sign_ins; DROP TABLE api_keys; \
                    DROP TABLE revocations; DROP TABLE used_tickets; ALTER TABLE receipts DROP COLUMN acted_at; \
                    DROP TRIGGER member_comes; DROP TRIGGER member_leaves; DROP TRIGGER member_goes; \
                    DROP TRIGGER recipient_comes; DROP TRIGGER recipient_goes; \
                    ALTER TABLE head DROP COLUMN recipients; ALTER TABLE notifications DROP COLUMN replaced_by; \
                    ALTER TABLE notifications DROP COLUMN replaced_at; DROP TABLE connections; \
                    ALTER TABLE head DROP COLUMN ledger_floor; \
                    DROP INDEX notifications_to_expire; DROP INDEX receipts_to_wake; DROP TABLE former_entries; \
                    DROP TABLE groups; DROP TABLE topics; DROP TABLE subscriptions; DROP TABLE mutes; \
                    DROP TABLE scheduled; DROP TABLE audit; ALTER TABLE notifications DROP COLUMN critical; \
                    ALTER TABLE notifications DROP COLUMN group_key; ALTER TABLE notifications DROP COLUMN expires_at; \
                    ALTER TABLE notifications DROP COLUMN ended; ALTER TABLE notifications DROP COLUMN ended_at; \
                    ALTER TABLE recipients DROP COLUMN quiet_hours; ALTER TABLE receipts DROP COLUMN snoozed_until; \
                    ALTER TABLE receipts DROP COLUMN notification; ALTER TABLE receipts DROP COLUMN muted; CREATE UNIQUE INDEX events_of_audience ON events (audience, position); \
                    DROP TABLE other_events; DELETE FROM _sqlx_migrations WHERE version >= 2";
const OTHERS: &str = "SELECT audience || ' ' || position FROM other_events ORDER BY 1";

async fn file(place: &Place) -> SqliteConnection {
    let path = place.folder.path().join("log.db");
    SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap()
}

async fn others(place: &Place) -> Vec<String> {
    sqlx::query_scalar(OTHERS).fetch_all(&mut file(place).await).await.unwrap()
}

/// Whatever can be asked for.
async fn everything(store: &dyn Store) -> Vec<String> {
    let mut all = vec![format!("{:?} {:?}", store.head().await.unwrap(), whole_log(store).await)];
    for name in ["ann", "bob", "cid"] {
        for state in [InboxState::All, InboxState::Archived] {
            let page = store.inbox(&user(name), &InboxQuery::newest(state, 100)).await.unwrap().unwrap();
            all.push(format!("{page:?}"));
        }
        for (after, limit) in [(0, 100), (20, 100), (24, 3), (30, 2)] {
            all.push(format!("{:?}", replay(store, name, after, limit).await));
        }
    }
    all
}

async fn replay(store: &dyn Store, name: &str, after: i64, limit: u32) -> Replay {
    let windows = store.inbox(&user(name), &InboxQuery::counts()).await.unwrap().unwrap().windows;
    store.replay(&windows, pos(after), pos(1000), limit).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_of_the_first_structure_goes_on_as_it_was() {
    let place = place();
    let store = sqlite(&place).await;
    meet(&*store, "ann").await;
    let both = Recipients::users(vec![user("ann"), user("bob")]).unwrap();
    for i in 0..5 {
        let first = send(&*store, to("ann"), &format!("own {i}")).await;
        send(&*store, both.clone(), "to both").await;
        send(&*store, Recipients::Everyone, "to all").await;
        one(&*store, mark("ann", Mark::Ids(vec![first], READ))).await;
        one(&*store, mark("bob", Mark::UpTo(pos(i * 5), READ))).await;
        meet(&*store, "cid").await;
    }
    // Some events are gone with their notifications, and some without.
    trim(&*store, Retention { max_events: 25, notifications_ms: 0, ..KEEP }, at(2)).await;
    trim(&*store, Retention { max_events: 15, ..KEEP }, at(2)).await;
    let key = crate::store::IdempotencyKey { publisher: user("host"), key: "k".into(), fingerprint: [1; 32] };
    let last = Box::new(plain("last"));
    let keyed =
        || Draft::Notify { notification: last.clone(), to: to("cid"), key: Some(key.clone()), deliver_at: None };
    assert_eq!(one(&*store, keyed()).await, Outcome::Stored(last.id));
    let before = everything(&*store).await;
    store.close().await;

    let listed = others(&place).await;
    assert!(listed.len() > 5, "{listed:?}");
    let mut file = file(&place).await;
    sqlx::raw_sql(BACK).execute(&mut file).await.unwrap();
    file.close().await.unwrap();

    let store = sqlite(&place).await;
    assert_eq!((everything(&*store).await, others(&place).await), (before, listed));
    assert_eq!(store.recipients_of(&Audience::Everyone).await.unwrap(), Some(3));
    assert_eq!(one(&*store, keyed()).await, Outcome::Repeated(last.id), "keys are kept");
    // A replay is what the log has for its reader.
    let floor = store.head().await.unwrap().floor;
    let Replay::Events(events) = replay(&*store, "ann", floor.get(), 100).await else { panic!("expired") };
    let hers = |event: &Event| ["user:ann", "everyone"].contains(&event.audience.to_string().as_str());
    assert_eq!(events, whole_log(&*store).await.into_iter().filter(hers).collect::<Vec<_>>());

    trim(&*store, KEEP, at(200)).await; // which tells of what leaves the inboxes
    send(&*store, to("ann"), "next").await;
    let mut told = whole_log(&*store).await;
    assert_eq!(told.pop().unwrap().kind, Kind::Notification);
    assert!(told.iter().all(|event| event.kind == Kind::NotificationExpired));
    let mut told: Vec<_> = told.iter().map(|event| format!("{} {}", event.audience, event.position.get())).collect();
    told.sort();
    assert_eq!(others(&place).await, told, "the others go with their events");
}
