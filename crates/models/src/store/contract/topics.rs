//! Topics: who belongs to them, and what of theirs stands in inboxes.

use super::*;

fn deploys() -> TopicName {
    topic("deploys").name
}

async fn subscribe(store: &dyn Store, name: &str, join: bool, by_admin: bool) -> Outcome {
    one(store, Draft::Subscribe { user: user(name), topic: deploys(), join, by_admin, at: at(2) }).await
}

async fn titles(store: &dyn Store, name: &str) -> Vec<String> {
    inbox(store, name, InboxState::All).await
}

pub(super) async fn members_have_what_came_while_they_were(open: Open) {
    let place = place();
    let store = open(&place).await;
    let to_topic = Recipients::Topic(deploys());
    assert_eq!(one(&*store, notify(to_topic.clone(), "x")).await, Outcome::NoTopic);
    assert_eq!(subscribe(&*store, "ann", true, false).await, Outcome::NoTopic);
    assert!(store.put_topic(&topic("deploys")).await.unwrap());
    for (join, title) in [(true, "one"), (false, "two"), (true, "three"), (true, "four")] {
        let changes = title != "four";
        assert_eq!(subscribe(&*store, "ann", join, false).await, Outcome::Done(changes));
        send(&*store, to_topic.clone(), title).await;
    }
    assert_eq!(titles(&*store, "ann").await, ["four", "three", "one"]);
    assert_eq!(counts(&*store, "ann").await, (3, 3));
    meet(&*store, "bob").await;
    assert_eq!(titles(&*store, "bob").await, [""; 0]);
    // A replay is what the windows hold.
    let windows = store.inbox(&user("ann"), &InboxQuery::counts()).await.unwrap().unwrap().windows;
    let Replay::Events(events) = store.replay(&windows, pos(0), pos(100), 100).await.unwrap() else {
        panic!("expired")
    };
    let kinds: Vec<_> = events.iter().map(|event| event.kind.as_str().len()).collect();
    let (changed, notification) = ("inbox.changed".len(), "notification".len());
    assert_eq!(kinds, [changed, notification, changed, changed, notification, notification]);
    let of_topic = InboxQuery { topic: Some(deploys()), ..InboxQuery::newest(InboxState::All, 2) };
    send(&*store, to("ann"), "hers").await;
    let page = store.inbox(&user("ann"), &of_topic).await.unwrap().unwrap();
    assert_eq!(page.items.iter().map(|item| &*item.notification.title).collect::<Vec<_>>(), ["four", "three"]);
    assert!(page.more);
}

pub(super) async fn who_left_hears_of_what_they_had(open: Open) {
    let place = place();
    let store = open(&place).await;
    store.put_topic(&topic("deploys")).await.unwrap();
    subscribe(&*store, "ann", true, false).await;
    let sent = send(&*store, Recipients::Topic(deploys()), "x").await;
    subscribe(&*store, "ann", false, false).await;
    let end = store.head().await.unwrap().position;
    one(&*store, Draft::Retract { id: sent, by: user("admin"), at: at(3) }).await;
    let told = store.read_log(end, 9).await.unwrap();
    let told: Vec<_> = told.iter().map(|event| (event.audience.to_string(), event.effect)).collect();
    let lost = Effect::Adds { unread: -1, unseen: -1 };
    assert_eq!(told, [("topic:deploys".to_owned(), Effect::Recounts), ("user:ann".to_owned(), lost)]);
    assert_eq!(counts(&*store, "ann").await, (0, 0));
}

/// What left the inboxes again, and what never stood there, was theirs all the same: a device that was away
/// hears of it.
pub(super) async fn what_left_no_trace_in_an_inbox_is_replayed_all_the_same(open: Open) {
    let place = place();
    let store = open(&place).await;
    store.put_topic(&topic("deploys")).await.unwrap();
    let to = || Recipients::Topic(deploys());
    for signal in [true, false] {
        let before = store.head().await.unwrap().position;
        subscribe(&*store, "ann", true, false).await;
        if signal {
            let (kind, payload) = (Kind::signal("status-update").unwrap(), "{}".into());
            one(&*store, Draft::Signal { kind, payload, to: to(), key: None, at: at(3) }).await;
        } else {
            let id = send(&*store, to(), "x").await;
            one(&*store, Draft::Retract { id, by: user("admin"), at: at(3) }).await;
        }
        subscribe(&*store, "ann", false, false).await;
        let windows = store.inbox(&user("ann"), &InboxQuery::counts()).await.unwrap().unwrap().windows;
        let Replay::Events(events) = store.replay(&windows, before, pos(100), 100).await.unwrap() else {
            panic!("expired")
        };
        let of_topic = events.iter().filter(|event| event.audience == Audience::Topic(deploys()));
        assert_eq!(of_topic.count(), if signal { 1 } else { 2 });
    }
}

/// By name, page by page: a page goes on after a topic, whether or not that is there any more.
pub(super) async fn topics_come_in_pages(open: Open) {
    let place = place();
    let store = open(&place).await;
    for (name, open) in [("e", false), ("b", true), ("d", true), ("a", false), ("c", false)] {
        store.put_topic(&Topic { open, ..topic(name) }).await.unwrap();
    }
    let c = topic("c").name;
    one(&*store, Draft::Subscribe { user: user("ann"), topic: c.clone(), join: true, by_admin: true, at: at(2) }).await;
    let all = async |after: Option<&str>, limit| {
        let after = after.map(|after| topic(after).name);
        let page = store.topics(after.as_ref(), limit).await.unwrap();
        page.iter().map(|found| format!("{}{}", found.topic.name.as_str(), found.members)).collect::<Vec<_>>().concat()
    };
    assert_eq!(
        (all(None, 2).await, all(Some("b"), 2).await, all(Some("d"), 2).await),
        ("a0b0".into(), "c1d0".into(), "e0".into())
    );
    let seen = async |name: &str, after: Option<&str>, limit| {
        let after = after.map(|after| topic(after).name);
        let page = store.topics_of(&user(name), after.as_ref(), limit).await.unwrap();
        page.iter()
            .map(|found| format!("{}{}", found.topic.name.as_str(), u8::from(found.joined)))
            .collect::<Vec<_>>()
            .concat()
    };
    assert_eq!((seen("ann", None, 2).await, seen("ann", Some("c"), 2).await), ("b0c1".into(), "d0".into()));
    assert_eq!((seen("bob", None, 9).await, seen("bob", Some("bb"), 9).await), ("b0d0".into(), "d0".into()));
    let one_of = async |name: &str, of: &str| {
        store.topic_of(&user(name), &topic(of).name).await.unwrap().map(|found| (found.topic.name, found.joined))
    };
    assert_eq!(one_of("ann", "c").await, Some((c, true)));
    assert_eq!((one_of("bob", "c").await, one_of("ann", "a").await, one_of("ann", "x").await), (None, None, None));
}

/// However they come and go.
pub(super) async fn an_audience_has_a_size(open: Open) {
    let place = place();
    let store = open(&place).await;
    store.put_topic(&topic("deploys")).await.unwrap();
    let size = async |audience: &str| store.recipients_of(&Audience::parse(audience).unwrap()).await.unwrap();
    let all = async || (size("everyone").await, size("topic:deploys").await);
    assert_eq!(all().await, (Some(0), Some(0)));
    assert_eq!((size("user:ann").await, size("topic:none").await), (Some(1), None), "known or not");
    meet(&*store, "ann").await;
    meet(&*store, "ann").await;
    send(&*store, Recipients::users(vec![user("ann"), user("bob")]).unwrap(), "x").await;
    assert_eq!(all().await, (Some(2), Some(0)));
    for name in ["ann", "bob", "cid", "ann"] {
        subscribe(&*store, name, true, true).await;
    }
    assert_eq!(all().await, (Some(3), Some(3)));
    send(&*store, Recipients::Topic(deploys()), "x").await;
    store.put_topic(&Topic { open: false, ..topic("deploys") }).await.unwrap();
    subscribe(&*store, "ann", false, true).await; // who has something of it
    subscribe(&*store, "dan", true, true).await;
    subscribe(&*store, "dan", false, true).await; // who has nothing
    subscribe(&*store, "ann", true, true).await;
    subscribe(&*store, "cid", false, true).await;
    assert_eq!(all().await, (Some(4), Some(2)));
    let erase = || Draft::Erase { user: user("bob"), alias: user("erased-1"), at: at(3) };
    while one(&*store, erase()).await != (Outcome::Erased { more: false }) {}
    assert_eq!(all().await, (Some(3), Some(1)));
    assert_eq!(store.topics(None, 9).await.unwrap()[0].members, 1);
    assert_eq!(store.members(&deploys(), None, 9).await.unwrap(), [user("ann")]);
}

pub(super) async fn membership_is_counted_bounded_and_forgotten_when_it_was_for_nothing(open: Open) {
    let place = place();
    let store = open(&place).await;
    let managed = Topic { open: false, title: Some("Deploys".into()), ..topic("deploys") };
    assert!(store.put_topic(&managed).await.unwrap());
    assert!(!store.put_topic(&managed).await.unwrap());
    assert_eq!(subscribe(&*store, "ann", true, false).await, Outcome::NotOpen);
    for name in ["ann", "bob", "cid"] {
        assert_eq!(subscribe(&*store, name, true, true).await, Outcome::Done(true));
    }
    assert_eq!(store.topics(None, 9).await.unwrap()[0].members, 3);
    assert_eq!(store.members(&deploys(), None, 2).await.unwrap(), [user("ann"), user("bob")]);
    assert_eq!(store.members(&deploys(), Some(&user("bob")), 2).await.unwrap(), [user("cid")]);
    let seen_by = async |name: &str| {
        let topics = store.topics_of(&user(name), None, 9).await.unwrap();
        topics.iter().map(|seen| (seen.topic == managed, seen.joined)).collect::<Vec<_>>()
    };
    assert_eq!((seen_by("ann").await, seen_by("dan").await), (vec![(true, true)], vec![]));
    assert_eq!(store.drop_topic(&deploys()).await.unwrap(), Some(false), "it has members");
    for round in 0..600 {
        assert_eq!(subscribe(&*store, "ann", round % 2 == 1, true).await, Outcome::Done(true));
    }
    let windows = store.inbox(&user("ann"), &InboxQuery::counts()).await.unwrap().unwrap().windows;
    assert_eq!(windows.len(), 3, "nothing came, nothing is kept");
    for name in ["ann", "bob", "cid"] {
        subscribe(&*store, name, false, true).await;
    }
    assert_eq!(store.drop_topic(&deploys()).await.unwrap(), Some(true));
    assert_eq!(store.drop_topic(&deploys()).await.unwrap(), None);
    assert_eq!(store.topic(&deploys()).await.unwrap(), None);
    for i in 0..topic::MAX_SUBSCRIPTIONS {
        let topic = topic(&format!("t{i}"));
        store.put_topic(&topic).await.unwrap();
        one(&*store, Draft::Subscribe { user: user("ann"), topic: topic.name, join: true, by_admin: false, at: at(2) })
            .await;
    }
    store.put_topic(&managed).await.unwrap();
    assert_eq!(subscribe(&*store, "ann", true, true).await, Outcome::TooMany);
}
