//! All that is copied, described once: what each table is read and written by follows from it. A test holds it to the
//! structure of both databases.

/// A table.
pub(super) struct Table {
    pub(super) name: &'static str,
    /// The columns of its primary key: by them rows are ordered, and found again.
    pub(super) key: &'static [Column],
    pub(super) rest: &'static [Column],
}

pub(super) type Column = (&'static str, Kind);

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// `INTEGER`, `bigint`.
    Number,
    /// `INTEGER`, `integer`.
    Small,
    /// `INTEGER` (0 or 1), `boolean`.
    Flag,
    Text,
    /// `BLOB` (16 bytes), `uuid`.
    Id,
    /// `BLOB`, `bytea`.
    Bytes,
    /// `INTEGER` (milliseconds since 1970), `timestamptz`.
    Time,
}

use Kind::{Bytes, Flag, Id, Number, Small, Text, Time};

impl Table {
    pub(super) fn columns(&self) -> impl Iterator<Item = &'static Column> + use<> {
        self.key.iter().chain(self.rest)
    }
}

macro_rules! tables {
    ($($name:ident ($($key:ident $key_kind:ident),+) ($($column:ident $kind:ident),*);)*) => {
        &[$(Table {
            name: stringify!($name),
            key: &[$((stringify!($key), $key_kind)),+],
            rest: &[$((stringify!($column), $kind)),*],
        }),*]
    };
}

/// In the order in which they are copied: what is referred to comes first. What triggers count comes after what they
/// count, so that while it is copied there is no row yet for them to change.
pub(super) const TABLES: &[Table] = tables! {
    epochs (epoch Id) (began_at Time);
    secrets (name Text) (value Bytes);
    payloads (id Number) (json Text);
    notifications (id Id) (payload Number, level Text, category Text, critical Flag, group_key Text, created_at Time,
        expires_at Time, ended Text, ended_at Time, replaced_by Id, replaced_at Time);
    events (position Number) (audience Text, seq Number, kind Text, payload Number, unread Number, unseen Number,
        created_at Time);
    other_events (audience Text, position Number) ();
    entries (audience Text, position Number) (seq Number, notification Id);
    former_entries (audience Text, position Number) (seq Number, notification Id);
    groups (audience Text, group_key Text) (position Number, notification Id);
    audiences (audience Text) (seq Number);
    recipients (user_id Text) (known_from Number, seen_up_to Number, read_up_to Number, archived_up_to Number,
        created_at Time, quiet_hours Text);
    receipts (user_id Text, position Number) (seen Flag, read Flag, acted_at Time, archived Flag, snoozed_until Time,
        deleted Flag, muted Flag, notification Id, updated_at Time);
    idempotency_keys (publisher Text, key Text) (fingerprint Bytes, notification Id, position Number);
    subscriptions (user_id Text, topic Text, from_position Number) (until_position Number);
    topics (topic Text) (title Text, open Flag, created_at Time, members Number);
    mutes (user_id Text, what Text, name Text, from_position Number) (until_position Number);
    scheduled (id Id) (due_at Time, recipients Text, json Text, revision Number);
    audit (notification Id, number Number) (at Time, actor Text, action Text, before Text);
    connections (id Id, after_position Number) (user_id Text, opened_at Time, state_after Number,
        written_position Number, written_at Time, closed_at Time, events Number);
    accounts (user_id Text) (password Text, role Text, disabled Flag, must_change Flag, created_at Time);
    sign_ins (id Id) (user_id Text, secret Bytes, former Bytes, refreshed_at Time, created_at Time, expires_at Time,
        ends_at Time);
    api_keys (id Id) (secret Bytes, name Text, publish Flag, manage Flag, created_by Text, created_at Time,
        last_used_at Time, revoked_at Time, observe Flag);
    revocations (who Bytes) (at Time);
    used_tickets (id Id) (used_at Time);
    head (id Small) (epoch Id, position Number, floor Number, ledger_floor Number, recipients Number);
};

/// What is each database's own, or of nodes that have ended by then.
#[cfg(test)]
pub(super) const NOT_COPIED: [&str; 5] = ["moves", "_sqlx_migrations", "nodes", "open_streams", "whispers"];
/// The same of columns: which server wrote last, where there are several.
#[cfg(test)]
pub(super) const OF_SERVERS: [(&str, &str); 1] = [("head", "life")];
