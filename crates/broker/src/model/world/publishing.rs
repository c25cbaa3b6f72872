//! Somebody publishes or marks, and every node that nothing keeps from it hears of that at once.

use tidings_models::*;
use tokio::time::Instant;

use super::{MOMENT, World};
use crate::{
    model::{
        NODES, To,
        client::{Verdict, ensure},
        log::USERS,
        store::COMMIT,
    },
    testing::{notification, pos, user},
};

impl World {
    fn draft(&self, to: To, key: Option<u8>) -> Draft {
        let mut notification = notification("x");
        notification.id = NotificationId::new(Timestamp::from_millis(1), &*self.random);
        let to = match to {
            To::One(index) => Recipients::User(user(USERS[index])),
            To::Two => Recipients::Users(vec![user(USERS[0]), user(USERS[1])]),
            To::Everyone => Recipients::Everyone,
        };
        let key = key.map(|key| store::IdempotencyKey {
            publisher: user("app"),
            key: key.to_string(),
            fingerprint: [key; 32],
        });
        Draft::Notify { notification: Box::new(notification), to, key }
    }

    pub(super) async fn send(&mut self, node: usize, to: To, count: usize, key: Option<u8>) -> Verdict {
        let broker = self.node(node).await;
        let prompt = self.prompt();
        let may_fail = self.store.faults.lock().commit.is_some();
        let drafts: Vec<_> = (0..count).map(|_| self.draft(to, key)).collect();
        let mut callers = Vec::new();
        for draft in drafts {
            let Draft::Notify { notification, .. } = &draft else { continue };
            let (id, publisher) = (notification.id, broker.publisher().clone());
            callers.push((id, tokio::spawn(async move { publisher.publish(draft).await })));
        }
        let mut failed = false;
        for (id, caller) in callers {
            let made = key.and_then(|key| self.store.log().made_by(&key.to_string()));
            match caller.await.unwrap() {
                Ok(Outcome::Stored(stored)) => ensure!(stored == id, "another's answer"),
                Ok(Outcome::Repeated(stored)) => {
                    self.tally.repeated_keys += 1;
                    ensure!(key.is_some() && made.is_none_or(|made| made == stored), "one key made two (I8)");
                }
                Ok(other) => return Err(format!("a notification was answered with {other:?}")),
                Err(error) => {
                    failed = true;
                    ensure!(may_fail, "not stored: {error}");
                }
            }
        }
        self.tally.failed_commits += usize::from(failed);
        if failed { Ok(()) } else { self.arrives(prompt).await }
    }

    /// The caller goes away before the answer.
    pub(super) async fn abandon(&mut self, node: usize, to: To) {
        let broker = self.node(node).await;
        let draft = self.draft(to, None);
        let _ = tokio::time::timeout(MOMENT, broker.publisher().publish(draft)).await;
    }

    pub(super) async fn mark(&mut self, name: usize, pick: u8, flags: Flags) -> Verdict {
        let who = user(USERS[name]);
        let picked = {
            let log = self.store.log();
            let inbox = log.inbox(&who);
            inbox.keys().nth(usize::from(pick) % inbox.len().max(1)).copied()
        };
        let Some(id) = picked else { return Ok(()) };
        self.commit_mark(&who, Mark::Ids(vec![id], flags)).await
    }

    pub(super) async fn mark_up_to(&mut self, name: usize, pick: u8, flags: Flags) -> Verdict {
        let head = self.store.log().head();
        let up_to = pos(i64::from(pick) % (head + 1));
        self.commit_mark(&user(USERS[name]), Mark::UpTo(up_to, flags)).await
    }

    async fn commit_mark(&mut self, who: &UserId, mark: Mark) -> Verdict {
        let broker = self.node(0).await;
        let prompt = self.prompt();
        let draft = Draft::Mark { user: who.clone(), mark, at: self.clock.now() };
        match broker.publisher().publish(draft).await {
            Ok(_) => self.arrives(prompt).await,
            Err(_) => Ok(()),
        }
    }

    /// The nodes that must hear of the next commit at once: nothing keeps them from it.
    fn prompt(&self) -> [bool; NODES] {
        let faults = *self.store.faults.lock();
        let floor = self.store.log().floor;
        // A follower reads an inbox when something expires.
        let quick = faults.lag.is_zero() && (faults.latency.is_zero() || !self.expired);
        let calm = quick && !faults.reads_fail && faults.hidden.is_none() && Instant::now() >= self.calm;
        std::array::from_fn(|node| {
            let there = self.nodes[node].as_ref().is_some_and(|node| node.broker.figures().position.get() >= floor);
            calm && there && !self.wire.loses_next(node)
        })
    }

    /// With a bell that rings, nobody waits for the next look.
    async fn arrives(&mut self, prompt: [bool; NODES]) -> Verdict {
        tokio::time::sleep(COMMIT).await;
        let head = self.store.log().head();
        for node in self.nodes.iter().zip(prompt).filter(|(_, prompt)| *prompt).filter_map(|(node, _)| node.as_ref()) {
            let position = node.broker.figures().position.get();
            ensure!(position == head, "{head} was answered and rung for, and the node is at {position}");
            self.tally.prompt += 1;
        }
        Ok(())
    }
}
