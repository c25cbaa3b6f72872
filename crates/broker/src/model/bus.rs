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
    /// Nodes that the next bell does not reach.
    deaf: Mutex<[bool; super::NODES]>,
}

impl Wire {
    /// Loses the next bell on its way to a node.
    pub(super) fn lose_next(&self, node: usize) {
        self.deaf.lock()[node] = true;
    }

    /// Whether the next bell is going to be lost on its way to a node.
    pub(super) fn loses_next(&self, node: usize) -> bool {
        self.deaf.lock()[node]
    }

    pub(super) fn lose_none(&self) {
        *self.deaf.lock() = Default::default();
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
        let deaf = std::mem::take(&mut *self.wire.deaf.lock());
        for (node, _) in self.wire.nodes.iter().zip(deaf).filter(|(_, deaf)| !deaf) {
            node.notify_one();
        }
    }

    async fn heard(&self) {
        self.wire.nodes[self.node].notified().await;
    }
}
