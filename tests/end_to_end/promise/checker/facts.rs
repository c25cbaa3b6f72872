//! The log, as far as it is known from everybody together.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::promise::history::{Content, Event, Item, Record};

use super::Evidence;

/// What stands at a position.
#[derive(Clone, Debug)]
struct Fact {
    audience: String,
    seq: Option<i64>,
    digest: Option<u64>,
}

/// The log, as far as it is known.
#[derive(Default)]
pub(super) struct Facts {
    at: BTreeMap<i64, Fact>,
    /// The positions of each audience.
    audiences: HashMap<String, Vec<i64>>,
    /// Where each notification stands, by audience.
    places: HashMap<(u128, String), i64>,
    titles: HashMap<String, BTreeSet<u128>>,
}

impl Facts {
    /// Puts together what everybody knows. Where two do not agree, a promise is broken.
    pub(super) fn gather(evidence: &Evidence, wrong: &mut Vec<String>) -> Self {
        let mut facts = Self::default();
        for record in evidence.histories.iter().flat_map(|history| &history.records) {
            match record {
                Record::Event(event) => facts.event(event, wrong),
                Record::State(state) => state.items.iter().for_each(|item| facts.item(item, wrong)),
                Record::Opened(_) | Record::Place(..) => {}
            }
        }
        for item in evidence.inboxes.values().flat_map(|inbox| &inbox.items) {
            facts.item(item, wrong);
        }
        for (before, event) in evidence.log.iter().zip(evidence.log.iter().skip(1)) {
            if event.position != before.position + 1 {
                wrong.push(format!("I5: in the log, {} follows {}", event.position, before.position));
            }
        }
        for logged in &evidence.log {
            facts.learn(logged.position, &logged.audience, Some(logged.seq), None, wrong);
        }
        facts.sort(wrong);
        facts
    }

    fn event(&mut self, event: &Event, wrong: &mut Vec<String>) {
        self.learn(event.position, &event.audience, Some(event.seq), Some(event.digest), wrong);
        if let Content::Notification { id, title } = &event.content {
            self.notification(*id, title, &event.audience, event.position, wrong);
        }
    }

    fn item(&mut self, item: &Item, wrong: &mut Vec<String>) {
        self.learn(item.position, &item.audience, None, None, wrong);
        self.notification(item.id, &item.title, &item.audience, item.position, wrong);
    }

    fn learn(&mut self, at: i64, audience: &str, seq: Option<i64>, digest: Option<u64>, wrong: &mut Vec<String>) {
        let new = Fact { audience: audience.to_owned(), seq, digest };
        let known = self.at.entry(at).or_insert_with(|| new.clone());
        let differs = known.audience != new.audience
            || matches!((known.seq, seq), (Some(one), Some(other)) if one != other)
            || matches!((known.digest, digest), (Some(one), Some(other)) if one != other);
        if differs {
            wrong.push(format!("I6: position {at} has two contents: {known:?} and {new:?}"));
        }
        known.seq = known.seq.or(seq);
        known.digest = known.digest.or(digest);
    }

    fn notification(&mut self, id: u128, title: &str, audience: &str, at: i64, wrong: &mut Vec<String>) {
        self.titles.entry(title.to_owned()).or_default().insert(id);
        let known = *self.places.entry((id, audience.to_owned())).or_insert(at);
        if known != at {
            wrong.push(format!("I8: {title} stands at {known} and at {at} for {audience}"));
        }
    }

    /// By audience. I5: seqs rise with positions, and where nothing is unknown they are dense.
    fn sort(&mut self, wrong: &mut Vec<String>) {
        for (at, fact) in &self.at {
            self.audiences.entry(fact.audience.clone()).or_default().push(*at);
        }
        let mut last: HashMap<&str, (i64, i64)> = HashMap::new();
        let mut unknown_since = 0; // the last position before which one is missing
        let mut before = 0;
        for (at, fact) in &self.at {
            if *at != before + 1 || fact.seq.is_none() {
                unknown_since = *at;
            }
            before = *at;
            let Some(seq) = fact.seq else { continue };
            if let Some((place, old)) = last.insert(&fact.audience, (*at, seq)) {
                let dense = place < unknown_since || seq == old + 1;
                if seq <= old || !dense {
                    wrong.push(format!("I5: for {}, {seq} at {at} follows {old} at {place}", fact.audience));
                }
            }
        }
    }

    /// Where the log ends.
    pub(super) fn end(&self) -> i64 {
        self.at.keys().next_back().copied().unwrap_or_default()
    }

    /// A position of this user between two others, both excluded.
    pub(super) fn between(&self, user: &str, low: i64, high: i64) -> Option<i64> {
        ["everyone", &format!("user:{user}")].iter().find_map(|audience| {
            let positions = self.audiences.get(*audience)?;
            let next = positions.get(positions.partition_point(|at| *at <= low))?;
            (*next < high).then_some(*next)
        })
    }

    /// The ids of all notifications of this title.
    pub(super) fn ids_of(&self, title: &str) -> BTreeSet<u128> {
        self.titles.get(title).cloned().unwrap_or_default()
    }

    /// Where a notification stands for a user.
    pub(super) fn place_of(&self, id: u128, user: &str) -> Option<i64> {
        let place = |audience: String| self.places.get(&(id, audience)).copied();
        place(format!("user:{user}")).or_else(|| place("everyone".into()))
    }
}
