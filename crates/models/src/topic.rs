//! Topics: audiences that users belong to for as long as they, or an admin, like.

use crate::{Timestamp, TopicName};

/// Longest title of a topic, in characters.
pub const MAX_TITLE_CHARS: usize = crate::text::MAX_WORD_CHARS;
/// Topics that a user may have belonged to, each as often as they joined. Bounds what opening a stream
/// reads, and what a session holds.
pub const MAX_SUBSCRIPTIONS: usize = 500;

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its name, which is what publishers address.
    pub name: TopicName,
    /// What people read instead of its name.
    pub title: Option<String>,
    /// Whether users join and leave by themselves. Otherwise an admin says who belongs to it.
    pub open: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A topic as one user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicOfUser {
    /// The topic.
    pub topic: Topic,
    /// Whether the user belongs to it.
    pub joined: bool,
}

/// A topic as admins see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicWithMembers {
    /// The topic.
    pub topic: Topic,
    /// How many users belong to it.
    pub members: i64,
}
