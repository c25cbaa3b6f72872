//! One user's state on this node, as a pure reducer of events.

use std::sync::Arc;

use tidings_models::{Audience, Counts, Effect, Event, InboxPage, Mute, Position, Window};

use crate::{
    entry::Entry,
    frame::Own,
    sabotage::{self, Bug},
};

/// What this node knows of a user with open streams. Loaded from the inbox at one instant, then kept
/// up to date by the log alone: only what changes the scope, or counts otherwise for each reader, costs a
/// query.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    scope: Arc<Scope>,
    counts: Counts,
    /// Events up to here are in `counts` and `scope` already.
    as_of: Position,
}

/// What a user belongs to, and does not want to be bothered with: from some positions to others, so what
/// is known later is as true of what came before.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    pub(crate) windows: Vec<Window>,
    mutes: Vec<Mute>,
}

impl Scope {
    /// Whether an event is for the user (I4).
    pub(crate) fn holds(&self, audience: &Audience, position: Position) -> bool {
        entitled(&self.windows, audience, position)
    }

    /// What came up to here was before the user was known.
    pub(crate) fn known_from(&self) -> Position {
        let shared = self.windows.iter().find(|window| window.audience == Audience::Everyone);
        shared.map_or(Position::START, |window| window.from)
    }

    /// Whether the user had muted what an event brings.
    pub(crate) fn mutes(&self, entry: &Entry) -> bool {
        let Some(subject) = &entry.subject else { return false };
        self.mutes.iter().any(|mute| mute.covers(&entry.event.audience, entry.position(), subject))
    }
}

impl Session {
    /// The state of an inbox at the instant it was read.
    pub(crate) fn of(page: &InboxPage) -> Self {
        let scope = Scope { windows: page.windows.clone(), mutes: page.mutes.clone() };
        Self { scope: Arc::new(scope), counts: page.counts, as_of: page.head.position }
    }

    /// The position that the state is of.
    pub(crate) fn as_of(&self) -> Position {
        self.as_of
    }

    /// The user's counts.
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// What the user belongs to and has muted.
    pub(crate) fn scope(&self) -> &Arc<Scope> {
        &self.scope
    }

    /// Takes the next event of the log. What its reader is to see with it; `None` when it is not for this
    /// user.
    ///
    /// An event that the state was loaded with already changes nothing: its reader sees newer counts,
    /// never older ones.
    pub(crate) fn apply(&mut self, entry: &Entry) -> Option<Own> {
        let event = &entry.event;
        if !self.scope.holds(&event.audience, event.position) {
            return None;
        }
        let muted = self.scope.mutes(entry);
        if event.position > self.as_of {
            let effect =
                if muted && !sabotage::is(Bug::MutedIsCounted) { event.effect.unnoticed() } else { event.effect };
            // `hub` sees to it that no event comes here that the state cannot follow.
            self.counts = self.counts.after(effect).unwrap_or(self.counts);
            self.as_of = event.position;
        }
        Some(Own { counts: self.counts, muted })
    }

    /// Whether an event leaves open what the state is, so that it must be read first.
    pub(crate) fn needs_recount(&self, event: &Event) -> bool {
        event.position > self.as_of
            && self.scope.holds(&event.audience, event.position)
            && self.counts.after(event.effect).is_none()
            && !(event.effect == Effect::Reloads && sabotage::is(Bug::ScopeNotReloaded))
    }
}

/// Whether an event at `position` for `audience` belongs to somebody with these windows (I4).
pub(crate) fn entitled(windows: &[Window], audience: &Audience, position: Position) -> bool {
    windows.iter().any(|window| window.holds(audience, position))
}

#[cfg(test)]
mod tests {
    use tidings_models::{Kind, Level, Muting};

    use super::*;
    use crate::testing::{cursors, entry, event, page, pos};

    #[test]
    fn counts_follow_the_log_and_only_what_is_the_users() {
        let mut session = Session::of(&page("ann", 10, Counts { unread: 3, unseen: 1 }));
        let own = |unread, unseen| Some(Own { counts: Counts { unread, unseen }, muted: false });
        assert_eq!(session.apply(&entry(9, "user:ann")), own(3, 1), "counted already");
        assert_eq!(session.apply(&entry(11, "user:bob")), None);
        assert_eq!(session.apply(&entry(12, "user:ann")), own(4, 2));
        assert_eq!(session.apply(&entry(13, "everyone")), own(5, 3));
        let mut read = event(14, "user:ann", "{}");
        read.kind = Kind::InboxChanged;
        read.effect = Effect::Adds { unread: -5, unseen: -3 };
        assert_eq!(session.apply(&Entry::render(read, &cursors()).unwrap()), own(0, 0));
        assert_eq!(session.as_of(), pos(14));
    }

    #[test]
    fn a_window_begins_after_its_position_and_ends_with_another() {
        let windows = [Window { until: Some(pos(9)), ..Window::since(Audience::Everyone, pos(5)) }];
        for (at, theirs) in [(5, false), (6, true), (9, true), (10, false)] {
            assert_eq!(entitled(&windows, &Audience::Everyone, pos(at)), theirs, "{at}");
        }
    }

    #[test]
    fn what_is_muted_comes_and_is_not_counted() {
        let mut page = page("ann", 0, Counts::default());
        page.mutes.push(Mute { what: Muting::Level(Level::Error), from: pos(1), until: Some(pos(3)) });
        let mut session = Session::of(&page);
        let level = |at: i64, critical: bool| {
            let payload = format!(r#"{{"level":"error","critical":{critical}}}"#);
            Entry::render(event(at, "user:ann", &payload), &cursors()).unwrap()
        };
        let seen = [(1, false), (2, false), (3, true), (4, false)]
            .map(|(at, critical)| session.apply(&level(at, critical)).map(|own| (own.counts.unread, own.muted)));
        assert_eq!(seen, [Some((1, false)), Some((1, true)), Some((2, false)), Some((3, false))]);
    }

    #[test]
    fn what_changes_the_scope_is_read_first() {
        let session = Session::of(&page("ann", 5, Counts::default()));
        let joined = |at: i64, audience: &str| Event { effect: Effect::Reloads, ..event(at, audience, "{}") };
        assert!(session.needs_recount(&joined(6, "user:ann")));
        assert!(!session.needs_recount(&joined(5, "user:ann")), "known already");
        assert!(!session.needs_recount(&joined(6, "user:bob")));
    }
}
