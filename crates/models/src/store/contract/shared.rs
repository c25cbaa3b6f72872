//! Several processes with one database, and several readers in one.

use std::time::Duration;

use super::{
    retention::{KEEP, trim},
    *,
};

const WRITERS: usize = 3;

/// I5 and I8: positions and seqs are dense and keys have one effect, whoever writes, and everybody knows the last.
pub(super) async fn processes_that_write_at_once_make_one_log(open: Open) {
    let place = place();
    let stores = [open(&place).await, open(&place).await];
    let everybody = ["ann", "bob"].map(|name| Audience::User(user(name))).into_iter().chain([Audience::Everyone]);
    let mut writing = tokio::task::JoinSet::new();
    for writer in 0..stores.len() * WRITERS {
        let store = Arc::clone(&stores[writer % stores.len()]);
        writing.spawn(async move {
            let mut made = Vec::new();
            for i in 0..20 {
                // Everybody sends the same by the same key, and something of their own in the same group.
                let key = IdempotencyKey { publisher: user("host"), key: format!("key {i}"), fingerprint: [1; 32] };
                let notification = Box::new(plain("once"));
                let once = Draft::Notify { notification, to: to("ann"), key: Some(key), deliver_at: None };
                let own = if i % 2 == 0 { to("bob") } else { Recipients::Everyone };
                made.push(commit(&*store, vec![once, notify(own, "each")]).await.remove(0));
            }
            made
        });
    }
    let made = writing.join_all().await;
    for i in 0..20 {
        let first: Vec<_> = made.iter().filter(|made| matches!(made[i], Outcome::Stored(_))).collect();
        assert_eq!(first.len(), 1, "key {i} had one effect");
        let Outcome::Stored(id) = first[0][i] else { panic!("{first:?}") };
        assert!(made.iter().all(|made| [Outcome::Stored(id), Outcome::Repeated(id)].contains(&made[i])));
    }
    for store in &stores {
        send(&**store, to("bob"), "last").await; // by a process that the other has written after
    }
    let log = whole_log(&*stores[0]).await;
    assert_eq!(log.len(), 20 + 20 * WRITERS * stores.len() + 2);
    assert_eq!(format!("{log:?}"), format!("{:?}", whole_log(&*stores[1]).await));
    assert!(log.iter().zip(1..).all(|(event, at)| event.position == pos(at)), "no hole");
    for audience in everybody {
        let of = log.iter().filter(|event| event.audience == audience);
        assert!(of.zip(1..).all(|(event, seq)| event.seq == Seq::new(seq)), "seqs of {audience}");
    }
}

/// Whoever looks for what is due at the same time, each of it happens once.
pub(super) async fn what_is_due_happens_once_whoever_asks(open: Open) {
    let place = place();
    let stores = [open(&place).await, open(&place).await];
    meet(&*stores[0], "ann").await;
    for i in 0..30 {
        let (expires_at, deliver_at) = (Some(at(9)), Some(at(5 + i % 3)));
        let notification = Box::new(Notification { expires_at, ..plain("later") });
        one(&*stores[0], Draft::Notify { notification, to: to("ann"), key: None, deliver_at }).await;
    }
    for second in [7, 9] {
        let mut asking = tokio::task::JoinSet::new();
        for asker in 0..stores.len() * WRITERS {
            let store = Arc::clone(&stores[asker % stores.len()]);
            asking.spawn(async move {
                let mut did = 0;
                while store.is_due(at(second)).await.unwrap() {
                    let Outcome::Did(some) = one(&*store, Draft::Due { at: at(second) }).await else { panic!("due") };
                    did += some;
                }
                did
            });
        }
        assert_eq!(asking.join_all().await.into_iter().sum::<usize>(), 30);
    }
    let log = whole_log(&*stores[1]).await;
    let kinds: Vec<_> = log.iter().map(|event| event.kind.clone()).collect();
    assert_eq!(kinds, [vec![Kind::Notification; 30], vec![Kind::NotificationExpired; 30]].concat());
    assert_eq!(counts(&*stores[1], "ann").await, (0, 0));
    let mut trimming = tokio::task::JoinSet::new();
    for trimmer in 0..stores.len() * WRITERS {
        let store = Arc::clone(&stores[trimmer % stores.len()]);
        trimming.spawn(async move { trim(&*store, KEEP, at(200)).await });
    }
    let gone = trimming.join_all().await.into_iter().fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
    assert_eq!(gone, (60, 30));
}

/// A read may be given up at any time, as when a client goes away: whoever reads over the same connection next sees what
/// is there now.
pub(super) async fn who_gives_up_a_read_leaves_nobody_in_the_past(open: Open) {
    let place = place();
    let store = open(&place).await;
    meet(&*store, "ann").await;
    for i in 0..40 {
        for j in 0..8 {
            let (who, list) = (user("ann"), InboxQuery::newest(InboxState::All, 9));
            let _ = tokio::time::timeout(Duration::from_micros(j * 40), store.inbox(&who, &list)).await;
        }
        // Over all connections there are; more than once, as the first may be what decides on an instant.
        all_heads(&store).await;
        send(&*store, to("ann"), "new").await;
        assert!(all_heads(&store).await.iter().all(|head| *head == pos(i + 1)), "somebody was shown the past");
    }
}

async fn all_heads(store: &Arc<dyn Store>) -> Vec<Position> {
    let mut reading = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let store = Arc::clone(store);
        reading.spawn(async move { store.head().await.unwrap().position });
    }
    reading.join_all().await
}
