-- What the nodes of a deployment tell each other beside the log. Nothing is missed when these two are emptied, as they
-- are after a crash of the server: each node says it again.
CREATE UNLOGGED TABLE nodes (
    id         uuid        PRIMARY KEY,
    beat       bigint      NOT NULL, -- another one each time: the others see by it that the node is alive, whatever clocks say
    version    text        NOT NULL,
    started_at timestamptz NOT NULL,
    position   bigint      NOT NULL, -- it has read the log up to here
    streams    bigint      NOT NULL
);

CREATE UNLOGGED TABLE open_streams (
    id        uuid             PRIMARY KEY,
    node      uuid             NOT NULL,
    user_id   text COLLATE "C" NOT NULL,
    opened_at timestamptz      NOT NULL,
    transport text             NOT NULL
);
CREATE INDEX open_streams_of_user ON open_streams (user_id, node);
CREATE INDEX open_streams_of_node ON open_streams (node);

-- Signals for streams that are open now, on their way to other nodes. It is logged, for its numbers: those of an
-- unlogged one would begin anew after a crash, below what nodes have read.
CREATE TABLE whispers (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node     uuid        NOT NULL,
    position bigint      NOT NULL, -- the log ended here when it was said
    kind     text        NOT NULL,
    audience text        NOT NULL,
    payload  text        NOT NULL,
    at       timestamptz NOT NULL
);
CREATE INDEX whispers_by_age ON whispers (at);

-- Streams that were opened in one instant go in one order, whoever trims.
DROP INDEX connections_by_age;
CREATE INDEX connections_by_age ON connections (opened_at, id, after_position);
