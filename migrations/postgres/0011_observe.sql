-- Keys that may read the figures of the server, and nothing else.
ALTER TABLE api_keys ADD COLUMN observe boolean NOT NULL DEFAULT false;
