-- The structure that ../sqlite has come to with its migration of the same number, in this database's own types: see
-- there for what the tables mean. From here on both go on with the same numbers.
--
-- Names are compared by their bytes (COLLATE "C"), as in SQLite: lists go on where they ended, whatever the locale is.
-- JSON is `text`: `jsonb` cannot hold `\u0000`, and keeps neither the order of members nor how numbers are written.

CREATE TABLE head (
    id           integer PRIMARY KEY CHECK (id = 1),
    epoch        uuid    NOT NULL,
    position     bigint  NOT NULL,
    floor        bigint  NOT NULL,
    ledger_floor bigint  NOT NULL DEFAULT 0,
    recipients   bigint  NOT NULL DEFAULT 0
) WITH (fillfactor = 10); -- changed by every group: there is room for the next on the same page

CREATE TABLE epochs (
    epoch    uuid        PRIMARY KEY,
    began_at timestamptz NOT NULL
);

CREATE TABLE secrets (
    name  text  PRIMARY KEY,
    value bytea NOT NULL
);

CREATE TABLE audiences (
    audience text COLLATE "C" PRIMARY KEY,
    seq      bigint           NOT NULL
);

CREATE TABLE payloads (
    id   bigint PRIMARY KEY,
    json text   NOT NULL
);

CREATE TABLE events (
    position   bigint           PRIMARY KEY,
    audience   text COLLATE "C" NOT NULL,
    seq        bigint           NOT NULL,
    kind       text             NOT NULL,
    payload    bigint           NOT NULL,
    unread     bigint,
    unseen     bigint,
    created_at timestamptz      NOT NULL
);

CREATE TABLE other_events (
    audience text COLLATE "C" NOT NULL,
    position bigint           NOT NULL,
    PRIMARY KEY (audience, position)
);

CREATE TABLE notifications (
    id          uuid        PRIMARY KEY,
    payload     bigint      NOT NULL REFERENCES payloads (id),
    level       text        NOT NULL,
    category    text,
    critical    boolean     NOT NULL,
    group_key   text,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz,
    ended       text CHECK (ended IN ('expired', 'retracted')),
    ended_at    timestamptz,
    replaced_by uuid,
    replaced_at timestamptz
);
CREATE INDEX notifications_of_payload ON notifications (payload);
CREATE INDEX notifications_to_expire ON notifications (expires_at) WHERE expires_at IS NOT NULL AND ended IS NULL;

CREATE TABLE entries (
    audience     text COLLATE "C" NOT NULL,
    position     bigint           NOT NULL,
    seq          bigint           NOT NULL,
    notification uuid             NOT NULL REFERENCES notifications (id),
    PRIMARY KEY (audience, position)
);
CREATE INDEX entries_of_notification ON entries (notification);

CREATE TABLE former_entries (
    audience     text COLLATE "C" NOT NULL,
    position     bigint           NOT NULL,
    seq          bigint           NOT NULL,
    notification uuid             NOT NULL REFERENCES notifications (id),
    PRIMARY KEY (audience, position)
);
CREATE INDEX former_entries_of_notification ON former_entries (notification);

CREATE TABLE groups (
    audience     text COLLATE "C" NOT NULL,
    group_key    text COLLATE "C" NOT NULL,
    position     bigint           NOT NULL,
    notification uuid             NOT NULL,
    PRIMARY KEY (audience, group_key)
);
CREATE INDEX groups_of_notification ON groups (notification);

CREATE TABLE recipients (
    user_id        text COLLATE "C" PRIMARY KEY,
    known_from     bigint           NOT NULL,
    seen_up_to     bigint           NOT NULL DEFAULT 0,
    read_up_to     bigint           NOT NULL DEFAULT 0,
    archived_up_to bigint           NOT NULL DEFAULT 0,
    created_at     timestamptz      NOT NULL,
    quiet_hours    text
);

CREATE TABLE receipts (
    user_id       text COLLATE "C" NOT NULL,
    position      bigint           NOT NULL,
    seen          boolean,
    read          boolean,
    acted_at      timestamptz,
    archived      boolean,
    snoozed_until timestamptz, -- NULL or 1970: it is not snoozed
    deleted       boolean,
    muted         boolean,
    notification  uuid,
    updated_at    timestamptz      NOT NULL,
    PRIMARY KEY (user_id, position)
);
CREATE INDEX receipts_of_entry ON receipts (position);
CREATE INDEX receipts_to_wake ON receipts (snoozed_until) WHERE snoozed_until > 'epoch';

CREATE TABLE idempotency_keys (
    publisher    text COLLATE "C" NOT NULL,
    key          text COLLATE "C" NOT NULL,
    fingerprint  bytea            NOT NULL,
    notification uuid,
    position     bigint,
    PRIMARY KEY (publisher, key),
    CHECK ((notification IS NULL) <> (position IS NULL))
);
CREATE INDEX idempotency_keys_of_notification ON idempotency_keys (notification) WHERE notification IS NOT NULL;
CREATE INDEX idempotency_keys_of_signal ON idempotency_keys (position) WHERE position IS NOT NULL;

CREATE TABLE topics (
    topic      text COLLATE "C" PRIMARY KEY,
    title      text,
    open       boolean          NOT NULL,
    created_at timestamptz      NOT NULL,
    members    bigint           NOT NULL DEFAULT 0
);

CREATE TABLE subscriptions (
    user_id        text COLLATE "C" NOT NULL,
    topic          text COLLATE "C" NOT NULL,
    from_position  bigint           NOT NULL,
    until_position bigint,
    PRIMARY KEY (user_id, topic, from_position)
);
CREATE UNIQUE INDEX members ON subscriptions (topic, user_id) WHERE until_position IS NULL;
CREATE INDEX former_members ON subscriptions (topic, until_position) WHERE until_position IS NOT NULL;

CREATE TABLE mutes (
    user_id        text COLLATE "C" NOT NULL,
    what           text COLLATE "C" NOT NULL CHECK (what IN ('topic', 'category', 'level')),
    name           text COLLATE "C" NOT NULL,
    from_position  bigint           NOT NULL,
    until_position bigint,
    PRIMARY KEY (user_id, what, name, from_position)
);

CREATE TABLE scheduled (
    id         uuid        PRIMARY KEY,
    due_at     timestamptz NOT NULL,
    recipients text        NOT NULL,
    json       text        NOT NULL,
    revision   bigint      NOT NULL
);
CREATE INDEX scheduled_by_time ON scheduled (due_at, id);

CREATE TABLE audit (
    notification uuid        NOT NULL,
    at           timestamptz NOT NULL,
    number       bigint      NOT NULL,
    actor        text        NOT NULL,
    action       text        NOT NULL,
    before       text,
    PRIMARY KEY (notification, number)
);

CREATE TABLE connections (
    id               uuid             NOT NULL,
    after_position   bigint           NOT NULL,
    user_id          text COLLATE "C" NOT NULL,
    opened_at        timestamptz      NOT NULL,
    state_after      bigint,
    written_position bigint           NOT NULL,
    written_at       timestamptz      NOT NULL,
    closed_at        timestamptz,
    events           bigint           NOT NULL,
    PRIMARY KEY (id, after_position)
);
CREATE INDEX connections_of_user ON connections (user_id, opened_at, id, after_position);
CREATE INDEX connections_by_age ON connections (opened_at);

CREATE TABLE accounts (
    user_id     text COLLATE "C" PRIMARY KEY,
    password    text             NOT NULL,
    role        text             NOT NULL CHECK (role IN ('user', 'admin')),
    disabled    boolean          NOT NULL DEFAULT false,
    must_change boolean          NOT NULL DEFAULT false,
    created_at  timestamptz      NOT NULL
);

CREATE TABLE sign_ins (
    id           uuid             PRIMARY KEY,
    user_id      text COLLATE "C" NOT NULL,
    secret       bytea            NOT NULL,
    former       bytea,
    refreshed_at timestamptz      NOT NULL,
    created_at   timestamptz      NOT NULL,
    expires_at   timestamptz      NOT NULL,
    ends_at      timestamptz      NOT NULL
);
CREATE UNIQUE INDEX sign_ins_by_secret ON sign_ins (secret);
CREATE UNIQUE INDEX sign_ins_by_former ON sign_ins (former) WHERE former IS NOT NULL;
CREATE INDEX sign_ins_of_user ON sign_ins (user_id, refreshed_at);
CREATE INDEX sign_ins_by_end ON sign_ins (expires_at);

CREATE TABLE api_keys (
    id           uuid             PRIMARY KEY,
    secret       bytea            NOT NULL,
    name         text             NOT NULL,
    publish      boolean          NOT NULL,
    manage       boolean          NOT NULL,
    created_by   text             NOT NULL,
    created_at   timestamptz      NOT NULL,
    last_used_at timestamptz,
    revoked_at   timestamptz
);
CREATE UNIQUE INDEX api_keys_by_secret ON api_keys (secret);

CREATE TABLE revocations (
    who bytea       PRIMARY KEY,
    at  timestamptz NOT NULL
);

CREATE TABLE used_tickets (
    id      uuid        PRIMARY KEY,
    used_at timestamptz NOT NULL
);
CREATE INDEX used_tickets_by_age ON used_tickets (used_at);

-- How many belong to each topic, and how many are known, kept as they come and go.

CREATE FUNCTION count_members() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.until_position IS NULL THEN
        UPDATE topics SET members = members - 1 WHERE topic = OLD.topic;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.until_position IS NULL THEN
        UPDATE topics SET members = members + 1 WHERE topic = NEW.topic;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER count_members AFTER INSERT OR DELETE OR UPDATE OF until_position ON subscriptions
    FOR EACH ROW EXECUTE FUNCTION count_members();

CREATE FUNCTION count_recipients() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changes bigint;
BEGIN
    SELECT CASE WHEN TG_OP = 'INSERT' THEN COUNT(*) ELSE -COUNT(*) END INTO changes FROM changed;
    IF changes <> 0 THEN
        UPDATE head SET recipients = recipients + changes WHERE id = 1;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER recipients_come AFTER INSERT ON recipients REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION count_recipients();
CREATE TRIGGER recipients_go AFTER DELETE ON recipients REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION count_recipients();
