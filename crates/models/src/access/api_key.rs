//! Keys of servers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Random, Timestamp, UserId};

/// Which key. Not the key: this one may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KeyId(Uuid);

impl KeyId {
    /// A new one.
    pub fn make(now: Timestamp, random: &dyn Random) -> Self {
        Self(*crate::NotificationId::new(now, random).as_uuid())
    }

    /// As the database has it.
    #[must_use]
    pub const fn from_uuid(id: Uuid) -> Self {
        Self(id)
    }

    /// For the database.
    #[must_use]
    pub const fn as_uuid(&self) -> &Uuid {
        &self.0
    }
}

impl std::fmt::Display for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for KeyId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

/// What a key may be used for. None contains another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Create notifications and signals.
    Publish,
    /// Read, correct and retract them; topics and members.
    Manage,
    /// Read the figures of the server.
    Observe,
}

/// The scopes of a key: one or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scopes {
    /// It has [`Scope::Publish`].
    pub publish: bool,
    /// It has [`Scope::Manage`].
    pub manage: bool,
    /// It has [`Scope::Observe`].
    pub observe: bool,
}

impl Scopes {
    /// Those of a list. `None`: the list is empty.
    #[must_use]
    pub fn of(list: &[Scope]) -> Option<Self> {
        let has = |scope| list.contains(&scope);
        (!list.is_empty()).then_some(Self {
            publish: has(Scope::Publish),
            manage: has(Scope::Manage),
            observe: has(Scope::Observe),
        })
    }

    /// As a list.
    #[must_use]
    pub fn list(self) -> Vec<Scope> {
        let each = [(self.publish, Scope::Publish), (self.manage, Scope::Manage), (self.observe, Scope::Observe)];
        each.into_iter().filter_map(|(has, scope)| has.then_some(scope)).collect()
    }
}

/// A key of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Which.
    pub id: KeyId,
    /// What people call it.
    pub name: String,
    /// What it may be used for.
    pub scopes: Scopes,
    /// Who made it.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// When it was used last, as far as that was noted: up to two minutes late.
    pub last_used_at: Option<Timestamp>,
    /// Since when it is no longer good.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Longest name, in characters.
    pub const MAX_NAME: usize = 100;

    /// Keys that may be good at the same time. Bounds what a program in a loop can fill the database with.
    pub const MOST: i64 = 1000;
}
