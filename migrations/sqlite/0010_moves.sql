-- A log has one life, in one place. Where it is or was copied to another database, or is being copied from one, a row
-- says so: two deployments that go on with one log would give each position two contents.
CREATE TABLE moves (
    id          BLOB    PRIMARY KEY, -- made up for each copy, and the same in both databases
    outward     INTEGER NOT NULL CHECK (outward IN (0, 1)), -- away from here
    other       TEXT    NOT NULL, -- the other database, as it may be shown
    began_at    INTEGER NOT NULL,
    finished_at INTEGER -- NULL: the copy is not whole yet
) STRICT, WITHOUT ROWID;
