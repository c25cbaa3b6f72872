//! The last seqs of audiences, kept in memory from one group to the next.
//!
//! The log tells them: the last entry of an audience, its last other event, and for what is no longer
//! there the table `audiences`, which is written when something is removed and not with every event. So
//! a seq costs no page of its own. What is kept here saves asking, and is true for as long as the log
//! ends where the last group of this process left it: the head row tells.

use std::sync::Arc;

use quick_cache::unsync::Cache;

use crate::{Audience, Position};

/// Audiences that are kept, of some 150 bytes each. Any other is asked for.
const KEPT: usize = 65_536;

/// The last seq of an audience, and its written form.
#[derive(Clone)]
pub(super) struct Last {
    pub(super) name: Arc<str>,
    pub(super) seq: i64,
}

pub(in crate::store) struct Seqs {
    head: Position,
    last: Cache<Audience, Last>,
}

impl Seqs {
    pub(in crate::store) fn new() -> Self {
        Self { head: Position::START, last: Cache::new(KEPT) }
    }

    /// The last seq of an audience, if the log still ends where [`Seqs::end_at`] was told.
    pub(super) fn get(&self, audience: &Audience) -> Option<Last> {
        self.last.get(audience).cloned()
    }

    /// Whether what is kept was true when the log ended at `head`. Forgets it if not.
    pub(super) fn hold_at(&mut self, head: Position) -> bool {
        let hold = self.head == head;
        if !hold {
            self.last.clear();
        }
        hold
    }

    /// Takes what a group has made of them. It was committed, and the log ends at `head`.
    pub(super) fn end_at(&mut self, head: Position, last: impl Iterator<Item = (Audience, Last)>) {
        self.head = head;
        for (audience, seq) in last {
            self.last.insert(audience, seq);
        }
    }
}
