//! The ledger: what became of a notification on its way to somebody.
//!
//! A stream gives its reader everything that is theirs in the order of the log. So nothing is noted for
//! each event and reader: one interval for each stream says it all.

use uuid::Uuid;

use crate::{Audience, Position, Timestamp, UserId};

/// What was written to one stream since it began, or since it was reset. *Written* means handed to the
/// connection: whether a device took it shows when it is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The stream.
    pub id: Uuid,
    /// Whose.
    pub user: UserId,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// What belongs to the user after this position was written,
    pub after: Position,
    /// and up to this.
    pub written: Position,
    /// It began with a state, which had what was unread after this position and up to `after`.
    pub state_after: Option<Position>,
    /// About when the last of it was written.
    pub written_at: Timestamp,
    /// When it was closed. `None`: it is open, or was when its node ended without a word.
    pub closed_at: Option<Timestamp>,
    /// How many events were written to it.
    pub events: i64,
}

/// How a stream gave something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// As an event in its place.
    Event,
    /// In the state that it began with, if it was unread then.
    State,
}

impl Connection {
    /// Most of them that are noted at once; bounds the transaction.
    pub const AT_ONCE: usize = 256;

    /// How it gave what belongs to its user and stands at a position. `None`: it did not.
    #[must_use]
    pub fn gave(&self, position: Position) -> Option<Given> {
        if position > self.after {
            (position <= self.written).then_some(Given::Event)
        } else {
            self.state_after.filter(|after| position > *after).map(|_| Given::State)
        }
    }
}

/// What is known of a notification and one user.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Who.
    pub user: UserId,
    /// Where it stands for them. `None`: it is not theirs.
    pub place: Option<DeliveryPlace>,
    /// Their streams that came as far as it: at most [`Delivery::MAX_CONNECTIONS`], the first first.
    pub connections: Vec<Connection>,
    /// What streams had been given by then may be forgotten.
    pub forgotten: bool,
}

/// Where a notification stands for somebody, and what they made of it.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a state of its own, and any of them may hold")]
pub struct DeliveryPlace {
    /// The audience that it came through.
    pub audience: Audience,
    /// Its place in the log.
    pub position: Position,
    /// When it was stored.
    pub stored_at: Timestamp,
    /// How it left their inbox before its time.
    pub left: Option<Left>,
    /// It was shown to them.
    pub seen: bool,
    /// They read it.
    pub read: bool,
    /// When they first acted on it.
    pub acted_at: Option<Timestamp>,
    /// They put it away.
    pub archived: bool,
    /// They put it off until then.
    pub snoozed_until: Option<Timestamp>,
    /// They removed it.
    pub deleted: bool,
    /// It came while they had it muted.
    pub muted: bool,
}

/// How a notification left inboxes before its time. What a user made of it is forgotten with that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Its time was over.
    Expired,
    /// An admin took it back.
    Retracted,
    /// A newer one of its group took its place.
    Replaced,
}

/// Why somebody saw a notification, or did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is not for them, or was not when it was made.
    NotAddressed,
    /// It left their inbox before its time.
    Left(Left),
    /// They acted on it.
    Acted,
    /// They read it.
    Read,
    /// It was shown to them.
    Seen,
    /// They removed it, without reading it.
    Deleted,
    /// They put it away, without reading it.
    Archived,
    /// They put it off.
    Snoozed,
    /// It came while they had it muted: it is in their list, and nothing told them of it.
    Muted,
    /// It was written to a stream of theirs, and nobody looked yet.
    Written,
    /// They opened a stream that begins after it: their client says that it has it, from a list for example.
    Had,
    /// It is so long ago that it is not known any more whether a stream of theirs was given it.
    Unknown,
    /// It waits for them: they had no stream since.
    Waiting,
}

impl Delivery {
    /// Most streams that one answer looks at: bounds what it reads.
    pub const MAX_CONNECTIONS: usize = 1000;

    /// Takes note of streams that a node still holds: what it knows is as new as what is kept, or newer.
    pub fn learn(&mut self, live: Vec<Connection>) {
        let Some(place) = &self.place else { return };
        for connection in live.into_iter().filter(|connection| connection.written >= place.position) {
            let same = |kept: &&mut Connection| (kept.id, kept.after) == (connection.id, connection.after);
            if let Some(kept) = self.connections.iter_mut().find(same) {
                *kept = connection;
            } else if self.connections.len() < Self::MAX_CONNECTIONS {
                self.connections.push(connection);
            }
        }
        self.connections.sort_by_key(|connection| connection.opened_at);
    }

    /// The streams that gave it, the first first, how, and when about: when it was stored, or when the
    /// stream was opened if that was later.
    pub fn given(&self) -> impl Iterator<Item = (&Connection, Given, Timestamp)> {
        let place = self.place.as_ref();
        self.connections.iter().filter_map(move |connection| {
            let place = place?;
            let given = connection.gave(place.position)?;
            Some((connection, given, place.stored_at.max(connection.opened_at)))
        })
    }

    /// Why they saw it, or did not: the last thing that happened on its way.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let Some(place) = &self.place else { return Verdict::NotAddressed };
        if let Some(left) = place.left {
            return Verdict::Left(left);
        }
        let states = [
            (place.acted_at.is_some(), Verdict::Acted),
            (place.read, Verdict::Read),
            (place.seen, Verdict::Seen),
            (place.deleted, Verdict::Deleted),
            (place.archived, Verdict::Archived),
            (place.snoozed_until.is_some(), Verdict::Snoozed),
            (place.muted, Verdict::Muted),
            (self.given().next().is_some(), Verdict::Written),
            (!self.connections.is_empty(), Verdict::Had),
            (self.forgotten, Verdict::Unknown),
        ];
        states.into_iter().find(|(holds, _)| *holds).map_or(Verdict::Waiting, |(_, verdict)| verdict)
    }
}

/// What is known of a notification that went to a topic or to everyone: what costs no look at each user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Streams that were given it as an event,
    pub streams: i64,
    /// and of how many users.
    pub users: i64,
    /// There are older streams that were not looked at.
    pub more_streams: bool,
    /// Users with a receipt that says seen or read. Who saw or read it by "all up to here" has none.
    pub seen: i64,
    /// Users with a receipt that says read.
    pub read: i64,
    /// Users who acted on it.
    pub acted: i64,
}

impl Reach {
    /// Streams that one answer looks at, the newest: bounds what it reads.
    pub const MAX_STREAMS: i64 = 100_000;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pos(value: i64) -> Position {
        Position::new(value).unwrap()
    }

    fn connection(after: i64, written: i64, state_after: Option<i64>) -> Connection {
        let at = Timestamp::from_millis(0);
        Connection {
            id: Uuid::nil(),
            user: UserId::parse("ann").unwrap(),
            opened_at: at,
            after: pos(after),
            written: pos(written),
            state_after: state_after.map(pos),
            written_at: at,
            closed_at: None,
            events: 1,
        }
    }

    #[test]
    fn an_interval_begins_after_its_position_and_ends_with_another() {
        let cases = [
            (5, 9, None, [(5, None), (6, Some(Given::Event)), (9, Some(Given::Event)), (10, None)]),
            (5, 5, Some(3), [(3, None), (4, Some(Given::State)), (5, Some(Given::State)), (6, None)]),
        ];
        for (after, written, state_after, expected) in cases {
            let connection = connection(after, written, state_after);
            for (at, given) in expected {
                assert_eq!(connection.gave(pos(at)), given, "{at} of {connection:?}");
            }
        }
    }

    type Happens = fn(&mut DeliveryPlace);

    #[test]
    fn the_last_thing_that_happened_is_the_verdict() {
        let place = DeliveryPlace {
            audience: Audience::Everyone,
            position: pos(7),
            stored_at: Timestamp::from_millis(0),
            left: None,
            seen: false,
            read: false,
            acted_at: None,
            archived: false,
            snoozed_until: None,
            deleted: false,
            muted: false,
        };
        let user = UserId::parse("ann").unwrap();
        let mut delivery = Delivery { user, place: None, connections: Vec::new(), forgotten: true };
        assert_eq!(delivery.verdict(), Verdict::NotAddressed);
        delivery.place = Some(place);
        assert_eq!(delivery.verdict(), Verdict::Unknown);
        delivery.forgotten = false;
        assert_eq!(delivery.verdict(), Verdict::Waiting);
        delivery.learn(vec![connection(0, 6, None)]);
        assert_eq!(delivery.verdict(), Verdict::Waiting, "it did not come so far");
        delivery.learn(vec![connection(7, 9, None)]);
        assert_eq!(delivery.verdict(), Verdict::Had);
        delivery.learn(vec![connection(0, 7, None)]);
        assert_eq!(delivery.verdict(), Verdict::Written);
        delivery.learn(vec![connection(0, 9, None)]);
        assert_eq!(delivery.connections.len(), 2, "the same stream once");
        let states: [(Happens, Verdict); 8] = [
            (|place| place.muted = true, Verdict::Muted),
            (|place| place.snoozed_until = Some(Timestamp::from_millis(9)), Verdict::Snoozed),
            (|place| place.archived = true, Verdict::Archived),
            (|place| place.deleted = true, Verdict::Deleted),
            (|place| place.seen = true, Verdict::Seen),
            (|place| place.read = true, Verdict::Read),
            (|place| place.acted_at = Some(Timestamp::from_millis(9)), Verdict::Acted),
            (|place| place.left = Some(Left::Replaced), Verdict::Left(Left::Replaced)),
        ];
        for (happens, verdict) in states {
            happens(delivery.place.as_mut().unwrap());
            assert_eq!(delivery.verdict(), verdict);
        }
    }
}
