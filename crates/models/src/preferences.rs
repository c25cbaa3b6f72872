//! What a user wants to be bothered with.
//!
//! A muted notification still comes, and stands in the list; it is not counted, and no toast shows it.
//! What is marked `critical` cannot be muted.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Audience, Level, Position, TopicName};

/// What a user muted, and when they want quiet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Preferences {
    /// What is not counted, and not shown as a toast.
    pub muted: Muted,
    /// When nothing is shown as a toast, but what is critical.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<QuietHours>,
}

/// What is not counted, and not shown as a toast.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Muted {
    /// What comes by these topics.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub topics: BTreeSet<TopicName>,
    /// What has one of these categories.
    #[serde(default)]
    pub categories: BTreeSet<String>,
    /// What has one of these levels.
    #[serde(default)]
    pub levels: BTreeSet<Level>,
}

impl Muted {
    /// Most topics, and most categories, that a user mutes. Bounds what a session holds and what a count
    /// looks at.
    pub const MAX_NAMES: usize = 100;
}

/// A part of each day, in the user's own time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuietHours {
    /// The minute that they begin with: `22:00`.
    pub from: String,
    /// The minute that they end before: `07:00`, perhaps of the next day.
    pub to: String,
    /// The name of a time zone: `Europe/Berlin`.
    pub time_zone: String,
}

/// A thing that can be muted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Muting {
    /// What comes by a topic.
    Topic(TopicName),
    /// What has a category.
    Category(String),
    /// What has a level.
    Level(Level),
}

/// A thing that a user muted, after one position and up to another. `None`: to this day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mute {
    /// What.
    pub what: Muting,
    /// What came after this.
    pub from: Position,
    /// What came up to this.
    pub until: Option<Position>,
}

/// What of a notification mutes ask for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Subject {
    /// Its level.
    #[serde(default)]
    pub level: Level,
    /// Its category.
    pub category: Option<String>,
    /// Whether it cannot be muted.
    #[serde(default)]
    pub critical: bool,
}

impl Mute {
    /// Whether it covers what came at `position`.
    #[must_use]
    pub fn covers(&self, audience: &Audience, position: Position, subject: &Subject) -> bool {
        let meant = match &self.what {
            Muting::Topic(topic) => matches!(audience, Audience::Topic(its) if its == topic),
            Muting::Category(category) => subject.category.as_ref() == Some(category),
            Muting::Level(level) => subject.level == *level,
        };
        meant && !subject.critical && position > self.from && self.until.is_none_or(|until| position <= until)
    }
}

impl Preferences {
    /// Everything that is muted.
    #[must_use]
    pub fn mutings(&self) -> BTreeSet<Muting> {
        let Muted { topics, categories, levels } = &self.muted;
        let topics = topics.iter().cloned().map(Muting::Topic);
        let categories = categories.iter().cloned().map(Muting::Category);
        topics.chain(categories).chain(levels.iter().copied().map(Muting::Level)).collect()
    }
}
