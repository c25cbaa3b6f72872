//! What somebody holds, and the one rule by which an entry of the log changes that: an inbox and a client
//! follow the same.

use std::collections::BTreeMap;

use tidings_models::*;

/// An entry of the log, and what it says, so that nobody has to parse it.
#[derive(Clone, Debug)]
pub(super) struct Logged {
    pub(super) event: Event,
    pub(super) what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    /// A notification came; perhaps in the place of an older one of its group.
    Sent {
        id: NotificationId,
        group: Option<String>,
        subject: Subject,
    },
    Changed(Change),
    /// It was corrected. With what of it readers may have muted, if that is among what changed.
    Corrected(NotificationId, Option<Subject>),
    /// It expired, or was retracted.
    Ended(NotificationId),
    Signal,
}

/// A notification as somebody holds it. `seen`, `acted` and `muted` are `None` where that was never said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) position: i64,
    pub(super) audience: Audience,
    pub(super) group: Option<String>,
    pub(super) seen: Option<bool>,
    pub(super) read: bool,
    pub(super) acted: Option<bool>,
    pub(super) archived: bool,
    pub(super) snoozed: Option<Timestamp>,
    pub(super) muted: Option<bool>,
}

impl Held {
    pub(super) fn of(item: &InboxItem) -> Self {
        Self {
            position: item.position.get(),
            audience: item.audience.clone(),
            group: item.notification.group_key.clone(),
            seen: Some(item.seen),
            read: item.read,
            acted: Some(item.acted_at.is_some()),
            archived: item.archived,
            snoozed: item.snoozed_until,
            muted: Some(item.muted),
        }
    }

    /// Whether it is counted.
    pub(super) fn is_unread(&self) -> bool {
        !self.read && !self.archived && self.snoozed.is_none() && self.muted != Some(true)
    }

    /// Whether `other` says the same, as far as this says anything.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        let known = Self {
            seen: self.seen.or(other.seen),
            acted: self.acted.or(other.acted),
            muted: self.muted.or(other.muted),
            ..self.clone()
        };
        known == *other
    }
}

/// What somebody holds: an inbox, or a client's picture of it.
pub(super) type Holdings = BTreeMap<NotificationId, Held>;

/// Takes an entry in. `muted` tells whether what has this audience, position and subject is muted.
pub(super) fn take_in(
    held: &mut Holdings,
    entry: &Logged,
    muted: impl Fn(&Audience, Position, &Subject) -> Option<bool>,
) {
    let Event { position, audience, .. } = &entry.event;
    match &entry.what {
        What::Sent { id, group, subject } => {
            let same_group = |item: &Held| group.is_some() && item.group == *group && item.audience == *audience;
            held.retain(|other, item| other == id || !same_group(item));
            // A repeat changes nothing.
            held.entry(*id).or_insert_with(|| Held {
                position: position.get(),
                audience: audience.clone(),
                group: group.clone(),
                seen: Some(false),
                read: false,
                acted: Some(false),
                archived: false,
                snoozed: None,
                muted: muted(audience, *position, subject),
            });
        }
        What::Corrected(id, Some(subject)) => {
            if let Some(item) = held.get_mut(id) {
                item.muted = muted(&item.audience, Position::new(item.position).unwrap(), subject);
            }
        }
        What::Ended(id) => {
            held.remove(id);
        }
        What::Changed(change) => take_change(held, change),
        What::Corrected(_, None) | What::Signal => {}
    }
}

/// Takes a change of one's own in.
pub(super) fn take_change(held: &mut Holdings, Change { ids, up_to, flags, .. }: &Change) {
    let named =
        |id: &NotificationId, item: &Held| ids.contains(id) || up_to.is_some_and(|up_to| item.position <= up_to);
    let flags = flags.with_implied();
    if flags.deleted == Some(true) {
        held.retain(|id, item| !named(id, item));
    }
    for (_, item) in held.iter_mut().filter(|(id, item)| named(id, item)) {
        item.seen = flags.seen.or(item.seen);
        item.read = flags.read.unwrap_or(item.read);
        item.acted = flags.acted.or(item.acted);
        item.archived = flags.archived.unwrap_or(item.archived);
        item.snoozed = flags.snoozed_until.unwrap_or(item.snoozed);
    }
}

pub(super) fn count(held: &Holdings) -> Counts {
    let unread = held.values().filter(|item| item.is_unread());
    unread.fold(Counts::default(), |counts, item| Counts {
        unread: counts.unread + 1,
        unseen: counts.unseen + i64::from(item.seen != Some(true)),
    })
}

/// A part of what somebody holds, newest first.
pub(super) fn newest(held: &Holdings, state: InboxState) -> Vec<(NotificationId, Held)> {
    let wanted = held.iter().filter(|(_, item)| {
        let there = !item.archived && item.snoozed.is_none();
        match state {
            InboxState::All => there,
            InboxState::Unread => item.is_unread(),
            InboxState::Read => there && item.read,
            InboxState::Archived => item.archived,
            InboxState::Snoozed => !item.archived && item.snoozed.is_some(),
        }
    });
    let mut wanted: Vec<_> = wanted.map(|(id, item)| (*id, item.clone())).collect();
    wanted.sort_by_key(|(_, item)| std::cmp::Reverse(item.position));
    wanted
}
