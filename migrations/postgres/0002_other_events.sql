-- The structure of ../sqlite/0002_other_events.sql, where the comments are.

CREATE TABLE other_events (
    audience text   NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (audience, position)
);

INSERT INTO other_events (audience, position)
SELECT audience, position FROM events e
WHERE NOT EXISTS (SELECT 1 FROM entries x WHERE x.audience = e.audience AND x.position = e.position)
ORDER BY audience, position;

DROP INDEX events_of_audience;
