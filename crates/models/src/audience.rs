//! Who an event is for, and from where to where a user belongs to it.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{Position, UserId, text::Invalid};

/// The name of a topic: `[a-z0-9][a-z0-9._-]{0,63}`. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct TopicName(Arc<str>);

impl TryFrom<String> for TopicName {
    type Error = Invalid;

    fn try_from(value: String) -> Result<Self, Invalid> {
        Self::parse(&value)
    }
}

impl TopicName {
    /// Longest name, in bytes.
    pub const MAX_LEN: usize = 64;

    /// Checks and takes a name.
    pub fn parse(value: &str) -> Result<Self, Invalid> {
        let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let bytes = value.as_bytes();
        let ok = bytes.len() <= Self::MAX_LEN
            && bytes.first().copied().is_some_and(word)
            && bytes.iter().all(|&b| word(b) || matches!(b, b'.' | b'_' | b'-'));
        if ok {
            Ok(Self(value.into()))
        } else {
            Err(Invalid::recipients(
                "a topic is 1 to 64 of a-z, 0-9, '.', '_' and '-', and starts with a letter or digit".into(),
            ))
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who an event is for. Written `user:ID`, `topic:NAME`, `everyone` or `nodes`, here and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// One user.
    User(UserId),
    /// The members of a topic.
    Topic(TopicName),
    /// Everybody who was known when the event was made.
    Everyone,
    /// No user: what the nodes of a deployment tell each other ([`News`](crate::News)).
    Nodes,
}

impl Audience {
    /// Reads the written form back. `None` for anything that [`fmt::Display`] never writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        match value.split_once(':') {
            Some(("user", id)) => UserId::parse(id).ok().map(Self::User),
            Some(("topic", name)) => TopicName::parse(name).ok().map(Self::Topic),
            None if value == "everyone" => Some(Self::Everyone),
            None if value == "nodes" => Some(Self::Nodes),
            _ => None,
        }
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => write!(f, "user:{user}"),
            Self::Topic(topic) => write!(f, "topic:{}", topic.as_str()),
            Self::Everyone => f.write_str("everyone"),
            Self::Nodes => f.write_str("nodes"),
        }
    }
}

/// An audience that a user belongs to, from a position on, and perhaps up to another: what was theirs
/// stays theirs when they leave.
///
/// For `everyone`, `from` is the head of the log when the user was first known, so a newcomer does
/// not inherit years of broadcasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The audience.
    pub audience: Audience,
    /// The position after which its events are the user's.
    pub from: Position,
    /// The position up to which they are. `None`: to this day.
    pub until: Option<Position>,
}

impl Window {
    /// An audience that the user belongs to from a position on, to this day.
    #[must_use]
    pub const fn since(audience: Audience, from: Position) -> Self {
        Self { audience, from, until: None }
    }

    /// Whether what has this audience and position is the user's (I4).
    #[must_use]
    pub fn holds(&self, audience: &Audience, position: Position) -> bool {
        self.audience == *audience && position > self.from && self.until.is_none_or(|until| position <= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_written_form_reads_back() {
        for text in ["user:alice", "user:topic:x", "user:a:b", "topic:deploys", "everyone", "nodes"] {
            assert_eq!(Audience::parse(text).unwrap().to_string(), text);
        }
        for bad in ["", "alice", "user:", "topic:", "topic:Ä", "topic:-x", "everyone:x", "Everyone", "nodes:x"] {
            assert_eq!(Audience::parse(bad), None, "{bad}");
        }
    }
}
