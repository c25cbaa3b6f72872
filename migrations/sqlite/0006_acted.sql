-- When a user first acted on a notification: took one of its actions, or did elsewhere what it asks for. NULL: they did not.
ALTER TABLE receipts ADD COLUMN acted_at INTEGER;
