//! What this process has committed itself, so that its follower need not read it back.
//!
//! It is offered, never relied upon: the follower takes what follows its position without a hole, and
//! reads the log for anything else.

use tidings_models::Event;
use tokio::sync::Notify;

use crate::sync::Mutex;

/// Events that may wait. More than this means that the follower is busy, and it then reads the log.
const ROOM: usize = 4096;

/// Events on their way from the publisher to the follower.
#[derive(Default)]
pub(crate) struct Fresh {
    events: Mutex<Vec<Event>>,
    came: Notify,
}

impl Fresh {
    /// Offers the events of a group, which is committed.
    pub(crate) fn offer(&self, events: Vec<Event>) {
        let mut waiting = self.events.lock();
        if waiting.len() + events.len() > ROOM {
            waiting.clear(); // what comes then does not follow what the follower has
        }
        waiting.extend(events);
        drop(waiting);
        self.came.notify_one();
    }

    /// What was offered since the last call, once there is something.
    pub(crate) async fn take(&self) -> Vec<Event> {
        self.came.notified().await;
        std::mem::take(&mut *self.events.lock())
    }
}
