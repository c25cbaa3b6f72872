//! What is kept of a person beside their inbox, and how much is kept of all.

use uuid::Uuid;

use super::{
    BEGINNING, DatabaseConnection, NEVER, StoreError,
    connections::{ConnectionRow, connection},
    inbox, position, sql,
};
use crate::{
    Audience, Notification, NotificationId, Position, Timestamp, UserId,
    store::{Connection, Known, Receipt, Stored},
};

pub(super) async fn stored(conn: &mut DatabaseConnection) -> Result<Stored, StoreError> {
    let row: (i64, i64, i64, i64, i64) =
        sqlx::query_as(sql::people::STORED).bind(Stored::COUNTED).fetch_one(conn).await?;
    let (events, notifications, scheduled, recipients, topics) = row;
    Ok(Stored { events, notifications, scheduled, recipients, topics })
}

pub(super) async fn known(conn: &mut DatabaseConnection, user: &UserId) -> Result<Option<Known>, StoreError> {
    let row: Option<(Timestamp, i64, i64, i64, i64)> =
        sqlx::query_as(sql::people::KNOWN).bind(user.as_str()).fetch_optional(conn).await?;
    let known = |(since, from, seen, read, archived)| {
        Ok(Known {
            since,
            from: position(from)?,
            seen: position(seen)?,
            read: position(read)?,
            archived: position(archived)?,
        })
    };
    row.map(known).transpose()
}

/// Position, notification, seen, read, acted at, archived, snoozed until, deleted, updated at.
type ReceiptRow = (
    i64,
    Option<Uuid>,
    Option<bool>,
    Option<bool>,
    Option<Timestamp>,
    Option<bool>,
    Option<Timestamp>,
    bool,
    Timestamp,
);

pub(super) async fn receipts(
    conn: &mut DatabaseConnection,
    user: &UserId,
    after: Position,
    limit: u32,
) -> Result<Vec<Receipt>, StoreError> {
    let rows: Vec<ReceiptRow> = sqlx::query_as(sql::people::RECEIPTS)
        .bind(user.as_str())
        .bind(after.get())
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await?;
    let receipt =
        |(at, notification, seen, read, acted_at, archived, snoozed_until, deleted, updated_at): ReceiptRow| {
            Ok(Receipt {
                position: position(at)?,
                notification: notification.map(NotificationId::from_uuid),
                seen,
                read,
                acted_at,
                archived,
                snoozed_until: snoozed_until.filter(|until| *until > NEVER),
                deleted,
                updated_at,
            })
        };
    rows.into_iter().map(receipt).collect()
}

pub(super) async fn connections(
    conn: &mut DatabaseConnection,
    user: &UserId,
    after: Option<&Connection>,
    limit: u32,
) -> Result<Vec<Connection>, StoreError> {
    let first = (BEGINNING, Uuid::nil(), -1);
    let (opened_at, id, place) = after.map_or(first, |after| (after.opened_at, after.id, after.after.get()));
    let rows: Vec<ConnectionRow> = sqlx::query_as(sql::people::CONNECTIONS_OF)
        .bind(user.as_str())
        .bind(opened_at)
        .bind(id)
        .bind(place)
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await?;
    rows.into_iter().map(|row| connection(user, row)).collect()
}

pub(super) async fn former(
    conn: &mut DatabaseConnection,
    user: &UserId,
    after: Position,
    limit: u32,
) -> Result<Vec<(Position, Notification)>, StoreError> {
    let rows: Vec<(i64, String)> = sqlx::query_as(sql::people::FORMER)
        .bind(Audience::User(user.clone()).to_string())
        .bind(after.get())
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await?;
    rows.into_iter().map(|(at, json)| Ok((position(at)?, inbox::parse(&json)?))).collect()
}
