//! The badge, over random histories.

use proptest::{prelude::*, sample::Index};

use super::{
    retention::{KEEP, trim},
    *,
};

mod coverage;

use coverage::Coverage;

/// Histories of a run from which on all that may happen is to have happened.
const CASES: u32 = 96;
/// Of a database in another process, which takes longer for each: the same statements are asked for everything.
const CASES_ELSEWHERE: u32 = 20;

/// A step of a random history: something is sent, something becomes of it, or Ann does something.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Send(Sending),
    Ids {
        picks: Vec<Index>,
        flags: Flags,
    },
    UpTo {
        pick: Index,
        flags: Flags,
    },
    /// A notification and a mark in one group: the mark does not reach what is beside it.
    Together {
        pick: Index,
        flags: Flags,
    },
    Delete {
        pick: Index,
    },
    Snooze {
        pick: Index,
        seconds: Option<i64>,
    },
    Subscribe {
        join: bool,
    },
    Mute {
        topic: bool,
        category: bool,
        level: bool,
    },
    Correct {
        pick: Index,
        category: Option<&'static str>,
        level: Level,
    },
    Retract {
        pick: Index,
    },
    Later {
        seconds: i64,
    },
    Trim {
        keep: i64,
    },
}

/// What is sent, and to whom.
#[derive(Clone, Debug)]
pub(super) struct Sending {
    /// 0: Ann, 1: Ann and Bob, 2: the topic, 3: everyone.
    to: u8,
    group_key: Option<&'static str>,
    category: Option<&'static str>,
    level: Level,
    critical: bool,
    /// Seconds from now.
    expires: Option<i64>,
    delivered: Option<i64>,
}

fn category() -> impl Strategy<Value = Option<&'static str>> + Clone {
    prop_oneof![3 => Just(None), 1 => Just(Some("builds"))]
}

fn level() -> impl Strategy<Value = Level> + Clone {
    prop_oneof![3 => Just(Level::Info), 1 => Just(Level::Error)]
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let flag = || prop_oneof![2 => Just(None), 2 => Just(Some(true)), 1 => Just(Some(false))];
    let flags =
        (flag(), flag(), flag()).prop_map(|(seen, read, archived)| Flags { seen, read, archived, ..Flags::default() });
    let acted = || prop_oneof![3 => Just(None), 1 => Just(Some(true))];
    let group_key = prop_oneof![3 => Just(None), 1 => Just(Some("g")), 1 => Just(Some("h"))];
    let seconds = || prop_oneof![4 => Just(None), 1 => (1..9_i64).prop_map(Some)];
    let sending = (0..4_u8, group_key, category(), level(), prop::bool::weighted(0.1), seconds(), seconds()).prop_map(
        |(to, group_key, category, level, critical, expires, delivered)| Sending {
            to,
            group_key,
            category,
            level,
            critical,
            // What would be over before it is there is refused: another test.
            expires: expires.map(|seconds| seconds + delivered.unwrap_or(0)),
            delivered,
        },
    );
    let pick = any::<Index>;
    let step = prop_oneof![
        6 => sending.prop_map(Step::Send),
        3 => (prop::collection::vec(pick(), 1..4), flags.clone(), acted())
            .prop_map(|(picks, flags, acted)| Step::Ids { picks, flags: Flags { acted, ..flags } }),
        3 => (pick(), flags.clone()).prop_map(|(pick, flags)| Step::UpTo { pick, flags }),
        2 => (pick(), flags).prop_map(|(pick, flags)| Step::Together { pick, flags }),
        1 => pick().prop_map(|pick| Step::Delete { pick }),
        3 => (pick(), prop_oneof![1 => Just(None), 2 => (1..5_i64).prop_map(Some)])
            .prop_map(|(pick, seconds)| Step::Snooze { pick, seconds }),
        2 => any::<bool>().prop_map(|join| Step::Subscribe { join }),
        2 => any::<[bool; 3]>().prop_map(|[topic, category, level]| Step::Mute { topic, category, level }),
        1 => (pick(), category(), level()).prop_map(|(pick, category, level)| Step::Correct { pick, category, level }),
        1 => pick().prop_map(|pick| Step::Retract { pick }),
        2 => (1..5_i64).prop_map(|seconds| Step::Later { seconds }),
        1 => (1..6_i64).prop_map(|keep| Step::Trim { keep }),
    ];
    prop::collection::vec(step, 1..50)
}

/// What Ann should have: the naive list that the database is held against.
#[derive(Clone, Default)]
struct Model {
    now: i64,
    ids: Ids,
    joined: bool,
    muted: [bool; 3],
    items: Vec<Item>,
    /// What is due when, and is over when.
    waiting: Vec<(i64, NotificationId, Sending, Option<i64>)>,
}

/// Ids by chance, and by the same chance wherever the history goes on.
#[derive(Clone)]
struct Ids(u64);

impl Ids {
    fn next(&mut self) -> NotificationId {
        self.0 = self.0.wrapping_add(1);
        NotificationId::new(at(1), self)
    }
}

impl Default for Ids {
    fn default() -> Self {
        let mut bytes = [0; 8];
        SystemRandom.fill(&mut bytes);
        Self(u64::from_le_bytes(bytes))
    }
}

impl Random for Ids {
    fn fill(&self, bytes: &mut [u8]) {
        let digest = Digest::of(&self.0.to_string());
        bytes.iter_mut().zip(digest.as_bytes()).for_each(|(byte, by)| *byte = *by);
    }
}

#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a state of its own, and any of them may hold")]
struct Item {
    id: NotificationId,
    position: Position,
    sent: Sending,
    seen: bool,
    read: bool,
    acted: bool,
    archived: bool,
    snoozed: Option<i64>,
    /// What was muted when it came.
    mutes: [bool; 3],
    over: Option<i64>,
}

impl Item {
    fn muted(&self) -> bool {
        let [topic, category, level] = self.mutes;
        let Sending { to, critical, .. } = self.sent;
        let hit = (topic && to == 2)
            || (category && self.sent.category.is_some())
            || (level && self.sent.level == Level::Error);
        hit && !critical
    }

    fn unread(&self) -> bool {
        !self.read && !self.archived && self.snoozed.is_none() && !self.muted()
    }
}

impl Model {
    fn at(&self) -> Timestamp {
        at(self.now)
    }

    fn arrives(&mut self, id: NotificationId, position: Position, sent: &Sending, over: Option<i64>) {
        // The topic's former members lose what is replaced, too: there is one row of a group.
        self.items.retain(|item| {
            let same = |to: u8| if to == 1 { 0 } else { to };
            sent.group_key.is_none() || item.sent.group_key != sent.group_key || same(item.sent.to) != same(sent.to)
        });
        if sent.to != 2 || self.joined {
            let (sent, mutes) = (sent.clone(), self.muted);
            let (seen, read, acted, archived, snoozed) = (false, false, false, false, None);
            self.items.push(Item { id, position, sent, seen, read, acted, archived, snoozed, mutes, over });
        }
    }

    fn mark(&mut self, chosen: impl Fn(&Item) -> bool, flags: Flags) {
        let flags = flags.with_implied();
        for item in self.items.iter_mut().filter(|item| chosen(item)) {
            item.seen = flags.seen.unwrap_or(item.seen);
            item.read = flags.read.unwrap_or(item.read);
            item.acted |= flags.acted == Some(true);
            item.archived = flags.archived.unwrap_or(item.archived);
            if let Some(until) = flags.snoozed_until {
                item.snoozed = until.map(Timestamp::as_millis);
            }
        }
    }

    fn counts(&self) -> (i64, i64) {
        let unread = self.items.iter().filter(|item| item.unread());
        let unseen = unread.clone().filter(|item| !item.seen).count();
        (i64::try_from(unread.count()).unwrap(), i64::try_from(unseen).unwrap())
    }

    fn pick(&self, pick: Index) -> Option<&Item> {
        (!self.items.is_empty()).then(|| pick.get(&self.items))
    }
}

/// The badge: the database, a naive list and the sum of the effects in the log always agree.
pub(super) async fn counts_are_right_over_random_histories(open: Open) {
    let probe = place();
    open(&probe).await.close().await;
    let usual = if probe.database.get().is_some() { CASES_ELSEWHERE } else { CASES };
    let cases = std::env::var("TIDINGS_HISTORIES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(usual);
    let coverage = Coverage::default();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    });
    let handle = tokio::runtime::Handle::current();
    let history = |steps: Vec<Step>| {
        tokio::task::block_in_place(|| handle.block_on(counts_are_right(open, &steps, &coverage)));
        Ok(())
    };
    runner.run(&steps(), history).unwrap();
    if cases >= CASES {
        coverage.assert_complete();
    }
}

async fn counts_are_right(open: Open, steps: &[Step], coverage: &Coverage) {
    let place = place();
    let store = open(&place).await;
    store.put_topic(&topic("deploys")).await.unwrap();
    send(&*store, Recipients::Everyone, "before her time").await;
    meet(&*store, "ann").await;
    let mut model = Model { now: 2, ..Model::default() };
    let mut log = Summed { counts: Counts::default(), read: store.head().await.unwrap().position };
    for step in steps {
        let (before, had) = (store.head().await.unwrap().position, model.items.len());
        take(&*store, step, &mut model, &mut log).await;
        let page = store.inbox(&user("ann"), &InboxQuery::counts()).await.unwrap().unwrap();
        let (events, lost) = (store.read_log(before, 1000).await.unwrap(), model.items.len() < had);
        coverage.take(step, &events, lost, |event| {
            let holds = page.windows.iter().any(|window| window.holds(&event.audience, event.position));
            holds
                && event.subject().is_some_and(|subject| {
                    page.mutes.iter().any(|mute| mute.covers(&event.audience, event.position, &subject))
                })
        });
        log.catch_up(&*store).await;
        assert_eq!(counts(&*store, "ann").await, model.counts(), "after {step:?}");
        assert_eq!((log.counts.unread, log.counts.unseen), model.counts(), "summed, after {step:?}");
        states_agree(&*store, step).await;
    }
    let unread = ids(&*store, InboxState::Unread).await;
    let expected = |which: &dyn Fn(&Item) -> bool| {
        model.items.iter().rev().filter(|item| which(item)).map(|item| item.id).collect::<Vec<_>>()
    };
    assert_eq!(unread, expected(&Item::unread));
    assert_eq!(ids(&*store, InboxState::Snoozed).await, expected(&|item| item.snoozed.is_some()));
    for item in &model.items {
        let kept = store.inbox_item(&user("ann"), item.id).await.unwrap().unwrap();
        assert_eq!((kept.seen, kept.read, kept.archived), (item.seen || item.read, item.read, item.archived));
        assert_eq!((kept.muted, kept.snoozed_until.map(Timestamp::as_millis)), (item.muted(), item.snoozed));
        assert_eq!((kept.position, kept.acted_at.is_some()), (item.position, item.acted));
    }
}

/// What is read of many at once is what is read of each.
async fn states_agree(store: &dyn Store, step: &Step) {
    let users = ["bob", "nobody", "ann"].map(user);
    for (user, together) in users.iter().zip(store.states(&users).await.unwrap()) {
        let alone = store.inbox(user, &InboxQuery::counts()).await.unwrap();
        assert_eq!(format!("{together:?}"), format!("{alone:?}"), "of {user}, after {step:?}");
    }
}

async fn ids(store: &dyn Store, state: InboxState) -> Vec<NotificationId> {
    let page = store.inbox(&user("ann"), &InboxQuery::newest(state, 100)).await.unwrap().unwrap();
    page.items.into_iter().map(|item| item.notification.id).collect()
}

/// A history that goes on elsewhere.
#[derive(Clone)]
pub(super) struct History {
    model: Model,
    log: Summed,
}

impl History {
    pub(super) async fn begin(store: &dyn Store) -> Self {
        store.put_topic(&topic("deploys")).await.unwrap();
        meet(store, "ann").await;
        let log = Summed { counts: Counts::default(), read: store.head().await.unwrap().position };
        Self { model: Model { now: 2, ..Model::default() }, log }
    }

    pub(super) async fn go_on(&mut self, store: &dyn Store, steps: &[Step]) {
        for step in steps {
            take(store, step, &mut self.model, &mut self.log).await;
        }
    }
}

/// The counts as a session has them: the sum of the effects in the log.
#[derive(Clone)]
struct Summed {
    counts: Counts,
    read: Position,
}

impl Summed {
    async fn catch_up(&mut self, store: &dyn Store) {
        let page = store.inbox(&user("ann"), &InboxQuery::counts()).await.unwrap().unwrap();
        for event in store.read_log(self.read, 1000).await.unwrap() {
            self.read = event.position;
            if !page.windows.iter().any(|window| window.holds(&event.audience, event.position)) {
                continue;
            }
            let muted = event.subject().is_some_and(|subject| {
                page.mutes.iter().any(|mute| mute.covers(&event.audience, event.position, &subject))
            });
            if let Some(counts) = self.counts.after(if muted { event.effect.unnoticed() } else { event.effect }) {
                self.counts = counts;
                continue;
            }
            // Counted anew, which has all that was logged so far.
            self.counts = page.counts;
            self.read = page.head.position;
            return;
        }
    }
}

fn draft(sent: &Sending, model: &mut Model) -> (NotificationId, Draft) {
    let now = model.at();
    let after = |seconds: i64| now.plus_millis(seconds * 1000);
    let notification: Notification = serde_json::from_value(serde_json::json!({
        "id": model.ids.next().to_string(), "title": "x", "level": sent.level,
        "critical": sent.critical, "category": sent.category, "group_key": sent.group_key,
        "created_at": now, "expires_at": sent.expires.map(after),
    }))
    .unwrap();
    let to = match sent.to {
        0 => to("ann"),
        1 => Recipients::users(vec![user("ann"), user("bob")]).unwrap(),
        2 => Recipients::Topic(TopicName::parse("deploys").unwrap()),
        _ => Recipients::Everyone,
    };
    let deliver_at = sent.delivered.map(after);
    (notification.id, Draft::Notify { notification: Box::new(notification), to, key: None, deliver_at })
}

/// Where a notification stands for Ann, if she has it.
async fn position(store: &dyn Store, id: NotificationId) -> Option<Position> {
    Some(store.inbox_item(&user("ann"), id).await.unwrap()?.position)
}

/// Takes a step, in the database and in the list.
async fn take(store: &dyn Store, step: &Step, model: &mut Model, log: &mut Summed) {
    match step {
        Step::Send(sending) => {
            let (id, draft) = draft(sending, model);
            assert_eq!(one(store, draft).await, Outcome::Stored(id));
            let over = sending.expires.map(|seconds| model.now + seconds);
            match sending.delivered {
                Some(seconds) => model.waiting.push((model.now + seconds, id, sending.clone(), over)),
                None => model.arrives(id, position(store, id).await.unwrap_or_default(), sending, over),
            }
        }
        Step::Ids { picks, flags } if !model.items.is_empty() => {
            let ids: Vec<_> = picks.iter().map(|pick| pick.get(&model.items).id).collect();
            one(store, mark("ann", Mark::Ids(ids.clone(), *flags))).await;
            model.mark(|item| ids.contains(&item.id), *flags);
        }
        Step::UpTo { pick, flags } if !model.items.is_empty() => {
            let up_to = pick.get(&model.items).position;
            one(store, mark("ann", Mark::UpTo(up_to, *flags))).await;
            model.mark(|item| item.position <= up_to, *flags);
        }
        Step::Together { pick, flags } if !model.items.is_empty() => {
            let id = pick.get(&model.items).id;
            let everything = Mark::UpTo(pos(i64::MAX), *flags);
            let marks = [mark("ann", Mark::Ids(vec![id], *flags)), mark("ann", everything)];
            let new = model.ids.next();
            let (notification, to) = (Box::new(Notification { id: new, ..plain("x") }), Recipients::Everyone);
            let notify = Draft::Notify { notification, to, key: None, deliver_at: None };
            let group = std::iter::once(notify).chain(marks).collect();
            assert_eq!(commit(store, group).await[0], Outcome::Stored(new));
            model.mark(|_| true, *flags);
            let sent = Sending {
                to: 3,
                group_key: None,
                category: None,
                level: Level::Info,
                critical: false,
                expires: None,
                delivered: None,
            };
            model.arrives(new, position(store, new).await.unwrap(), &sent, None);
        }
        Step::Delete { pick } => {
            let Some(id) = model.pick(*pick).map(|item| item.id) else { return };
            let deleted = Flags { deleted: Some(true), ..Flags::default() };
            one(store, mark("ann", Mark::one(id, deleted))).await;
            model.items.retain(|item| item.id != id);
        }
        Step::Trim { keep } => {
            log.catch_up(store).await; // before what it has not read is gone
            trim(store, Retention { max_events: 0, max_notifications: *keep, ..KEEP }, at(2)).await;
            let mut kept = Vec::new();
            for state in [InboxState::All, InboxState::Archived, InboxState::Snoozed] {
                kept.extend(ids(store, state).await);
            }
            model.items.retain(|item| kept.contains(&item.id));
        }
        other => take_other(store, other, model).await,
    }
}

/// The steps that know nothing of the log.
async fn take_other(store: &dyn Store, step: &Step, model: &mut Model) {
    match step {
        Step::Snooze { pick, seconds } => {
            // What is brought back is mostly something that was put off.
            let snoozed: Vec<_> = model.items.iter().filter(|item| item.snoozed.is_some()).collect();
            let item =
                if seconds.is_some() || snoozed.is_empty() { model.pick(*pick) } else { Some(*pick.get(&snoozed)) };
            let Some(id) = item.map(|item| item.id) else { return };
            let until = seconds.map(|seconds| model.at().plus_millis(seconds * 1000));
            let flags = Flags { snoozed_until: Some(until), ..Flags::default() };
            one(store, mark("ann", Mark::one(id, flags))).await;
            model.mark(|item| item.id == id, flags);
        }
        Step::Subscribe { join } => {
            let (user, topic, at) = (user("ann"), topic("deploys").name, model.at());
            let outcome = one(store, Draft::Subscribe { user, topic, join: *join, by_admin: false, at }).await;
            assert_eq!(outcome, Outcome::Done(model.joined != *join));
            model.joined = *join;
        }
        Step::Mute { topic, category, level } => {
            let mut preferences = Preferences::default();
            preferences.muted.topics.extend(topic.then(|| TopicName::parse("deploys").unwrap()));
            preferences.muted.categories.extend(category.then(|| "builds".to_owned()));
            preferences.muted.levels.extend(level.then_some(Level::Error));
            one(store, Draft::Prefer { user: user("ann"), preferences, at: model.at() }).await;
            model.muted = [*topic, *category, *level];
        }
        Step::Correct { pick, category, level } => {
            let Some(id) = model.pick(*pick).map(|item| item.id) else { return };
            let Sent { mut notification, revision, .. } = store.notification(id).await.unwrap().unwrap();
            (notification.category, notification.level) = (category.map(str::to_owned), *level);
            let (by, at) = (user("admin"), model.at());
            let correct = Draft::Correct { notification: Box::new(notification), deliver_at: None, revision, by, at };
            assert_eq!(one(store, correct).await, Outcome::Done(true));
            let item = model.items.iter_mut().find(|item| item.id == id).unwrap();
            (item.sent.category, item.sent.level) = (*category, *level);
        }
        Step::Retract { pick } => {
            let Some(id) = model.pick(*pick).map(|item| item.id) else { return };
            let retract = Draft::Retract { id, by: user("admin"), at: model.at() };
            assert_eq!(one(store, retract).await, Outcome::Done(true));
            model.items.retain(|item| item.id != id);
        }
        Step::Later { seconds } => later(store, model, *seconds).await,
        _ => meet(store, "ann").await,
    }
}

/// Time goes by, second by second, and what is due happens.
async fn later(store: &dyn Store, model: &mut Model, seconds: i64) {
    for _ in 0..seconds {
        model.now += 1;
        let (now, due) = (model.now, store.is_due(model.at()).await.unwrap());
        let did = one(store, Draft::Due { at: model.at() }).await;
        assert_eq!(did != Outcome::Did(0), due);
        assert!(!store.is_due(model.at()).await.unwrap());
        model.waiting.sort_by_key(|(due, id, ..)| (*due, *id));
        let due = model.waiting.partition_point(|(due, ..)| *due <= now);
        for (_, id, sent, over) in model.waiting.drain(..due).collect::<Vec<_>>() {
            // What expires in the same step stands nowhere any more.
            model.arrives(id, position(store, id).await.unwrap_or_default(), &sent, over);
        }
        model.items.retain(|item| item.over.is_none_or(|over| over > now));
        for item in &mut model.items {
            if item.snoozed.is_some_and(|until| until <= at(now).as_millis()) {
                (item.snoozed, item.read, item.seen) = (None, false, false);
            }
        }
    }
}
