-- From where a browser was signed in.
ALTER TABLE web_sessions ADD COLUMN client_address TEXT;
ALTER TABLE web_sessions ADD COLUMN user_agent TEXT NOT NULL DEFAULT '';

CREATE INDEX users_by_created_at ON users (created_at_us, id);
CREATE INDEX api_keys_by_created_at ON api_keys (created_at_us, id);
