//! What a person reads in their inbox.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Audience, Link, Random, Timestamp, TopicName, UserId,
    text::{Invalid, Rule},
};

/// The identity of a notification: a UUIDv7, so ids sort by time of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct NotificationId(Uuid);

impl NotificationId {
    /// A new id for something made at `now`.
    pub fn new(now: Timestamp, random: &dyn Random) -> Self {
        let mut bytes = [0; 10];
        random.fill(&mut bytes);
        let millis = u64::try_from(now.as_millis()).unwrap_or_default();
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid())
    }

    /// A new id for one of several things made at `now`, at most 4,096: such ids sort in the order of `index`
    /// (RFC 9562, section 6.2, method 1).
    pub fn nth(index: u16, now: Timestamp, random: &dyn Random) -> Self {
        let mut bytes = [0; 10];
        random.fill(&mut bytes);
        let [high, low] = index.to_be_bytes();
        (bytes[0], bytes[1]) = (high, low);
        let millis = u64::try_from(now.as_millis()).unwrap_or_default();
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid())
    }

    /// The lowest id of something made at `at`: ids sort by time.
    #[must_use]
    pub fn first_at(at: Timestamp) -> Self {
        let millis = u64::try_from(at.as_millis()).unwrap_or_default();
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid())
    }

    /// When something with this id was made, to the millisecond (RFC 9562, section 5.7).
    #[must_use]
    pub fn made_at(&self) -> Timestamp {
        let (seconds, nanos) = self.0.get_timestamp().map_or((0, 0), |at| at.to_unix());
        let millis = i64::try_from(seconds).unwrap_or(i64::MAX / 1000) * 1000;
        Timestamp::from_millis(millis + i64::from(nanos / 1_000_000))
    }

    /// The id with this value, as the database keeps it.
    #[must_use]
    pub const fn from_uuid(id: Uuid) -> Self {
        Self(id)
    }

    /// Reads the hyphenated lower-case form, the only one that is given out.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().filter(|id| id.to_string() == text).map(Self)
    }

    /// The value itself.
    #[must_use]
    pub const fn as_uuid(&self) -> &Uuid {
        &self.0
    }
}

impl fmt::Display for NotificationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How much a notification asks for attention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Good to know.
    #[default]
    Info,
    /// Something went well.
    Success,
    /// Something may go wrong.
    Warning,
    /// Something went wrong.
    Error,
}

impl Level {
    /// The word for it, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// Reads the word back.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Info, Self::Success, Self::Warning, Self::Error].into_iter().find(|level| level.as_str() == text)
    }
}

/// Something to do about a notification: a button that leads somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Action {
    /// What the button says.
    pub label: String,
    /// Where it leads.
    #[schema(value_type = String)]
    pub link: Link,
}

/// Who or what caused a notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Actor {
    /// Their name.
    pub name: String,
    /// A picture of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub image: Option<Link>,
}

/// What a person reads in their inbox. Its JSON is what clients see, and what the log keeps.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Notification {
    /// Its identity, the same for all who receive it.
    pub id: NotificationId,
    /// One line that says what happened.
    pub title: String,
    /// More about it: plain text, never markup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// How much it asks for attention.
    pub level: Level,
    /// Cannot be muted; its toast stays until it is closed.
    pub critical: bool,
    /// Where it leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub link: Option<Link>,
    /// Up to three things to do about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Action>,
    /// Who or what caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// What kind of thing it is about, in the publisher's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Anything else, for programs: any JSON, kept to the letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    pub data: Option<Box<RawValue>>,
    /// A newer one with the same key takes this one's place in the inbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_key: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it stops being of interest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

impl Notification {
    /// Most actions of one notification: what fits beside each other on a phone.
    pub const MAX_ACTIONS: usize = 3;
    /// About how many bytes of JSON it is.
    #[must_use]
    pub fn size(&self) -> usize {
        let data = self.data.as_ref().map_or(0, |data| data.get().len());
        let actions: usize = self.actions.iter().map(|action| action.label.len() + action.link.as_str().len()).sum();
        let body = self.body.as_ref().map_or(0, String::len);
        let link = self.link.as_ref().map_or(0, |link| link.as_str().len());
        300 + self.title.len() + body + data + link + actions
    }

    /// Largest `data`, in bytes of compact JSON. With the body it bounds an event on the stream.
    pub const MAX_DATA_BYTES: usize = 16 * 1024;
}

/// Who a notification is sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipients {
    /// One user.
    User(UserId),
    /// Several users, each once.
    Users(Vec<UserId>),
    /// The members of a topic. One entry of the log, however many they are.
    Topic(TopicName),
    /// Everybody known by now. One entry of the log, however many they are.
    Everyone,
}

impl Recipients {
    /// Most users that one notification names. Each costs a row: more are a topic, or everyone.
    pub const MAX_USERS: usize = 1000;

    /// 1 to 1,000 users; the same one twice counts once. A single one is a [`Recipients::User`].
    pub fn users(users: Vec<UserId>) -> Result<Self, Invalid> {
        let mut seen = std::collections::HashSet::with_capacity(users.len());
        let users: Vec<_> = users.into_iter().filter(|user| seen.insert(user.clone())).collect();
        match users.as_slice() {
            [user] => Ok(Self::User(user.clone())),
            [_, ..] if users.len() <= Self::MAX_USERS => Ok(Self::Users(users)),
            _ => Err(Invalid::new(Rule::Recipients, format!("1 to {} users", Self::MAX_USERS))),
        }
    }

    /// How many audiences the notification enters.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Self::Users(users) => users.len(),
            Self::User(_) | Self::Topic(_) | Self::Everyone => 1,
        }
    }

    /// The audiences that the notification enters, one event each.
    #[must_use]
    pub fn audiences(&self) -> Vec<Audience> {
        match self {
            Self::User(user) => vec![Audience::User(user.clone())],
            Self::Users(users) => users.iter().cloned().map(Audience::User).collect(),
            Self::Topic(topic) => vec![Audience::Topic(topic.clone())],
            Self::Everyone => vec![Audience::Everyone],
        }
    }

    /// The recipients with these audiences, as [`Recipients::audiences`] gives them.
    #[must_use]
    pub fn of(audiences: Vec<Audience>) -> Option<Self> {
        let mut users = Vec::with_capacity(audiences.len());
        for audience in audiences {
            match audience {
                Audience::User(user) => users.push(user),
                Audience::Topic(topic) => return Some(Self::Topic(topic)),
                Audience::Everyone => return Some(Self::Everyone),
                Audience::Nodes => return None,
            }
        }
        Self::users(users).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_7_and_have_one_written_form() {
        let id = NotificationId::new(Timestamp::from_millis(1_700_000_000_000), &crate::SystemRandom);
        assert_eq!(id.as_uuid().get_version_num(), 7);
        assert_eq!(id.made_at(), Timestamp::from_millis(1_700_000_000_000));
        assert_eq!(NotificationId::parse(&id.to_string()), Some(id));
        assert_eq!(NotificationId::parse(&id.to_string().to_uppercase()), None);
        assert_eq!(NotificationId::parse("{}"), None);
    }

    #[test]
    fn ids_of_a_batch_sort_in_its_order() {
        let now = Timestamp::from_millis(1_700_000_000_000);
        let ids: Vec<_> = (0..4096).map(|index| NotificationId::nth(index, now, &crate::SystemRandom)).collect();
        assert!(ids.is_sorted() && ids.iter().all(|id| id.made_at() == now && id.as_uuid().get_version_num() == 7));
    }

    #[test]
    fn recipients_count_once_and_are_bounded() {
        let user = |n: usize| UserId::parse(&format!("u{n}")).unwrap();
        assert_eq!(Recipients::users(vec![user(1), user(2), user(1)]).unwrap().audiences().len(), 2);
        assert!(Recipients::users(vec![]).is_err());
        assert!(Recipients::users((0..1001).map(user).collect()).is_err());
    }
}
