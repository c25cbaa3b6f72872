//! Somebody publishes, and every node that nothing keeps from it hears of that at once.

use tidings_models::*;
use tokio::time::Instant;

use super::{MOMENT, World};
use crate::{
    Whisper,
    model::{
        Content, NODES, TOPICS, To,
        client::{Verdict, ensure},
        log::USERS,
        store::COMMIT,
    },
    testing::{notification, user},
};

impl To {
    pub(super) fn recipients(self) -> Recipients {
        match self {
            Self::One(index) => Recipients::User(user(USERS[index])),
            Self::Two => Recipients::Users(vec![user(USERS[0]), user(USERS[1])]),
            Self::Topic(index) => Recipients::Topic(topic(index)),
            Self::Everyone => Recipients::Everyone,
        }
    }
}

impl Content {
    pub(super) fn apply(self, notification: &mut Notification) {
        notification.level = if self.loud { Level::Error } else { Level::Info };
        notification.category = self.build.then(|| super::CATEGORY.to_owned());
        notification.critical = self.critical;
    }
}

pub(super) fn topic(index: usize) -> TopicName {
    TopicName::parse(TOPICS[index]).unwrap()
}

/// Where the node that whispered was.
pub(in crate::model) fn moment_of(whisper: &Whisper) -> i64 {
    whisper.kind.as_str().trim_start_matches(WHISPER).parse().unwrap()
}

const WHISPER: &str = "typing-";

impl World {
    fn draft(&self, to: To, content: Content, key: Option<u8>) -> Draft {
        let mut notification = notification("x");
        notification.id = NotificationId::new(Timestamp::from_millis(1), &*self.random);
        notification.group_key = content.group.map(|group| group.to_string());
        content.apply(&mut notification);
        let made_at = self.clock.now().plus_millis(content.later.unwrap_or(0));
        notification.expires_at = content.expires.map(|millis| made_at.plus_millis(millis));
        let key = key.map(|key| store::IdempotencyKey {
            publisher: user("app"),
            key: key.to_string(),
            fingerprint: [key; 32],
        });
        Draft::Notify {
            notification: Box::new(notification),
            to: to.recipients(),
            key,
            deliver_at: content.later.map(|_| made_at),
        }
    }

    pub(super) async fn send(
        &mut self,
        node: usize,
        to: To,
        content: Content,
        count: usize,
        key: Option<u8>,
    ) -> Verdict {
        let broker = self.node(node).await;
        let prompt = self.prompt();
        let may_fail = self.store.faults.lock().commit.is_some();
        let drafts: Vec<_> = (0..count).map(|_| self.draft(to, content, key)).collect();
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
        let draft = self.draft(to, Content::default(), None);
        let _ = tokio::time::timeout(MOMENT, broker.publisher().publish(draft)).await;
    }

    /// A signal for streams that are open now. Its name says how far its node had come.
    pub(super) async fn whisper(&mut self, node: usize, to: To) {
        let broker = self.node(node).await;
        let position = broker.figures().position;
        let kind = Kind::signal(&format!("{WHISPER}{position}")).unwrap();
        let payload = serde_json::value::to_raw_value("...").unwrap();
        broker.whisper(&kind, &payload, &to.recipients(), self.clock.now()).unwrap();
    }

    /// Asks for what cannot be refused in a way that matters here.
    pub(super) async fn ask(&mut self, draft: Draft) -> Verdict {
        let broker = self.node(0).await;
        let prompt = self.prompt();
        match broker.publisher().publish(draft).await {
            Ok(_) => self.arrives(prompt).await,
            Err(_) => Ok(()),
        }
    }

    /// The nodes that must hear of the next commit at once: nothing keeps them from it.
    fn prompt(&self) -> [bool; NODES] {
        let faults = *self.store.faults.lock();
        let floor = self.store.log().floor;
        let calm = faults.lag.is_zero() && !faults.reads_fail && faults.hidden.is_none() && Instant::now() >= self.calm;
        std::array::from_fn(|node| {
            let there = self.nodes[node].as_ref().is_some_and(|node| node.broker.figures().position.get() >= floor);
            calm && there && !self.wire.loses_next(node)
        })
    }

    /// With a bell that rings, nobody waits for the next look.
    async fn arrives(&mut self, prompt: [bool; NODES]) -> Verdict {
        let (head, has_recounts) = {
            let log = self.store.log();
            (log.head(), log.has_recounts())
        };
        if has_recounts && !self.store.faults.lock().latency.is_zero() {
            return Ok(()); // a hub may have to read inboxes before it goes on
        }
        // What somebody else committed before is rung for by then.
        tokio::time::sleep(COMMIT + MOMENT).await;
        for node in self.nodes.iter().zip(prompt).filter(|(_, prompt)| *prompt).filter_map(|(node, _)| node.as_ref()) {
            let position = node.broker.figures().position.get();
            ensure!(position >= head, "{head} was answered and rung for, and the node is at {position}");
            self.tally.prompt += 1;
        }
        Ok(())
    }
}
