//! What users do to their inboxes, within the transaction that logs it.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use uuid::Uuid;

use super::{StoreError, commit::insert, inbox::Recipient, sql};
use crate::{Change, Effect, Flags, Mark, NotificationId, Position, Timestamp, UserId, Window};

/// What a mark did.
pub(super) enum Applied {
    /// Something changed: what, and what that does to the user's counts.
    Changed(Change, Effect),
    /// Everything was so already.
    Nothing,
    /// It names a notification that this user does not have.
    NotFound,
}

/// Applies a mark. `head` is the end of the log before the group: a watermark never reaches beyond.
pub(super) async fn apply(
    conn: &mut SqliteConnection,
    head: Position,
    user: &UserId,
    mark: &Mark,
    now: Timestamp,
) -> Result<Applied, StoreError> {
    let Some(recipient) = Recipient::find(conn, user).await? else {
        return Ok(match mark {
            Mark::Ids(..) => Applied::NotFound,
            Mark::UpTo(..) => Applied::Nothing,
        });
    };
    let before = recipient.counts(conn, user).await?;
    let applied = mark.flags().with_implied();
    let change = match mark {
        Mark::Ids(ids, flags) => match by_ids(conn, user, &recipient, ids, applied, now).await? {
            None => return Ok(Applied::NotFound),
            Some(changed) if changed.is_empty() => return Ok(Applied::Nothing),
            Some(changed) => Change { ids: changed, up_to: None, flags: *flags },
        },
        Mark::UpTo(up_to, flags) => {
            let up_to = head.min(*up_to);
            let raised = raise(conn, user, &recipient, up_to, applied).await?;
            let lowered = lower(conn, user, &recipient, up_to, applied, now).await?;
            if !raised && !lowered {
                return Ok(Applied::Nothing);
            }
            Change { ids: Vec::new(), up_to: Some(up_to.get()), flags: *flags }
        }
    };
    let after = match Recipient::find(conn, user).await? {
        Some(recipient) => recipient.counts(conn, user).await?,
        None => before,
    };
    Ok(Applied::Changed(change, Effect::between(before, after)))
}

/// Gives the named notifications some states and tells which of them had others. `None`: one of them
/// is not this user's.
async fn by_ids(
    conn: &mut SqliteConnection,
    user: &UserId,
    recipient: &Recipient,
    ids: &[NotificationId],
    flags: Flags,
    now: Timestamp,
) -> Result<Option<Vec<NotificationId>>, StoreError> {
    let ids: std::collections::BTreeSet<_> = ids.iter().copied().collect();
    let mut found = Vec::with_capacity(ids.len());
    for window in recipient.windows(user) {
        found.extend(places(conn, user, &window, &ids).await?);
    }
    if found.len() < ids.len() {
        return Ok(None);
    }
    let differs = |wanted: Option<bool>, is: Option<bool>, at: Position, watermark: Position| {
        wanted.is_some_and(|wanted| wanted != is.unwrap_or(at <= watermark))
    };
    found.retain(|place| {
        let at = place.position;
        differs(flags.seen, place.seen, at, recipient.seen)
            || differs(flags.read, place.read, at, recipient.read)
            || differs(flags.archived, place.archived, at, recipient.archived)
            || flags.deleted == Some(true)
    });
    insert(conn, sql::INTO_RECEIPTS, sql::OVER_RECEIPTS, &found, |mut row, place| {
        row.push_bind(user.as_str().to_owned())
            .push_bind(place.position.get())
            .push_bind(flags.seen)
            .push_bind(flags.read)
            .push_bind(flags.archived)
            .push_bind(flags.deleted.filter(|deleted| *deleted))
            .push_bind(now.as_millis());
    })
    .await?;
    Ok(Some(found.into_iter().map(|place| place.id).collect()))
}

/// Where one of the named notifications stands, and what its receipt says.
struct Place {
    id: NotificationId,
    position: Position,
    seen: Option<bool>,
    read: Option<bool>,
    archived: Option<bool>,
}

type PlaceRow = (Uuid, i64, Option<bool>, Option<bool>, Option<bool>);

async fn places(
    conn: &mut SqliteConnection,
    user: &UserId,
    window: &Window,
    ids: &std::collections::BTreeSet<NotificationId>,
) -> Result<Vec<Place>, StoreError> {
    let mut query = QueryBuilder::<Sqlite>::new(
        "SELECT e.notification, e.position, r.seen, r.read, r.archived FROM entries e \
         LEFT JOIN receipts r ON r.position = e.position AND r.user_id = ",
    );
    query.push_bind(user.as_str());
    query.push(" WHERE e.audience = ").push_bind(window.audience.to_string());
    query.push(" AND e.position > ").push_bind(window.from.get());
    query.push(" AND r.deleted IS NULL AND e.notification IN (");
    let mut list = query.separated(", ");
    for id in ids {
        list.push_bind(*id.as_uuid());
    }
    query.push(")");
    let rows: Vec<PlaceRow> = query.build_query_as().persistent(false).fetch_all(conn).await?;
    rows.into_iter()
        .map(|(id, at, seen, read, archived)| {
            Ok(Place { id: NotificationId::from_uuid(id), position: super::position(at)?, seen, read, archived })
        })
        .collect()
}

/// Raises the watermarks of the states that are given. Whether anything changed by it.
async fn raise(
    conn: &mut SqliteConnection,
    user: &UserId,
    recipient: &Recipient,
    up_to: Position,
    flags: Flags,
) -> Result<bool, StoreError> {
    let given = |flag: Option<bool>| if flag == Some(true) { up_to.get() } else { 0 };
    let (seen, read, archived) = (given(flags.seen), given(flags.read), given(flags.archived));
    let cleared = sqlx::query(sql::CLEAR_RECEIPTS)
        .bind(user.as_str())
        .bind(seen)
        .bind(read)
        .bind(archived)
        .execute(&mut *conn)
        .await?
        .rows_affected();
    let lowest = [(seen, recipient.seen), (read, recipient.read), (archived, recipient.archived)]
        .into_iter()
        .filter(|(given, watermark)| *given > watermark.get())
        .map(|(_, watermark)| watermark)
        .min();
    let mut raised = false;
    if let Some(lowest) = lowest {
        for window in recipient.windows(user) {
            let any: bool = sqlx::query_scalar(sql::ANY_ENTRY)
                .bind(window.audience.to_string())
                .bind(lowest.max(window.from).get())
                .bind(up_to.get())
                .fetch_one(&mut *conn)
                .await?;
            raised |= any;
        }
    }
    if raised {
        sqlx::query(sql::RAISE_WATERMARKS)
            .bind(user.as_str())
            .bind(seen)
            .bind(read)
            .bind(archived)
            .execute(&mut *conn)
            .await?;
    }
    Ok(raised || cleared > 0)
}

/// Takes states back from everything up to a position. A watermark cannot say that, so each that has
/// them gets a receipt. Whether there were any.
async fn lower(
    conn: &mut SqliteConnection,
    user: &UserId,
    recipient: &Recipient,
    up_to: Position,
    flags: Flags,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let taken = |flag: Option<bool>| flag.filter(|given| !given);
    if taken(flags.seen).or(taken(flags.read)).or(taken(flags.archived)).is_none() {
        return Ok(false);
    }
    let mut lowered = 0;
    for window in recipient.windows(user) {
        lowered += sqlx::query(sql::LOWER_RECEIPTS)
            .bind(user.as_str())
            .bind(window.audience.to_string())
            .bind(recipient.seen.get())
            .bind(recipient.read.get())
            .bind(recipient.archived.get())
            .bind(window.from.get())
            .bind(up_to.get())
            .bind(taken(flags.seen))
            .bind(taken(flags.read))
            .bind(taken(flags.archived))
            .bind(now.as_millis())
            .execute(&mut *conn)
            .await?
            .rows_affected();
    }
    Ok(lowered > 0)
}
