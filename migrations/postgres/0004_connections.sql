-- The structure of ../sqlite/0004_connections.sql, where the comments are.

CREATE TABLE connections (
    id               uuid    NOT NULL,
    after_position   bigint  NOT NULL,
    user_id          text    NOT NULL,
    opened_at        bigint  NOT NULL,
    state_after      bigint,
    written_position bigint  NOT NULL,
    written_at       bigint  NOT NULL,
    closed_at        bigint,
    events           bigint  NOT NULL,
    PRIMARY KEY (id, after_position)
);
CREATE INDEX connections_of_user ON connections (user_id, opened_at);
CREATE INDEX connections_by_age ON connections (opened_at);

ALTER TABLE head ADD COLUMN ledger_floor bigint NOT NULL DEFAULT 0;
