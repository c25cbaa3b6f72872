//! Opening: where a stream starts, and the proof that it can be continued from there.

use tidings_models::{Head, InboxQuery, Position};

use super::{Phase, Stream, replaying::Replaying};
use crate::{
    ledger::Begun,
    replay::{self, ResetReason, Start},
    sabotage::{self, Bug},
    session::Session,
};

impl Stream {
    /// Settles where the stream starts.
    pub(super) fn begin(&mut self, start: Start, replaying: Replaying) {
        let Start::After(cursor) = start else { return self.begin_with_unread() };
        match replay::place(self.broker.store.cursors(), &cursor) {
            Err(reason) => self.phase = Phase::Resetting(reason),
            // It is of a life before this one: whoever was erased is new, and has nothing of what was.
            Ok(place) if place < self.scope.known_from() => self.phase = Phase::Resetting(ResetReason::Expired),
            // The ring proves it: no read.
            Ok(place) if self.seat.hub.covers(place) => self.continue_from(place, replaying),
            // This node has not come as far as the client, and neither have its counts.
            Ok(place) if place > self.seat.hub.position() => {
                self.read_inbox(InboxQuery::counts(), move |stream, page| {
                    stream.seat.hub.recount(&stream.seat.user, &Session::of(&page));
                    stream.prove(place, page.head, replaying);
                    Vec::new()
                });
            }
            Ok(place) => self.read(
                |broker| async move { Ok(broker.reads.head().await?) },
                move |stream, head| {
                    stream.prove(place, head, replaying);
                    Vec::new()
                },
            ),
        }
    }

    /// Continues from a place if the log still can.
    fn prove(&mut self, place: Position, head: Head, replaying: Replaying) {
        match replay::continues(place, head) {
            Ok(()) => self.continue_from(place, replaying),
            Err(reason) => self.phase = Phase::Resetting(reason),
        }
    }

    fn continue_from(&mut self, place: Position, mut replaying: Replaying) {
        if place > replaying.up_to && !sabotage::is(Bug::CountsBehindTheClient) {
            // What was known at joining is older than what the client has.
            (replaying.up_to, replaying.counts) = self.rejoin();
        }
        self.place = Some(place);
        self.begun = Some((Begun { after: place, state_after: None }, self.sent));
        self.phase = Phase::Replaying(replaying);
    }
}
