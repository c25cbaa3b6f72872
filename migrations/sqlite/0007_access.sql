-- Who may come in. Secrets are kept as digests (SHA-256), so nothing that can be read here lets anybody in.

-- The account has a password that was made for it, and must choose another before anything else.
ALTER TABLE accounts ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0 CHECK (must_change IN (0, 1));

CREATE TABLE sign_ins (
    id           BLOB    PRIMARY KEY,
    user_id      TEXT    NOT NULL,
    secret       BLOB    NOT NULL,
    former       BLOB, -- the secret before, which is good for a moment
    refreshed_at INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    ends_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX sign_ins_by_secret ON sign_ins (secret);
CREATE UNIQUE INDEX sign_ins_by_former ON sign_ins (former) WHERE former IS NOT NULL;
CREATE INDEX sign_ins_of_user ON sign_ins (user_id, refreshed_at);
CREATE INDEX sign_ins_by_end ON sign_ins (expires_at);

CREATE TABLE api_keys (
    id           BLOB    PRIMARY KEY,
    secret       BLOB    NOT NULL,
    name         TEXT    NOT NULL,
    publish      INTEGER NOT NULL CHECK (publish IN (0, 1)),
    manage       INTEGER NOT NULL CHECK (manage IN (0, 1)),
    created_by   TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at   INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX api_keys_by_secret ON api_keys (secret);

-- Whose tokens up to when are not good any more: by the digest of the name, as it outlives the person's data.
CREATE TABLE revocations (
    who BLOB    PRIMARY KEY,
    at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Tickets that were used, for as long as somebody might show them again.
CREATE TABLE used_tickets (
    id      BLOB    PRIMARY KEY,
    used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX used_tickets_by_age ON used_tickets (used_at);
