//! What this process has committed itself, so that its follower need not read it back, and who opens a stream here
//! finds what was answered here before.
//!
//! It is offered, never relied upon: the follower takes what follows its position without a hole, and
//! reads the log for anything else.

use tidings_models::{Event, Position};
use tokio::sync::Notify;

use crate::sync::Mutex;

/// Events that may wait. More than this means that the follower is busy, and it then reads the log.
const ROOM: usize = 4096;

/// Events on their way from the publisher to the follower.
#[derive(Default)]
pub(crate) struct Fresh {
    waiting: Mutex<Waiting>,
    came: Notify,
}

#[derive(Default)]
struct Waiting {
    events: Vec<Event>,
    /// The last that was offered, taken or not.
    newest: Position,
}

impl Fresh {
    /// Offers the events of a group, which is committed.
    pub(crate) fn offer(&self, events: Vec<Event>) {
        let mut waiting = self.waiting.lock();
        if waiting.events.len() + events.len() > ROOM {
            waiting.events.clear(); // what comes then does not follow what the follower has
        }
        waiting.newest = events.last().map_or(waiting.newest, |last| last.position);
        waiting.events.extend(events);
        drop(waiting);
        self.came.notify_one();
    }

    /// Up to here this process has written the log.
    pub(crate) fn newest(&self) -> Position {
        self.waiting.lock().newest
    }

    /// What was offered since the last call, once there is something.
    pub(crate) async fn take(&self) -> Vec<Event> {
        self.came.notified().await;
        std::mem::take(&mut self.waiting.lock().events)
    }
}
