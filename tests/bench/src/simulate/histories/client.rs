//! What a client holds, and what it is judged by whenever something comes.

use std::collections::BTreeSet;

use super::{
    log::{Audience, Content, Inbox, Place, Position, User},
    oracle::Oracle,
};

/// Where a client is: a place of one partition. The epoch says which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) partition: usize,
    pub(super) place: Place,
}

impl Cursor {
    pub(super) fn at(partition: usize, epoch: u32, position: Position) -> Self {
        Self { partition, place: Place { epoch, position } }
    }
}

/// Why a client is given the present state instead of what it missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reset {
    /// The partition was put back since.
    Epoch,
    /// What follows has been trimmed.
    Expired,
    /// Its user never was there.
    Elsewhere,
}

#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) user: User,
    pub(super) cursor: Option<Cursor>,
    pub(super) has: BTreeSet<Content>,
    pub(super) unread: i64,
}

impl Client {
    pub(super) fn new(user: User) -> Self {
        Self { user, cursor: None, has: BTreeSet::new(), unread: 0 }
    }

    pub(super) fn reset(&mut self, state: &Inbox, cursor: Cursor) {
        self.cursor = Some(cursor);
        self.has = state.contents.iter().copied().collect();
        self.unread = state.unread;
    }

    /// Something comes. What is wrong with it, if anything is.
    pub(super) fn take(&mut self, content: Content, oracle: &Oracle) -> Result<(), String> {
        let user = self.user;
        if self.has.contains(&content) {
            return Err(format!("user {user} is given {content} twice"));
        }
        let Some(audience) = oracle.audience(content).filter(|_| oracle.may_have(user, content)) else {
            return Err(format!("user {user} is given {content}, which is not theirs (I4)"));
        };
        let personal = |of: &Audience| matches!(of, Audience::User(_));
        // What is for one keeps its order, and what is for many keeps that of the common log, over all topics.
        let alike =
            |other: &Content| oracle.audience(*other).is_some_and(|other| personal(&other) == personal(&audience));
        if let Some(later) = self.has.range(content..).find(|other| alike(other)) {
            return Err(format!("user {user} is given {content} after {later}"));
        }
        if !personal(&audience) {
            let before = |missing: &Content| *missing < content && !self.has.contains(missing);
            if let Some(missing) = oracle.personal(user).find(before) {
                return Err(format!("user {user} is given {content} before {missing}, which was stored earlier"));
            }
        }
        self.has.insert(content);
        self.unread += 1;
        Ok(())
    }
}
