-- The structure of ../sqlite/0003_whole_inbox.sql, where the comments are.

ALTER TABLE notifications
    ADD COLUMN critical   integer NOT NULL DEFAULT 0 CHECK (critical IN (0, 1)),
    ADD COLUMN group_key  text,
    ADD COLUMN expires_at bigint,
    ADD COLUMN ended      text CHECK (ended IN ('expired', 'retracted')),
    ADD COLUMN ended_at   bigint;
UPDATE notifications n SET
    critical   = (p.json::json ->> 'critical')::boolean::integer,
    expires_at = (extract(epoch FROM (p.json::json ->> 'expires_at')::timestamptz) * 1000)::bigint
FROM payloads p WHERE p.id = n.payload;
CREATE INDEX notifications_to_expire ON notifications (expires_at) WHERE expires_at IS NOT NULL AND ended IS NULL;

CREATE TABLE former_entries (
    audience     text   NOT NULL,
    position     bigint NOT NULL,
    seq          bigint NOT NULL,
    notification uuid   NOT NULL REFERENCES notifications (id),
    PRIMARY KEY (audience, position)
);
CREATE INDEX former_entries_of_notification ON former_entries (notification);

CREATE TABLE groups (
    audience     text   NOT NULL,
    group_key    text   NOT NULL,
    position     bigint NOT NULL,
    notification uuid   NOT NULL,
    PRIMARY KEY (audience, group_key)
);
CREATE INDEX groups_of_notification ON groups (notification);

CREATE TABLE topics (
    topic      text    PRIMARY KEY,
    title      text,
    open       integer NOT NULL CHECK (open IN (0, 1)),
    created_at bigint  NOT NULL
);

CREATE TABLE subscriptions (
    user_id        text   NOT NULL,
    topic          text   NOT NULL,
    from_position  bigint NOT NULL,
    until_position bigint,
    PRIMARY KEY (user_id, topic, from_position)
);
CREATE UNIQUE INDEX members ON subscriptions (topic, user_id) WHERE until_position IS NULL;
CREATE INDEX former_members ON subscriptions (topic, until_position) WHERE until_position IS NOT NULL;

CREATE TABLE mutes (
    user_id        text   NOT NULL,
    what           text   NOT NULL CHECK (what IN ('topic', 'category', 'level')),
    name           text   NOT NULL,
    from_position  bigint NOT NULL,
    until_position bigint,
    PRIMARY KEY (user_id, what, name, from_position)
);
ALTER TABLE recipients ADD COLUMN quiet_hours text;

ALTER TABLE receipts
    ADD COLUMN snoozed_until bigint,
    ADD COLUMN notification  uuid,
    ADD COLUMN muted         integer CHECK (muted IN (0, 1));
CREATE INDEX receipts_to_wake ON receipts (snoozed_until) WHERE snoozed_until > 0;

CREATE TABLE scheduled (
    id         uuid   PRIMARY KEY,
    due_at     bigint NOT NULL,
    recipients text   NOT NULL,
    json       text   NOT NULL,
    revision   bigint NOT NULL
);
CREATE INDEX scheduled_by_time ON scheduled (due_at);

CREATE TABLE audit (
    notification uuid   NOT NULL,
    at           bigint NOT NULL,
    number       bigint NOT NULL,
    actor        text   NOT NULL,
    action       text   NOT NULL,
    before       text,
    PRIMARY KEY (notification, number)
);

ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_notification_fkey;
