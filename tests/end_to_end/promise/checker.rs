//! Judges what clients wrote down. Values in, values out: its own tests hand it what must not happen.
//!
//! It opens cursors, which clients cannot do, so it knows where in the log each thing stands. What any
//! client was sent of the log, what the inboxes have and what the log still holds are put together to
//! the [`Facts`]; each client's history is then held against them.

mod facts;
mod held;
#[cfg(test)]
mod tests;
mod walk;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
};

use super::{
    history::{History, Item},
    inboxes::{Inbox, Logged},
    publishers::Published,
};

use facts::Facts;
use held::Held;
use walk::Walk;

/// All that is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
    pub(super) published: Vec<Published>,
    pub(super) histories: Vec<History>,
    pub(super) inboxes: BTreeMap<String, Inbox>,
    pub(super) log: Vec<Logged>,
    /// What users asked to delete, done or not.
    pub(super) deleted: BTreeSet<(String, u128)>,
    /// Broadcasts up to here are not theirs: they came later.
    pub(super) unknown_until: BTreeMap<String, i64>,
    /// There are several nodes, and one may be behind another.
    pub(super) several: bool,
}

/// What to print.
#[derive(Debug, Default)]
pub(super) struct Figures {
    clients: usize,
    acknowledged: usize,
    attempts: u64,
    log: i64,
    delivered: usize,
    repeated: usize,
    connections: usize,
    resets: BTreeMap<String, usize>,
    covered: usize,
    lost: usize,
    /// Counts that were exactly as of their event, and those that were newer.
    counts: (usize, usize),
}

impl Figures {
    /// How often a client was reset.
    pub(super) fn resets(&self) -> usize {
        self.resets.values().sum()
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clients, acknowledged, attempts, log, delivered, repeated, connections, .. } = self;
        let (exact, newer) = self.counts;
        write!(f, "{acknowledged} published and acknowledged in {attempts} attempts, a log of {log}; ")?;
        write!(f, "{clients} clients over {connections} connections and requests were sent {delivered} events, ")?;
        write!(
            f,
            "{repeated} of them again as asked; resets {:?} cover {} notifications; ",
            self.resets, self.covered
        )?;
        write!(f, "counts: {exact} exactly as of their event, {newer} newer; lost: {}", self.lost)
    }
}

/// What was found, and what must not be.
pub(super) fn check(evidence: &Evidence) -> (Figures, Vec<String>) {
    let mut wrong = Vec::new();
    let facts = Facts::gather(evidence, &mut wrong);
    let mut figures = Figures {
        clients: evidence.histories.len(),
        acknowledged: evidence.published.len(),
        attempts: evidence.published.iter().map(|published| published.attempts).sum(),
        log: facts.end(),
        ..Figures::default()
    };
    published_once(evidence, &facts, &mut wrong);
    for history in &evidence.histories {
        let unknown_until = evidence.unknown_until.get(&history.user).copied().unwrap_or_default();
        let mut told = Vec::new();
        let walk = Walk::through(history, &facts, (unknown_until, evidence.several), &mut told);
        figures.delivered += walk.delivered;
        figures.repeated += walk.repeated;
        figures.connections += walk.connections;
        figures.counts.0 += walk.exact;
        figures.counts.1 += walk.newer;
        for reason in &walk.resets {
            *figures.resets.entry(reason.clone()).or_default() += 1;
        }
        arrived(evidence, history, &walk, &facts, &mut figures, &mut told);
        if let Some(inbox) = evidence.inboxes.get(&history.user) {
            converged(&walk.held, inbox, &mut told);
            if walk.counts != inbox.counts {
                told.push(format!("I9: it was left with the counts {:?}, not {:?}", walk.counts, inbox.counts));
            }
        }
        wrong.extend(told.into_iter().map(|what| format!("{}: {what}", history.client)));
    }
    (figures, wrong)
}

/// I7 and I8: what was acknowledged is in the inboxes that it is for, once, under the id that was answered.
fn published_once(evidence: &Evidence, facts: &Facts, wrong: &mut Vec<String>) {
    for published in &evidence.published {
        let (id, title) = (published.id, &published.title);
        let ids = facts.ids_of(title);
        if ids.iter().any(|other| *other != id) {
            wrong.push(format!("I8: {title} was acknowledged as {id:x} and made {ids:x?}"));
        }
    }
    for (user, inbox) in &evidence.inboxes {
        let mut found: HashMap<u128, usize> = HashMap::new();
        for item in &inbox.items {
            *found.entry(item.id).or_default() += 1;
        }
        for published in evidence.published.iter().filter(|published| is_for(evidence, published, user)) {
            let times = found.get(&published.id).copied().unwrap_or_default();
            let gone = times == 0 && evidence.deleted.contains(&(user.clone(), published.id));
            if times != 1 && !gone {
                let title = &published.title;
                wrong.push(format!("I7, I8: {title}, which was acknowledged, is {times} times in the inbox of {user}"));
            }
        }
    }
}

/// Whether it is certain that a notification is for this user: for one who came late, what was sent
/// to everyone may be from before.
fn is_for(evidence: &Evidence, published: &Published, user: &str) -> bool {
    match &published.users {
        Some(users) => users.iter().any(|one| one == user),
        None => !evidence.unknown_until.contains_key(user),
    }
}

/// I1: what was acknowledged has come to this client, or a state that came after it.
fn arrived(
    evidence: &Evidence,
    history: &History,
    walk: &Walk<'_>,
    facts: &Facts,
    figures: &mut Figures,
    wrong: &mut Vec<String>,
) {
    for published in evidence.published.iter().filter(|published| is_for(evidence, published, &history.user)) {
        if walk.received.contains(&published.id) {
            continue;
        }
        let at = facts.place_of(published.id, &history.user);
        if at.is_some_and(|at| walk.is_covered(at)) {
            figures.covered += 1;
        } else {
            figures.lost += 1;
            wrong.push(format!("I1: {} (position {at:?}) was acknowledged and is lost", published.title));
        }
    }
}

/// I9: what a client holds at rest is what its inbox has.
fn converged(held: &Held, inbox: &Inbox, wrong: &mut Vec<String>) {
    let listed = inbox.items.iter().filter(|item| item.position >= held.horizon());
    let listed: BTreeMap<i64, &Item> = listed.filter(|item| !item.archived).map(|item| (item.position, item)).collect();
    let positions: BTreeSet<i64> = held.listed().map(|(at, _)| at).chain(listed.keys().copied()).collect();
    for at in positions {
        match (held.get(at), listed.get(&at)) {
            (Some(own), Some(item)) if own.is_like(item) => {}
            (own, item) => wrong.push(format!("I9: at {at} it holds {own:?}, and the inbox has {item:?}")),
        }
    }
}
