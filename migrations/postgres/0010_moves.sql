-- See ../sqlite.
CREATE TABLE moves (
    id          uuid        PRIMARY KEY,
    outward     boolean     NOT NULL,
    other       text        NOT NULL,
    began_at    timestamptz NOT NULL,
    finished_at timestamptz
);
