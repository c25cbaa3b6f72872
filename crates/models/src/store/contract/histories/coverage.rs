//! What happened in random histories: they prove nothing of what never occurs in them.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use super::*;

/// Everything that histories are to have, as the log tells of it.
const KINDS: &[&str] = &[
    "sent to her",
    "sent to several",
    "sent to a topic",
    "sent to everyone",
    "sent in a group",
    "took the place of another",
    "made at its time",
    "came while she had it muted",
    "corrected",
    "corrected into or out of what is muted",
    "retracted",
    "expired",
    "trimmed",
    "joined",
    "left",
    "muted or unmuted",
    "marked by id",
    "marked by a list",
    "marked by a watermark",
    "taken back",
    "acted on",
    "snoozed",
    "came back",
    "brought back",
    "deleted",
];

/// How often each thing happened.
#[derive(Clone, Default)]
pub(super) struct Coverage(Rc<RefCell<BTreeMap<&'static str, usize>>>);

impl Coverage {
    /// Takes what the log gained by a step. `muted` tells what Ann had muted, `lost` whether she has less than before.
    pub(super) fn take(&self, step: &Step, events: &[Event], lost: bool, muted: impl Fn(&Event) -> bool) {
        for event in events {
            self.count(of_event(step, event));
            if event.kind == Kind::Notification && muted(event) {
                self.count(["came while she had it muted"]);
            }
        }
        if matches!(step, Step::Trim { .. }) && lost {
            self.count(["trimmed"]);
        }
    }

    fn count(&self, kinds: impl IntoIterator<Item = &'static str>) {
        for kind in kinds {
            *self.0.borrow_mut().entry(kind).or_default() += 1;
        }
    }

    /// Fails when something of it all never happened.
    pub(super) fn assert_complete(&self) {
        let counts = self.0.borrow();
        println!("{counts:?}");
        let missing: Vec<_> = KINDS.iter().filter(|kind| !counts.contains_key(**kind)).collect();
        assert!(missing.is_empty(), "never happened: {missing:?}");
        assert!(counts.keys().all(|kind| KINDS.contains(kind)), "not asked for: {counts:?}");
    }
}

fn of_event(step: &Step, event: &Event) -> Vec<&'static str> {
    match event.kind.as_str() {
        "notification" => {
            let several = matches!(step, Step::Send(Sending { to: 1, .. }));
            let notification: Notification = serde_json::from_str(&event.payload).unwrap();
            let mut kinds = vec![match &event.audience {
                Audience::User(_) if several => "sent to several",
                Audience::User(_) => "sent to her",
                Audience::Topic(_) => "sent to a topic",
                Audience::Everyone => "sent to everyone",
                Audience::Nodes => unreachable!("no notification is for nodes"),
            }];
            kinds.extend(notification.group_key.map(|_| "sent in a group"));
            kinds.extend((event.effect != Effect::ARRIVED).then_some("took the place of another"));
            kinds.extend(matches!(step, Step::Later { .. }).then_some("made at its time"));
            kinds
        }
        "notification.updated" if event.effect == Effect::Reloads => {
            vec!["corrected", "corrected into or out of what is muted"]
        }
        "notification.updated" => vec!["corrected"],
        "notification.retracted" => vec!["retracted"],
        "notification.expired" if matches!(step, Step::Later { .. }) => vec!["expired"],
        "inbox.changed" => of_change(step, &serde_json::from_str(&event.payload).unwrap()),
        _ => Vec::new(),
    }
}

fn of_change(step: &Step, change: &Change) -> Vec<&'static str> {
    let Flags { seen, read, acted, archived, snoozed_until, deleted } = change.flags;
    let came_back = matches!(step, Step::Later { .. }) && snoozed_until == Some(None);
    let told = [
        (change.joined.is_some(), "joined"),
        (change.left.is_some(), "left"),
        (change.preferences.is_some(), "muted or unmuted"),
        (change.ids.len() == 1, "marked by id"),
        (change.ids.len() > 1, "marked by a list"),
        (change.up_to.is_some(), "marked by a watermark"),
        ([seen, read, archived].contains(&Some(false)) && !came_back, "taken back"),
        (acted == Some(true), "acted on"),
        (matches!(snoozed_until, Some(Some(_))), "snoozed"),
        (came_back, "came back"),
        (snoozed_until == Some(None) && !came_back, "brought back"),
        (deleted == Some(true), "deleted"),
    ];
    told.into_iter().filter(|(holds, _)| *holds).map(|(_, kind)| kind).collect()
}
