//! What a client holds, after what it was sent.

use std::collections::{BTreeMap, HashMap};

use crate::promise::history::{Change, Content, Counts, Event, Item, State};

/// A notification, as a client holds it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Own {
    id: u128,
    seen: bool,
    read: bool,
    archived: bool,
}

impl Own {
    /// Whether the inbox has it just so.
    pub(super) fn is_like(&self, item: &Item) -> bool {
        (self.id, self.seen, self.read, self.archived) == (item.id, item.seen, item.read, item.archived)
    }

    fn tally(&self) -> Tally {
        let unread = !self.read && !self.archived;
        Tally { unread: i64::from(unread), unseen: i64::from(unread && !self.seen) }
    }
}

/// What a client holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    items: BTreeMap<i64, Own>,
    places: HashMap<u128, i64>,
    tally: Tally,
    /// Of what stands before this it does not know all. 0: it does.
    horizon: i64,
}

/// What is unread of what it holds: in all, and those never shown.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    unread: i64,
    unseen: i64,
}

impl Tally {
    pub(super) fn is(self, (unread, unseen): Counts) -> bool {
        (unread, unseen) == (self.unread, self.unseen)
    }
}

impl Held {
    /// What a list leaves it with.
    pub(super) fn of(state: &State) -> Self {
        let mut held = Self::default();
        for item in &state.items {
            let own = Own { id: item.id, seen: item.seen, read: item.read, archived: item.archived };
            held.places.insert(item.id, item.position);
            held.put(item.position, Some(own));
        }
        if state.more {
            held.horizon = held.items.keys().next().copied().unwrap_or(state.position + 1);
        }
        held
    }

    pub(super) fn horizon(&self) -> i64 {
        self.horizon
    }

    pub(super) fn get(&self, at: i64) -> Option<&Own> {
        self.items.get(&at)
    }

    /// What it shows in its list.
    pub(super) fn listed(&self) -> impl Iterator<Item = (i64, &Own)> {
        self.items.iter().filter(|(_, own)| !own.archived).map(|(at, own)| (*at, own))
    }

    pub(super) fn apply(&mut self, event: &Event) {
        match &event.content {
            Content::Notification { id, .. } => {
                let own = Own { id: *id, seen: false, read: false, archived: false };
                self.places.insert(*id, event.position);
                self.put(event.position, Some(own));
            }
            Content::Changed(change) => self.change(change),
            Content::Other(_) => {}
        }
    }

    fn change(&mut self, change: &Change) {
        let mut places: Vec<i64> = change.ids.iter().filter_map(|id| self.places.get(id).copied()).collect();
        if let Some(up_to) = change.up_to {
            places.extend(self.items.range(..=up_to).map(|(at, _)| *at));
        }
        for at in places {
            let Some(old) = self.items.get(&at) else { continue };
            let new = Own {
                id: old.id,
                // What is read was seen, and stays so when it is unread again.
                seen: change.read == Some(true) || change.seen.unwrap_or(old.seen),
                read: change.read.unwrap_or(old.read),
                archived: change.archived.unwrap_or(old.archived),
            };
            self.put(at, Some(new).filter(|_| !change.deleted));
        }
    }

    fn put(&mut self, at: i64, own: Option<Own>) {
        let new = own.as_ref().map_or(Tally::default(), Own::tally);
        let old = match own {
            Some(own) => self.items.insert(at, own),
            None => self.items.remove(&at),
        };
        let old = old.as_ref().map_or(Tally::default(), Own::tally);
        self.tally.unread += new.unread - old.unread;
        self.tally.unseen += new.unseen - old.unseen;
    }

    pub(super) fn tally(&self) -> Tally {
        self.tally
    }

    /// Whether these may be its counts. One that does not know all cannot tell.
    pub(super) fn may_count(&self, counts: Counts) -> bool {
        self.horizon > 0 || self.tally.is(counts)
    }
}
