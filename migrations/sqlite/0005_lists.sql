-- A key may name a signal too, which is in no inbox: it is remembered as long as the last event of that is.
CREATE TABLE keys (
    publisher    TEXT NOT NULL,
    key          TEXT NOT NULL,
    fingerprint  BLOB NOT NULL,
    notification BLOB,
    position     INTEGER, -- of the last event of a signal
    PRIMARY KEY (publisher, key),
    CHECK ((notification IS NULL) <> (position IS NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO keys SELECT publisher, key, fingerprint, notification, NULL FROM idempotency_keys;
DROP TABLE idempotency_keys;
ALTER TABLE keys RENAME TO idempotency_keys;
CREATE INDEX idempotency_keys_of_notification ON idempotency_keys (notification) WHERE notification IS NOT NULL;
CREATE INDEX idempotency_keys_of_signal ON idempotency_keys (position) WHERE position IS NOT NULL;

-- The last notification that took the place of one in an inbox, and when. NULL: none did, or it was not noted.
ALTER TABLE notifications ADD COLUMN replaced_by BLOB;
ALTER TABLE notifications ADD COLUMN replaced_at INTEGER;

-- How many belong to each topic, and how many are known, kept as they come and go: to count a million takes
-- longer than anybody waits for a page.
ALTER TABLE topics ADD COLUMN members INTEGER NOT NULL DEFAULT 0;
UPDATE topics SET members =
    (SELECT COUNT(*) FROM subscriptions s WHERE s.topic = topics.topic AND s.until_position IS NULL);
CREATE TRIGGER member_comes AFTER INSERT ON subscriptions WHEN NEW.until_position IS NULL BEGIN
    UPDATE topics SET members = members + 1 WHERE topic = NEW.topic;
END;
CREATE TRIGGER member_leaves AFTER UPDATE OF until_position ON subscriptions
WHEN OLD.until_position IS NULL AND NEW.until_position IS NOT NULL BEGIN
    UPDATE topics SET members = members - 1 WHERE topic = OLD.topic;
END;
CREATE TRIGGER member_goes AFTER DELETE ON subscriptions WHEN OLD.until_position IS NULL BEGIN
    UPDATE topics SET members = members - 1 WHERE topic = OLD.topic;
END;

ALTER TABLE head ADD COLUMN recipients INTEGER NOT NULL DEFAULT 0;
UPDATE head SET recipients = (SELECT COUNT(*) FROM recipients);
CREATE TRIGGER recipient_comes AFTER INSERT ON recipients BEGIN
    UPDATE head SET recipients = recipients + 1 WHERE id = 1;
END;
CREATE TRIGGER recipient_goes AFTER DELETE ON recipients BEGIN
    UPDATE head SET recipients = recipients - 1 WHERE id = 1;
END;
