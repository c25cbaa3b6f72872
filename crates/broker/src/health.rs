//! How a node is doing.

use std::{sync::atomic::Ordering::Relaxed, time::Duration};

use tidings_models::{Position, StoreError};

use crate::{broker::Broker, tally::Tally};

/// How long the follower may go without a read that succeeds before this node is not ready. Longer
/// than any single read should take, and less than ten seconds, however rarely it looks.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long this node may be behind the log, or a thread behind its node. Longer than a burst takes.
const LATE: Duration = Duration::from_secs(10);

/// Whether a part of the broker is fit to serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It is.
    Good,
    /// It is not, and why.
    Bad(String),
}

impl Health {
    /// Of a trouble, if there is one.
    fn of(trouble: Option<String>) -> Self {
        trouble.map_or(Self::Good, Self::Bad)
    }
}

/// How each part is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The database answers.
    pub database: Health,
    /// The log can be followed: nothing is missing in it.
    pub follower: Health,
    /// What is in the log is handed on in time.
    pub lag: Health,
    /// Other nodes are heard when they ring. This one serves however that is: it polls.
    pub bus: Health,
    /// There is room to write. This node serves however that is: it reads.
    pub disk: Health,
}

impl Parts {
    /// Why this node is not fit to serve, if it is not.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        [&self.database, &self.follower, &self.lag].into_iter().find_map(|part| match part {
            Health::Good => None,
            Health::Bad(trouble) => Some(&**trouble),
        })
    }
}

/// Live figures of this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Users with open streams.
    pub users: usize,
    /// Open streams.
    pub streams: usize,
    /// The last position handed to them.
    pub position: Position,
    /// The last position that was read.
    pub read: Position,
    /// How long ago the log was read.
    pub silent: Duration,
    /// Drafts that wait to be written.
    pub waiting: usize,
}

impl Broker {
    /// How this node is doing.
    #[must_use]
    pub fn health(&self) -> Health {
        Health::of(self.parts().trouble().map(str::to_owned))
    }

    /// How each part of this node is doing.
    #[must_use]
    pub fn parts(&self) -> Parts {
        let of_hub = self.hubs.trouble();
        let of_hub = |unread: bool| of_hub.as_ref().filter(|told| told.unread == unread).map(|told| told.words.clone());
        let full = self.tally().full.load(Relaxed).then(|| "the disk of the database is full".to_owned());
        Parts {
            database: Health::of(self.unread().or_else(|| of_hub(true))),
            follower: Health::of(self.status.trouble().or_else(|| of_hub(false))),
            lag: Health::of(self.status.late(LATE)),
            bus: self.bus(),
            disk: Health::of(full),
        }
    }

    /// Why the log is not read, if it is not.
    pub(crate) fn unread(&self) -> Option<String> {
        self.status.unread(self.settings.poll.saturating_mul(3).max(PATIENCE))
    }

    /// How many events of the log this node has yet to read. Asks the database.
    pub async fn behind(&self) -> Result<u64, StoreError> {
        let head = self.store.head().await?;
        Ok(head.position.since(self.hubs.feed.position()))
    }

    /// What happened here since the process began.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.hubs.tally
    }

    /// How the bus is doing. This node serves however that is: it polls.
    #[must_use]
    pub fn bus(&self) -> Health {
        Health::of(self.bus.trouble())
    }

    /// Live figures of this node.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let (users, streams) = self.hubs.census.figures();
        Figures {
            users,
            streams,
            position: self.hubs.position(),
            read: self.hubs.feed.position(),
            silent: self.status.silent(),
            waiting: self.publisher().waiting(),
        }
    }
}
