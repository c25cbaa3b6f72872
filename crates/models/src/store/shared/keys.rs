//! Idempotency keys: what they made before, and what they make in this group.

use std::collections::HashMap;

use uuid::Uuid;

use super::{DatabaseConnection, Draft, StoreError, json, position, sql};
use crate::{
    NotificationId, Position,
    store::{IdempotencyKey, Outcome},
};

/// What a key made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    /// This notification.
    Notification(NotificationId),
    /// The events of a signal or of a mark, the last of which has this position.
    Events(Position),
}

/// Its place among those that were asked for, fingerprint, notification, position of events.
type KeyRow = (i64, Vec<u8>, Option<Uuid>, Option<i64>);

/// What is known of the keys of a group.
#[derive(Clone, Default)]
pub(super) struct Keys(HashMap<(String, String), ([u8; 32], Made)>);

impl Keys {
    /// Learns what the keys of drafts made before.
    pub(super) async fn learn(&mut self, conn: &mut DatabaseConnection, drafts: &[Draft]) -> Result<(), StoreError> {
        let keys: Vec<&IdempotencyKey> = drafts.iter().flat_map(of).collect();
        if keys.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = keys.iter().map(|key| (key.publisher.as_str(), key.key.as_str())).collect();
        let rows: Vec<KeyRow> = sqlx::query_as(sql::KEYS).bind(json(&names)?).fetch_all(conn).await?;
        for (index, fingerprint, notification, events) in rows {
            let made = match (notification, events) {
                (Some(id), _) => Made::Notification(NotificationId::from_uuid(id)),
                (None, Some(at)) => Made::Events(position(at)?),
                (None, None) => return Err(StoreError::Corrupt("a key that made nothing".into())),
            };
            if let Some(key) = usize::try_from(index).ok().and_then(|index| keys.get(index)) {
                self.0.insert(name(key), (super::array(&fingerprint)?, made));
            }
        }
        Ok(())
    }

    /// What becomes of a draft for a notification whose key made something before. `None`: it made nothing.
    pub(super) fn notified(&self, key: Option<&IdempotencyKey>) -> Option<Outcome> {
        self.again(key?, |made| match made {
            Made::Notification(id) => Some(Outcome::Repeated(id)),
            Made::Events(_) => None,
        })
    }

    /// The same for a signal or a mark.
    pub(super) fn done(&self, key: Option<&IdempotencyKey>) -> Option<Outcome> {
        self.again(key?, |made| match made {
            Made::Events(_) => Some(Outcome::Done(false)),
            Made::Notification(_) => None,
        })
    }

    pub(super) fn insert(&mut self, key: &IdempotencyKey, made: Made) {
        self.0.insert(name(key), (key.fingerprint, made));
    }

    /// A repeat, if the key made such a thing before and for the same request.
    fn again(&self, key: &IdempotencyKey, repeat: impl Fn(Made) -> Option<Outcome>) -> Option<Outcome> {
        let (fingerprint, made) = self.0.get(&name(key))?;
        let repeated = repeat(*made).filter(|_| *fingerprint == key.fingerprint);
        Some(repeated.unwrap_or(Outcome::KeyConflict))
    }
}

/// The keys that a draft is known by.
fn of(draft: &Draft) -> Vec<&IdempotencyKey> {
    match draft {
        Draft::Notify { key, .. } | Draft::Signal { key, .. } | Draft::Mark { key, .. } => key.iter().collect(),
        Draft::Together(drafts) => drafts.iter().flat_map(of).collect(),
        _ => Vec::new(),
    }
}

/// Whose key, and which.
fn name(key: &IdempotencyKey) -> (String, String) {
    (key.publisher.as_str().to_owned(), key.key.clone())
}
