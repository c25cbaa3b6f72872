-- The structure of ../sqlite/0005_lists.sql, where the comments are.

ALTER TABLE idempotency_keys
    ALTER COLUMN notification DROP NOT NULL,
    ADD COLUMN position bigint,
    ADD CHECK ((notification IS NULL) <> (position IS NULL));
CREATE INDEX idempotency_keys_of_signal ON idempotency_keys (position) WHERE position IS NOT NULL;

ALTER TABLE notifications
    ADD COLUMN replaced_by uuid,
    ADD COLUMN replaced_at bigint;

ALTER TABLE topics ADD COLUMN members bigint NOT NULL DEFAULT 0;
UPDATE topics SET members =
    (SELECT COUNT(*) FROM subscriptions s WHERE s.topic = topics.topic AND s.until_position IS NULL);
CREATE FUNCTION count_members() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.until_position IS NULL THEN
        UPDATE topics SET members = members - 1 WHERE topic = OLD.topic;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.until_position IS NULL THEN
        UPDATE topics SET members = members + 1 WHERE topic = NEW.topic;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER count_members AFTER INSERT OR DELETE OR UPDATE OF until_position ON subscriptions
    FOR EACH ROW EXECUTE FUNCTION count_members();

ALTER TABLE head ADD COLUMN recipients bigint NOT NULL DEFAULT 0;
UPDATE head SET recipients = (SELECT COUNT(*) FROM recipients);
CREATE FUNCTION count_recipients() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE head SET recipients = recipients
        + (SELECT CASE WHEN TG_OP = 'INSERT' THEN COUNT(*) ELSE -COUNT(*) END FROM changed) WHERE id = 1;
    RETURN NULL;
END $$;
CREATE TRIGGER recipients_come AFTER INSERT ON recipients REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION count_recipients();
CREATE TRIGGER recipients_go AFTER DELETE ON recipients REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION count_recipients();
