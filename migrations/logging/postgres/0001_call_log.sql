-- One row per call of a tool by a client. Payloads lie in a table of their own.
CREATE TABLE tool_calls (
    id                     UUID     NOT NULL PRIMARY KEY,
    project_id             UUID     NOT NULL,
    server_id              UUID,
    server_name            TEXT     NOT NULL,
    session_id             UUID,
    request_id             TEXT     NOT NULL,
    tool_name              TEXT     NOT NULL,
    exposed_name           TEXT     NOT NULL,
    door                   TEXT     NOT NULL,
    client_revision        TEXT     NOT NULL,
    upstream_revision      TEXT     NOT NULL,
    -- JSON arrays of texts.
    bridged                TEXT     NOT NULL,
    downgrades             TEXT     NOT NULL,
    status                 TEXT     NOT NULL,
    error_kind             TEXT,
    error_code             BIGINT,
    error_message          TEXT     NOT NULL,
    started_at             BIGINT   NOT NULL,
    duration_us            BIGINT,
    -- Number of the latency bucket that duration_us falls into, each about 10 %
    -- wide: percentiles are counts of these.
    duration_bucket        SMALLINT,
    queue_us               BIGINT,
    connect_us             BIGINT,
    upstream_us            BIGINT,
    arguments_size         BIGINT,
    arguments_sha256       BYTEA,
    arguments_is_truncated BOOLEAN,
    result_size            BIGINT,
    result_sha256          BYTEA,
    result_is_truncated    BOOLEAN,
    user_id                UUID,
    api_key_id             UUID,
    client_name            TEXT     NOT NULL,
    client_version         TEXT     NOT NULL,
    client_type            TEXT     NOT NULL,
    user_agent             TEXT     NOT NULL,
    ip_address             TEXT     NOT NULL,
    trace_id               TEXT     NOT NULL,
    span_id                TEXT     NOT NULL,
    tool_version           TEXT     NOT NULL,
    rounds                 BIGINT   NOT NULL,
    stderr_excerpt         TEXT     NOT NULL,
    -- What the store had to change to be able to keep the call.
    storage_note           TEXT     NOT NULL,
    -- Number of the transaction that last changed the row, in no order.
    -- commits says in which order they were committed.
    change                 BIGINT   NOT NULL
);

CREATE INDEX tool_calls_by_time ON tool_calls (project_id, started_at, id);
CREATE INDEX tool_calls_by_server ON tool_calls (project_id, server_id, started_at);
CREATE INDEX tool_calls_by_session ON tool_calls (session_id, started_at) WHERE session_id IS NOT NULL;
CREATE INDEX tool_calls_failed ON tool_calls (project_id, started_at, id)
    WHERE status IN ('error', 'timeout', 'cancelled');
CREATE INDEX tool_calls_by_change ON tool_calls (project_id, change, id);

-- The order in which a live tail sees changes. A position is taken as the last
-- thing before a commit, under a lock that is held until it is done: so all
-- positions before one that is visible are visible too.
CREATE TABLE commits (
    position BIGINT NOT NULL PRIMARY KEY,
    change   BIGINT NOT NULL UNIQUE
);

CREATE TABLE commit_counter (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    position BIGINT  NOT NULL
);

INSERT INTO commit_counter (only_row, position) VALUES (1, 0);

CREATE SEQUENCE changes AS BIGINT;

CREATE TABLE tool_call_payloads (
    tool_call_id UUID NOT NULL PRIMARY KEY,
    arguments    TEXT,
    result       TEXT
);

CREATE TABLE client_sessions (
    id                UUID   NOT NULL PRIMARY KEY,
    project_id        UUID   NOT NULL,
    server_id         UUID,
    door              TEXT   NOT NULL,
    revision          TEXT   NOT NULL,
    client_name       TEXT   NOT NULL,
    client_version    TEXT   NOT NULL,
    client_type       TEXT   NOT NULL,
    user_agent        TEXT   NOT NULL,
    ip_address        TEXT   NOT NULL,
    capabilities_json TEXT   NOT NULL,
    user_id           UUID,
    api_key_id        UUID,
    started_at        BIGINT NOT NULL,
    last_seen_at      BIGINT NOT NULL,
    ended_at          BIGINT,
    end_reason        TEXT
);

CREATE INDEX client_sessions_by_time ON client_sessions (project_id, started_at, id);

-- Apart from the sessions, because a call may be stored before its session.
-- Changed in the transaction that changes the calls, so always equal to them.
CREATE TABLE session_call_counts (
    session_id UUID   NOT NULL PRIMARY KEY,
    total      BIGINT NOT NULL,
    successful BIGINT NOT NULL,
    failed     BIGINT NOT NULL
);

CREATE TABLE server_logs (
    id           UUID   NOT NULL PRIMARY KEY,
    project_id   UUID   NOT NULL,
    server_id    UUID   NOT NULL,
    server_name  TEXT   NOT NULL,
    level        TEXT   NOT NULL,
    kind         TEXT   NOT NULL,
    line         TEXT   NOT NULL,
    at           BIGINT NOT NULL,
    tool_call_id UUID
);

CREATE INDEX server_logs_by_time ON server_logs (project_id, at, id);
CREATE INDEX server_logs_by_server ON server_logs (project_id, server_id, at, id);

-- Which numbers of which spool are stored: one row per run without a gap. Two
-- rows of one spool mean that records between them are missing.
CREATE TABLE ingest_progress (
    gateway_id UUID   NOT NULL,
    epoch      BIGINT NOT NULL,
    first_seq  BIGINT NOT NULL,
    last_seq   BIGINT NOT NULL,
    PRIMARY KEY (gateway_id, epoch, first_seq)
);

-- Records that cannot be stored as what they are, as they came. Named by their
-- hash, so that one that comes again is still one.
CREATE TABLE dead_letters (
    sha256      BYTEA  NOT NULL PRIMARY KEY,
    gateway_id  UUID   NOT NULL,
    received_at BIGINT NOT NULL,
    problem     TEXT   NOT NULL,
    record      BYTEA  NOT NULL
);
