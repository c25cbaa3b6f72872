-- What the inbox learns with this version. Positions bound everything that begins or ends: what was
-- true of an event when it was made stays true of it.

-- What lists and counts ask of a notification, and how it ended for everybody.
ALTER TABLE notifications ADD COLUMN critical   INTEGER NOT NULL DEFAULT 0 CHECK (critical IN (0, 1));
ALTER TABLE notifications ADD COLUMN group_key  TEXT;
ALTER TABLE notifications ADD COLUMN expires_at INTEGER;
ALTER TABLE notifications ADD COLUMN ended      TEXT CHECK (ended IN ('expired', 'retracted'));
ALTER TABLE notifications ADD COLUMN ended_at   INTEGER;
UPDATE notifications SET
    critical   = (SELECT json_extract(json, '$.critical') FROM payloads p WHERE p.id = payload),
    expires_at = (SELECT CAST(unixepoch(json_extract(json, '$.expires_at'), 'subsec') * 1000 AS INTEGER)
                  FROM payloads p WHERE p.id = payload);
CREATE INDEX notifications_to_expire ON notifications (expires_at) WHERE expires_at IS NOT NULL AND ended IS NULL;

-- Entries that left their inboxes before their time: replaced by a newer one of their group, expired or
-- retracted. For whoever asks later what became of it.
CREATE TABLE former_entries (
    audience     TEXT    NOT NULL,
    position     INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    notification BLOB    NOT NULL REFERENCES notifications (id),
    PRIMARY KEY (audience, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX former_entries_of_notification ON former_entries (notification);

-- The one entry of a group in an audience.
CREATE TABLE groups (
    audience     TEXT    NOT NULL,
    group_key    TEXT    NOT NULL,
    position     INTEGER NOT NULL,
    notification BLOB    NOT NULL,
    PRIMARY KEY (audience, group_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX groups_of_notification ON groups (notification);

CREATE TABLE topics (
    topic      TEXT    PRIMARY KEY,
    title      TEXT,
    open       INTEGER NOT NULL CHECK (open IN (0, 1)), -- whether users may join and leave by themselves
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who belongs to a topic, after one position and up to another. NULL: to this day.
CREATE TABLE subscriptions (
    user_id        TEXT    NOT NULL,
    topic          TEXT    NOT NULL,
    from_position  INTEGER NOT NULL,
    until_position INTEGER,
    PRIMARY KEY (user_id, topic, from_position)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX members ON subscriptions (topic, user_id) WHERE until_position IS NULL;
CREATE INDEX former_members ON subscriptions (topic, until_position) WHERE until_position IS NOT NULL;

-- What a user does not want to be bothered with, after one position and up to another. NULL: to this day.
CREATE TABLE mutes (
    user_id        TEXT    NOT NULL,
    what           TEXT    NOT NULL CHECK (what IN ('topic', 'category', 'level')),
    name           TEXT    NOT NULL,
    from_position  INTEGER NOT NULL,
    until_position INTEGER,
    PRIMARY KEY (user_id, what, name, from_position)
) STRICT, WITHOUT ROWID;
ALTER TABLE recipients ADD COLUMN quiet_hours TEXT; -- JSON

-- A snoozed entry is not counted until it comes back. Whether an entry was muted when it came does not
-- change, so a receipt keeps it.
ALTER TABLE receipts ADD COLUMN snoozed_until INTEGER; -- NULL or 0: it is not
ALTER TABLE receipts ADD COLUMN notification BLOB; -- of a snoozed one, to find it by
ALTER TABLE receipts ADD COLUMN muted INTEGER CHECK (muted IN (0, 1));
CREATE INDEX receipts_to_wake ON receipts (snoozed_until) WHERE snoozed_until > 0;

-- Notifications that are to be made later. They become notifications, and this row goes, in one transaction.
CREATE TABLE scheduled (
    id         BLOB    PRIMARY KEY,
    due_at     INTEGER NOT NULL,
    recipients TEXT    NOT NULL, -- JSON array of audiences
    json       TEXT    NOT NULL,
    revision   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX scheduled_by_time ON scheduled (due_at);

-- What admins did to a notification, and who.
CREATE TABLE audit (
    notification BLOB    NOT NULL,
    at           INTEGER NOT NULL,
    number       INTEGER NOT NULL, -- of those of one notification
    actor        TEXT    NOT NULL,
    action       TEXT    NOT NULL,
    before       TEXT, -- what a correction replaced
    PRIMARY KEY (notification, number)
) STRICT, WITHOUT ROWID;

-- A key may name something that is only scheduled, which is not among the notifications yet.
CREATE TABLE keys (
    publisher    TEXT NOT NULL,
    key          TEXT NOT NULL,
    fingerprint  BLOB NOT NULL,
    notification BLOB NOT NULL,
    PRIMARY KEY (publisher, key)
) STRICT, WITHOUT ROWID;
INSERT INTO keys SELECT publisher, key, fingerprint, notification FROM idempotency_keys;
DROP TABLE idempotency_keys;
ALTER TABLE keys RENAME TO idempotency_keys;
CREATE INDEX idempotency_keys_of_notification ON idempotency_keys (notification);
