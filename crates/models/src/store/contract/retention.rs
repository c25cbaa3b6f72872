//! What is no longer kept.

use super::*;
use crate::store::IdempotencyKey;

pub(super) const KEEP: Retention =
    Retention { events_ms: 7_000, max_events: 1_000_000, notifications_ms: 90_000, max_notifications: 1_000_000 };

/// Takes steps until there is nothing more to remove.
pub(super) async fn trim(store: &dyn Store, keep: Retention, now: Timestamp) -> (i64, i64) {
    let mut sum = (0, 0);
    loop {
        let step = store.trim(&keep, now, pos(i64::MAX)).await.unwrap();
        sum = (sum.0 + step.events, sum.1 + step.notifications);
        if !step.more {
            return sum;
        }
    }
}

pub(super) async fn what_is_too_old_or_too_much_leaves_the_log(open: Open) {
    let place = place();
    let store = open(&place).await;
    for _ in 0..700 {
        send(&*store, to("ann"), "x").await; // made at second 1
    }
    let windows = store.inbox(&user("ann"), &InboxQuery::counts()).await.unwrap().unwrap().windows;
    assert_eq!(trim(&*store, KEEP, at(7)).await, (0, 0), "not yet");
    assert_eq!(trim(&*store, Retention { max_events: 100, ..KEEP }, at(7)).await, (600, 0));
    assert_eq!(store.head().await.unwrap().floor, pos(600));
    assert!(matches!(store.replay(&windows, pos(599), pos(700), 9).await.unwrap(), Replay::Expired));
    let Replay::Events(rest) = store.replay(&windows, pos(600), pos(700), 999).await.unwrap() else {
        panic!("expired")
    };
    assert_eq!(rest.iter().map(|event| event.position.get()).collect::<Vec<_>>(), (601..=700).collect::<Vec<_>>());
    assert_eq!(trim(&*store, KEEP, at(9)).await, (100, 0), "and now by their age");
    assert_eq!(counts(&*store, "ann").await, (700, 700), "inboxes keep them");
    send(&*store, to("ann"), "next").await;
    assert_eq!(whole_log(&*store).await[0].seq, Seq::new(701), "seqs go on");
}

/// I5: whatever has told the last seq is gone, and nobody is there who remembers it.
pub(super) async fn seqs_go_on_after_what_told_them_is_gone(open: Open) {
    let place = place();
    let keep_nothing = Retention { max_events: 0, ..KEEP };
    let mut seqs = Vec::new();
    for (entries, now) in [(true, 2), (true, 92), (false, 92)] {
        let store = open(&place).await;
        let made = send(&*store, to("ann"), "x").await;
        if !entries {
            one(&*store, mark("ann", Mark::Ids(vec![made], READ))).await;
        }
        let end = store.head().await.unwrap().position;
        seqs.extend(store.read_log(Position::START, 9).await.unwrap().iter().map(|event| event.seq));
        trim(&*store, keep_nothing, at(now)).await;
        seqs.extend(store.read_log(end, 9).await.unwrap().iter().map(|event| event.seq));
        while store.head().await.unwrap().floor < store.head().await.unwrap().position {
            trim(&*store, keep_nothing, at(now)).await;
        }
        store.close().await;
    }
    let store = open(&place).await;
    send(&*store, to("ann"), "x").await;
    seqs.extend(whole_log(&*store).await.iter().map(|event| event.seq));
    assert_eq!(seqs, (1..=i64::try_from(seqs.len()).unwrap()).map(Seq::new).collect::<Vec<_>>());
    assert!(seqs.len() > 5);
}

/// What stands in inboxes never goes before its event, so a replay may find events by it.
pub(super) async fn an_inbox_keeps_what_the_log_keeps(open: Open) {
    let place = place();
    let store = open(&place).await;
    let first = send(&*store, to("bob"), "first").await;
    send(&*store, Recipients::users(vec![user("ann"), user("bob")]).unwrap(), "second").await;
    one(&*store, mark("bob", Mark::Ids(vec![first], READ))).await;
    send(&*store, Recipients::Everyone, "third").await;
    let windows = store.inbox(&user("bob"), &InboxQuery::counts()).await.unwrap().unwrap().windows;
    let replayed = async |after: i64| {
        let Replay::Events(events) = store.replay(&windows, pos(after), pos(100), 9).await.unwrap() else {
            panic!("expired")
        };
        events.iter().map(|event| event.position.get()).collect::<Vec<_>>()
    };
    let none = Retention { notifications_ms: 0, ..KEEP };
    // At 2 and 3 are the events of one notification, which stays for the later of them, and then is told to have gone.
    for (kept, gone, rest) in [(6, (0, 0), &[1, 3, 4, 5][..]), (3, (2, 1), &[3, 4, 5]), (1, (2, 1), &[5, 7])] {
        assert_eq!(trim(&*store, Retention { max_events: kept, ..none }, at(2)).await, gone);
        let floor = store.head().await.unwrap().floor.get();
        assert_eq!(replayed(floor).await, rest, "after {floor}");
    }
}

pub(super) async fn what_leaves_an_inbox_is_told_and_uncounted(open: Open) {
    let place = place();
    let store = open(&place).await;
    for name in ["ann", "bob"] {
        meet(&*store, name).await;
    }
    let read = send(&*store, to("ann"), "read").await;
    send(&*store, to("ann"), "unread").await;
    send(&*store, Recipients::Everyone, "to all").await;
    one(&*store, mark("ann", Mark::Ids(vec![read], READ))).await;
    one(&*store, mark("bob", Mark::UpTo(pos(3), READ))).await;
    let end = store.head().await.unwrap().position;
    assert_eq!(trim(&*store, KEEP, at(92)).await, (5, 3));
    let told = store.read_log(end, 100).await.unwrap();
    let mut told: Vec<_> =
        told.iter().map(|event| (event.kind.as_str(), event.audience.to_string(), event.effect)).collect();
    told.sort_by(|a, b| b.1.cmp(&a.1)); // made in one millisecond, they leave in any order
    let expired = "notification.expired";
    let expected = [
        (expired, "user:ann".to_owned(), Effect::Adds { unread: -1, unseen: -1 }),
        (expired, "everyone".to_owned(), Effect::Recounts),
    ];
    assert_eq!(told, expected, "what was read goes in silence");
    assert_eq!((counts(&*store, "ann").await, counts(&*store, "bob").await), ((0, 0), (0, 0)));
    assert!(inbox(&*store, "ann", InboxState::All).await.is_empty());
    assert!(store.notification(read).await.unwrap().is_none());
    assert_eq!(trim(&*store, KEEP, at(93)).await, (0, 0));
}

/// I8: a key is remembered as long as what it made, and no longer.
/// With the last of its events, and not before.
pub(super) async fn a_key_goes_with_the_signal_that_it_made(open: Open) {
    let place = place();
    let store = open(&place).await;
    let both = Recipients::users(vec![user("ann"), user("bob")]).unwrap();
    let signal = || {
        let key = IdempotencyKey { publisher: user("host"), key: "k".into(), fingerprint: [1; 32] };
        let (kind, payload) = (Kind::signal("tick").unwrap(), "{}".into());
        Draft::Signal { kind, payload, to: both.clone(), key: Some(key), at: at(1) }
    };
    assert_eq!(one(&*store, signal()).await, Outcome::Done(true));
    trim(&*store, Retention { max_events: 1, ..KEEP }, at(2)).await;
    assert_eq!(store.head().await.unwrap().floor, pos(1));
    assert_eq!(one(&*store, signal()).await, Outcome::Done(false), "one of its events is there");
    trim(&*store, Retention { max_events: 0, ..KEEP }, at(2)).await;
    assert_eq!(one(&*store, signal()).await, Outcome::Done(true));
}

pub(super) async fn a_key_goes_with_what_it_made(open: Open) {
    let place = place();
    let store = open(&place).await;
    let keyed = || {
        let key = IdempotencyKey { publisher: user("host"), key: "k".into(), fingerprint: [1; 32] };
        Draft::Notify { notification: Box::new(plain("x")), to: to("ann"), key: Some(key), deliver_at: None }
    };
    let Outcome::Stored(made) = one(&*store, keyed()).await else { panic!("not stored") };
    trim(&*store, KEEP, at(9)).await;
    assert_eq!(one(&*store, keyed()).await, Outcome::Repeated(made), "its event has left the log, it has not");
    trim(&*store, KEEP, at(92)).await;
    assert!(matches!(one(&*store, keyed()).await, Outcome::Stored(again) if again != made));
}
