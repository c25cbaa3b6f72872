//! Goes through what one client wrote down.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::promise::history::{Content, Counts, Event, History, Record, State};

use super::{
    facts::Facts,
    held::{Held, Tally},
};

/// How far one has come, and what was found on the way.
pub(super) struct Walk<'a> {
    history: &'a History,
    facts: &'a Facts,
    unknown_until: i64,
    /// It has everything up to here.
    place: i64,
    furthest: i64,
    /// The last seq of each audience since continuity was last broken.
    seqs: HashMap<String, i64>,
    /// Counts that were told, and where, that it has not come to yet: they may be newer than the event
    /// that they come with, and never older.
    open: Vec<(i64, Counts, Tally)>,
    /// What was unread when it came to each place for the first time.
    before: BTreeMap<i64, Tally>,
    /// The node that it comes back to may not be as far as it has been.
    behind: bool,
    /// From, to: what a state stands for.
    covered: Vec<(i64, i64)>,
    pub(super) held: Held,
    pub(super) counts: Counts,
    pub(super) received: HashSet<u128>,
    pub(super) delivered: usize,
    pub(super) repeated: usize,
    pub(super) connections: usize,
    pub(super) resets: Vec<String>,
    pub(super) exact: usize,
    pub(super) newer: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn through(
        history: &'a History,
        facts: &'a Facts,
        (unknown_until, behind): (i64, bool),
        wrong: &mut Vec<String>,
    ) -> Self {
        let mut walk = Self {
            history,
            facts,
            unknown_until,
            place: 0,
            furthest: 0,
            seqs: HashMap::new(),
            open: Vec::new(),
            before: BTreeMap::new(),
            behind,
            covered: Vec::new(),
            held: Held::default(),
            counts: (0, 0),
            received: HashSet::new(),
            delivered: 0,
            repeated: 0,
            connections: 0,
            resets: Vec::new(),
            exact: 0,
            newer: 0,
        };
        for record in &history.records {
            match record {
                Record::Opened(after) => walk.opened(*after),
                Record::Event(event) => walk.event(event, wrong),
                Record::State(state) => walk.state(state, wrong),
                Record::Place(at, counts) => walk.stands(*at, *counts, wrong),
            }
        }
        walk.settle(wrong);
        walk
    }

    /// Whether a state stands for what is at this position.
    pub(super) fn is_covered(&self, at: i64) -> bool {
        self.covered.iter().any(|(from, to)| (*from < at) && (at <= *to))
    }

    fn opened(&mut self, after: i64) {
        self.connections += 1;
        if after != self.place {
            self.seqs.clear(); // it goes back, as it chose to
        }
        self.place = after;
    }

    fn event(&mut self, event: &Event, wrong: &mut Vec<String>) {
        let Event { position, audience, seq, .. } = event;
        self.delivered += 1;
        if *audience != format!("user:{}", self.history.user) && audience != "everyone" {
            wrong.push(format!("I4: it was sent an event of {audience}"));
        }
        if audience == "everyone" && *position <= self.unknown_until {
            wrong.push(format!("I4: it was sent the broadcast at {position}, from before it was known"));
        }
        self.advance(*position, *position, wrong);
        if let Some(last) = self.seqs.insert(audience.clone(), *seq)
            && *seq != last + 1
        {
            wrong.push(format!("I5: {seq} of {audience} follows {last}"));
        }
        if *position <= self.furthest {
            self.repeated += 1;
        }
        self.furthest = self.furthest.max(*position);
        if let Content::Notification { id, .. } = event.content {
            self.received.insert(id);
        }
        self.held.apply(event);
        self.report(event.counts);
        self.remember();
    }

    /// Moves on to a place, with everything of the reader's below `complete`. I1, I2, I3.
    fn advance(&mut self, to: i64, complete: i64, wrong: &mut Vec<String>) {
        if to < self.place || (to == self.place && to == complete) {
            wrong.push(format!("I2, I3: after {} it was sent {to}", self.place));
        }
        if let Some(missed) = self.facts.between(&self.history.user, self.place, complete) {
            wrong.push(format!("I1: on its way from {} to {to}, {missed} was left out", self.place));
        }
        self.place = to;
    }

    fn stands(&mut self, at: i64, counts: Option<Counts>, wrong: &mut Vec<String>) {
        self.advance(at, at + 1, wrong);
        if let Some(counts) = counts {
            self.report(counts);
        }
    }

    fn state(&mut self, state: &State, wrong: &mut Vec<String>) {
        // Counts that were newer than what it held may be of what the state stands for.
        self.newer += self.open.len();
        self.open.clear();
        if let Some(reason) = &state.reset {
            self.resets.push(reason.clone());
            if reason != "expired" {
                // Every cursor here was given out by this log, and what was given out is on disk.
                wrong.push(format!("I7: its cursor {} was called {reason}", self.place));
            }
        }
        if state.position < self.place {
            wrong.push(format!("I3: a state of {} for one who has {}", state.position, self.place));
        }
        let early = state.items.iter().find(|item| item.audience == "everyone" && item.position <= self.unknown_until);
        if let Some(early) = early {
            wrong.push(format!("I4: the state has the broadcast at {}, from before it was known", early.position));
        }
        self.covered.push((self.place, state.position));
        self.place = state.position;
        self.furthest = self.furthest.max(state.position);
        self.seqs.clear();
        self.received.extend(state.items.iter().map(|item| item.id));
        self.held = Held::of(state);
        if !self.held.may_count(state.counts) {
            wrong.push(format!("I9: the state of {} and its counts {:?} differ", state.position, state.counts));
        }
        self.counts = state.counts;
        self.remember();
    }

    /// Takes note of what is unread here. Where it has been before it holds what is later already.
    fn remember(&mut self) {
        if self.place >= self.furthest {
            self.before.insert(self.place, self.held.tally());
        }
    }

    /// Whether counts are those of a place from here on where it has been before: where the node stood.
    fn was_so(&self, counts: Counts) -> bool {
        let here = self.before.range(..=self.place).next_back();
        let later = self.before.range(self.place..);
        self.behind && self.place < self.furthest && here.into_iter().chain(later).any(|(_, tally)| tally.is(counts))
    }

    /// Counts came with what it holds now.
    fn report(&mut self, counts: Counts) {
        self.counts = counts;
        let (before, held) = (self.open.len(), &self.held);
        self.open.retain(|(_, counts, _)| !held.may_count(*counts));
        self.newer += before - self.open.len();
        if self.held.may_count(counts) {
            self.exact += 1;
        } else if self.was_so(counts) {
            self.newer += 1;
        } else {
            self.open.push((self.place, counts, self.held.tally()));
        }
    }

    /// What is open now was never what the client held.
    fn settle(&self, wrong: &mut Vec<String>) {
        for (at, counts, held) in &self.open {
            wrong
                .push(format!("I9: at {at} it was told the counts {counts:?}, and held {held:?} then, and never that"));
        }
    }
}
