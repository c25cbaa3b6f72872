//! One user's state on this node, as a pure reducer of events.

use std::sync::Arc;

use tidings_models::{Audience, Counts, Event, InboxPage, Position, Window};

/// What this node knows of a user with open streams. Loaded from the inbox at one instant, then kept
/// up to date by the log alone: no event costs a query.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    windows: Arc<[Window]>,
    counts: Counts,
    /// Events up to here are in `counts` already.
    as_of: Position,
}

impl Session {
    /// The state of an inbox at the instant it was read.
    pub(crate) fn of(page: &InboxPage) -> Self {
        Self { windows: page.windows.as_slice().into(), counts: page.counts, as_of: page.head.position }
    }

    /// The position that the state is of.
    pub(crate) fn as_of(&self) -> Position {
        self.as_of
    }

    /// The user's counts.
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// The audiences that the user belongs to.
    pub(crate) fn windows(&self) -> &Arc<[Window]> {
        &self.windows
    }

    /// Takes the next event of the log. The counts that a reader is to see with it; `None` when it is
    /// not for this user.
    ///
    /// An event that the state was loaded with already changes nothing: its reader sees newer counts,
    /// never older ones.
    pub(crate) fn apply(&mut self, event: &Event) -> Option<Counts> {
        if !entitled(&self.windows, &event.audience, event.position) {
            return None;
        }
        if event.position > self.as_of {
            // `hub` sees to it that no event comes here that the state cannot follow.
            self.counts = self.counts.after(event.effect).unwrap_or(self.counts);
            self.as_of = event.position;
        }
        Some(self.counts)
    }

    /// Whether an event leaves open what the counts are, so that they must be read first.
    pub(crate) fn needs_recount(&self, event: &Event) -> bool {
        event.position > self.as_of
            && entitled(&self.windows, &event.audience, event.position)
            && self.counts.after(event.effect).is_none()
    }
}

/// Whether an event at `position` for `audience` belongs to somebody with these windows (I4).
pub(crate) fn entitled(windows: &[Window], audience: &Audience, position: Position) -> bool {
    windows.iter().any(|window| window.audience == *audience && position > window.from)
}

#[cfg(test)]
mod tests {
    use tidings_models::{Effect, Kind};

    use super::*;
    use crate::testing::{event, page, pos};

    #[test]
    fn counts_follow_the_log_and_only_what_is_the_users() {
        let mut session = Session::of(&page("ann", 10, Counts { unread: 3, unseen: 1 }));
        let counts = |unread, unseen| Some(Counts { unread, unseen });
        assert_eq!(session.apply(&event(9, "user:ann", "{}")), counts(3, 1), "counted already");
        assert_eq!(session.apply(&event(11, "user:bob", "{}")), None);
        assert_eq!(session.apply(&event(12, "user:ann", "{}")), counts(4, 2));
        assert_eq!(session.apply(&event(13, "everyone", "{}")), counts(5, 3));
        let mut read = event(14, "user:ann", "{}");
        read.kind = Kind::InboxChanged;
        read.effect = Effect::Adds { unread: -5, unseen: -3 };
        assert_eq!(session.apply(&read), counts(0, 0));
        assert_eq!(session.as_of(), pos(14));
    }

    #[test]
    fn a_window_begins_after_its_position() {
        let windows = [Window { audience: Audience::Everyone, from: pos(5) }];
        assert!(!entitled(&windows, &Audience::Everyone, pos(5)));
        assert!(entitled(&windows, &Audience::Everyone, pos(6)));
    }
}
