-- People, projects, keys, servers. Times are microseconds since
-- 1970-01-01T00:00:00Z; enums are the words of the domain.

-- What there is one of. Its one row is what transactions wait for each other at.
CREATE TABLE deployment (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    -- When the first account, the administrator's, was made.
    claimed_at_us BIGINT,
    -- Grows with each change that gateways must know of, in the order of commits.
    snapshot_version BIGINT NOT NULL
);

INSERT INTO deployment (id, snapshot_version) VALUES (1, 0);

CREATE TABLE users (
    id UUID NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    -- PHC string of Argon2id.
    password_hash TEXT NOT NULL,
    is_admin BOOLEAN NOT NULL,
    is_active BOOLEAN NOT NULL,
    created_at_us BIGINT NOT NULL,
    last_login_at_us BIGINT
);

CREATE TABLE web_sessions (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- SHA-256 of the token.
    token_hash BYTEA NOT NULL UNIQUE,
    created_at_us BIGINT NOT NULL,
    last_used_at_us BIGINT NOT NULL,
    expires_at_us BIGINT NOT NULL
);

CREATE INDEX web_sessions_by_user ON web_sessions (user_id);

-- Links that sign in once: a link that was used is gone.
CREATE TABLE sign_in_links (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- SHA-256 of the token.
    token_hash BYTEA NOT NULL UNIQUE,
    created_at_us BIGINT NOT NULL,
    expires_at_us BIGINT NOT NULL
);

CREATE INDEX sign_in_links_by_user ON sign_in_links (user_id);

CREATE TABLE projects (
    id UUID NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at_us BIGINT NOT NULL,
    -- The deployment's snapshot_version at its last change.
    snapshot_version BIGINT NOT NULL
);

CREATE INDEX projects_by_snapshot_version ON projects (snapshot_version);

CREATE TABLE project_members (
    project_id UUID NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    created_at_us BIGINT NOT NULL,
    PRIMARY KEY (project_id, user_id)
);

CREATE INDEX project_members_by_user ON project_members (user_id);

CREATE TABLE api_keys (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- The part of the key's text that finds it.
    lookup_id TEXT NOT NULL UNIQUE,
    -- HMAC-SHA-256 of the key's text under the pepper, which is not in here.
    hash BYTEA NOT NULL,
    created_by_user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at_us BIGINT NOT NULL,
    expires_at_us BIGINT,
    revoked_at_us BIGINT
);

CREATE INDEX api_keys_by_project ON api_keys (project_id, created_at_us, id);

CREATE TABLE servers (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- The name in lower case: two names that differ in case only are one.
    name_key TEXT NOT NULL,
    transport TEXT NOT NULL,
    -- What that transport needs, as JSON.
    settings TEXT NOT NULL,
    timeout_ms BIGINT NOT NULL,
    init_timeout_ms BIGINT NOT NULL,
    max_in_flight BIGINT NOT NULL,
    isolation TEXT NOT NULL,
    is_enabled BOOLEAN NOT NULL,
    created_at_us BIGINT NOT NULL,
    updated_at_us BIGINT NOT NULL,
    UNIQUE (project_id, name_key)
);

CREATE INDEX servers_by_project ON servers (project_id, created_at_us, id);
