//! What every store must do, whatever database is behind it. One suite: [`suite!`] runs it against a
//! way to open a store. A second database joins by one more line at the end of this file.

use std::{collections::BTreeMap, future::Future, pin::Pin, sync::Arc};

use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::{IdempotencyKey, SqliteStore};
use crate::*;

/// A database of its own for one test, which can be closed and opened again.
struct Place {
    folder: tempfile::TempDir,
}

type Opened<'a> = Pin<Box<dyn Future<Output = Arc<dyn Store>> + 'a>>;
type Open = for<'a> fn(&'a Place) -> Opened<'a>;

fn sqlite(place: &Place) -> Opened<'_> {
    Box::pin(async {
        let url = format!("sqlite://{}/log.db", place.folder.path().display());
        Arc::new(SqliteStore::open(&url, at(0), &SystemRandom).await.unwrap()) as Arc<dyn Store>
    })
}

fn place() -> Place {
    Place { folder: tempfile::tempdir().unwrap() }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(1_790_000_000_000 + second * 1000)
}

fn pos(value: i64) -> Position {
    Position::new(value).unwrap()
}

fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

fn plain(title: &str) -> Notification {
    serde_json::from_value(serde_json::json!({
        "id": NotificationId::new(at(1), &SystemRandom).to_string(), "title": title,
        "level": "info", "critical": false, "created_at": at(1),
    }))
    .unwrap()
}

fn notify(to: Recipients, title: &str) -> Draft {
    Draft::Notify { notification: Box::new(plain(title)), to, key: None }
}

fn to(name: &str) -> Recipients {
    Recipients::User(user(name))
}

const READ: Flags = Flags { seen: None, read: Some(true), archived: None, deleted: None };

fn mark(name: &str, mark: Mark) -> Draft {
    Draft::Mark { user: user(name), mark, at: at(2) }
}

async fn commit(store: &dyn Store, drafts: Vec<Draft>) -> Vec<Outcome> {
    store.commit(drafts).await.unwrap()
}

async fn one(store: &dyn Store, draft: Draft) -> Outcome {
    commit(store, vec![draft]).await.remove(0)
}

async fn send(store: &dyn Store, recipients: Recipients, title: &str) -> NotificationId {
    match one(store, notify(recipients, title)).await {
        Outcome::Stored(id) => id,
        other => panic!("{other:?}"),
    }
}

async fn meet(store: &dyn Store, name: &str) {
    let outcome = one(store, Draft::Meet { user: user(name), at: at(0) }).await;
    assert_eq!(outcome, Outcome::Met);
}

async fn inbox(store: &dyn Store, name: &str, state: InboxState) -> Vec<String> {
    let page = store.inbox(&user(name), &InboxQuery::newest(state, 100)).await.unwrap().unwrap();
    page.items.into_iter().map(|item| item.notification.title).collect()
}

async fn counts(store: &dyn Store, name: &str) -> (i64, i64) {
    let page = store.inbox(&user(name), &InboxQuery::counts()).await.unwrap().unwrap();
    (page.counts.unread, page.counts.unseen)
}

async fn whole_log(store: &dyn Store) -> Vec<Event> {
    store.read_log(Position::START, 100_000).await.unwrap()
}

/// I5 and, with concurrent writers, position order = commit order: a reader that goes on from the
/// last position it saw never misses one.
async fn the_log_is_dense_under_concurrent_writers(open: Open) {
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

async fn a_notification_comes_back_as_it_was_given(open: Open) {
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
    one(&*store, Draft::Notify { notification: Box::new(notification), to: to("ann"), key: None }).await;

    let (read, recipients) = store.notification(id).await.unwrap().unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), json);
    assert_eq!(recipients, to("ann"));
    let item = store.inbox_item(&user("ann"), id).await.unwrap().unwrap();
    assert_eq!(serde_json::to_value(&item.notification).unwrap(), json);
    let event = whole_log(&*store).await.remove(0);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&event.payload).unwrap(), json);
    assert!(!event.payload.contains(['\r', '\n']), "one line");
    assert_eq!((event.kind, event.effect, event.created_at), (Kind::Notification, Effect::ARRIVED, at(1)));
}

async fn many_recipients_share_one_notification(open: Open) {
    let place = place();
    let store = open(&place).await;
    let names: Vec<_> = (0..1000).map(|i| user(&format!("u{i}"))).collect();
    let recipients = Recipients::users(names).unwrap();
    let id = send(&*store, recipients.clone(), "to many").await;
    assert_eq!(whole_log(&*store).await.len(), 1000);
    assert_eq!(store.notification(id).await.unwrap().unwrap().1, recipients);
    for name in ["u0", "u999"] {
        assert_eq!(inbox(&*store, name, InboxState::Unread).await, ["to many"]);
    }
    assert!(store.inbox_item(&user("u1000"), id).await.unwrap().is_none());
}

/// A broadcast is one event, and belongs to those who were known when it was made.
async fn everyone_is_who_was_known(open: Open) {
    let place = place();
    let store = open(&place).await;
    meet(&*store, "ann").await;
    assert!(store.inbox(&user("bob"), &InboxQuery::counts()).await.unwrap().is_none(), "not known");
    send(&*store, Recipients::Everyone, "early").await;
    meet(&*store, "bob").await;
    meet(&*store, "ann").await;
    let late = send(&*store, Recipients::Everyone, "late").await;
    assert_eq!(inbox(&*store, "ann", InboxState::All).await, ["late", "early"]);
    assert_eq!(inbox(&*store, "bob", InboxState::All).await, ["late"]);
    assert_eq!((counts(&*store, "ann").await, counts(&*store, "bob").await), ((2, 2), (1, 1)));
    assert_eq!(whole_log(&*store).await.len(), 2);
    assert_eq!(store.notification(late).await.unwrap().unwrap().1, Recipients::Everyone);
}

async fn replay_gives_a_users_own_in_order_and_in_pages(open: Open) {
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

async fn marks_by_id(open: Open) {
    let place = place();
    let store = open(&place).await;
    let first = send(&*store, to("ann"), "first").await;
    send(&*store, to("ann"), "second").await;
    let bobs = send(&*store, to("bob"), "bobs").await;

    assert_eq!(one(&*store, mark("ann", Mark::Ids(vec![first, first], READ))).await, Outcome::Marked(true));
    assert_eq!(counts(&*store, "ann").await, (1, 1));
    assert_eq!(inbox(&*store, "ann", InboxState::Unread).await, ["second"]);
    assert_eq!(inbox(&*store, "ann", InboxState::Read).await, ["first"]);
    assert!(store.inbox_item(&user("ann"), first).await.unwrap().unwrap().seen, "what was read was seen");

    let logged = whole_log(&*store).await;
    let last = logged.last().unwrap();
    assert_eq!((last.kind.as_str(), last.audience.to_string().as_str()), ("inbox.changed", "user:ann"));
    assert_eq!(&*last.payload, format!(r#"{{"ids":["{first}"],"read":true}}"#));

    assert_eq!(one(&*store, mark("ann", Mark::Ids(vec![first], READ))).await, Outcome::Marked(false));
    assert_eq!(one(&*store, mark("ann", Mark::Ids(vec![first, bobs], READ))).await, Outcome::NotFound);
    assert_eq!(one(&*store, mark("nobody", Mark::Ids(vec![bobs], READ))).await, Outcome::NotFound);
    assert_eq!(whole_log(&*store).await.len(), logged.len(), "nothing was written");
    assert_eq!(counts(&*store, "bob").await, (1, 1), "nobody else's");

    let again = Flags { read: Some(false), ..Flags::default() };
    one(&*store, mark("ann", Mark::Ids(vec![first], again))).await;
    assert_eq!(counts(&*store, "ann").await, (2, 1), "seen stays");
    let archived = Flags { archived: Some(true), ..Flags::default() };
    one(&*store, mark("ann", Mark::Ids(vec![first], archived))).await;
    assert_eq!(counts(&*store, "ann").await, (1, 1));
    assert_eq!(inbox(&*store, "ann", InboxState::All).await, ["second"]);
    assert_eq!(inbox(&*store, "ann", InboxState::Archived).await, ["first"]);
}

async fn a_watermark_leaves_what_came_later(open: Open) {
    let place = place();
    let store = open(&place).await;
    meet(&*store, "ann").await;
    let early = send(&*store, to("ann"), "early").await;
    send(&*store, Recipients::Everyone, "broadcast").await;
    send(&*store, to("ann"), "late").await;

    assert_eq!(one(&*store, mark("ann", Mark::UpTo(pos(2), READ))).await, Outcome::Marked(true));
    assert_eq!(inbox(&*store, "ann", InboxState::Unread).await, ["late"]);
    assert_eq!(one(&*store, mark("ann", Mark::UpTo(pos(2), READ))).await, Outcome::Marked(false));
    let logged = whole_log(&*store).await;
    assert_eq!(&*logged.last().unwrap().payload, r#"{"up_to":2,"read":true}"#);
    assert_eq!(logged.last().unwrap().effect, Effect::Adds { unread: -2, unseen: -2 });

    // A receipt wins over the watermark, and a later watermark over the receipt.
    let again = Flags { read: Some(false), ..Flags::default() };
    one(&*store, mark("ann", Mark::Ids(vec![early], again))).await;
    assert_eq!(inbox(&*store, "ann", InboxState::Unread).await, ["late", "early"]);
    assert_eq!(counts(&*store, "ann").await, (2, 1));
    one(&*store, mark("ann", Mark::UpTo(pos(3), READ))).await;
    assert_eq!(counts(&*store, "ann").await, (0, 0));
    one(&*store, mark("ann", Mark::UpTo(pos(2), again))).await;
    assert_eq!(inbox(&*store, "ann", InboxState::Unread).await, ["broadcast", "early"]);

    // Beyond the end of the log there is nothing to mark yet.
    one(&*store, mark("ann", Mark::UpTo(pos(1_000_000), READ))).await;
    send(&*store, to("ann"), "later still").await;
    assert_eq!(counts(&*store, "ann").await, (1, 1));
}

async fn lists_are_paged_and_filtered(open: Open) {
    let place = place();
    let store = open(&place).await;
    for i in 0..7 {
        let mut notification = plain(&i.to_string());
        notification.level = if i % 2 == 0 { Level::Info } else { Level::Error };
        notification.category = (i > 3).then(|| "builds".to_owned());
        one(&*store, Draft::Notify { notification: Box::new(notification), to: to("ann"), key: None }).await;
    }
    let ask = |query: InboxQuery| {
        let store = Arc::clone(&store);
        async move {
            let page = store.inbox(&user("ann"), &query).await.unwrap().unwrap();
            let titles: Vec<_> = page.items.iter().map(|item| item.notification.title.clone()).collect();
            (titles.join(""), page.more, page.items.last().map(|item| item.position))
        }
    };
    let (titles, more, last) = ask(InboxQuery::newest(InboxState::All, 3)).await;
    assert_eq!((titles.as_str(), more), ("654", true));
    let (titles, more, _) = ask(InboxQuery { before: last, ..InboxQuery::newest(InboxState::All, 4) }).await;
    assert_eq!((titles.as_str(), more), ("3210", false));
    let (titles, ..) = ask(InboxQuery { level: Some(Level::Error), ..InboxQuery::newest(InboxState::All, 9) }).await;
    assert_eq!(titles, "531");
    let builds = Some("builds".to_owned());
    let (titles, ..) = ask(InboxQuery { category: builds, ..InboxQuery::newest(InboxState::All, 9) }).await;
    assert_eq!(titles, "654");
}

/// I8: one key, one effect, within a group and over groups.
async fn a_key_has_one_effect(open: Open) {
    let place = place();
    let store = open(&place).await;
    let keyed = |publisher: &str, fingerprint: u8| {
        let key = IdempotencyKey { publisher: user(publisher), key: "k".into(), fingerprint: [fingerprint; 32] };
        Draft::Notify { notification: Box::new(plain("x")), to: to("ann"), key: Some(key) }
    };
    let outcomes = commit(&*store, vec![keyed("host", 1), keyed("host", 1), keyed("host", 2), keyed("other", 1)]).await;
    let Outcome::Stored(made) = outcomes[0] else { panic!("{outcomes:?}") };
    assert_eq!(outcomes[1..3], [Outcome::Repeated(made), Outcome::KeyConflict]);
    assert!(matches!(outcomes[3], Outcome::Stored(other) if other != made), "another publisher's key");
    let again = commit(&*store, vec![keyed("host", 1), keyed("host", 2)]).await;
    assert_eq!(again, [Outcome::Repeated(made), Outcome::KeyConflict]);
    assert_eq!(whole_log(&*store).await.len(), 2);
}

async fn accounts_are_kept(open: Open) {
    let place = place();
    let store = open(&place).await;
    let password = PasswordHash::make(&"correct horse".into()).unwrap();
    let account = Account { user: user("ann"), role: Role::Admin, disabled: false, password, created_at: at(3) };
    assert!(store.create_account(&account).await.unwrap());
    assert!(!store.create_account(&account).await.unwrap(), "the name is taken");
    let found = store.account(&user("ann")).await.unwrap().unwrap();
    assert_eq!((found.role, found.disabled, found.created_at), (Role::Admin, false, at(3)));
    assert!(found.password.fits(&"correct horse".into()));
    assert!(store.set_disabled(&user("ann"), true).await.unwrap());
    let other = PasswordHash::make(&"battery staple".into()).unwrap();
    assert!(store.set_password(&user("ann"), &other).await.unwrap());
    let found = store.accounts().await.unwrap().remove(0);
    assert!(found.disabled && found.password.fits(&"battery staple".into()));
    assert!(store.account(&user("bob")).await.unwrap().is_none());
    assert!(!store.set_disabled(&user("bob"), true).await.unwrap());
    assert_eq!(counts(&*store, "ann").await, (0, 0), "whoever has an account is known");
}

async fn everything_outlives_the_process(open: Open) {
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

const KEEP: Retention =
    Retention { events_ms: 7_000, max_events: 1_000_000, notifications_ms: 90_000, max_notifications: 1_000_000 };

/// Takes steps until there is nothing more to remove.
async fn trim(store: &dyn Store, keep: Retention, now: Timestamp) -> (i64, i64) {
    let mut sum = (0, 0);
    loop {
        let step = store.trim(&keep, now, pos(i64::MAX)).await.unwrap();
        sum = (sum.0 + step.events, sum.1 + step.notifications);
        if !step.more {
            return sum;
        }
    }
}

async fn what_is_too_old_or_too_much_leaves_the_log(open: Open) {
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

async fn what_leaves_an_inbox_is_told_and_uncounted(open: Open) {
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
async fn a_key_goes_with_what_it_made(open: Open) {
    let place = place();
    let store = open(&place).await;
    let keyed = || {
        let key = IdempotencyKey { publisher: user("host"), key: "k".into(), fingerprint: [1; 32] };
        Draft::Notify { notification: Box::new(plain("x")), to: to("ann"), key: Some(key) }
    };
    let Outcome::Stored(made) = one(&*store, keyed()).await else { panic!("not stored") };
    trim(&*store, KEEP, at(9)).await;
    assert_eq!(one(&*store, keyed()).await, Outcome::Repeated(made), "its event has left the log, it has not");
    trim(&*store, KEEP, at(92)).await;
    assert!(matches!(one(&*store, keyed()).await, Outcome::Stored(again) if again != made));
}

async fn what_is_deleted_is_gone_for_its_user_alone(open: Open) {
    let place = place();
    let store = open(&place).await;
    for name in ["ann", "bob"] {
        meet(&*store, name).await;
    }
    let id = send(&*store, Recipients::Everyone, "x").await;
    let deleted = Flags { deleted: Some(true), ..Flags::default() };
    assert_eq!(one(&*store, mark("ann", Mark::Ids(vec![id], deleted))).await, Outcome::Marked(true));
    assert_eq!((counts(&*store, "ann").await, counts(&*store, "bob").await), ((0, 0), (1, 1)));
    assert!(store.inbox_item(&user("ann"), id).await.unwrap().is_none());
    assert!(store.inbox_item(&user("bob"), id).await.unwrap().is_some());
    for flags in [deleted, READ, Flags { read: Some(false), ..Flags::default() }] {
        assert_eq!(one(&*store, mark("ann", Mark::Ids(vec![id], flags))).await, Outcome::NotFound);
    }
    one(&*store, mark("ann", Mark::UpTo(pos(9), Flags { read: Some(false), ..Flags::default() }))).await;
    assert_eq!(counts(&*store, "ann").await, (0, 0), "and does not come back");
}

/// A step of a random history: something is sent, or a user marks something.
#[derive(Clone, Debug)]
enum Step {
    Send {
        everyone: bool,
    },
    Ids {
        picks: Vec<prop::sample::Index>,
        flags: Flags,
    },
    UpTo {
        pick: prop::sample::Index,
        flags: Flags,
    },
    /// A notification and a mark in one group: the mark does not reach what is beside it.
    Together {
        pick: prop::sample::Index,
        flags: Flags,
    },
    Delete {
        pick: prop::sample::Index,
    },
    Trim {
        keep: i64,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let flag = || prop_oneof![2 => Just(None), 2 => Just(Some(true)), 1 => Just(Some(false))];
    let flags =
        (flag(), flag(), flag()).prop_map(|(seen, read, archived)| Flags { seen, read, archived, deleted: None });
    let step = prop_oneof![
        4 => any::<bool>().prop_map(|everyone| Step::Send { everyone }),
        3 => (prop::collection::vec(any::<prop::sample::Index>(), 1..4), flags.clone())
            .prop_map(|(picks, flags)| Step::Ids { picks, flags }),
        3 => (any::<prop::sample::Index>(), flags.clone()).prop_map(|(pick, flags)| Step::UpTo { pick, flags }),
        2 => (any::<prop::sample::Index>(), flags).prop_map(|(pick, flags)| Step::Together { pick, flags }),
        1 => any::<prop::sample::Index>().prop_map(|pick| Step::Delete { pick }),
        1 => (1..6_i64).prop_map(|keep| Step::Trim { keep }),
    ];
    prop::collection::vec(step, 1..25)
}

/// What one user should have: the naive list that the database is held against.
#[derive(Default)]
struct Model {
    items: Vec<(NotificationId, Position, [bool; 3])>,
}

impl Model {
    fn mark(&mut self, chosen: impl Fn(&(NotificationId, Position, [bool; 3])) -> bool, flags: Flags) {
        let flags = flags.with_implied();
        for item in self.items.iter_mut().filter(|item| chosen(item)) {
            for (state, given) in item.2.iter_mut().zip([flags.seen, flags.read, flags.archived]) {
                *state = given.unwrap_or(*state);
            }
        }
    }

    fn counts(&self) -> (i64, i64) {
        let unread = self.items.iter().filter(|(.., [_, read, archived])| !read && !archived);
        let unseen = unread.clone().filter(|(.., [seen, ..])| !seen).count();
        (i64::try_from(unread.count()).unwrap(), i64::try_from(unseen).unwrap())
    }
}

/// The badge: the database, a naive list and the sum of the effects in the log always agree.
async fn counts_are_right_over_random_histories(open: Open) {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(48)
    });
    let handle = tokio::runtime::Handle::current();
    let history = move |steps: Vec<Step>| {
        tokio::task::block_in_place(|| handle.block_on(counts_are_right(open, &steps)));
        Ok(())
    };
    runner.run(&steps(), history).unwrap();
}

async fn counts_are_right(open: Open, steps: &[Step]) {
    let place = place();
    let store = open(&place).await;
    send(&*store, Recipients::Everyone, "before her time").await;
    meet(&*store, "ann").await;
    let mut model = Model::default();
    let mut summed = Counts::default();
    let mut read = store.head().await.unwrap().position;
    let mut recounted = false;
    for step in steps {
        match step {
            Step::Send { everyone } => {
                let recipients = if *everyone { Recipients::Everyone } else { to("ann") };
                let id = send(&*store, recipients, "x").await;
                model.items.push((id, store.head().await.unwrap().position, [false; 3]));
            }
            Step::Ids { picks, flags } if !model.items.is_empty() => {
                let ids: Vec<_> = picks.iter().map(|pick| pick.get(&model.items).0).collect();
                one(&*store, mark("ann", Mark::Ids(ids.clone(), *flags))).await;
                model.mark(|item| ids.contains(&item.0), *flags);
            }
            Step::UpTo { pick, flags } if !model.items.is_empty() => {
                let up_to = pick.get(&model.items).1;
                one(&*store, mark("ann", Mark::UpTo(up_to, *flags))).await;
                model.mark(|item| item.1 <= up_to, *flags);
            }
            Step::Together { pick, flags } if !model.items.is_empty() => {
                let id = pick.get(&model.items).0;
                let everything = Mark::UpTo(pos(i64::MAX), *flags);
                let group = vec![
                    notify(Recipients::Everyone, "x"),
                    mark("ann", Mark::Ids(vec![id], *flags)),
                    mark("ann", everything),
                ];
                let Outcome::Stored(new) = commit(&*store, group).await[0] else { panic!("not stored") };
                model.mark(|_| true, *flags);
                let at = store.inbox_item(&user("ann"), new).await.unwrap().unwrap().position;
                model.items.push((new, at, [false; 3]));
            }
            Step::Delete { pick } if !model.items.is_empty() => {
                let id = pick.get(&model.items).0;
                let deleted = Flags { deleted: Some(true), ..Flags::default() };
                one(&*store, mark("ann", Mark::Ids(vec![id], deleted))).await;
                model.items.retain(|item| item.0 != id);
            }
            Step::Trim { keep } => {
                let keep = Retention { max_events: 0, max_notifications: *keep, ..KEEP };
                for event in store.read_log(read, 1000).await.unwrap() {
                    read = event.position;
                    summed = summed.after(event.effect).unwrap();
                }
                trim(&*store, keep, at(2)).await;
                let kept = store.inbox(&user("ann"), &InboxQuery::newest(InboxState::All, 100)).await.unwrap().unwrap();
                let archived = InboxQuery::newest(InboxState::Archived, 100);
                let archived = store.inbox(&user("ann"), &archived).await.unwrap().unwrap();
                let kept: Vec<_> = kept.items.iter().chain(&archived.items).map(|item| item.notification.id).collect();
                model.items.retain(|item| kept.contains(&item.0));
            }
            _ => meet(&*store, "ann").await,
        }
        for event in store.read_log(read, 1000).await.unwrap() {
            read = event.position;
            summed = summed.after(event.effect).unwrap_or(summed);
            recounted |= event.effect == Effect::Recounts;
        }
        if std::mem::take(&mut recounted) {
            // As a session does: counted anew, which has all that was logged so far.
            let now = counts(&*store, "ann").await;
            summed = Counts { unread: now.0, unseen: now.1 };
        }
        assert_eq!(counts(&*store, "ann").await, model.counts(), "after {step:?}");
        assert_eq!((summed.unread, summed.unseen), model.counts(), "summed, after {step:?}");
    }
    let page = store.inbox(&user("ann"), &InboxQuery::newest(InboxState::Unread, 100)).await.unwrap().unwrap();
    let unread: Vec<_> = page.items.iter().rev().map(|item| item.notification.id).collect();
    let expected: Vec<_> =
        model.items.iter().filter(|(.., [_, read, archived])| !read && !archived).map(|item| item.0).collect();
    assert_eq!(unread, expected);
    for (id, _, [seen, read, archived]) in &model.items {
        let item = store.inbox_item(&user("ann"), *id).await.unwrap().unwrap();
        assert_eq!((item.seen, item.read, item.archived), (*seen || *read, *read, *archived));
    }
}

macro_rules! suite {
    ($database:ident: $($test:ident)*) => {
        mod $database {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(super::$database).await;
            })*
        }
    };
}

macro_rules! suites {
    ($($database:ident)*) => {
        $(suite!($database:
            the_log_is_dense_under_concurrent_writers
            a_notification_comes_back_as_it_was_given
            many_recipients_share_one_notification
            everyone_is_who_was_known
            replay_gives_a_users_own_in_order_and_in_pages
            marks_by_id
            a_watermark_leaves_what_came_later
            lists_are_paged_and_filtered
            a_key_has_one_effect
            what_is_too_old_or_too_much_leaves_the_log
            what_leaves_an_inbox_is_told_and_uncounted
            a_key_goes_with_what_it_made
            what_is_deleted_is_gone_for_its_user_alone
            accounts_are_kept
            everything_outlives_the_process
            counts_are_right_over_random_histories
        );)*
    };
}

suites!(sqlite);
