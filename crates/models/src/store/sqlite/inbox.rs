//! Reading inboxes: a user's notifications, and what they made of them.

use sqlx::{Sqlite, SqliteConnection, Transaction};
use uuid::Uuid;

use super::{StoreError, position, sql};
use crate::{
    Audience, Counts, Epoch, Head, InboxItem, InboxPage, InboxQuery, InboxState, Notification, NotificationId,
    Position, Recipients, Seq, UserId, Window,
};

/// What the database knows of a user: from where broadcasts are theirs, and their watermarks.
#[derive(Clone, Copy)]
pub(super) struct Recipient {
    pub(super) known_from: Position,
    pub(super) seen: Position,
    pub(super) read: Position,
    pub(super) archived: Position,
}

impl Recipient {
    pub(super) async fn find(conn: &mut SqliteConnection, user: &UserId) -> Result<Option<Self>, StoreError> {
        let row: Option<(i64, i64, i64, i64)> =
            sqlx::query_as(sql::RECIPIENT).bind(user.as_str()).fetch_optional(conn).await?;
        let Some((known_from, seen, read, archived)) = row else { return Ok(None) };
        Ok(Some(Self {
            known_from: position(known_from)?,
            seen: position(seen)?,
            read: position(read)?,
            archived: position(archived)?,
        }))
    }

    /// The audiences that the user belongs to.
    pub(super) fn windows(&self, user: &UserId) -> Vec<Window> {
        vec![
            Window { audience: Audience::User(user.clone()), from: Position::START },
            Window { audience: Audience::Everyone, from: self.known_from },
        ]
    }
}

/// What part of an inbox is counted.
#[derive(Clone, Copy)]
pub(super) enum Counted {
    All,
    /// Up to a position.
    UpTo(Position),
    /// What is unseen up to a position, and no more: `unread` means nothing then. What was seen by
    /// watermark need not be looked at, read or not.
    UnseenUpTo(Position),
}

/// Epoch, position and floor of the log; known from, seen, read, archived; unread and unseen.
type StateRow = (Uuid, i64, i64, i64, i64, i64, i64, i64, i64);

/// The log, a user and their counts at one instant. `None`: not known.
pub(super) async fn state(
    conn: &mut SqliteConnection,
    user: &UserId,
    counted: Counted,
) -> Result<Option<(Head, Recipient, Counts)>, StoreError> {
    let (up_to, unseen) = match counted {
        Counted::All => (i64::MAX, false),
        Counted::UpTo(up_to) => (up_to.get(), false),
        Counted::UnseenUpTo(up_to) => (up_to.get(), true),
    };
    let row: Option<StateRow> = sqlx::query_as(sql::STATE)
        .bind(user.as_str())
        .bind(up_to)
        .bind(unseen)
        .bind(Audience::User(user.clone()).to_string())
        .fetch_optional(conn)
        .await?;
    let Some((epoch, last, floor, known_from, seen, read, archived, unread, unseen)) = row else { return Ok(None) };
    let head = Head { epoch: Epoch::from_uuid(epoch), position: position(last)?, floor: position(floor)? };
    let recipient = Recipient {
        known_from: position(known_from)?,
        seen: position(seen)?,
        read: position(read)?,
        archived: position(archived)?,
    };
    Ok(Some((head, recipient, Counts { unread, unseen })))
}

/// The counts alone, which take one statement and so no transaction.
pub(super) async fn counts(conn: &mut SqliteConnection, user: &UserId) -> Result<Option<InboxPage>, StoreError> {
    let Some((head, recipient, counts)) = state(conn, user, Counted::All).await? else { return Ok(None) };
    Ok(Some(InboxPage { head, windows: recipient.windows(user), counts, items: Vec::new(), more: false }))
}

pub(super) async fn page(
    mut tx: Transaction<'static, Sqlite>,
    user: &UserId,
    query: &InboxQuery,
) -> Result<Option<InboxPage>, StoreError> {
    let Some((head, recipient, counts)) = state(&mut tx, user, Counted::All).await? else { return Ok(None) };
    let windows = recipient.windows(user);
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let (archived, read) = match query.state {
        InboxState::All => (false, None),
        InboxState::Unread => (false, Some(false)),
        InboxState::Read => (false, Some(true)),
        InboxState::Archived => (true, None),
    };
    let mut items = Vec::new();
    for window in &windows {
        let rows: Vec<ItemRow> = sqlx::query_as(sql::INBOX)
            .bind(user.as_str())
            .bind(window.audience.to_string())
            .bind(recipient.seen.get())
            .bind(recipient.read.get())
            .bind(recipient.archived.get())
            .bind(window.from.get())
            .bind(query.before.map_or(i64::MAX, Position::get))
            .bind(query.level.map(crate::Level::as_str))
            .bind(query.category.as_deref())
            .bind(archived)
            .bind(read)
            .bind(i64::from(query.limit) + 1) // one more tells whether there are more
            .fetch_all(&mut *tx)
            .await?;
        for row in rows {
            items.push(item_of(row)?);
        }
    }
    tx.commit().await?;
    items.sort_unstable_by_key(|item| std::cmp::Reverse(item.position));
    let more = items.len() > limit;
    items.truncate(limit);
    Ok(Some(InboxPage { head, windows, counts, items, more }))
}

pub(super) async fn item(
    mut tx: Transaction<'static, Sqlite>,
    user: &UserId,
    id: NotificationId,
) -> Result<Option<InboxItem>, StoreError> {
    let Some(recipient) = Recipient::find(&mut tx, user).await? else { return Ok(None) };
    let mut found = None;
    for window in recipient.windows(user) {
        let row: Option<ItemRow> = sqlx::query_as(sql::INBOX_ITEM)
            .bind(user.as_str())
            .bind(window.audience.to_string())
            .bind(recipient.seen.get())
            .bind(recipient.read.get())
            .bind(recipient.archived.get())
            .bind(window.from.get())
            .bind(id.as_uuid())
            .fetch_optional(&mut *tx)
            .await?;
        found = found.or(row);
    }
    tx.commit().await?;
    found.map(item_of).transpose()
}

pub(super) async fn notification(
    mut tx: Transaction<'static, Sqlite>,
    id: NotificationId,
) -> Result<Option<(Notification, Recipients)>, StoreError> {
    let json: Option<String> =
        sqlx::query_scalar(sql::NOTIFICATION).bind(id.as_uuid()).fetch_optional(&mut *tx).await?;
    let Some(json) = json else { return Ok(None) };
    let audiences: Vec<String> = sqlx::query_scalar(sql::PLACES).bind(id.as_uuid()).fetch_all(&mut *tx).await?;
    tx.commit().await?;
    Ok(Some((parse(&json)?, recipients(&audiences)?)))
}

fn recipients(audiences: &[String]) -> Result<Recipients, StoreError> {
    let mut users = Vec::new();
    for audience in audiences {
        match Audience::parse(audience) {
            Some(Audience::User(user)) => users.push(user),
            Some(Audience::Everyone) => return Ok(Recipients::Everyone),
            _ => return Err(StoreError::Corrupt(format!("a notification for {audience}"))),
        }
    }
    match users.len() {
        1 => Ok(Recipients::User(users.swap_remove(0))),
        _ => Ok(Recipients::Users(users)),
    }
}

/// JSON, audience, position, seq, seen, read, archived.
type ItemRow = (String, String, i64, i64, bool, bool, bool);

fn item_of((json, audience, at, seq, seen, read, archived): ItemRow) -> Result<InboxItem, StoreError> {
    Ok(InboxItem {
        notification: parse(&json)?,
        audience: Audience::parse(&audience)
            .ok_or_else(|| StoreError::Corrupt(format!("the audience of entry {at}")))?,
        position: position(at)?,
        seq: Seq::new(seq),
        seen: seen || read, // what was read was seen
        read,
        archived,
    })
}

fn parse(json: &str) -> Result<Notification, StoreError> {
    serde_json::from_str(json).map_err(|error| StoreError::Corrupt(format!("a notification: {error}")))
}
