//! Users and admins ask for things.

use std::collections::BTreeSet;

use tidings_models::*;

use super::{CATEGORY, World, publishing::topic};
use crate::{
    model::{Content, To, client::Verdict, log::USERS},
    testing::{pos, user},
};

impl World {
    pub(super) async fn mark(&mut self, name: usize, pick: u8, flags: Flags) -> Verdict {
        let who = user(USERS[name]);
        let picked = {
            let log = self.store.log();
            let inbox = log.inbox(&who);
            inbox.keys().nth(usize::from(pick) % inbox.len().max(1)).copied()
        };
        let Some(id) = picked else { return Ok(()) };
        self.ask(Draft::Mark { user: who, mark: Mark::one(id, flags), key: None, at: self.clock.now() }).await
    }

    /// Those that are picked, each once.
    pub(super) async fn mark_some(&mut self, name: usize, picks: &[u8], flags: Flags) -> Verdict {
        let who = user(USERS[name]);
        let ids: Vec<_> = {
            let log = self.store.log();
            let all: Vec<_> = log.inbox(&who).keys().copied().collect();
            let picked = picks.iter().filter_map(|pick| all.get(usize::from(*pick) % all.len().max(1)).copied());
            picked.collect::<BTreeSet<_>>().into_iter().collect()
        };
        if ids.is_empty() {
            return Ok(());
        }
        self.ask(Draft::Mark { user: who, mark: Mark::Ids(ids, flags), key: None, at: self.clock.now() }).await
    }

    pub(super) async fn mark_up_to(&mut self, name: usize, pick: u8, flags: Flags) -> Verdict {
        let head = self.store.log().head();
        let mark = Mark::UpTo(pos(i64::from(pick) % (head + 1)), flags);
        self.ask(Draft::Mark { user: user(USERS[name]), mark, key: None, at: self.clock.now() }).await
    }

    pub(super) async fn snooze(&mut self, name: usize, pick: u8, millis: i64) -> Verdict {
        let until = self.clock.now().plus_millis(millis);
        self.mark(name, pick, Flags { snoozed_until: Some(Some(until)), ..Flags::default() }).await
    }

    pub(super) async fn join(&mut self, name: usize, index: usize) -> Verdict {
        self.subscribe(user(USERS[name]), topic(index), true).await
    }

    /// Leaves one of the topics that the user belongs to.
    pub(super) async fn leave(&mut self, name: usize, pick: u8) -> Verdict {
        let who = user(USERS[name]);
        let topics = self.store.log().topics_of(&who);
        match topics.get(usize::from(pick) % topics.len().max(1)) {
            Some(topic) => self.subscribe(who, topic.clone(), false).await,
            None => Ok(()),
        }
    }

    pub(super) async fn pass_through(&mut self, name: usize, index: usize) -> Verdict {
        self.join(name, index).await?;
        self.send(0, To::Topic(index), Content::default(), 1, None).await?;
        self.subscribe(user(USERS[name]), topic(index), false).await
    }

    async fn subscribe(&mut self, user: UserId, topic: TopicName, join: bool) -> Verdict {
        self.ask(Draft::Subscribe { user, topic, join, by_admin: false, at: self.clock.now() }).await
    }

    pub(super) async fn mute(&mut self, name: usize, [by_topic, category, level]: [bool; 3]) -> Verdict {
        let mut preferences = Preferences::default();
        let Muted { topics, categories, levels } = &mut preferences.muted;
        topics.extend(by_topic.then(|| topic(0)));
        categories.extend(category.then(|| CATEGORY.to_owned()));
        levels.extend(level.then_some(Level::Error));
        self.ask(Draft::Prefer { user: user(USERS[name]), preferences, at: self.clock.now() }).await
    }

    /// One of those that an admin may still change.
    fn picked(&self, pick: u8) -> Option<Notification> {
        let log = self.store.log();
        let ids = log.changeable();
        ids.get(usize::from(pick) % ids.len().max(1)).map(|id| log.notification(*id).clone())
    }

    pub(super) async fn correct(&mut self, pick: u8, content: Content) -> Verdict {
        let Some(mut notification) = self.picked(pick) else { return Ok(()) };
        content.apply(&mut notification);
        notification.title.push('!');
        let (notification, by, at) = (Box::new(notification), user("admin"), self.clock.now());
        self.ask(Draft::Correct { notification, deliver_at: None, revision: 0, by, at }).await
    }

    pub(super) async fn retract(&mut self, pick: u8) -> Verdict {
        let Some(Notification { id, .. }) = self.picked(pick) else { return Ok(()) };
        self.ask(Draft::Retract { id, by: user("admin"), at: self.clock.now() }).await
    }

    /// A signal that is in the log.
    pub(super) async fn signal(&mut self, to: To) -> Verdict {
        let kind = Kind::signal("status-update").unwrap();
        self.ask(Draft::Signal { kind, payload: "{}".into(), to: to.recipients(), key: None, at: self.clock.now() })
            .await
    }
}
