//! The badge, over random histories.

use proptest::prelude::*;

use super::{
    retention::{KEEP, trim},
    *,
};

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
pub(super) async fn counts_are_right_over_random_histories(open: Open) {
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
    let mut log = Summed { counts: Counts::default(), read: store.head().await.unwrap().position };
    for step in steps {
        take(&*store, step, &mut model, &mut log).await;
        log.catch_up(&*store).await;
        assert_eq!(counts(&*store, "ann").await, model.counts(), "after {step:?}");
        assert_eq!((log.counts.unread, log.counts.unseen), model.counts(), "summed, after {step:?}");
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

/// The counts as a session has them: the sum of the effects in the log.
struct Summed {
    counts: Counts,
    read: Position,
}

impl Summed {
    async fn catch_up(&mut self, store: &dyn Store) {
        for event in store.read_log(self.read, 1000).await.unwrap() {
            self.read = event.position;
            if let Some(counts) = self.counts.after(event.effect) {
                self.counts = counts;
                continue;
            }
            // Counted anew, which has all that was logged so far.
            let (unread, unseen) = counts(store, "ann").await;
            self.counts = Counts { unread, unseen };
            self.read = store.head().await.unwrap().position;
            return;
        }
    }
}

/// Takes a step, in the database and in the list.
async fn take(store: &dyn Store, step: &Step, model: &mut Model, log: &mut Summed) {
    match step {
        Step::Send { everyone } => {
            let recipients = if *everyone { Recipients::Everyone } else { to("ann") };
            let id = send(store, recipients, "x").await;
            model.items.push((id, store.head().await.unwrap().position, [false; 3]));
        }
        Step::Ids { picks, flags } if !model.items.is_empty() => {
            let ids: Vec<_> = picks.iter().map(|pick| pick.get(&model.items).0).collect();
            one(store, mark("ann", Mark::Ids(ids.clone(), *flags))).await;
            model.mark(|item| ids.contains(&item.0), *flags);
        }
        Step::UpTo { pick, flags } if !model.items.is_empty() => {
            let up_to = pick.get(&model.items).1;
            one(store, mark("ann", Mark::UpTo(up_to, *flags))).await;
            model.mark(|item| item.1 <= up_to, *flags);
        }
        Step::Together { pick, flags } if !model.items.is_empty() => {
            let id = pick.get(&model.items).0;
            let everything = Mark::UpTo(pos(i64::MAX), *flags);
            let marks = [mark("ann", Mark::Ids(vec![id], *flags)), mark("ann", everything)];
            let group = std::iter::once(notify(Recipients::Everyone, "x")).chain(marks).collect();
            let Outcome::Stored(new) = commit(store, group).await[0] else { panic!("not stored") };
            model.mark(|_| true, *flags);
            let at = store.inbox_item(&user("ann"), new).await.unwrap().unwrap().position;
            model.items.push((new, at, [false; 3]));
        }
        Step::Delete { pick } if !model.items.is_empty() => {
            let id = pick.get(&model.items).0;
            let deleted = Flags { deleted: Some(true), ..Flags::default() };
            one(store, mark("ann", Mark::Ids(vec![id], deleted))).await;
            model.items.retain(|item| item.0 != id);
        }
        Step::Trim { keep } => {
            log.catch_up(store).await; // before what it has not read is gone
            trim(store, Retention { max_events: 0, max_notifications: *keep, ..KEEP }, at(2)).await;
            let mut kept = Vec::new();
            for state in [InboxState::All, InboxState::Archived] {
                let page = store.inbox(&user("ann"), &InboxQuery::newest(state, 100)).await.unwrap().unwrap();
                kept.extend(page.items.into_iter().map(|item| item.notification.id));
            }
            model.items.retain(|item| kept.contains(&item.0));
        }
        _ => meet(store, "ann").await,
    }
}
