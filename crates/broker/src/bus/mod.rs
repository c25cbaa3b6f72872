//! The bus rings a bell: "there is something new in the log". It carries no authority. Lost,
//! repeated or forged bells change how soon a follower looks, never what it finds.

use async_trait::async_trait;

mod local;

pub use local::LocalBus;

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
}
