//! What an operator may set.

use std::{ops::RangeInclusive, time::Duration};

use tidings_models::Retention;

/// What an operator may set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Silence after which a stream says that it is alive.
    pub heartbeat: Duration,
    /// How often the log is read without a bell.
    pub poll: Duration,
    /// The range that clients' reconnection delays are drawn from, in milliseconds.
    pub retry_ms: RangeInclusive<u32>,
    /// Streams of one user; prevents that one client takes the whole node.
    pub streams_per_user: usize,
    /// Streams from one address; prevents that one machine with many accounts takes the whole node.
    pub streams_per_address: usize,
    /// Streams of this node; bounds its memory and file handles.
    pub streams_per_node: usize,
    /// How long things are kept.
    pub retention: Retention,
    /// Pause between looks for something that is no longer kept.
    pub trim_every: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(15),
            poll: Duration::from_secs(1),
            retry_ms: 1000..=5000,
            streams_per_user: 20,
            streams_per_address: 1000,
            streams_per_node: 50_000,
            retention: Retention::default(),
            trim_every: Duration::from_mins(1),
        }
    }
}
