//! What everybody is owed, by what was acknowledged. Knows nothing of partitions.

use std::collections::{BTreeMap, BTreeSet};

use super::log::{Audience, Content, TOPICS, Topic, USERS, User};

#[derive(Debug, Default)]
pub(super) struct Oracle {
    audiences: Vec<Audience>,
    members: BTreeSet<(User, Topic)>,
    /// What each user must have in the end, or must have been given.
    must: BTreeSet<(User, Content)>,
    /// What each user may have: sent before they joined and taken over after, or of a log that was put back.
    may: BTreeSet<(User, Content)>,
    keys: BTreeMap<(User, u8), Content>,
}

impl Oracle {
    /// A content that is committed now.
    pub(super) fn owe(&mut self, audience: Audience) -> Content {
        let content = Content::try_from(self.audiences.len()).unwrap_or(Content::MAX);
        self.audiences.push(audience);
        for user in 0..USERS {
            let theirs = match audience {
                Audience::User(of) => of == user,
                Audience::Topic(topic) => self.members.contains(&(user, topic)),
                Audience::Named(users) => users[user],
                Audience::Everyone => true,
            };
            if theirs {
                self.must.insert((user, content));
            }
        }
        content
    }

    /// A key has made something.
    pub(super) fn keyed(&mut self, user: User, key: u8, content: Content) -> Result<(), String> {
        match self.keys.insert((user, key), content) {
            Some(before) if self.must.contains(&(user, before)) => {
                Err(format!("key {key} for user {user} has made {before} and {content} (I8)"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn joins(&mut self, user: User, topic: Topic, joins: bool) {
        if joins {
            self.members.insert((user, topic));
        } else {
            self.members.remove(&(user, topic));
        }
    }

    pub(super) fn may(&mut self, user: User, content: Content) {
        self.may.insert((user, content));
    }

    /// A log was put back: what was in it and is not any more nobody is owed, and who has it has it.
    pub(super) fn lost(&mut self, user: User, content: Content) {
        if self.must.remove(&(user, content)) {
            self.may.insert((user, content));
        }
    }

    /// What somebody belongs to is what a log says that was put back.
    pub(super) fn belongs(&mut self, user: User, is_member: impl Fn(Topic) -> bool) {
        for topic in 0..TOPICS {
            self.joins(user, topic, is_member(topic));
        }
    }

    pub(super) fn audience(&self, content: Content) -> Option<Audience> {
        self.audiences.get(content as usize).copied()
    }

    pub(super) fn may_have(&self, user: User, content: Content) -> bool {
        self.must.contains(&(user, content)) || self.may.contains(&(user, content))
    }

    pub(super) fn owed(&self, user: User) -> impl Iterator<Item = Content> + '_ {
        self.must.range((user, 0)..(user + 1, 0)).map(|(_, content)| *content)
    }

    /// What is owed to a user alone.
    pub(super) fn personal(&self, user: User) -> impl Iterator<Item = Content> + '_ {
        self.owed(user).filter(|content| matches!(self.audience(*content), Some(Audience::User(_))))
    }
}
