-- What the nodes of a deployment tell each other beside the log. A file is of one node alone, which has nobody to tell:
-- the tables are here because the same store works on them. Nothing is missed when they are emptied.
CREATE TABLE nodes (
    id         BLOB    NOT NULL PRIMARY KEY,
    beat       INTEGER NOT NULL, -- another one each time: the others see by it that the node is alive, whatever clocks say
    version    TEXT    NOT NULL,
    started_at INTEGER NOT NULL,
    position   INTEGER NOT NULL, -- it has read the log up to here
    streams    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE open_streams (
    id        BLOB    NOT NULL PRIMARY KEY,
    node      BLOB    NOT NULL,
    user_id   TEXT    NOT NULL,
    opened_at INTEGER NOT NULL,
    transport TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX open_streams_of_user ON open_streams (user_id, node);
CREATE INDEX open_streams_of_node ON open_streams (node);

-- Signals for streams that are open now, on their way to other nodes.
CREATE TABLE whispers (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    node     BLOB    NOT NULL,
    position INTEGER NOT NULL, -- the log ended here when it was said
    kind     TEXT    NOT NULL,
    audience TEXT    NOT NULL,
    payload  TEXT    NOT NULL,
    at       INTEGER NOT NULL
) STRICT;
CREATE INDEX whispers_by_age ON whispers (at);
