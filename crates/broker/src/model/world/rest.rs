//! The end of a history: all faults heal, and everybody must agree with their inbox.

use std::time::Duration;

use tidings_models::Clock as _;

use super::{MOMENT, Node, POLL, World};
use crate::{
    Frame, Health,
    model::{
        Content, NODES, Place, To,
        client::{Verdict, ensure},
    },
};

/// Longer than opening a stream takes when every read is slow.
const PATIENCE: Duration = Duration::from_secs(20);

impl World {
    /// All faults heal, everybody comes back, and reads until nothing comes.
    pub(super) async fn rest(&mut self) -> Verdict {
        let latency = self.store.faults.lock().latency;
        self.heal();
        self.store.faults.lock().latency = latency; // to be slow is no fault
        tokio::time::sleep(POLL * 2).await;
        self.everything_wakes().await?;
        self.nodes_catch_up().await?;
        for client in 0..self.clients.len() {
            if !self.clients[client].is_connected() {
                let node = client % NODES;
                self.connect(client, node, &Place::Held).await;
            }
            self.read_up(client).await?;
            let log = self.store.log();
            self.clients[client].agrees(&log).map_err(|what| format!("client {client}: {what}"))?;
        }
        self.one_more().await?;
        self.tally.replays_from_the_store += *self.store.replays.lock();
        self.tally.logged = self.store.log().happened().clone();
        Ok(())
    }

    /// What was put off for a short time comes back, whoever of the nodes sees to it.
    async fn everything_wakes(&self) -> Verdict {
        let soon = self.clock.now().plus_millis(60_000);
        for _ in 0..120 {
            if self.store.log().wakes_at().is_none_or(|at| at > soon) {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
        Err("what was put off does not come back".into())
    }

    /// A lag goes back to zero (I12), except for a node that says that it cannot: that one is started anew.
    async fn nodes_catch_up(&mut self) -> Verdict {
        let head = self.store.log().head();
        let floor = self.store.log().floor;
        for _ in 0..20 {
            let lags = |node: &Node| node.broker.figures().position.get() < head;
            if !self.nodes.iter().flatten().any(lags) {
                break;
            }
            tokio::time::sleep(POLL).await; // slow reads may have been under way
        }
        for index in 0..NODES {
            let Some(node) = &self.nodes[index] else { continue };
            let position = node.broker.figures().position.get();
            if position != head {
                // With nothing left behind the hole it cannot know of it yet.
                let told = matches!(node.broker.health(), Health::Bad(_)) || floor == head;
                ensure!(position < floor && told, "node {index} stays at {position}, the log ends at {head} (I12)");
                self.tally.stuck_nodes += 1;
                self.restart(index, false).await?;
            }
        }
        Ok(())
    }

    /// Reads until there was a heartbeat from the end of the log.
    async fn read_up(&mut self, client: usize) -> Verdict {
        for _ in 0..1000 {
            let Some(frame) = self.clients[client].next(PATIENCE).await else {
                if self.clients[client].is_connected() {
                    return Err(format!("client {client} is left in silence"));
                }
                self.connect(client, client % NODES, &Place::Held).await;
                continue;
            };
            let last = matches!(frame, Frame::Heartbeat(Some(_)));
            self.take(client, &frame)?;
            if last && self.clients[client].place == self.store.log().head() {
                return Ok(());
            }
        }
        let place = self.clients[client].place;
        Err(format!("client {client} does not get beyond {place} (I1)"))
    }

    /// A last event reaches everybody at once, with counts that are exact.
    async fn one_more(&mut self) -> Verdict {
        self.wire.lose_none();
        // Everybody waits for it, and is woken by it.
        for client in 0..self.clients.len() {
            self.read(client, usize::MAX).await?;
        }
        self.send(0, To::Everyone, Content::default(), 1, None).await?;
        tokio::time::sleep(MOMENT).await;
        for client in 0..self.clients.len() {
            self.read(client, usize::MAX).await?;
            let (log, client) = (self.store.log(), &self.clients[client]);
            let exact = client.shows(log.counts_at(&client.user, log.head()));
            ensure!(client.place == log.head() && exact, "{} did not get the last event, live", client.user);
        }
        Ok(())
    }
}
