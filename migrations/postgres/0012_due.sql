-- What is due at one moment has an order. (In the tables of SQLite an index goes on with the primary key by itself.)
DROP INDEX notifications_to_expire;
CREATE INDEX notifications_to_expire ON notifications (expires_at, id) WHERE expires_at IS NOT NULL AND ended IS NULL;
DROP INDEX receipts_to_wake;
CREATE INDEX receipts_to_wake ON receipts (snoozed_until, user_id, position) WHERE snoozed_until > 'epoch';
