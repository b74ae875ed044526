CREATE TABLE servers (
    id              UUID    NOT NULL PRIMARY KEY,
    project_id      UUID    NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name            TEXT    NOT NULL,
    -- The name in lower case, by which it is found and unique.
    name_key        TEXT    NOT NULL,
    transport       TEXT    NOT NULL,
    -- A JSON object; its shape depends on transport.
    transport_json  TEXT    NOT NULL,
    timeout_ms      BIGINT  NOT NULL,
    init_timeout_ms BIGINT  NOT NULL,
    max_in_flight   BIGINT  NOT NULL,
    isolation       TEXT    NOT NULL,
    is_enabled      BOOLEAN NOT NULL,
    created_at      BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL,
    UNIQUE (project_id, name_key)
);

CREATE INDEX servers_by_time ON servers (project_id, created_at, id);

CREATE TABLE api_keys (
    id         UUID   NOT NULL PRIMARY KEY,
    project_id UUID   NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name       TEXT   NOT NULL,
    -- The part of the key's text by which it is found.
    lookup_id  TEXT   NOT NULL UNIQUE,
    -- HMAC-SHA-256 of the key's text under the pepper, which is not in here.
    hash       BYTEA  NOT NULL,
    created_by UUID   NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE INDEX api_keys_by_time ON api_keys (project_id, created_at, id);
CREATE INDEX api_keys_by_creator ON api_keys (created_by);

-- How often each project changed in what a gateway must know of it. A change
-- counts up in its own transaction, so that the lock on the row puts changes of
-- a project in the order of their commits, and no reader can miss one.
CREATE TABLE project_changes (
    project_id UUID   NOT NULL PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
    version    BIGINT NOT NULL
);
