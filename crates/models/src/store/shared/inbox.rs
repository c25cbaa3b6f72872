//! Reading inboxes: a user's notifications, and what they made of them.

use uuid::Uuid;

use super::{DatabaseConnection, NEVER, Snapshot, StoreError, position, sql};
use crate::{
    Audience, Counts, Epoch, Head, InboxItem, InboxPage, InboxQuery, InboxState, Level, Mute, Muting, Notification,
    NotificationId, Position, Seq, Timestamp, TopicName, UserId, Window,
};

/// What the database knows of a user: from where broadcasts are theirs, what else is, and their watermarks.
pub(super) struct Recipient {
    pub(super) known_from: Position,
    pub(super) seen: Position,
    pub(super) read: Position,
    pub(super) archived: Position,
    subscriptions: Vec<(TopicName, i64, Option<i64>)>,
}

impl Recipient {
    pub(super) async fn find(conn: &mut DatabaseConnection, user: &UserId) -> Result<Option<Self>, StoreError> {
        let row: Option<(i64, i64, i64, i64, String)> =
            sqlx::query_as(sql::RECIPIENT).bind(user.as_str()).fetch_optional(conn).await?;
        let Some((known_from, seen, read, archived, subscriptions)) = row else { return Ok(None) };
        Self::of([known_from, seen, read, archived], &subscriptions).map(Some)
    }

    fn of([known_from, seen, read, archived]: [i64; 4], subscriptions: &str) -> Result<Self, StoreError> {
        Ok(Self {
            known_from: position(known_from)?,
            seen: position(seen)?,
            read: position(read)?,
            archived: position(archived)?,
            subscriptions: array_of(subscriptions)?,
        })
    }

    /// The audiences that the user belongs to, and belonged to.
    pub(super) fn windows(&self, user: &UserId) -> Result<Vec<Window>, StoreError> {
        let mut windows = vec![
            Window::since(Audience::User(user.clone()), Position::START),
            Window::since(Audience::Everyone, self.known_from),
        ];
        for (topic, from, until) in &self.subscriptions {
            let (from, until) = (position(*from)?, until.map(position).transpose()?);
            windows.push(Window { audience: Audience::Topic(topic.clone()), from, until });
        }
        Ok(windows)
    }
}

fn array_of<T: serde::de::DeserializeOwned>(json: &str) -> Result<Vec<T>, StoreError> {
    serde_json::from_str(json).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// What a user muted, of a JSON array of [what, name, from, until].
pub(super) fn mutes(json: &str) -> Result<Vec<Mute>, StoreError> {
    let rows: Vec<(String, String, i64, Option<i64>)> = array_of(json)?;
    let mute = |(what, name, from, until): (String, String, i64, Option<i64>)| {
        let muting = match what.as_str() {
            "topic" => TopicName::parse(&name).ok().map(Muting::Topic),
            "category" => Some(Muting::Category(name)),
            _ => Level::parse(&name).map(Muting::Level),
        };
        let what = muting.ok_or_else(|| StoreError::Corrupt(format!("the mute of a {what}")))?;
        Ok(Mute { what, from: position(from)?, until: until.map(position).transpose()? })
    };
    rows.into_iter().map(mute).collect()
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

/// Epoch, position and floor of the log; known from, seen, read, archived; subscriptions and mutes; unread and
/// unseen.
type StateRow = (Uuid, i64, i64, i64, i64, i64, i64, String, String, i64, i64);

/// The log, a user and their counts at one instant.
pub(super) struct State {
    head: Head,
    pub(super) recipient: Recipient,
    pub(super) counts: Counts,
    mutes: String,
}

impl State {
    fn page(self, user: &UserId, items: Vec<InboxItem>, more: bool) -> Result<InboxPage, StoreError> {
        let Self { head, recipient, counts, mutes } = self;
        Ok(InboxPage { head, windows: recipient.windows(user)?, mutes: self::mutes(&mutes)?, counts, items, more })
    }
}

/// `None`: not known.
pub(super) async fn state(
    conn: &mut DatabaseConnection,
    user: &UserId,
    counted: Counted,
) -> Result<Option<State>, StoreError> {
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
    let Some((epoch, last, floor, known_from, seen, read, archived, subscriptions, mutes, unread, unseen)) = row else {
        return Ok(None);
    };
    let head = Head { epoch: Epoch::from_uuid(epoch), position: position(last)?, floor: position(floor)? };
    let recipient = Recipient::of([known_from, seen, read, archived], &subscriptions)?;
    Ok(Some(State { head, recipient, counts: Counts { unread, unseen }, mutes }))
}

/// The counts alone, which take one statement and so no transaction.
pub(super) async fn counts(conn: &mut DatabaseConnection, user: &UserId) -> Result<Option<InboxPage>, StoreError> {
    let Some(state) = state(conn, user, Counted::All).await? else { return Ok(None) };
    state.page(user, Vec::new(), false).map(Some)
}

/// Place in what was asked for, then as [`StateRow`], but for unread and unseen in one number.
type StatesRow = (i64, Uuid, i64, i64, i64, i64, i64, i64, String, String, i64);

/// The counts of many, in their order: one statement, so all of one instant.
pub(super) async fn states(
    conn: &mut DatabaseConnection,
    users: &[UserId],
) -> Result<Vec<Option<InboxPage>>, StoreError> {
    let names: Vec<_> = users.iter().map(UserId::as_str).collect();
    let rows: Vec<StatesRow> = sqlx::query_as(sql::STATES).bind(super::json(&names)?).fetch_all(conn).await?;
    let mut pages: Vec<_> = users.iter().map(|_| None).collect();
    for (place, epoch, last, floor, known_from, seen, read, archived, subscriptions, mutes, both) in rows {
        let of = usize::try_from(place).ok().and_then(|place| Some((users.get(place)?, pages.get_mut(place)?)));
        let (user, page) = of.ok_or_else(|| StoreError::Corrupt(format!("the state of user {place}")))?;
        let head = Head { epoch: Epoch::from_uuid(epoch), position: position(last)?, floor: position(floor)? };
        let recipient = Recipient::of([known_from, seen, read, archived], &subscriptions)?;
        let counts = Counts { unread: both >> 32, unseen: both & 0xFFFF_FFFF };
        *page = Some(State { head, recipient, counts, mutes }.page(user, Vec::new(), false)?);
    }
    Ok(pages)
}

pub(super) async fn page(mut tx: Snapshot, user: &UserId, query: &InboxQuery) -> Result<Option<InboxPage>, StoreError> {
    let Some(state) = state(&mut tx, user, Counted::All).await? else { return Ok(None) };
    let recipient = &state.recipient;
    let of_topic = |window: &Window| match (&query.topic, &window.audience) {
        (None, _) => true,
        (Some(topic), audience) => *audience == Audience::Topic(topic.clone()),
    };
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let (archived, read) = match query.state {
        InboxState::All => (Some(false), None),
        InboxState::Unread => (Some(false), Some(false)),
        InboxState::Read => (Some(false), Some(true)),
        InboxState::Archived => (Some(true), None),
        InboxState::Snoozed => (None, None),
    };
    let first = match query.state {
        InboxState::Unread => before_the_unread(&mut tx, user, recipient).await?,
        _ => Position::START,
    };
    let mut items = Vec::new();
    for window in recipient.windows(user)?.iter().filter(|window| of_topic(window)) {
        let before = query.before.map_or(i64::MAX, Position::get);
        let rows: Vec<ItemRow> = sqlx::query_as(sql::INBOX)
            .bind(user.as_str())
            .bind(window.audience.to_string())
            .bind(recipient.seen.get())
            .bind(recipient.read.get())
            .bind(recipient.archived.get())
            .bind(window.from.max(first).get())
            .bind(before.min(after_the_last(window)))
            .bind(query.level.map(crate::Level::as_str))
            .bind(query.category.as_deref().map(text))
            .bind(archived)
            .bind(read)
            .bind(i64::from(query.limit) + 1) // one more tells whether there are more
            .bind(query.state == InboxState::Snoozed)
            .bind(query.search.as_deref().map(pattern))
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
    state.page(user, items, more).map(Some)
}

/// A position up to which nothing is unread: what was read by watermark need not be looked at, but for what a
/// receipt takes back.
async fn before_the_unread(
    conn: &mut DatabaseConnection,
    user: &UserId,
    recipient: &Recipient,
) -> Result<Position, StoreError> {
    let settled = recipient.read.max(recipient.archived);
    let taken_back: Option<i64> =
        sqlx::query_scalar(sql::TAKEN_BACK).bind(user.as_str()).bind(settled.get()).fetch_one(conn).await?;
    taken_back.map_or(Ok(settled), |at| position(at - 1))
}

/// The position right after the last of a window.
fn after_the_last(window: &Window) -> i64 {
    window.until.map_or(i64::MAX, |until| until.next().get())
}

/// A text to look for. PostgreSQL takes none with NUL in it, and SQLite only reads up to there. Nothing that is looked
/// for here has a control character, so with another in its place as little is found.
fn text(given: &str) -> String {
    given.replace('\0', "\u{1}")
}

/// What `LIKE` takes for "has this in it".
fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in self::text(text).chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

pub(super) async fn item(mut tx: Snapshot, user: &UserId, id: NotificationId) -> Result<Option<InboxItem>, StoreError> {
    let Some(recipient) = Recipient::find(&mut tx, user).await? else { return Ok(None) };
    let mut found = None;
    for window in recipient.windows(user)? {
        let row: Option<ItemRow> = sqlx::query_as(sql::INBOX_ITEM)
            .bind(user.as_str())
            .bind(window.audience.to_string())
            .bind(recipient.seen.get())
            .bind(recipient.read.get())
            .bind(recipient.archived.get())
            .bind(window.from.get())
            .bind(after_the_last(&window))
            .bind(id.as_uuid())
            .fetch_optional(&mut *tx)
            .await?;
        found = found.or(row);
    }
    tx.commit().await?;
    found.map(item_of).transpose()
}

/// JSON, audience, position, seq, seen, read, acted at, archived, snoozed until (or 0), muted.
type ItemRow = (String, String, i64, i64, bool, bool, Option<Timestamp>, bool, Timestamp, bool);

fn item_of(
    (json, audience, at, seq, seen, read, acted_at, archived, snoozed_until, muted): ItemRow,
) -> Result<InboxItem, StoreError> {
    Ok(InboxItem {
        notification: parse(&json)?,
        audience: Audience::parse(&audience)
            .ok_or_else(|| StoreError::Corrupt(format!("the audience of entry {at}")))?,
        position: position(at)?,
        seq: Seq::new(seq),
        seen: seen || read, // what was read was seen
        read,
        acted_at,
        archived,
        snoozed_until: Some(snoozed_until).filter(|until| *until > NEVER),
        muted,
    })
}

pub(super) fn parse(json: &str) -> Result<Notification, StoreError> {
    serde_json::from_str(json).map_err(|error| StoreError::Corrupt(format!("a notification: {error}")))
}
