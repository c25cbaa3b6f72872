//! What users do to their inboxes, within the transaction that logs it.

use std::{collections::BTreeSet, sync::Arc};

use uuid::Uuid;

use super::{
    DatabaseConnection, NEVER, StoreError,
    inbox::{self, Counted, Recipient, state},
    insert::Insert,
    sql,
    table::{Kind, Last, Table},
    write,
};
use crate::{Audience, Change, Counts, Effect, Flags, Mark, NotificationId, Position, Timestamp, UserId};

/// Gives receipts some states; NULL leaves one as it was.
static RECEIPTS: Insert = Insert::new(
    &[Table {
        name: "receipts",
        columns: &[
            ("user_id", Kind::Text),
            ("position", Kind::Number),
            ("seen", Kind::Flag),
            ("read", Kind::Flag),
            ("acted_at", Kind::Time),
            ("archived", Kind::Flag),
            ("snoozed_until", Kind::Time),
            ("deleted", Kind::Flag),
            ("muted", Kind::Flag),
            ("notification", Kind::Id),
            ("updated_at", Kind::Time),
        ],
        rest: "ON CONFLICT (user_id, position) DO UPDATE SET \
               seen = COALESCE(excluded.seen, receipts.seen), read = COALESCE(excluded.read, receipts.read), \
               acted_at = COALESCE(receipts.acted_at, excluded.acted_at), \
               archived = COALESCE(excluded.archived, receipts.archived), \
               snoozed_until = COALESCE(excluded.snoozed_until, receipts.snoozed_until), \
               notification = excluded.notification, muted = excluded.muted, \
               deleted = COALESCE(excluded.deleted, receipts.deleted), updated_at = excluded.updated_at",
    }],
    Last::Nothing,
);

/// What a mark did.
pub(super) enum Applied {
    /// Something changed: what, and what that does to the user's counts.
    Changed(Box<Change>, Effect),
    /// Everything was so already: what was asked for.
    Nothing(Box<Change>),
    /// It names a notification that this user does not have.
    NotFound,
}

/// Applies a mark. `head` is the end of the log before the group: a watermark never reaches beyond.
pub(super) async fn apply(
    conn: &mut DatabaseConnection,
    head: Position,
    user: &UserId,
    mark: &Mark,
    now: Timestamp,
) -> Result<Applied, StoreError> {
    let flags = mark.flags().with_implied();
    match mark {
        Mark::Ids(ids, asked) => {
            let Some((changed, effect)) = by_ids(conn, user, ids, flags, now).await? else {
                return Ok(Applied::NotFound);
            };
            let change = |ids| Box::new(Change { ids, flags: asked.told(), ..Change::default() });
            if changed.is_empty() {
                let distinct = ids.iter().copied().collect::<BTreeSet<_>>();
                return Ok(Applied::Nothing(change(distinct.into_iter().collect())));
            }
            Ok(Applied::Changed(change(changed), effect))
        }
        Mark::UpTo(up_to, asked) => {
            let up_to = head.min(*up_to);
            let change = Box::new(Change { up_to: Some(up_to.get()), flags: *asked, ..Change::default() });
            Ok(match by_watermark(conn, user, up_to, flags, now).await? {
                Some(effect) => Applied::Changed(change, effect),
                None => Applied::Nothing(change),
            })
        }
    }
}

/// Gives the named notifications some states, and tells which of them had others and what that does to
/// the counts: what each of them was, and is now. `None`: one of them is not this user's.
async fn by_ids(
    conn: &mut DatabaseConnection,
    user: &UserId,
    ids: &[NotificationId],
    flags: Flags,
    now: Timestamp,
) -> Result<Option<(Vec<NotificationId>, Effect)>, StoreError> {
    let Some(recipient) = Recipient::find(conn, user).await? else { return Ok(None) };
    let ids: BTreeSet<_> = ids.iter().copied().collect();
    let mut places = places(conn, user, &recipient, &ids).await?;
    if places.len() < ids.len() {
        return Ok(None);
    }
    places.retain(|place| flags.deleted == Some(true) || place.state.with(flags) != place.state);
    let user = Arc::<str>::from(user.as_str());
    write::only(conn, &RECEIPTS, &places, |row, place| {
        row.add(Arc::clone(&user)).add(place.position.get());
        row.add(flags.seen).add(flags.read);
        row.add(flags.acted.filter(|acted| *acted).map(|_| now));
        row.add(flags.archived);
        row.add(flags.snoozed_until.map(|until| until.unwrap_or(NEVER)));
        row.add(flags.deleted.filter(|deleted| *deleted));
        row.add(place.state.muted).add(*place.id.as_uuid()).add(now);
    })
    .await?;
    let (mut before, mut after) = (Counts::default(), Counts::default());
    for place in &places {
        place.state.count(&mut before);
        if flags.deleted != Some(true) {
            place.state.with(flags).count(&mut after);
        }
    }
    Ok(Some((places.into_iter().map(|place| place.id).collect(), Effect::between(before, after))))
}

/// What a user made of a notification, by receipt or by watermark.
#[derive(Clone, Copy, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a state of its own, and any of them may hold")]
struct State {
    seen: bool,
    read: bool,
    acted: bool,
    archived: bool,
    snoozed_until: Option<Timestamp>,
    muted: bool,
}

impl State {
    fn with(self, flags: Flags) -> Self {
        Self {
            seen: flags.seen.unwrap_or(self.seen),
            read: flags.read.unwrap_or(self.read),
            acted: self.acted || flags.acted == Some(true),
            archived: flags.archived.unwrap_or(self.archived),
            snoozed_until: flags.snoozed_until.unwrap_or(self.snoozed_until),
            muted: self.muted,
        }
    }

    fn count(self, counts: &mut Counts) {
        let unread = !self.read && !self.archived && self.snoozed_until.is_none() && !self.muted;
        counts.unread += i64::from(unread);
        counts.unseen += i64::from(unread && !self.seen);
    }
}

/// Where one of the named notifications stands.
struct Place {
    id: NotificationId,
    position: Position,
    state: State,
}

/// Notification, position, seen, read, acted, archived, snoozed until, muted.
type PlaceRow = (Uuid, i64, Option<bool>, Option<bool>, bool, Option<bool>, Option<Timestamp>, bool);

async fn places(
    conn: &mut DatabaseConnection,
    user: &UserId,
    recipient: &Recipient,
    ids: &BTreeSet<NotificationId>,
) -> Result<Vec<Place>, StoreError> {
    let hex: Vec<String> = ids.iter().map(|id| id.as_uuid().simple().to_string()).collect();
    let rows: Vec<PlaceRow> = sqlx::query_as(sql::PLACES_OF)
        .bind(user.as_str())
        .bind(Audience::User(user.clone()).to_string())
        .bind(recipient.known_from.get())
        .bind(super::json(&hex)?)
        .fetch_all(conn)
        .await?;
    let place = |(id, at, seen, read, acted, archived, snoozed_until, muted): PlaceRow| {
        let position = super::position(at)?;
        let state = State {
            seen: seen.unwrap_or(position <= recipient.seen),
            read: read.unwrap_or(position <= recipient.read),
            acted,
            archived: archived.unwrap_or(position <= recipient.archived),
            snoozed_until: snoozed_until.filter(|until| *until > NEVER),
            muted,
        };
        Ok(Place { id: NotificationId::from_uuid(id), position, state })
    };
    rows.into_iter().map(place).collect()
}

/// Gives everything up to a position some states, and tells what that does to the counts. `None`:
/// everything was so already.
async fn by_watermark(
    conn: &mut DatabaseConnection,
    user: &UserId,
    up_to: Position,
    flags: Flags,
    now: Timestamp,
) -> Result<Option<Effect>, StoreError> {
    let lowers = [flags.seen, flags.read, flags.archived].contains(&Some(false));
    let settles = flags.read == Some(true) || flags.archived == Some(true);
    let counted = match (lowers, settles) {
        (true, _) => Counted::All,
        (false, true) => Counted::UpTo(up_to),
        (false, false) => Counted::UnseenUpTo(up_to),
    };
    let Some(inbox::State { recipient, counts: before, .. }) = state(conn, user, counted).await? else {
        return Ok(None);
    };
    let raised = raise(conn, user, &recipient, up_to, flags).await?;
    let lowered = lowers && lower(conn, user, &recipient, up_to, flags, now).await?;
    if !raised && !lowered {
        return Ok(None);
    }
    Ok(Some(match counted {
        // Nothing that was counted is left: it is read, or archived.
        Counted::UpTo(_) => Effect::between(before, Counts::default()),
        Counted::UnseenUpTo(_) => Effect::Adds { unread: 0, unseen: -before.unseen },
        Counted::All => {
            let after = state(conn, user, Counted::All).await?.map_or(before, |after| after.counts);
            Effect::between(before, after)
        }
    }))
}

/// Raises the watermarks of the states that are given. Whether anything changed by it.
async fn raise(
    conn: &mut DatabaseConnection,
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
        for window in recipient.windows(user)? {
            raised |= sqlx::query_scalar::<_, bool>(sql::ANY_ENTRY)
                .bind(window.audience.to_string())
                .bind(window.from.max(lowest).get())
                .bind(window.until.unwrap_or(up_to).min(up_to).get())
                .fetch_one(&mut *conn)
                .await?;
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
    conn: &mut DatabaseConnection,
    user: &UserId,
    recipient: &Recipient,
    up_to: Position,
    flags: Flags,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let taken = |flag: Option<bool>| flag.filter(|given| !given);
    let mut lowered = 0;
    for window in recipient.windows(user)? {
        lowered += sqlx::query(sql::LOWER_RECEIPTS)
            .bind(user.as_str())
            .bind(window.audience.to_string())
            .bind(recipient.seen.get())
            .bind(recipient.read.get())
            .bind(recipient.archived.get())
            .bind(window.from.get())
            .bind(window.until.unwrap_or(up_to).min(up_to).get())
            .bind(taken(flags.seen))
            .bind(taken(flags.read))
            .bind(taken(flags.archived))
            .bind(now)
            .execute(&mut *conn)
            .await?
            .rows_affected();
    }
    Ok(lowered > 0)
}
