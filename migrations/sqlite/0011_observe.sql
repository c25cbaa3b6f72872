-- Keys that may read the figures of the server, and nothing else.
ALTER TABLE api_keys ADD COLUMN observe INTEGER NOT NULL DEFAULT 0 CHECK (observe IN (0, 1));
