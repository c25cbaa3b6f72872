//! The hubs of this node: one for each thread that serves connections.

use std::{collections::HashSet, sync::Arc};

use tidings_models::{Audience, Grant, Position, Revoked, UserId};
use uuid::Uuid;

use crate::{
    census::{Census, Limits},
    entry::Entry,
    feed::Feed,
    frame::GoodbyeReason,
    hub::Hub,
    ledger::Ledger,
    sizes::Sizes,
    sync::Mutex,
    tally::Tally,
    trouble::Told,
    whisper::Whisper,
};

/// The hubs of this node, and what they share.
pub(crate) struct Hubs {
    pub(crate) feed: Arc<Feed>,
    pub(crate) census: Arc<Census>,
    pub(crate) ledger: Arc<Ledger>,
    /// What happens on this node.
    pub(crate) tally: Arc<Tally>,
    /// What was taken away, up to where the feed is.
    pub(crate) revoked: Arc<Revoked>,
    sizes: Sizes,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    hubs: Vec<Arc<Hub>>,
    stopping: bool,
}

impl Hubs {
    /// No hub yet, and a feed that begins after a position.
    pub(crate) fn new(after: Position, limits: Limits, sizes: Sizes) -> Self {
        let (feed, census) = (Arc::new(Feed::new(after, sizes)), Arc::new(Census::new(limits)));
        let (ledger, tally, revoked) = (Arc::default(), Arc::default(), Arc::default());
        Self { feed, census, ledger, tally, revoked, sizes, open: Mutex::default() }
    }

    /// One more hub.
    pub(crate) fn open(&self) -> Arc<Hub> {
        let mut open = self.open.lock();
        let hub = Hub::new(Arc::clone(&self.feed), Arc::clone(&self.census), self.sizes.queue);
        let hub = Arc::new(hub.noting_in(Arc::clone(&self.ledger), Arc::clone(&self.tally)));
        if open.stopping {
            hub.close();
        }
        open.hubs.push(Arc::clone(&hub));
        hub
    }

    /// Forgets a hub whose thread has ended.
    pub(crate) fn close(&self, hub: &Arc<Hub>) {
        self.open.lock().hubs.retain(|one| !Arc::ptr_eq(one, hub));
    }

    /// Tells all hubs what comes next in the log.
    pub(crate) fn extend(&self, entries: Vec<Arc<Entry>>) {
        // Known before any hub hears of it: who joins a hub that has heard is asked about it (`Broker::open_at`).
        for news in entries.iter().filter_map(|entry| entry.news.as_deref()) {
            self.revoked.note(news);
        }
        self.feed.extend(entries);
        for hub in &self.open.lock().hubs {
            hub.bell.notify_one();
        }
    }

    /// Hands a signal that is not in the log to all streams that it is for now.
    pub(crate) fn whisper(&self, whisper: &Arc<Whisper>) {
        for hub in self.all() {
            hub.whisper(whisper);
        }
    }

    /// How many users of an audience are here now, each of them once.
    pub(crate) fn connected(&self, audience: &Audience) -> usize {
        if *audience == Audience::Everyone {
            return self.census.figures().0;
        }
        let mut users = HashSet::new();
        for hub in self.all() {
            hub.belonging(audience, |user| {
                users.insert(user.clone());
            });
        }
        users.len()
    }

    /// Up to here everything was dispatched, by every hub.
    pub(crate) fn position(&self) -> Position {
        let slowest = self.all().iter().map(|hub| hub.position()).min();
        slowest.unwrap_or_else(|| self.feed.position())
    }

    /// Why one of them cannot go on.
    pub(crate) fn trouble(&self) -> Option<Told> {
        self.open.lock().hubs.iter().find_map(|hub| hub.trouble.get())
    }

    /// Nobody new joins from now on.
    pub(crate) fn close_all(&self) {
        self.open.lock().stopping = true;
        self.all().iter().for_each(|hub| hub.close());
    }

    /// Asks up to `count` streams to say goodbye and tells how many are left to be asked.
    pub(crate) fn end_some(&self, mut count: usize, reason: GoodbyeReason) -> usize {
        let mut left = 0;
        for hub in self.all() {
            let waiting = hub.end_some(count, reason);
            left += waiting.saturating_sub(count);
            count = count.saturating_sub(waiting);
        }
        left
    }

    /// Lets a stream of a user last until its new grant ends. `false`: there is none of this identity here.
    pub(crate) fn renew(&self, user: &UserId, stream: Uuid, grant: &Grant) -> bool {
        self.all().iter().any(|hub| hub.renew(user, stream, grant))
    }

    /// Asks a stream of a user to say goodbye.
    pub(crate) fn end(&self, user: &UserId, stream: Uuid, reason: GoodbyeReason) {
        self.all().iter().for_each(|hub| hub.end(user, stream, reason));
    }

    /// The hubs there are now, for whoever has to wait for one of them: a hub may be busy for a while, and
    /// the follower needs the lock of the list to go on.
    pub(crate) fn all(&self) -> Vec<Arc<Hub>> {
        self.open.lock().hubs.clone()
    }
}

#[cfg(test)]
mod tests {
    use tidings_models::{Counts, Window};

    use super::*;
    use crate::{
        hub::Refused,
        session::Session,
        testing::{lasting, page, pos, user},
    };

    #[test]
    fn who_is_at_several_hubs_is_counted_once() {
        let hubs = Hubs::new(pos(0), Limits { per_user: 9, per_address: 9, per_node: 9 }, Sizes::default());
        let (one, other) = (hubs.open(), hubs.open());
        let join = |hub: &Arc<Hub>, name: &str, until: Option<Option<i64>>| {
            let mut page = page(name, 0, Counts::default());
            page.windows.extend(until.map(|until| {
                let deploys = Window::since(Audience::parse("topic:deploys").unwrap(), pos(0));
                Window { until: until.map(pos), ..deploys }
            }));
            hub.join(&(user(name), lasting()).into(), Some(Session::of(&page))).unwrap()
        };
        let member = Some(None);
        let here = [join(&one, "ann", member), join(&one, "ann", None), join(&other, "ann", member)];
        let others = [join(&one, "bob", member), join(&other, "cid", None), join(&other, "dan", Some(Some(0)))];
        let connected = |audience: &str| hubs.connected(&Audience::parse(audience).unwrap());
        let all = || ["everyone", "topic:deploys", "user:ann", "user:eve", "topic:none"].map(connected);
        assert_eq!(all(), [4, 2, 1, 0, 0], "who left is no member");
        drop(others);
        assert_eq!(all(), [1, 1, 1, 0, 0]);
        drop(here);
        assert_eq!(all(), [0; 5]);
    }

    #[test]
    fn all_hubs_are_ended_in_slices() {
        let hubs = Hubs::new(pos(0), Limits { per_user: 9, per_address: 9, per_node: 9 }, Sizes::default());
        let (one, other) = (hubs.open(), hubs.open());
        let ann = (user("ann"), lasting()).into();
        let join = |hub: &Arc<Hub>| hub.join(&ann, Some(Session::of(&page("ann", 0, Counts::default()))));
        let streams = [&one, &one, &other, &other, &other].map(|hub| join(hub).unwrap());
        let told = || streams.iter().filter(|joined| joined.outlet.ending().is_some()).count();
        hubs.close_all();
        for (left, told_by_then) in [(3, 2), (1, 4), (0, 5), (0, 5)] {
            assert_eq!(hubs.end_some(2, GoodbyeReason::Shutdown), left);
            assert_eq!(told(), told_by_then);
        }
        assert_eq!(join(&hubs.open()).unwrap_err(), Refused::Stopping, "nor at a hub that is opened later");
    }
}
