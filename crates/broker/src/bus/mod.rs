//! The bus rings a bell: "there is something new in the log". It carries no authority. Lost,
//! repeated or forged bells change how soon a follower looks, never what it finds.
//!
//! One node needs no bus but its own ([`LocalBus`]). Several ring for each other over a [`Line`]: Redis, NATS, or the
//! database itself. What all lines need (to ring often and say it once, to find out that a line is dead though it
//! looks alive, to come back) is written once, in [`RemoteBus`].

use async_trait::async_trait;

#[cfg(test)]
mod contract;
mod line;
mod local;
mod nats;
mod postgres;
mod redis;
mod remote;
mod trial;

pub use line::{Hear, Heard, Line, LineError, Speak};
pub use local::LocalBus;
pub use nats::NatsLine;
pub use postgres::PostgresLine;
pub use redis::RedisLine;
pub use remote::RemoteBus;
pub use trial::try_line;

/// A doorbell between publishers and followers.
#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Rings: something was committed. Never waits and never fails; a bell that is lost costs one
    /// poll interval.
    fn ring(&self);

    /// Rings for the other nodes: this one knows already. A bus that cannot tell them apart rings for
    /// everybody.
    fn ring_others(&self) {
        self.ring();
    }

    /// Returns once somebody rang since the last call. Several bells may count as one.
    async fn heard(&self);

    /// Does what must be done for as long as the node lives. Never returns.
    async fn run(&self) {
        std::future::pending::<()>().await;
    }

    /// Why bells do not come at the moment, if they do not. The node serves all the same: it polls.
    fn trouble(&self) -> Option<String> {
        None
    }
}
