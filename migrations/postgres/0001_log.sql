-- The same tables as in ../sqlite, in this database's own types: see there for what they mean.

CREATE TABLE head (
    id       integer PRIMARY KEY CHECK (id = 1),
    epoch    uuid    NOT NULL,
    position bigint  NOT NULL,
    floor    bigint  NOT NULL
);

CREATE TABLE epochs (
    epoch    uuid   PRIMARY KEY,
    began_at bigint NOT NULL
);

CREATE TABLE secrets (
    name  text  PRIMARY KEY,
    value bytea NOT NULL
);

CREATE TABLE audiences (
    audience text   PRIMARY KEY,
    seq      bigint NOT NULL
);

-- text, not jsonb: content is kept to the letter, `\u0000` included.
CREATE TABLE payloads (
    id   bigint PRIMARY KEY,
    json text   NOT NULL
);

CREATE TABLE events (
    position   bigint PRIMARY KEY,
    audience   text   NOT NULL,
    seq        bigint NOT NULL,
    kind       text   NOT NULL,
    payload    bigint NOT NULL,
    unread     bigint,
    unseen     bigint,
    created_at bigint NOT NULL
);
CREATE UNIQUE INDEX events_of_audience ON events (audience, position);

CREATE TABLE notifications (
    id         uuid   PRIMARY KEY,
    payload    bigint NOT NULL REFERENCES payloads (id),
    level      text   NOT NULL,
    category   text,
    created_at bigint NOT NULL
);
CREATE INDEX notifications_of_payload ON notifications (payload);

CREATE TABLE entries (
    audience     text   NOT NULL,
    position     bigint NOT NULL,
    seq          bigint NOT NULL,
    notification uuid   NOT NULL REFERENCES notifications (id),
    PRIMARY KEY (audience, position)
);
CREATE INDEX entries_of_notification ON entries (notification);

CREATE TABLE recipients (
    user_id        text   PRIMARY KEY,
    known_from     bigint NOT NULL,
    seen_up_to     bigint NOT NULL DEFAULT 0,
    read_up_to     bigint NOT NULL DEFAULT 0,
    archived_up_to bigint NOT NULL DEFAULT 0,
    created_at     bigint NOT NULL
);

CREATE TABLE receipts (
    user_id    text    NOT NULL,
    position   bigint  NOT NULL,
    seen       integer CHECK (seen IN (0, 1)),
    read       integer CHECK (read IN (0, 1)),
    archived   integer CHECK (archived IN (0, 1)),
    deleted    integer CHECK (deleted IN (0, 1)),
    updated_at bigint  NOT NULL,
    PRIMARY KEY (user_id, position)
);
CREATE INDEX receipts_of_entry ON receipts (position);

CREATE TABLE idempotency_keys (
    publisher    text  NOT NULL,
    key          text  NOT NULL,
    fingerprint  bytea NOT NULL,
    notification uuid  NOT NULL REFERENCES notifications (id),
    PRIMARY KEY (publisher, key)
);
CREATE INDEX idempotency_keys_of_notification ON idempotency_keys (notification);

CREATE TABLE accounts (
    user_id    text    PRIMARY KEY,
    password   text    NOT NULL,
    role       text    NOT NULL CHECK (role IN ('user', 'admin')),
    disabled   boolean NOT NULL DEFAULT false,
    created_at bigint  NOT NULL
);
