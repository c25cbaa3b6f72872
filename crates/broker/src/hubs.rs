//! The hubs of this node: one for each thread that serves connections.

use std::sync::Arc;

use tidings_models::Position;

use crate::{
    census::{Census, Limits},
    entry::Entry,
    feed::Feed,
    frame::GoodbyeReason,
    hub::Hub,
    sizes::Sizes,
    sync::Mutex,
};

/// The hubs of this node, and what they share.
pub(crate) struct Hubs {
    pub(crate) feed: Arc<Feed>,
    pub(crate) census: Arc<Census>,
    sizes: Sizes,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    hubs: Vec<Arc<Hub>>,
    stopping: Option<GoodbyeReason>,
}

impl Hubs {
    /// No hub yet, and a feed that begins after a position.
    pub(crate) fn new(after: Position, limits: Limits, sizes: Sizes) -> Self {
        let (feed, census) = (Arc::new(Feed::new(after, sizes)), Arc::new(Census::new(limits)));
        Self { feed, census, sizes, open: Mutex::default() }
    }

    /// One more hub.
    pub(crate) fn open(&self) -> Arc<Hub> {
        let mut open = self.open.lock();
        let hub = Arc::new(Hub::new(Arc::clone(&self.feed), Arc::clone(&self.census), self.sizes.queue));
        if let Some(reason) = open.stopping {
            hub.end_some(0, reason);
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
        self.feed.extend(entries);
        for hub in &self.open.lock().hubs {
            hub.bell.notify_one();
        }
    }

    /// Up to here everything was dispatched, by every hub.
    pub(crate) fn position(&self) -> Position {
        let slowest = self.open.lock().hubs.iter().map(|hub| hub.position()).min();
        slowest.unwrap_or_else(|| self.feed.position())
    }

    /// Why one of them cannot go on.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.open.lock().hubs.iter().find_map(|hub| hub.trouble.lock().clone())
    }

    /// Asks up to `count` streams to say goodbye and tells how many are left to be asked. Nobody new
    /// joins from now on.
    pub(crate) fn end_some(&self, mut count: usize, reason: GoodbyeReason) -> usize {
        let mut open = self.open.lock();
        open.stopping = Some(reason);
        let mut left = 0;
        for hub in &open.hubs {
            let waiting = hub.end_some(count, reason);
            left += waiting.saturating_sub(count);
            count = count.saturating_sub(waiting);
        }
        left
    }
}
