//! What admins do to what they sent.

use super::*;
use crate::store::{Deed, IdempotencyKey, Replacement};

fn admin() -> UserId {
    user("admin")
}

async fn sent(store: &dyn Store, id: NotificationId) -> Sent {
    store.notification(id).await.unwrap().unwrap()
}

fn correct(sent: &Sent, title: &str) -> Draft {
    let notification = Box::new(Notification { title: title.into(), ..sent.notification.clone() });
    Draft::Correct { notification, deliver_at: None, revision: sent.revision, by: admin(), at: at(3) }
}

pub(super) async fn a_correction_changes_all_copies_and_keeps_what_was(open: Open) {
    let place = place();
    let store = open(&place).await;
    let both = Recipients::users(vec![user("ann"), user("bob")]).unwrap();
    let id = send(&*store, both, "wrnog").await;
    let before = sent(&*store, id).await;
    let end = store.head().await.unwrap().position;
    assert_eq!(one(&*store, correct(&before, "right")).await, Outcome::Done(true));
    let told = store.read_log(end, 9).await.unwrap();
    assert!(told.iter().all(|event| event.kind == Kind::NotificationUpdated && event.payload.contains("right")));
    assert_eq!(told.len(), 2);
    assert_eq!(inbox(&*store, "bob", InboxState::Unread).await, ["right"]);
    assert_eq!(counts(&*store, "ann").await, (1, 1));
    assert_eq!(one(&*store, correct(&before, "late")).await, Outcome::Conflict, "somebody else was quicker");
    let Sent { history, .. } = sent(&*store, id).await;
    let [Deed { by, action, before: Some(kept), .. }] = &history[..] else { panic!("{history:?}") };
    assert_eq!((by, action.as_str(), kept.contains("wrnog")), (&admin(), "corrected", true));
    assert_eq!(one(&*store, correct(&Sent { notification: plain("x"), ..before }, "x")).await, Outcome::NotFound);
}

pub(super) async fn what_is_retracted_is_nowhere_and_not_forgotten(open: Open) {
    let place = place();
    let store = open(&place).await;
    meet(&*store, "ann").await;
    let id = send(&*store, Recipients::Everyone, "x").await;
    send(&*store, to("ann"), "stays").await;
    let retract = || Draft::Retract { id, by: admin(), at: at(4) };
    assert_eq!(one(&*store, retract()).await, Outcome::Done(true));
    assert_eq!(one(&*store, retract()).await, Outcome::Done(false), "twice is once");
    assert_eq!(inbox(&*store, "ann", InboxState::All).await, ["stays"]);
    assert_eq!(one(&*store, mark("ann", Mark::one(id, READ))).await, Outcome::NotFound);
    let Sent { stage, to, history, .. } = sent(&*store, id).await;
    assert_eq!((stage, to, history[0].action.as_str()), (Stage::Retracted(at(4)), Recipients::Everyone, "retracted"));
    assert_eq!(one(&*store, correct(&sent(&*store, id).await, "x")).await, Outcome::Conflict);
    // Whoever was away hears of both.
    let windows = store.inbox(&user("ann"), &InboxQuery::counts()).await.unwrap().unwrap().windows;
    let Replay::Events(events) = store.replay(&windows, pos(0), pos(9), 9).await.unwrap() else { panic!("expired") };
    let kinds: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["notification", "notification", "notification.retracted"]);
    retention::trim(&*store, retention::KEEP, at(200)).await;
    assert!(store.notification(id).await.unwrap().is_none());
}

/// In some inboxes, then in all, and that is how it ends.
pub(super) async fn what_was_replaced_says_by_what(open: Open) {
    let place = place();
    let store = open(&place).await;
    let grouped = async |names: &[&str], second: i64| {
        let to = Recipients::users(names.iter().map(|name| user(name)).collect()).unwrap();
        let (group_key, created_at, expires_at) = (Some("build".into()), at(second), Some(at(20)));
        let notification = Box::new(Notification { group_key, created_at, expires_at, ..plain("x") });
        let id = notification.id;
        let outcome = one(&*store, Draft::Notify { notification, to, key: None, deliver_at: None }).await;
        assert_eq!(outcome, Outcome::Stored(id));
        id
    };
    let stage = async |id| sent(&*store, id).await.stage;
    let first = grouped(&["ann", "bob"], 1).await;
    assert_eq!(stage(first).await, Stage::Delivered);
    grouped(&["ann"], 2).await;
    assert_eq!(stage(first).await, Stage::Delivered, "it stands in one inbox");
    let by = grouped(&["bob"], 3).await;
    let replaced = Stage::Replaced(Some(Replacement { by, at: at(3) }));
    assert_eq!((stage(first).await, stage(by).await), (replaced, Stage::Delivered));
    assert_eq!(one(&*store, correct(&sent(&*store, first).await, "late")).await, Outcome::Conflict);
    let listed = store.notifications(SentQuery::Made(None), 9).await.unwrap();
    assert_eq!(listed.iter().find(|sent| sent.notification.id == first).unwrap().stage, replaced);

    assert_eq!(one(&*store, Draft::Due { at: at(20) }).await, Outcome::Did(2), "what is gone does not expire");
    assert_eq!((stage(first).await, stage(by).await), (replaced, Stage::Expired(at(20))));
    assert!(!store.is_due(at(99)).await.unwrap());
    assert_eq!(one(&*store, Draft::Retract { id: first, by: admin(), at: at(30) }).await, Outcome::Done(true));
    assert_eq!(stage(first).await, Stage::Retracted(at(30)));
}

/// The same on every database, in whatever order it came to be.
pub(super) async fn what_is_due_at_one_moment_has_an_order(open: Open) {
    let place = place();
    let store = open(&place).await;
    let names = ["dan", "ann", "cid", "bob"];
    store.put_topic(&topic("t")).await.unwrap();
    for name in names {
        meet(&*store, name).await;
        let (user, topic) = (user(name), topic("t").name);
        one(&*store, Draft::Subscribe { user, topic, join: true, by_admin: true, at: at(0) }).await;
    }
    let everybody = Recipients::Topic(topic("t").name);
    let mut made: Vec<_> = (0..8).map(|_| Notification { expires_at: Some(at(20)), ..plain("ends") }).collect();
    made.sort_by_key(|made| std::cmp::Reverse(made.id));
    let newest_first: Vec<_> = made.iter().map(|made| made.id.to_string()).collect();
    for notification in made {
        let (notification, to) = (Box::new(notification), everybody.clone());
        one(&*store, Draft::Notify { notification, to, key: None, deliver_at: None }).await;
    }
    let later = send(&*store, everybody, "snoozed").await;
    for name in names {
        let put_off = Flags { snoozed_until: Some(Some(at(10))), ..Flags::default() };
        one(&*store, mark(name, Mark::one(later, put_off))).await;
        let (user, topic) = (user(name), topic("t").name);
        one(&*store, Draft::Subscribe { user, topic, join: false, by_admin: true, at: at(0) }).await;
    }
    let before = whole_log(&*store).await.len();

    one(&*store, Draft::Due { at: at(10) }).await;
    let told = async |from| {
        let log = whole_log(&*store).await;
        log[from..].iter().map(|event| event.audience.to_string()).collect::<Vec<_>>()
    };
    let users = ["user:ann", "user:bob", "user:cid", "user:dan"];
    assert_eq!(told(before).await, users, "what was snoozed comes back by user");

    one(&*store, Draft::Due { at: at(20) }).await;
    let log = whole_log(&*store).await;
    let mut expired: Vec<_> = log[before + 4..].iter().map(|event| event.payload.to_string()).collect();
    expired.dedup();
    let oldest_first: Vec<_> = newest_first.into_iter().rev().collect();
    assert_eq!(expired.len(), oldest_first.len());
    for (expired, id) in expired.iter().zip(oldest_first) {
        assert!(expired.contains(&id), "what expires goes by id: {expired}");
    }
    assert_eq!(told(before + 4).await[1..5], users, "who left a topic hears by name");
}

/// Exactly once, whatever comes between.
pub(super) async fn what_is_scheduled_is_made_once_at_its_time(open: Open) {
    let place = place();
    let store = open(&place).await;
    let key = || IdempotencyKey { publisher: admin(), key: "k".into(), fingerprint: [1; 32] };
    let notification = Box::new(plain("later"));
    let id = notification.id;
    let draft = Draft::Notify { notification, to: to("ann"), key: Some(key()), deliver_at: Some(at(10)) };
    assert_eq!(one(&*store, draft.clone()).await, Outcome::Stored(id));
    assert_eq!(one(&*store, draft).await, Outcome::Repeated(id));
    assert_eq!(sent(&*store, id).await.stage, Stage::Scheduled(at(10)));
    assert_eq!(whole_log(&*store).await.len(), 0);
    assert!(!store.is_due(at(9)).await.unwrap());
    assert_eq!(one(&*store, Draft::Due { at: at(9) }).await, Outcome::Did(0));

    let before = sent(&*store, id).await;
    let Draft::Correct { notification, revision, by, .. } = correct(&before, "sooner") else { panic!("not that") };
    let sooner = Draft::Correct { notification, deliver_at: Some(at(5)), revision, by, at: at(3) };
    assert_eq!(one(&*store, sooner).await, Outcome::Done(true));
    assert_eq!(sent(&*store, id).await.stage, Stage::Scheduled(at(5)));
    store.close().await;

    let store = open(&place).await;
    assert!(store.is_due(at(5)).await.unwrap());
    let due = || Draft::Due { at: at(5) };
    assert_eq!(commit(&*store, vec![due(), due()]).await, [Outcome::Did(1), Outcome::Did(0)]);
    assert_eq!(inbox(&*store, "ann", InboxState::Unread).await, ["sooner"]);
    let now = sent(&*store, id).await;
    assert_eq!((now.stage, now.history.len()), (Stage::Delivered, 1));
    assert_eq!(store.notifications(SentQuery::Made(None), 9).await.unwrap()[0].notification.id, id);

    // It is kept as long as if it had been made at its delivery.
    retention::trim(&*store, Retention { max_events: 0, ..retention::KEEP }, at(92)).await;
    assert_eq!(inbox(&*store, "ann", InboxState::Unread).await, ["sooner"]);
    retention::trim(&*store, retention::KEEP, at(96)).await;
    assert_eq!(inbox(&*store, "ann", InboxState::Unread).await, [""; 0]);

    let off = Box::new(plain("called off"));
    let (id, notify) =
        (off.id, Draft::Notify { notification: off, to: to("ann"), key: None, deliver_at: Some(at(20)) });
    one(&*store, notify).await;
    assert_eq!(store.notifications(SentQuery::Scheduled(None), 9).await.unwrap()[0].notification.id, id);
    assert_eq!(one(&*store, Draft::Retract { id, by: admin(), at: at(6) }).await, Outcome::Done(true));
    assert!(store.notification(id).await.unwrap().is_none());
    assert_eq!(one(&*store, Draft::Due { at: at(30) }).await, Outcome::Did(0));
}

pub(super) async fn what_was_sent_is_listed_newest_first(open: Open) {
    let place = place();
    let store = open(&place).await;
    let mut ids = Vec::new();
    for second in 1..=5 {
        let id = NotificationId::new(at(second), &SystemRandom);
        let notification = Box::new(Notification { id, ..plain("x") });
        one(&*store, Draft::Notify { notification, to: to("ann"), key: None, deliver_at: None }).await;
        ids.insert(0, id);
    }
    let listed = async |query| {
        let page = store.notifications(query, 3).await.unwrap();
        page.into_iter().map(|sent| sent.notification.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(SentQuery::Made(None)).await, ids[..3]);
    assert_eq!(listed(SentQuery::Made(Some(ids[2]))).await, ids[3..]);
}
