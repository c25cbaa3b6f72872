-- An event that brought a notification is found by its entry, so only the others need a place of their own by audience.
-- An index over all events meant one more page, anywhere in the database, to write for each notification.
CREATE TABLE other_events (
    audience TEXT    NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (audience, position)
) STRICT, WITHOUT ROWID;

INSERT INTO other_events (audience, position)
SELECT audience, position FROM events e
WHERE NOT EXISTS (SELECT 1 FROM entries x WHERE x.audience = e.audience AND x.position = e.position)
ORDER BY audience, position;

DROP INDEX events_of_audience;
