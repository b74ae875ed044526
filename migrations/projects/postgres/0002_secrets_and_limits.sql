-- Secrets of servers, tools that are switched off, and what keys are limited to.

-- What secrets of a project are sealed with (the newest seals, all open), itself sealed with the key of the
-- deployment that `wrapping_key_id` names.
CREATE TABLE data_keys (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    wrapping_key_id TEXT NOT NULL,
    wrapped BYTEA NOT NULL,
    created_at_us BIGINT NOT NULL
);

CREATE INDEX data_keys_by_project ON data_keys (project_id, created_at_us, id);

CREATE TABLE server_secrets (
    server_id UUID NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    data_key_id UUID NOT NULL REFERENCES data_keys (id) ON DELETE CASCADE,
    -- Nonce and ciphertext.
    sealed BYTEA NOT NULL,
    set_at_us BIGINT NOT NULL,
    -- Null: their account is gone.
    set_by_user_id UUID REFERENCES users (id) ON DELETE SET NULL,
    PRIMARY KEY (server_id, name)
);

CREATE TABLE disabled_tools (
    server_id UUID NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    -- As the server names it.
    tool TEXT NOT NULL,
    PRIMARY KEY (server_id, tool)
);

-- Lists of texts, as JSON. An empty list of ranges or tools limits nothing.
ALTER TABLE api_keys ADD COLUMN scopes TEXT NOT NULL
    DEFAULT '["project:read","tools:call","logs:read","logs:payloads"]';
ALTER TABLE api_keys ADD COLUMN ip_ranges TEXT NOT NULL DEFAULT '[]';
ALTER TABLE api_keys ADD COLUMN tools TEXT NOT NULL DEFAULT '[]';
ALTER TABLE api_keys ADD COLUMN rate_limit_per_minute BIGINT;
ALTER TABLE api_keys ADD COLUMN last_used_at_us BIGINT;
ALTER TABLE api_keys ADD COLUMN last_used_ip TEXT;
