//! A person's data: what there is, and that nothing is left of it.

use super::*;
use crate::store::IdempotencyKey;

fn join(name: &str) -> Draft {
    Draft::Subscribe { user: user(name), topic: topic("deploys").name, join: true, by_admin: false, at: at(2) }
}

/// Erases to the end, and tells in how many steps.
async fn erase(store: &dyn Store, name: &str) -> usize {
    for step in 1.. {
        let alias = user(&format!("erased-{}", uuid::Uuid::from_u128(u128::from(SystemRandom.up_to(u32::MAX)))));
        match one(store, Draft::Erase { user: user(name), alias, at: at(9) }).await {
            Outcome::Erased { more: true } => {}
            Outcome::Erased { more: false } => return step,
            other => panic!("{other:?}"),
        }
    }
    unreachable!("it ends")
}

/// Something of everything that can be kept of a person.
async fn fill(store: &dyn Store, secret: &str) -> NotificationId {
    meet(store, "bob").await;
    store.put_topic(&topic("deploys")).await.unwrap();
    commit(store, vec![join("ann"), join("bob")]).await;
    let key = IdempotencyKey { publisher: user("ann"), key: "k".into(), fingerprint: [1; 32] };
    let keyed =
        Draft::Notify { notification: Box::new(plain("by ann")), to: to("bob"), key: Some(key), deliver_at: None };
    one(store, keyed).await;
    let mut ids = Vec::new();
    for i in 0..300 {
        ids.push(send(store, to("ann"), &format!("{secret} {i}")).await);
    }
    let both = Recipients::users(vec![user("ann"), user("bob")]).unwrap();
    let shared = send(store, both.clone(), "to both").await;
    one(
        store,
        Draft::Signal { kind: Kind::signal("x").unwrap(), payload: "\"both\"".into(), to: both, key: None, at: at(2) },
    )
    .await;
    send(store, Recipients::Everyone, "to all").await;
    send(store, Recipients::Topic(topic("deploys").name), "to a topic").await;
    one(store, mark("ann", Mark::Ids(ids[..200].to_vec(), READ))).await;
    one(store, mark("ann", Mark::one(shared, READ))).await;
    one(store, Draft::Retract { id: ids[7], by: user("admin"), at: at(3) }).await;
    let correct = store.notification(ids[8]).await.unwrap().unwrap();
    let notification = Box::new(Notification { title: format!("{secret} corrected"), ..correct.notification });
    let revision = correct.revision;
    one(store, Draft::Correct { notification, deliver_at: None, revision, by: user("admin"), at: at(3) }).await;
    let signal = Draft::Signal {
        kind: Kind::signal("x").unwrap(),
        payload: format!("\"{secret}\"").into(),
        to: to("ann"),
        key: None,
        at: at(3),
    };
    one(store, signal).await;
    let grouped = |title: String| {
        let notification = Box::new(Notification { group_key: Some("g".into()), ..plain(&title) });
        Draft::Notify { notification, to: to("ann"), key: None, deliver_at: None }
    };
    commit(store, vec![grouped(format!("{secret} old")), grouped(format!("{secret} new"))]).await;
    let mut preferences = Preferences::default();
    preferences.muted.categories.insert(secret.into());
    one(store, Draft::Prefer { user: user("ann"), preferences, at: at(4) }).await;
    for recipients in [to("ann"), Recipients::users(vec![user("ann"), user("bob"), user("cid")]).unwrap()] {
        let notification = Box::new(plain("later"));
        one(store, Draft::Notify { notification, to: recipients, key: None, deliver_at: Some(at(50)) }).await;
    }
    let account = access::account("ann");
    store.create_account(&account).await.unwrap();
    store.begin_sign_in(&access::sign_in("ann", "secret", 1)).await.unwrap();
    one(store, Draft::Access { change: AccessChange::EndUser(user("ann")), at: at(4) }).await;
    store.begin_sign_in(&access::sign_in("ann", "another", 5)).await.unwrap();
    let connection = Connection {
        id: uuid::Uuid::nil(),
        user: user("ann"),
        opened_at: at(1),
        after: pos(0),
        written: pos(9),
        state_after: None,
        written_at: at(2),
        closed_at: None,
        events: 3,
    };
    store.note_connections(&[connection]).await.unwrap();
    shared
}

pub(super) async fn what_is_kept_of_a_person_can_be_had(open: Open) {
    let place = place();
    let store = open(&place).await;
    assert!(store.known(&user("ann")).await.unwrap().is_none());
    fill(&*store, "hush").await;
    let known = store.known(&user("ann")).await.unwrap().unwrap();
    assert_eq!((known.read, known.since), (pos(0), at(2)));
    let receipts = store.receipts(&user("ann"), Position::START, 1000).await.unwrap();
    assert_eq!(receipts.len(), 200, "of 201, less the one whose notification was taken back");
    assert!(receipts.iter().all(|receipt| receipt.notification.is_some() && receipt.read == Some(true)));
    let rest = store.receipts(&user("ann"), receipts[150].position, 10).await.unwrap();
    assert_eq!(rest, receipts[151..161]);
    assert_eq!(store.connections(&user("ann"), None, 9).await.unwrap().len(), 1);
    let former = store.former(&user("ann"), Position::START, 9).await.unwrap();
    let former: Vec<_> = former.iter().map(|(_, gone)| gone.title.as_str()).collect();
    assert_eq!(former, ["hush 7", "hush old"]);
    let stored = store.stored().await.unwrap();
    assert_eq!((stored.scheduled, stored.topics, stored.events > 300), (2, 1, true));
}

/// Position, seq and audience of each event, and its content.
async fn outline(store: &dyn Store) -> Vec<(Position, Seq, String, Arc<str>)> {
    let log = whole_log(store).await;
    log.into_iter().map(|event| (event.position, event.seq, event.audience.to_string(), event.payload)).collect()
}

/// I5, I6: positions and seqs are as they were, and nobody who is left sees another content.
pub(super) async fn who_is_erased_was_never_there(open: Open) {
    let place = place();
    let store = open(&place).await;
    let shared = fill(&*store, "hush").await;
    let before = outline(&*store).await;
    let (bobs, bobs_counts) = (inbox(&*store, "bob", InboxState::All).await, counts(&*store, "bob").await);
    assert!(erase(&*store, "ann").await > 2, "in steps");

    let after = outline(&*store).await;
    assert_eq!(
        after.len(),
        before.len() + 2,
        "one event tells that something happened, and one that she is signed out"
    );
    for (was, is) in before.iter().zip(&after) {
        assert_eq!((was.0, was.1), (is.0, is.1));
        if was.2 == "user:ann" {
            assert!(is.2.starts_with("user:erased-"), "{is:?}");
        } else {
            assert_eq!(was, is);
        }
    }
    let mut last = std::collections::HashMap::new();
    for (_, seq, audience, _) in &after {
        let before = last.insert(audience, seq.get());
        assert!(before.is_none_or(|before| before + 1 == seq.get()), "{audience} is dense");
    }
    let told = |name: &str| format!("{after:?}").contains(name);
    assert!(!told("hush") && !told("\"ann\"") && !told("user:ann"), "{after:?}");
    assert!(told("to both"), "it is bob's as well");

    assert!(store.inbox(&user("ann"), &InboxQuery::counts()).await.unwrap().is_none());
    assert!(store.known(&user("ann")).await.unwrap().is_none());
    assert!(store.account(&user("ann")).await.unwrap().is_none());
    assert!(store.sign_in(&Digest::of("another")).await.unwrap().is_none());
    assert_eq!(store.revocations().await.unwrap(), [(Digest::of_user(&user("ann")), at(9))], "tokens stay revoked");
    assert!(store.receipts(&user("ann"), Position::START, 9).await.unwrap().is_empty());
    assert!(store.connections(&user("ann"), None, 9).await.unwrap().is_empty());
    assert!(store.former(&user("ann"), Position::START, 9).await.unwrap().is_empty());
    assert_eq!(store.preferences(&user("ann")).await.unwrap(), Preferences::default());
    assert_eq!(store.members(&topic("deploys").name, None, 9).await.unwrap(), [user("bob")]);
    assert_eq!(store.notification(shared).await.unwrap().unwrap().to, to("bob"));
    assert_eq!((inbox(&*store, "bob", InboxState::All).await, counts(&*store, "bob").await), (bobs, bobs_counts));
    let scheduled = store.notifications(SentQuery::Scheduled(None), 9).await.unwrap();
    assert_eq!(scheduled.iter().map(|sent| sent.to.audiences().len()).collect::<Vec<_>>(), [2]);

    let head = store.head().await.unwrap().position;
    assert_eq!(erase(&*store, "ann").await, 1);
    assert_eq!(store.head().await.unwrap().position, head, "a second time there is nothing to do");
}

/// Should they come back they begin anew: with seqs of their own, and from a later place than any that they knew.
pub(super) async fn who_comes_back_after_that_is_new(open: Open) {
    let place = place();
    let store = open(&place).await;
    fill(&*store, "hush").await;
    let end = store.head().await.unwrap().position;
    erase(&*store, "ann").await;
    meet(&*store, "ann").await;
    assert!(store.known(&user("ann")).await.unwrap().unwrap().from > end);
    assert_eq!(counts(&*store, "ann").await, (0, 0));
    send(&*store, to("ann"), "new").await;
    let last = whole_log(&*store).await.pop().unwrap();
    assert_eq!((last.audience.to_string().as_str(), last.seq), ("user:ann", Seq::new(1)));
    let windows = store.inbox(&user("ann"), &InboxQuery::counts()).await.unwrap().unwrap().windows;
    let Replay::Events(events) = store.replay(&windows, pos(0), pos(9999), 99).await.unwrap() else {
        panic!("expired")
    };
    assert_eq!(events, [last]);
    // And all of it leaves the log as it always would.
    let nothing = Retention { max_events: 0, notifications_ms: 0, ..retention::KEEP };
    while store.head().await.unwrap().floor < store.head().await.unwrap().position {
        retention::trim(&*store, nothing, at(9)).await;
    }
    send(&*store, to("ann"), "next").await;
    assert_eq!(whole_log(&*store).await[0].seq, Seq::new(3), "one told that the first had gone");
}
