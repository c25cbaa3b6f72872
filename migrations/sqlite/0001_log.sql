-- The log, what it is made of, and what users made of it.
-- Times are milliseconds since 1970 (UTC), ids are 16 bytes, positions and seqs start at 1.

-- One row: where the log stands. Held by the writing transaction from its first statement to its
-- commit, which is what makes the order of positions the order of commits.
CREATE TABLE head (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    epoch    BLOB    NOT NULL,
    position INTEGER NOT NULL,
    floor    INTEGER NOT NULL
) STRICT;

-- Every life of the log so far. Cursors of an earlier one are recognised, and answered with a reset.
CREATE TABLE epochs (
    epoch    BLOB    PRIMARY KEY,
    began_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Secrets that belong to the log: what cursors are sealed under, what tokens are signed with.
CREATE TABLE secrets (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The last seq of each audience.
CREATE TABLE audiences (
    audience TEXT    PRIMARY KEY,
    seq      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Content: one line of JSON, never changed. Events and notifications point at it, so what is sent to
-- a thousand users is stored once. Its id is the position of the first event that carried it.
CREATE TABLE payloads (
    id   INTEGER PRIMARY KEY,
    json TEXT    NOT NULL
) STRICT;

CREATE TABLE events (
    position   INTEGER PRIMARY KEY,
    audience   TEXT    NOT NULL,
    seq        INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    payload    INTEGER NOT NULL, -- of payloads; not a foreign key, which would want an index to trim by
    unread     INTEGER, -- what it adds to a reader's counts; NULL: it differs from reader to reader
    unseen     INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_of_audience ON events (audience, position);

CREATE TABLE notifications (
    id         BLOB    PRIMARY KEY,
    payload    INTEGER NOT NULL REFERENCES payloads (id),
    level      TEXT    NOT NULL,
    category   TEXT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX notifications_of_payload ON notifications (payload);

-- Where a notification stands in the inboxes of an audience. Outlives the event that brought it.
CREATE TABLE entries (
    audience     TEXT    NOT NULL,
    position     INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    notification BLOB    NOT NULL REFERENCES notifications (id),
    PRIMARY KEY (audience, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX entries_of_notification ON entries (notification);

-- Users as the log knows them. Broadcasts after `known_from` are theirs. A watermark says
-- "everything up to here"; a receipt that says otherwise wins.
CREATE TABLE recipients (
    user_id        TEXT    PRIMARY KEY,
    known_from     INTEGER NOT NULL,
    seen_up_to     INTEGER NOT NULL DEFAULT 0,
    read_up_to     INTEGER NOT NULL DEFAULT 0,
    archived_up_to INTEGER NOT NULL DEFAULT 0,
    created_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a user made of one entry. NULL: as the watermark says.
CREATE TABLE receipts (
    user_id    TEXT    NOT NULL,
    position   INTEGER NOT NULL,
    seen       INTEGER CHECK (seen IN (0, 1)),
    read       INTEGER CHECK (read IN (0, 1)),
    archived   INTEGER CHECK (archived IN (0, 1)),
    deleted    INTEGER CHECK (deleted IN (0, 1)),
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX receipts_of_entry ON receipts (position);

-- What a publisher's key made. The same key answers with the same notification.
CREATE TABLE idempotency_keys (
    publisher    TEXT NOT NULL,
    key          TEXT NOT NULL,
    fingerprint  BLOB NOT NULL,
    notification BLOB NOT NULL REFERENCES notifications (id),
    PRIMARY KEY (publisher, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_of_notification ON idempotency_keys (notification);

CREATE TABLE accounts (
    user_id    TEXT    PRIMARY KEY,
    password   TEXT    NOT NULL, -- argon2id, PHC form
    role       TEXT    NOT NULL CHECK (role IN ('user', 'admin')),
    disabled   INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
