//! What was done, to be told.

use std::{collections::BTreeMap, fmt};

/// Which faults there were, and how often.
#[derive(Debug, Default)]
pub(in crate::promise) struct Faults {
    counts: BTreeMap<&'static str, u64>,
    resident: u64,
}

/// A node found its own process not fit to go on.
pub(super) const ENDED: &str = "nodes that ended by themselves";

impl Faults {
    pub(super) fn note(&mut self, what: &'static str) {
        self.note_all(what, 1);
    }

    pub(super) fn note_all(&mut self, what: &'static str, count: u64) {
        if count > 0 {
            *self.counts.entry(what).or_default() += count;
        }
    }

    /// How much memory a node had.
    pub(super) fn weigh(&mut self, resident: Option<u64>) {
        self.resident = self.resident.max(resident.unwrap_or_default());
    }

    pub(super) fn add(&mut self, other: Self) {
        other.counts.into_iter().for_each(|(what, count)| self.note_all(what, count));
        self.weigh(Some(other.resident));
    }

    /// How often a node ended by itself while it served.
    pub(in crate::promise) fn ended(&self) -> u64 {
        self.counts.get(ENDED).copied().unwrap_or_default()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, count) in &self.counts {
            write!(f, "{what}: {count}; ")?;
        }
        write!(f, "at most {} KiB of memory", self.resident)
    }
}
