//! The ledger: what was written to which stream, and why somebody saw a notification or did not.

use uuid::Uuid;

use super::*;

/// A stream of a user that was given everything after one position and up to another.
pub(super) fn stream(name: &str, number: u128, opened: i64, after: i64, written: i64) -> Connection {
    Connection {
        id: Uuid::from_u128(number),
        user: user(name),
        opened_at: at(opened),
        after: pos(after),
        written: pos(written),
        state_after: None,
        written_at: at(opened + 1),
        closed_at: None,
        events: written - after,
    }
}

async fn verdict(store: &dyn Store, name: &str, id: NotificationId) -> Verdict {
    store.delivery(id, &user(name)).await.unwrap().verdict()
}

pub(super) async fn one_interval_of_a_stream_says_it_all(open: Open) {
    let place = place();
    let store = open(&place).await;
    let first = send(&*store, to("ann"), "first").await;
    let second = send(&*store, to("ann"), "second").await;
    let third = send(&*store, to("ann"), "third").await;
    assert_eq!(verdict(&*store, "ann", second).await, Verdict::Waiting);
    assert_eq!(verdict(&*store, "bob", second).await, Verdict::NotAddressed);
    store.note_connections(&[stream("ann", 1, 0, 0, 0), stream("bob", 2, 0, 0, 3)]).await.unwrap();
    assert_eq!(verdict(&*store, "ann", second).await, Verdict::Waiting, "not hers, and not so far");
    store.note_connections(&[stream("ann", 1, 0, 0, 2), stream("ann", 3, 9, 3, 3)]).await.unwrap();
    let known = store.delivery(second, &user("ann")).await.unwrap();
    let given: Vec<_> = known.given().map(|(stream, given, when)| (stream.id.as_u128(), given, when)).collect();
    assert_eq!(given, [(1, Given::Event, at(1))], "opened before it was made: it was written then");
    assert_eq!(known.verdict(), Verdict::Written);
    assert_eq!(verdict(&*store, "ann", third).await, Verdict::Had, "her client says that it has it");

    let state = Connection { state_after: Some(pos(1)), closed_at: Some(at(12)), ..stream("ann", 4, 11, 3, 3) };
    store.note_connections(std::slice::from_ref(&state)).await.unwrap();
    let known = store.delivery(third, &user("ann")).await.unwrap();
    let given: Vec<_> = known.given().map(|(stream, given, when)| (stream.clone(), given, when)).collect();
    assert_eq!(given, [(state, Given::State, at(11))], "it was opened later: it was written then");
    assert!(
        store.delivery(first, &user("ann")).await.unwrap().given().count() == 1,
        "the state did not go back so far"
    );

    for (flags, expected) in [(Flags { seen: Some(true), ..Flags::default() }, Verdict::Seen), (READ, Verdict::Read)] {
        one(&*store, mark("ann", Mark::one(second, flags))).await;
        assert_eq!(verdict(&*store, "ann", second).await, expected);
    }
    one(&*store, mark("ann", Mark::one(second, ACTED))).await;
    assert_eq!(verdict(&*store, "ann", second).await, Verdict::Acted);
    let acted_at = store.delivery(second, &user("ann")).await.unwrap().place.unwrap().acted_at;
    assert_eq!(acted_at, Some(at(2)));
    one(&*store, mark("ann", Mark::UpTo(pos(3), READ))).await;
    assert_eq!(verdict(&*store, "ann", third).await, Verdict::Read, "by watermark");
}

pub(super) async fn what_left_an_inbox_says_how(open: Open) {
    let place = place();
    let store = open(&place).await;
    let grouped = |title: &str| {
        let notification = Box::new(Notification { group_key: Some("g".into()), ..plain(title) });
        (notification.id, Draft::Notify { notification, to: to("ann"), key: None, deliver_at: None })
    };
    let (old, draft) = grouped("old");
    one(&*store, draft).await;
    one(&*store, grouped("new").1).await;
    let taken_back = send(&*store, to("ann"), "wrong").await;
    one(&*store, Draft::Retract { id: taken_back, by: user("admin"), at: at(3) }).await;
    let expiring = Box::new(Notification { expires_at: Some(at(5)), ..plain("short") });
    let short = expiring.id;
    one(&*store, Draft::Notify { notification: expiring, to: to("ann"), key: None, deliver_at: None }).await;
    one(&*store, Draft::Due { at: at(6) }).await;
    for (id, left) in [(old, Left::Replaced), (taken_back, Left::Retracted), (short, Left::Expired)] {
        assert_eq!(verdict(&*store, "ann", id).await, Verdict::Left(left));
        assert_eq!(verdict(&*store, "bob", id).await, Verdict::NotAddressed);
    }

    let mut preferences = Preferences::default();
    preferences.muted.levels.insert(Level::Info);
    one(&*store, Draft::Prefer { user: user("ann"), preferences, at: at(7) }).await;
    let muted = send(&*store, to("ann"), "muted").await;
    assert_eq!(verdict(&*store, "ann", muted).await, Verdict::Muted);
    for (flags, expected) in [
        (Flags { snoozed_until: Some(Some(at(99))), ..Flags::default() }, Verdict::Snoozed),
        (Flags { archived: Some(true), ..Flags::default() }, Verdict::Archived),
        (Flags { deleted: Some(true), ..Flags::default() }, Verdict::Deleted),
    ] {
        one(&*store, mark("ann", Mark::one(muted, flags))).await;
        assert_eq!(verdict(&*store, "ann", muted).await, expected);
    }
}

/// I4: streams of those who were not in its audience then were not given it, whatever they came past.
pub(super) async fn the_reach_of_a_broadcast_counts_those_it_was_for(open: Open) {
    let place = place();
    let store = open(&place).await;
    for name in ["ann", "bob"] {
        meet(&*store, name).await;
    }
    let to_all = send(&*store, Recipients::Everyone, "to all").await;
    meet(&*store, "late").await;
    store.put_topic(&topic("deploys")).await.unwrap();
    let join =
        Draft::Subscribe { user: user("ann"), topic: topic("deploys").name, join: true, by_admin: false, at: at(2) };
    one(&*store, join).await;
    let to_topic = send(&*store, Recipients::Topic(topic("deploys").name), "to a topic").await;
    let streams = [("ann", 1), ("ann", 2), ("bob", 3), ("late", 4)];
    let streams: Vec<_> = streams.into_iter().map(|(name, number)| stream(name, number, 0, 0, 9)).collect();
    store.note_connections(&streams).await.unwrap();
    one(&*store, mark("bob", Mark::one(to_all, READ))).await;
    one(&*store, mark("ann", Mark::one(to_all, Flags { seen: Some(true), ..Flags::default() }))).await;
    let reach = store.reach(to_all).await.unwrap();
    assert_eq!(reach, Reach { streams: 3, users: 2, more_streams: false, seen: 2, read: 1, acted: 0 });
    one(&*store, mark("ann", Mark::one(to_all, ACTED))).await;
    let reach = store.reach(to_all).await.unwrap();
    assert_eq!((reach.seen, reach.read, reach.acted), (2, 2, 1));
    let reach = store.reach(to_topic).await.unwrap();
    assert_eq!(reach, Reach { streams: 2, users: 1, more_streams: false, seen: 0, read: 0, acted: 0 });
    assert_eq!(verdict(&*store, "late", to_all).await, Verdict::NotAddressed);
}

/// What is forgotten is not taken for something that never was.
pub(super) async fn old_streams_are_forgotten_and_that_is_known(open: Open) {
    let place = place();
    let store = open(&place).await;
    let first = send(&*store, to("ann"), "first").await;
    let second = send(&*store, to("ann"), "second").await;
    for number in 0..1200 {
        store.note_connections(&[stream("ann", number, 0, 0, 1)]).await.unwrap();
    }
    store.note_connections(&[stream("ann", 5000, 5, 0, 1)]).await.unwrap();
    retention::trim(&*store, retention::KEEP, at(8)).await;
    assert_eq!(store.connections(&user("ann"), None, 9999).await.unwrap().len(), 1201, "not yet");
    retention::trim(&*store, retention::KEEP, at(9)).await;
    let kept = store.connections(&user("ann"), None, 9).await.unwrap();
    assert_eq!(kept, [stream("ann", 5000, 5, 0, 1)]);
    assert_eq!(verdict(&*store, "ann", first).await, Verdict::Written, "one of them is still known");
    retention::trim(&*store, retention::KEEP, at(14)).await;
    assert_eq!(verdict(&*store, "ann", first).await, Verdict::Unknown);
    assert_eq!(verdict(&*store, "ann", second).await, Verdict::Waiting, "none of them came so far");

    for number in 0..3 {
        store.note_connections(&[stream("ann", number, 10 + i64::try_from(number).unwrap(), 0, 2)]).await.unwrap();
    }
    retention::trim(&*store, Retention { max_events: 2, ..retention::KEEP }, at(14)).await;
    let kept = store.connections(&user("ann"), None, 9).await.unwrap();
    assert_eq!(kept.iter().map(|stream| stream.id.as_u128()).collect::<Vec<_>>(), [1, 2], "the newest");
    let rest = store.connections(&user("ann"), kept.first(), 9).await.unwrap();
    assert_eq!(rest, kept[1..]);
}
