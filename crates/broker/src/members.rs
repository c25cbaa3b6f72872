//! Who of those who are here belongs to a topic, or did: what comes late may be of before they left.

use std::collections::{HashMap, HashSet};

use tidings_models::{Audience, TopicName, UserId};

use crate::{
    sabotage::{self, Bug},
    session::Scope,
};

/// Users by topic. It has only topics that somebody is listed for.
#[derive(Default)]
pub(crate) struct Members(HashMap<TopicName, HashSet<UserId>>);

impl Members {
    /// Those who are listed for a topic.
    pub(crate) fn of(&self, topic: &TopicName) -> impl Iterator<Item = &UserId> {
        self.0.get(topic).into_iter().flatten()
    }

    /// How many topics somebody is listed for.
    #[cfg(test)]
    pub(crate) fn topics(&self) -> usize {
        self.0.len()
    }

    /// Lists a user for all that their scope names.
    pub(crate) fn list(&mut self, user: &UserId, scope: &Scope) {
        for window in &scope.windows {
            if let Audience::Topic(topic) = &window.audience
                && !(window.until.is_some() && sabotage::is(Bug::LeftNotListed))
            {
                self.0.entry(topic.clone()).or_default().insert(user.clone());
            }
        }
    }

    /// Takes a user off the lists that their scope names.
    pub(crate) fn unlist(&mut self, user: &UserId, scope: &Scope) {
        for window in &scope.windows {
            if let Audience::Topic(topic) = &window.audience
                && let Some(members) = self.0.get_mut(topic)
            {
                members.remove(user);
                if members.is_empty() {
                    self.0.remove(topic);
                }
            }
        }
    }
}
