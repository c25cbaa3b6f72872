//! What nodes tell each other.

use uuid::Uuid;

use super::*;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn node(number: u128, beat: i64) -> Node {
    let (version, started_at) = ("1.2.3".into(), at(i64::try_from(number).unwrap()));
    Node { id: id(number), beat, version, started_at, position: pos(beat * 10), streams: beat }
}

fn listed(number: u128, name: &str) -> ListedStream {
    ListedStream { id: id(number), user: user(name), opened_at: at(7), transport: "sse".into() }
}

fn opened(number: u128, name: &str) -> StreamChange {
    StreamChange::Opened(listed(number, name))
}

pub(super) async fn nodes_know_of_each_other(open: Open) {
    let place = place();
    let store = open(&place).await;
    let tell = async |number, beat| store.tell(&node(number, beat), &[]).await.unwrap();
    assert_eq!(tell(1, 1).await, [], "it was not there before");
    assert_eq!(tell(2, 1).await, [node(1, 1)]);
    assert_eq!(tell(1, 2).await, [node(1, 1), node(2, 1)]);
    store.forget_node(id(2), Some(7)).await.unwrap();
    assert_eq!(tell(1, 3).await, [node(1, 2), node(2, 1)], "it told something since");
    store.forget_node(id(2), Some(1)).await.unwrap();
    assert_eq!(tell(1, 4).await, [node(1, 3)]);
    assert_eq!(tell(2, 2).await, [node(1, 4)], "it sees that it was forgotten");
}

pub(super) async fn streams_are_counted_wherever_they_are(open: Open) {
    let place = place();
    let store = open(&place).await;
    let (first, second) = (node(1, 1), node(2, 1));
    let here = [opened(11, "ann"), opened(12, "ann"), opened(13, "bob")];
    store.tell(&first, &here).await.unwrap();
    store.tell(&first, &here).await.unwrap(); // whoever got no answer says it again
    store.tell(&second, &[opened(21, "ann"), opened(22, "cid")]).await.unwrap();
    let count = async |name: &str, nodes: &[u128]| {
        let nodes: Vec<_> = nodes.iter().map(|number| id(*number)).collect();
        store.streams_at(&user(name), &nodes).await.unwrap()
    };
    for (nodes, expected) in [(&[1][..], 2), (&[2], 1), (&[1, 2, 3], 3), (&[], 0)] {
        assert_eq!(count("ann", nodes).await, expected, "{nodes:?}");
    }
    assert_eq!(count("dan", &[1, 2]).await, 0);
    assert_eq!(store.present().await.unwrap(), (5, 3));
    let is_elsewhere =
        async |name: &str, stream, from| store.is_elsewhere(&user(name), id(stream), id(from)).await.unwrap();
    assert!(is_elsewhere("ann", 21, 1).await);
    assert!(!is_elsewhere("ann", 21, 2).await, "it is there itself");
    assert!(!is_elsewhere("bob", 21, 1).await, "it is another's");

    let list = async |after, limit| store.listed_streams(id(2), after, limit).await.unwrap();
    let all = [listed(11, "ann"), listed(12, "ann"), listed(13, "bob")].map(|stream| (id(1), stream));
    assert_eq!(list(None, 9).await, all);
    assert_eq!(list(Some(id(11)), 1).await, all[1..2]);
    assert_eq!(list(Some(id(13)), 9).await, []);

    store.tell(&first, &[StreamChange::Closed(id(12)), StreamChange::Closed(id(99))]).await.unwrap();
    assert_eq!(count("ann", &[1]).await, 1);
    store.forget_node(id(1), None).await.unwrap();
    assert_eq!((count("ann", &[1]).await, store.present().await.unwrap()), (0, (2, 2)), "they went with their node");
}

pub(super) async fn users_of_an_audience_are_counted_once(open: Open) {
    let place = place();
    let store = open(&place).await;
    for name in ["ann", "bob", "cid"] {
        meet(&*store, name).await;
    }
    let deploys = topic("deploys");
    store.put_topic(&deploys).await.unwrap();
    let subscribe = async |name: &str, join| {
        let (user, topic) = (user(name), deploys.name.clone());
        one(&*store, Draft::Subscribe { user, topic, join, by_admin: true, at: at(2) }).await;
    };
    subscribe("ann", true).await;
    subscribe("bob", true).await;
    subscribe("bob", false).await;
    store.tell(&node(1, 1), &[opened(11, "ann"), opened(12, "bob")]).await.unwrap();
    store.tell(&node(2, 1), &[opened(21, "ann")]).await.unwrap();
    for (audience, count) in
        [("everyone", 2), ("topic:deploys", 1), ("topic:none", 0), ("user:ann", 1), ("user:cid", 0)]
    {
        let audience = Audience::parse(audience).unwrap();
        assert_eq!(store.users_present(&audience).await.unwrap(), count, "{audience}");
    }
}

pub(super) async fn whispers_reach_the_other_nodes(open: Open) {
    let place = place();
    let store = open(&place).await;
    let whisper = |text: &str, second| Whispered {
        kind: Kind::signal("typing").unwrap(),
        audience: Audience::User(user("ann")),
        payload: format!("{{\"text\":\"{text}\"}}").into(),
        at: at(second),
    };
    let kept = Whispered::KEPT_MS / 1000;
    let start = store.last_whisper().await.unwrap();
    store.whisper(id(1), &[whisper("a", 0), whisper("b", 0)], at(0)).await.unwrap();
    send(&*store, to("ann"), "one").await;
    store.whisper(id(2), &[whisper("c", kept)], at(kept)).await.unwrap();
    let after = async |after, from| store.whispers_after(after, id(from)).await.unwrap();
    let texts = |heard: &[Overheard]| heard.iter().map(|one| one.whisper.clone()).collect::<Vec<_>>();
    let heard = after(start, 2).await;
    assert_eq!(texts(&heard), [whisper("a", 0), whisper("b", 0)], "in their order, and none of its own");
    let rest = after(heard[0].number, 3).await;
    assert_eq!(texts(&rest), [whisper("b", 0), whisper("c", kept)]);
    assert_eq!([rest[0].position, rest[1].position], [pos(0), pos(1)], "where the log ended then");
    let last = store.last_whisper().await.unwrap();
    assert_eq!(after(last, 3).await, []);
    store.whisper(id(1), &[whisper("d", kept + 1)], at(kept + 1)).await.unwrap();
    assert_eq!(texts(&after(start, 3).await), [whisper("c", kept), whisper("d", kept + 1)], "old ones are gone");
    store.whisper(id(1), &[whisper("e", 9 * kept)], at(9 * kept)).await.unwrap();
    let only = after(start, 3).await;
    assert_eq!(texts(&only), [whisper("e", 9 * kept)]);
    assert!(only[0].number > last, "numbers go on when all are gone");

    let erase = Draft::Erase { user: user("ann"), alias: user("erased-1"), at: at(9 * kept) };
    one(&*store, erase).await;
    assert_eq!(after(start, 3).await, [], "nothing is kept of who is erased");
}
