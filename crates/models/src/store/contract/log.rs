//! The log, and what is kept beside it.

use std::collections::BTreeMap;

use secrecy::ExposeSecret;

use super::*;
use crate::store::IdempotencyKey;

/// I5 and, with concurrent writers, position order = commit order: a reader that goes on from the
/// last position it saw never misses one.
pub(super) async fn the_log_is_dense_under_concurrent_writers(open: Open) {
    let place = place();
    let store = open(&place).await;
    let writers: Vec<_> = (0..16)
        .map(|writer| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for _ in 0..10 {
                    let drafts = (0..3).map(|i| notify(to(&format!("u{}", (writer + i) % 5)), "x")).collect();
                    store.commit(drafts).await.unwrap();
                }
            })
        })
        .collect();
    let mut read = Vec::new();
    while read.len() < 480 {
        let after = read.last().map_or(Position::START, |event: &Event| event.position);
        read.extend(store.read_log(after, 7).await.unwrap());
        tokio::task::yield_now().await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(store.head().await.unwrap().position, pos(480));
    let mut seqs = BTreeMap::new();
    for (index, event) in read.iter().enumerate() {
        assert_eq!(event.position, pos(i64::try_from(index).unwrap() + 1));
        let seq = seqs.entry(event.audience.to_string()).or_insert(0);
        *seq += 1;
        assert_eq!(event.seq, Seq::new(*seq), "dense within {}", event.audience);
    }
}

/// Who follows the log in this process need not read back what a commit gave them.
pub(super) async fn a_commit_gives_what_the_log_gained(open: Open) {
    let place = place();
    let store = open(&place).await;
    let meet = Draft::Meet { user: user("cid"), at: at(0) };
    assert_eq!(store.commit(vec![meet]).await.unwrap().events, []);
    let both = Recipients::users(vec![user("ann"), user("bob")]).unwrap();
    let key = IdempotencyKey { publisher: user("host"), key: "k".into(), fingerprint: [1; 32] };
    let notification = Box::new(plain("to both"));
    let first = notification.id;
    let keyed = || Draft::Notify {
        notification: notification.clone(),
        to: both.clone(),
        key: Some(key.clone()),
        deliver_at: None,
    };
    let groups = [
        vec![keyed(), keyed(), notify(Recipients::Everyone, "to all"), notify(to("ann"), "again")],
        vec![mark("ann", Mark::Ids(vec![first], READ)), notify(to("bob"), "x"), mark("bob", Mark::UpTo(pos(9), READ))],
        vec![mark("ann", Mark::Ids(vec![first], READ)), keyed()], // nothing new
    ];
    for (group, gained) in groups.into_iter().zip([4, 3, 0]) {
        let before = store.head().await.unwrap().position;
        let committed = store.commit(group).await.unwrap();
        assert_eq!(committed.events.len(), gained);
        assert_eq!(committed.events, store.read_log(before, 100).await.unwrap());
        if let [ann, bob, ..] = &committed.events[..]
            && before == Position::START
        {
            assert!(Arc::ptr_eq(&ann.payload, &bob.payload), "one content, however many it is for");
        }
    }
}

pub(super) async fn a_notification_comes_back_as_it_was_given(open: Open) {
    let place = place();
    let store = open(&place).await;
    let json = serde_json::json!({
        "id": NotificationId::new(at(1), &SystemRandom).to_string(), "title": "Build 4711 failed",
        "body": "a\rid: 9\r\n\u{2028}<b>", "level": "error", "critical": true, "link": "/builds/4711",
        "actions": [{"label": "Retry", "link": "/retry"}], "actor": {"name": "CI", "image": "https://x.org/i.png"},
        "category": "builds", "data": {"build": 4711}, "created_at": at(1), "expires_at": at(9),
    });
    let notification: Notification = serde_json::from_value(json.clone()).unwrap();
    let id = notification.id;
    one(&*store, Draft::Notify { notification: Box::new(notification), to: to("ann"), key: None, deliver_at: None })
        .await;

    let Sent { notification: read, to: recipients, .. } = store.notification(id).await.unwrap().unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), json);
    assert_eq!(recipients, to("ann"));
    let item = store.inbox_item(&user("ann"), id).await.unwrap().unwrap();
    assert_eq!(serde_json::to_value(&item.notification).unwrap(), json);
    let event = whole_log(&*store).await.remove(0);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&event.payload).unwrap(), json);
    assert!(!event.payload.contains(['\r', '\n']), "one line");
    assert_eq!((event.kind, event.effect, event.created_at), (Kind::Notification, Effect::ARRIVED, at(1)));
}

pub(super) async fn many_recipients_share_one_notification(open: Open) {
    let place = place();
    let store = open(&place).await;
    let names: Vec<_> = (0..1000).map(|i| user(&format!("u{i}"))).collect();
    let recipients = Recipients::users(names).unwrap();
    let id = send(&*store, recipients.clone(), "to many").await;
    assert_eq!(whole_log(&*store).await.len(), 1000);
    assert_eq!(store.notification(id).await.unwrap().unwrap().to, recipients);
    for name in ["u0", "u999"] {
        assert_eq!(inbox(&*store, name, InboxState::Unread).await, ["to many"]);
    }
    assert!(store.inbox_item(&user("u1000"), id).await.unwrap().is_none());
}

pub(super) async fn replay_gives_a_users_own_in_order_and_in_pages(open: Open) {
    let place = place();
    let store = open(&place).await;
    for name in ["ann", "bob"] {
        meet(&*store, name).await;
    }
    let drafts = (0..30).map(|i| {
        let recipients = match i % 3 {
            0 => to("ann"),
            1 => to("bob"),
            _ => Recipients::Everyone,
        };
        notify(recipients, &i.to_string())
    });
    commit(&*store, drafts.collect()).await;
    let windows = store.inbox(&user("ann"), &InboxQuery::counts()).await.unwrap().unwrap().windows;
    let mut seen = Vec::new();
    let mut after = pos(4);
    loop {
        let Replay::Events(page) = store.replay(&windows, after, pos(27), 4).await.unwrap() else { panic!("expired") };
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 4);
        after = last.position;
        seen.extend(page.iter().map(|event| event.position.get()));
    }
    assert_eq!(seen, [6, 7, 9, 10, 12, 13, 15, 16, 18, 19, 21, 22, 24, 25, 27], "bob's are not among them");
}

/// I8: one key, one effect, within a group and over groups.
pub(super) async fn a_key_has_one_effect(open: Open) {
    let place = place();
    let store = open(&place).await;
    let keyed = |publisher: &str, fingerprint: u8| {
        let key = IdempotencyKey { publisher: user(publisher), key: "k".into(), fingerprint: [fingerprint; 32] };
        Draft::Notify { notification: Box::new(plain("x")), to: to("ann"), key: Some(key), deliver_at: None }
    };
    let outcomes = commit(&*store, vec![keyed("host", 1), keyed("host", 1), keyed("host", 2), keyed("other", 1)]).await;
    let Outcome::Stored(made) = outcomes[0] else { panic!("{outcomes:?}") };
    assert_eq!(outcomes[1..3], [Outcome::Repeated(made), Outcome::KeyConflict]);
    assert!(matches!(outcomes[3], Outcome::Stored(other) if other != made), "another publisher's key");
    let again = commit(&*store, vec![keyed("host", 1), keyed("host", 2)]).await;
    assert_eq!(again, [Outcome::Repeated(made), Outcome::KeyConflict]);
    assert_eq!(whole_log(&*store).await.len(), 2);
}

/// A signal, however many it is for, is one effect too, and its keys are those of notifications.
pub(super) async fn a_key_has_one_signal(open: Open) {
    let place = place();
    let store = open(&place).await;
    let key = |key: &str, fingerprint: u8| {
        Some(IdempotencyKey { publisher: user("host"), key: key.into(), fingerprint: [fingerprint; 32] })
    };
    let both = Recipients::users(vec![user("ann"), user("bob")]).unwrap();
    let signal = |key: Option<IdempotencyKey>| {
        let (kind, payload) = (Kind::signal("status-update").unwrap(), "{}".into());
        Draft::Signal { kind, payload, to: both.clone(), key, at: at(1) }
    };
    let notification = |key: Option<IdempotencyKey>| Draft::Notify {
        notification: Box::new(plain("x")),
        to: to("ann"),
        key,
        deliver_at: None,
    };
    let (first, again) = (Outcome::Done(true), Outcome::Done(false));
    let drafts = [key("k", 1), key("k", 1), key("k", 2), None].map(signal);
    let expected = [first.clone(), again.clone(), Outcome::KeyConflict, first];
    assert_eq!(commit(&*store, drafts.into()).await, expected, "within one group");
    assert_eq!(whole_log(&*store).await.len(), 4);
    let drafts = [key("k", 1), key("k", 2)].map(signal);
    assert_eq!(commit(&*store, drafts.into()).await, [again.clone(), Outcome::KeyConflict], "and later");
    assert_eq!(one(&*store, notification(key("k", 1))).await, Outcome::KeyConflict, "it made a signal");
    let made = one(&*store, notification(key("n", 1))).await;
    assert!(matches!(made, Outcome::Stored(_)));
    assert_eq!(one(&*store, signal(key("n", 1))).await, Outcome::KeyConflict, "it made a notification");
    assert_eq!(whole_log(&*store).await.len(), 5);
    store.close().await;
    let store = open(&place).await;
    assert_eq!(one(&*store, signal(key("k", 1))).await, again, "it outlives the process");
}

/// A repeat undoes nothing that was done since. Who asks for what is so already has the same promise, until its event is
/// no longer kept.
pub(super) async fn a_key_has_one_mark(open: Open) {
    let place = place();
    let store = open(&place).await;
    let first = send(&*store, to("ann"), "first").await;
    let keyed = |name: &str, key: &str, fingerprint: u8, mark: Mark| {
        let key = Some(IdempotencyKey { publisher: user(name), key: key.into(), fingerprint: [fingerprint; 32] });
        Draft::Mark { user: user(name), mark, key, at: at(2) }
    };
    let read = |key| keyed("ann", key, 1, Mark::one(first, READ));
    let other = || keyed("ann", "k", 2, Mark::UpTo(pos(9), READ));
    let unread = || mark("ann", Mark::one(first, Flags { read: Some(false), ..Flags::default() }));
    let (taken, again) = (Outcome::Marked(true), Outcome::Done(false));

    let outcomes = commit(&*store, vec![read("k"), unread(), read("k"), other()]).await;
    assert_eq!(outcomes, [taken.clone(), taken.clone(), again.clone(), Outcome::KeyConflict], "within one group");
    assert_eq!(counts(&*store, "ann").await.0, 1, "what was done since stays");
    assert_eq!(commit(&*store, vec![read("k"), other()]).await, [again.clone(), Outcome::KeyConflict], "and later");
    assert_eq!(one(&*store, keyed("bob", "k", 1, Mark::UpTo(pos(9), READ))).await, taken, "another user's key");

    one(&*store, mark("ann", Mark::one(first, READ))).await;
    let length = whole_log(&*store).await.len();
    assert_eq!(one(&*store, mark("ann", Mark::one(first, READ))).await, Outcome::Marked(false), "it is so already");
    assert_eq!(whole_log(&*store).await.len(), length);
    let (by_id, by_watermark) = (Mark::Ids(vec![first, first], READ), Mark::UpTo(pos(1), READ));
    for (key, mark, told) in
        [("id", by_id, format!(r#""ids":["{first}"]"#)), ("up to", by_watermark, r#""up_to":1"#.into())]
    {
        assert_eq!(one(&*store, keyed("ann", key, 1, mark.clone())).await, taken);
        let log = whole_log(&*store).await;
        let last = log.last().unwrap();
        assert_eq!(last.effect, Effect::Adds { unread: 0, unseen: 0 });
        assert_eq!(&*last.payload, format!(r#"{{{told},"read":true}}"#));
        one(&*store, unread()).await;
        assert_eq!(one(&*store, keyed("ann", key, 1, mark)).await, again);
        assert_eq!(counts(&*store, "ann").await.0, 1);
        one(&*store, self::mark("ann", Mark::one(first, READ))).await;
    }
    let unknown = || keyed("ann", "free", 1, Mark::one(NotificationId::new(at(1), &SystemRandom), READ));
    assert_eq!(commit(&*store, vec![unknown(), unknown()]).await, [Outcome::NotFound, Outcome::NotFound]);
    assert_eq!(one(&*store, read("free")).await, taken, "what was refused took no key");

    store.close().await;
    let store = open(&place).await;
    assert_eq!(one(&*store, read("k")).await, again, "it outlives the process");
    one(&*store, unread()).await;
    retention::trim(&*store, Retention { max_events: 0, ..retention::KEEP }, at(2)).await;
    assert_eq!(one(&*store, read("k")).await, taken, "it goes with its event");
}

pub(super) async fn everything_outlives_the_process(open: Open) {
    let place = place();
    let store = open(&place).await;
    send(&*store, to("ann"), "kept").await;
    let (head, cursor) = (store.head().await.unwrap(), store.cursors().seal(pos(1)));
    let secret = store.token_secret().await.unwrap();
    store.close().await;
    let store = open(&place).await;
    assert_eq!(store.head().await.unwrap(), head);
    assert_eq!(store.cursors().open(cursor.as_str().as_bytes()), Ok(pos(1)), "cursors stay good");
    assert_eq!(store.token_secret().await.unwrap().expose_secret(), secret.expose_secret(), "and so do tokens");
    assert_eq!(inbox(&*store, "ann", InboxState::All).await, ["kept"]);
}

/// I5: nobody takes their own last group for the last of all.
pub(super) async fn processes_take_turns_with_one_log(open: Open) {
    let place = place();
    let stores = [open(&place).await, open(&place).await];
    for i in 0..20_usize {
        let store = &stores[usize::from(i % 3 == 0)];
        send(&**store, to(["ann", "bob"][i % 2]), "x").await;
    }
    for name in ["ann", "bob"] {
        let events = whole_log(&*stores[0]).await;
        let own = events.iter().filter(|event| event.audience == Audience::User(user(name)));
        assert_eq!(own.map(|event| event.seq).collect::<Vec<_>>(), (1..=10).map(Seq::new).collect::<Vec<_>>());
    }
}

/// It is not read, by whoever follows the log or replays it: neither is what comes after it.
pub(super) async fn what_a_later_version_wrote_is_not_passed_over(open: Open) {
    let place = place();
    let store = open(&place).await;
    meet(&*store, "ann").await;
    send(&*store, to("ann"), "before").await;
    let (kind, payload) = (Kind::Other("notification.pinned".into()), "{}".into());
    one(&*store, Draft::Signal { kind, payload, to: to("ann"), key: None, at: at(1) }).await;
    send(&*store, to("ann"), "after").await;
    let windows = [Window::since(Audience::User(user("ann")), Position::START)];
    for (before, after) in [(pos(0), false), (pos(1), false), (pos(2), true)] {
        let read = store.read_log(before, 9).await.map(|_| ());
        let replayed = store.replay(&windows, before, pos(3), 9).await.map(|_| ());
        for done in [read, replayed] {
            let newer = matches!(&done, Err(StoreError::Newer(what)) if what.contains("notification.pinned"));
            assert_eq!((done.is_ok(), newer), (after, !after), "{done:?}");
        }
    }
    assert_eq!(store.read_log(pos(0), 1).await.unwrap().len(), 1, "up to it all is read");
}
