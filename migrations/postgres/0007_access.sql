-- The structure of ../sqlite/0007_access.sql, where the comments are.

ALTER TABLE accounts ADD COLUMN must_change boolean NOT NULL DEFAULT false;

CREATE TABLE sign_ins (
    id           uuid   PRIMARY KEY,
    user_id      text   NOT NULL,
    secret       bytea  NOT NULL,
    former       bytea,
    refreshed_at bigint NOT NULL,
    created_at   bigint NOT NULL,
    expires_at   bigint NOT NULL,
    ends_at      bigint NOT NULL
);
CREATE UNIQUE INDEX sign_ins_by_secret ON sign_ins (secret);
CREATE UNIQUE INDEX sign_ins_by_former ON sign_ins (former) WHERE former IS NOT NULL;
CREATE INDEX sign_ins_of_user ON sign_ins (user_id, refreshed_at);
CREATE INDEX sign_ins_by_end ON sign_ins (expires_at);

CREATE TABLE api_keys (
    id           uuid    PRIMARY KEY,
    secret       bytea   NOT NULL,
    name         text    NOT NULL,
    publish      boolean NOT NULL,
    manage       boolean NOT NULL,
    created_by   text    NOT NULL,
    created_at   bigint  NOT NULL,
    last_used_at bigint,
    revoked_at   bigint
);
CREATE UNIQUE INDEX api_keys_by_secret ON api_keys (secret);

CREATE TABLE revocations (
    who bytea  PRIMARY KEY,
    at  bigint NOT NULL
);

CREATE TABLE used_tickets (
    id      uuid   PRIMARY KEY,
    used_at bigint NOT NULL
);
CREATE INDEX used_tickets_by_age ON used_tickets (used_at);
