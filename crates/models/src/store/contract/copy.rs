//! A log that was moved from SQLite to PostgreSQL: it answers there as it did, and goes on as it would have.

use std::path::PathBuf;

use proptest::prelude::*;
use secrecy::ExposeSecret as _;

use super::{
    access::{account, sign_in},
    connections::stream,
    histories::{History, Step, steps},
    *,
};
use crate::{
    access::{KeyId, Scopes, TicketId},
    store::{
        IdempotencyKey,
        copy::{Copying, Pages, Place as Where},
    },
};

/// Random histories. Each is copied as a whole, and asked for everything twice.
const CASES: u32 = 6;
const NAMES: [&str; 4] = ["ann", "bob", "zoë", "nobody"];

/// Something of everything that there is, whatever came before.
async fn furnish(store: &dyn Store) {
    let notified = |notification: Notification, to, key, deliver_at| {
        let notification = Box::new(notification);
        Draft::Notify { notification, to, key, deliver_at }
    };
    for name in ["ann", "bob", "zoë"] {
        store.create_account(&Account { must_change: name == "bob", ..account(name) }).await.unwrap();
        assert!(store.begin_sign_in(&sign_in(name, name, 1)).await.unwrap());
    }
    let refreshed = sign_in("ann", "ann's other", 2);
    store.begin_sign_in(&refreshed).await.unwrap();
    let (from, to_secret) = (Digest::of("ann's other"), Digest::of("newer"));
    let changes = [
        AccessChange::Refresh { id: refreshed.id, from, to: to_secret, until: at(30) },
        AccessChange::EndUser(user("bob")),
        AccessChange::SetDisabled(user("zoë"), true),
        AccessChange::Redeem(TicketId(uuid::Uuid::from_u128(7))),
    ];
    for change in changes {
        one(store, Draft::Access { change, at: at(5) }).await;
    }
    for (name, secret) in [("ci", "tdk_ci"), ("Größe", "tdk_other")] {
        let id = KeyId::make(at(3), &SystemRandom);
        let scopes = Scopes { publish: true, manage: name == "ci", observe: name != "ci" };
        let (created_by, created_at) = (user("root"), at(3));
        let key =
            ApiKey { id, name: name.into(), scopes, created_by, created_at, last_used_at: None, revoked_at: None };
        store.create_api_key(&key, &Digest::of(secret)).await.unwrap();
        store.note_key_uses(&[(id, at(9))]).await.unwrap();
        if name == "ci" {
            one(store, Draft::Access { change: AccessChange::RevokeKey(id), at: at(9) }).await;
        }
    }
    let data = serde_json::from_str::<Box<serde_json::value::RawValue>>(r#"{"b": 1.0, "a": "\u0000 \ud800 ü\\"}"#);
    let odd = Notification { data: Some(data.unwrap()), body: Some("ü € 漢 \u{1f514} \\".into()), ..plain("odd") };
    let id = odd.id;
    one(store, notified(odd, to("zoë"), Some(key("a")), None)).await;
    one(store, mark("zoë", Mark::one(id, ACTED))).await;
    let kind = Kind::signal("typing.began").unwrap();
    let everyone = Recipients::Everyone;
    let signal = Draft::Signal { kind, payload: "1".into(), to: everyone.clone(), key: Some(key("b")), at: at(3) };
    one(store, signal).await;
    for title in ["replaced", "stays"] {
        one(store, notified(Notification { group_key: Some("G".into()), ..plain(title) }, to("bob"), None, None)).await;
    }
    let wrong = send(store, to("ann"), "wrong").await;
    one(store, Draft::Retract { id: wrong, by: user("root"), at: at(4) }).await;
    let late = notified(plain("late"), everyone, None, Some(at(9_000)));
    one(store, late).await;
    one(store, mark("zoë", Mark::UpTo(pos(i64::MAX), READ))).await;
    let quiet = QuietHours { from: "22:00".into(), to: "07:00".into(), time_zone: "Europe/Berlin".into() };
    let mut preferences = Preferences { quiet_hours: Some(quiet), ..Preferences::default() };
    preferences.muted.categories.insert("builds".into());
    one(store, Draft::Prefer { user: user("zoë"), preferences, at: at(3) }).await;
    store.put_topic(&Topic { title: Some("Äpfel".into()), ..topic("a.b") }).await.unwrap();
    for (join, name) in [(true, "bob"), (true, "zoë"), (false, "zoë")] {
        let (user, topic) = (user(name), topic("a.b").name);
        one(store, Draft::Subscribe { user, topic, join, by_admin: true, at: at(3) }).await;
        send(store, Recipients::Topic(self::topic("a.b").name), "to the topic").await;
    }
    let end = store.head().await.unwrap().position.get();
    let closed = Connection { closed_at: Some(at(4)), state_after: Some(pos(1)), ..stream("bob", 1, 1, 2, end) };
    store.note_connections(&[closed, stream("ann", 2, 3, 0, end - 1)]).await.unwrap();
}

fn key(key: &str) -> IdempotencyKey {
    IdempotencyKey { publisher: user("host"), key: key.into(), fingerprint: [200; 32] }
}

/// Who shows one of these.
async fn secrets(store: &dyn Store) -> Vec<String> {
    let mut all = Vec::new();
    for secret in ["ann", "bob", "zoë", "ann's other", "newer"] {
        all.push(format!("{:?}", store.sign_in(&Digest::of(secret)).await.unwrap()));
    }
    for secret in ["tdk_ci", "tdk_other"] {
        all.push(format!("{:?}", store.api_key(&Digest::of(secret)).await.unwrap()));
    }
    all
}

/// Whatever can be asked for.
async fn everything(store: &dyn Store) -> Vec<String> {
    let mut all = Vec::new();
    macro_rules! ask {
        ($($question:expr),+ $(,)?) => {
            $(all.push(format!("{}: {:?}", stringify!($question), $question.await.unwrap()));)+
        };
    }
    let head = store.head().await.unwrap();
    let (ann, first) = (user("ann"), TopicName::parse("a.b").unwrap());
    all.push(format!("{head:?} {:?}", store.cursors().seal(head.position)));
    all.push(format!("{:?}", store.token_secret().await.unwrap().expose_secret()));
    let mut revocations = store.revocations().await.unwrap();
    revocations.sort_by_key(|(_, at)| *at);
    all.push(format!("{revocations:?}"));
    ask!(
        store.read_log(Position::START, 10_000),
        store.read_log(pos(head.position.get() / 2), 3),
        store.stored(),
        store.is_due(at(100)),
        store.is_due(at(9_000)),
        store.accounts(None, 9),
        store.accounts(Some(&ann), 1),
        store.api_keys(None, 9),
        store.notifications(SentQuery::Made(None), 1000),
        store.notifications(SentQuery::Scheduled(None), 1000),
        store.topics(None, 9),
        store.topics(Some(&first), 1),
        store.topic(&first),
        store.members(&first, None, 9),
        store.recipients_of(&Audience::Everyone),
        store.recipients_of(&Audience::Topic(first.clone())),
        store.states(&NAMES.map(user)),
    );
    all.extend(secrets(store).await);
    let sent = store.notifications(SentQuery::Made(None), 1000).await.unwrap();
    for name in NAMES.map(user) {
        let name = &name;
        for state in [InboxState::All, InboxState::Unread, InboxState::Archived, InboxState::Snoozed] {
            ask!(store.inbox(name, &InboxQuery::newest(state, 100)), store.inbox(name, &InboxQuery::newest(state, 2)));
        }
        let search = InboxQuery { search: Some("o".into()), ..InboxQuery::newest(InboxState::All, 9) };
        ask!(
            store.inbox(name, &search),
            store.account(name),
            store.sign_ins(name),
            store.known(name),
            store.preferences(name),
            store.receipts(name, Position::START, 1000),
            store.connections(name, None, 9),
            store.former(name, Position::START, 1000),
            store.topics_of(name, None, 9),
            store.topic_of(name, &first),
        );
        let inbox = store.inbox(name, &InboxQuery::counts()).await.unwrap();
        let windows = inbox.map(|page| page.windows).unwrap_or_default();
        for after in [Position::START, head.floor, pos(i64::midpoint(head.floor.get(), head.position.get()))] {
            ask!(store.replay(&windows, after, head.position, 1000), store.replay(&windows, after, head.position, 2));
        }
        for sent in &sent {
            let id = sent.notification.id;
            ask!(store.inbox_item(name, id), store.delivery(id, name));
        }
    }
    for sent in &sent {
        ask!(store.notification(sent.notification.id), store.reach(sent.notification.id));
    }
    all
}

/// Where the log stands, and who it told of what: all but what was made up.
async fn shape(store: &dyn Store) -> Vec<String> {
    let event = |event: &Event| {
        let Event { position, audience, seq, kind, effect, .. } = event;
        format!("{position} {audience} {seq:?} {kind:?} {effect:?}")
    };
    let mut shape: Vec<_> = whole_log(store).await.iter().map(event).collect();
    shape.push(format!("{:?} {:?}", store.head().await.unwrap(), store.stored().await.unwrap()));
    for name in ["ann", "bob", "zoë"] {
        let InboxPage { head, counts, mut windows, mut mutes, .. } =
            store.inbox(&user(name), &InboxQuery::counts()).await.unwrap().unwrap();
        windows.sort_by_key(|window| format!("{window:?}")); // both are sets
        mutes.sort_by_key(|mute| format!("{mute:?}"));
        shape.push(format!("{name} {head:?} {counts:?} {windows:?} {mutes:?}"));
    }
    shape.push(format!("{:?}", store.topics(None, 9).await.unwrap()));
    shape
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_moved_answers_and_goes_on_as_it_would_have() {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 16,
        ..ProptestConfig::with_cases(CASES)
    });
    let handle = tokio::runtime::Handle::current();
    let history = |(before, after): (Vec<Step>, Vec<Step>)| {
        tokio::task::block_in_place(|| handle.block_on(goes_on_as_it_would_have(&before, &after)));
        Ok(())
    };
    runner.run(&(steps(), steps()), history).unwrap();
}

async fn goes_on_as_it_would_have(before: &[Step], after: &[Step]) {
    let (place, control) = (place(), self::place());
    let file = |place: &Place| -> PathBuf { place.folder.path().join("log.db") };
    let store = sqlite(&place).await;
    let mut history = History::begin(&*store).await;
    history.go_on(&*store, before).await;
    // Of what the log has told, something is gone.
    send(&*store, to("ann"), "old").await;
    one(&*store, mark("ann", Mark::UpTo(pos(i64::MAX), READ))).await;
    retention::trim(&*store, Retention { max_events: 0, ..retention::KEEP }, at(2)).await;
    furnish(&*store).await;
    let told = everything(&*store).await;
    store.close().await;
    std::fs::copy(file(&place), file(&control)).unwrap();

    let url = control.database.get_or_init(server::empty_database);
    let from = Where { url: &format!("sqlite://{}", file(&place).display()), shown: "here" };
    let pages = Pages { rows: 5, bytes: 4000 };
    let copying =
        Copying::begin(from, Where { url, shown: "there" }, pages, &SystemClock, &SystemRandom).await.unwrap();
    let copied = copying.run(&SystemClock, |_| {}).await.unwrap();
    let empty: Vec<_> = copied.tables.iter().filter(|(_, rows)| *rows == 0).collect();
    assert!(empty.is_empty(), "nothing was copied of {empty:?}");

    let (here, there) = (sqlite(&control).await, postgres(&control).await);
    assert_eq!(everything(&*there).await, told);
    let again =
        Draft::Notify { notification: Box::new(plain("again")), to: to("zoë"), key: Some(key("a")), deliver_at: None };
    let [outcome, other] = [one(&*here, again.clone()).await, one(&*there, again).await];
    assert_eq!(outcome, other);
    assert!(matches!(outcome, Outcome::Repeated(_)), "keys are kept: {outcome:?}");
    history.clone().go_on(&*here, after).await;
    history.go_on(&*there, after).await;
    assert_eq!(shape(&*there).await, shape(&*here).await);
    for store in [here, there] {
        store.close().await;
    }
}
