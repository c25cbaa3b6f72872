//! A bell that the test pulls: lost, repeated or forged as it says.

use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::bus::Bus;

/// The wire between the nodes.
#[derive(Default)]
pub(super) struct Wire {
    nodes: [Notify; super::NODES],
    /// How many bells do not reach a node.
    lost: Mutex<[u8; super::NODES]>,
}

impl Wire {
    /// Loses the next bells on their way to a node.
    pub(super) fn lose(&self, node: usize, count: u8) {
        self.lost.lock()[node] = count;
    }

    /// Whether the next bell is going to be lost on its way to a node.
    pub(super) fn loses_next(&self, node: usize) -> bool {
        self.lost.lock()[node] > 0
    }

    pub(super) fn lose_none(&self) {
        *self.lost.lock() = Default::default();
    }

    /// Rings at a node, for nothing.
    pub(super) fn forge(&self, node: usize) {
        self.nodes[node].notify_one();
    }
}

/// A node's end of the wire.
pub(super) struct End {
    pub(super) wire: Arc<Wire>,
    pub(super) node: usize,
}

#[async_trait]
impl Bus for End {
    fn ring(&self) {
        for (node, lost) in self.wire.nodes.iter().zip(&mut *self.wire.lost.lock()) {
            if *lost == 0 {
                node.notify_one();
            }
            *lost = lost.saturating_sub(1);
        }
    }

    async fn heard(&self) {
        self.wire.nodes[self.node].notified().await;
    }
}
