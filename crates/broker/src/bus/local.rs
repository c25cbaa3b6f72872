//! The bell of one process.

use async_trait::async_trait;
use tokio::sync::Notify;

use super::Bus;

/// Rings within this process: all that a single node needs.
#[derive(Debug, Default)]
pub struct LocalBus(Notify);

#[async_trait]
impl Bus for LocalBus {
    fn ring(&self) {
        self.0.notify_one();
    }

    fn ring_others(&self) {}

    async fn heard(&self) {
        self.0.notified().await;
    }
}
