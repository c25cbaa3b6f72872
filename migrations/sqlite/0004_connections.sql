-- The ledger: what was written to which stream. A stream gives its reader everything that is theirs in the order
-- of the log, so one interval says it all: what belongs to the user after one position and up to another was
-- written to it.
CREATE TABLE connections (
    id               BLOB    NOT NULL,
    after_position   INTEGER NOT NULL, -- a stream that was reset has an interval for each part
    user_id          TEXT    NOT NULL,
    opened_at        INTEGER NOT NULL,
    state_after      INTEGER, -- the part began with a state, which had what was unread after this and up to `after_position`
    written_position INTEGER NOT NULL,
    written_at       INTEGER NOT NULL, -- when the last of it was
    closed_at        INTEGER, -- NULL: it is open, or was when its node ended without a word
    events           INTEGER NOT NULL,
    PRIMARY KEY (id, after_position)
) STRICT, WITHOUT ROWID;
-- Neither changes as a stream goes on, so that costs no page of an index.
CREATE INDEX connections_of_user ON connections (user_id, opened_at);
CREATE INDEX connections_by_age ON connections (opened_at);

-- What streams were given up to here may be forgotten.
ALTER TABLE head ADD COLUMN ledger_floor INTEGER NOT NULL DEFAULT 0;
