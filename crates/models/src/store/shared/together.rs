//! Drafts of which all are done or none.

use super::{
    Draft, StoreError,
    commit::{Group, apply},
};
use crate::store::Outcome;

/// Does all of them, unless one is refused. Each is asked for all the same, so that whoever sent them
/// hears of everything that is wrong at once.
pub(super) async fn all(group: &mut Group<'_>, drafts: Vec<Draft>) -> Result<Outcome, StoreError> {
    let before = group.save().await?;
    let mut outcomes = Vec::with_capacity(drafts.len());
    for draft in drafts {
        outcomes.push(apply(group, draft).await?);
    }
    if outcomes.iter().any(Outcome::is_refusal) {
        group.go_back(before).await?;
        return Ok(Outcome::Together(Err(undone(outcomes))));
    }
    group.keep().await?;
    Ok(Outcome::Together(Ok(outcomes)))
}

/// What is left of some outcomes when nothing was done: refusals, and what a key had made before.
fn undone(mut outcomes: Vec<Outcome>) -> Vec<Outcome> {
    let made = |outcome: &Outcome| if let Outcome::Stored(id) = outcome { Some(*id) } else { None };
    let made: Vec<_> = outcomes.iter().filter_map(made).collect();
    for outcome in &mut outcomes {
        let was_there = matches!(outcome, Outcome::Repeated(id) if !made.contains(id));
        if !was_there && !outcome.is_refusal() {
            *outcome = Outcome::Undone;
        }
    }
    outcomes
}
