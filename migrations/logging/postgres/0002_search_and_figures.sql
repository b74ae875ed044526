-- Calls and bodies lie in one part per day, told by the time in their UUIDv7,
-- so that a day can be dropped at once. Parts are made by the service; what
-- belongs to no day that it makes lies in the rest.
ALTER TABLE tool_calls RENAME TO tool_calls_before;
ALTER TABLE tool_calls_before RENAME CONSTRAINT tool_calls_pkey TO tool_calls_before_pkey;
DROP INDEX tool_calls_by_time, tool_calls_by_server, tool_calls_by_session, tool_calls_failed, tool_calls_by_change;

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
    change                 BIGINT   NOT NULL,
    -- The beginning of the arguments, so that a list reads no body.
    arguments_preview      TEXT     NOT NULL DEFAULT ''
) PARTITION BY RANGE (id);

CREATE TABLE tool_calls_rest PARTITION OF tool_calls DEFAULT;

CREATE INDEX tool_calls_by_time ON tool_calls (project_id, started_at, id);
CREATE INDEX tool_calls_by_server ON tool_calls (project_id, server_id, started_at);
CREATE INDEX tool_calls_by_session ON tool_calls (session_id, started_at) WHERE session_id IS NOT NULL;
CREATE INDEX tool_calls_failed ON tool_calls (project_id, started_at, id)
    WHERE status IN ('error', 'timeout', 'cancelled');
CREATE INDEX tool_calls_by_change ON tool_calls (project_id, change, id);
CREATE INDEX tool_calls_running ON tool_calls (project_id, started_at) WHERE status = 'running';

INSERT INTO tool_calls (id, project_id, server_id, server_name, session_id, request_id, tool_name, exposed_name, door, client_revision, upstream_revision, bridged, downgrades, status, error_kind, error_code, error_message, started_at, duration_us, duration_bucket, queue_us, connect_us, upstream_us, arguments_size, arguments_sha256, arguments_is_truncated, result_size, result_sha256, result_is_truncated, user_id, api_key_id, client_name, client_version, client_type, user_agent, ip_address, trace_id, span_id, tool_version, rounds, stderr_excerpt, storage_note, change)
SELECT id, project_id, server_id, server_name, session_id, request_id, tool_name, exposed_name, door, client_revision, upstream_revision, bridged, downgrades, status, error_kind, error_code, error_message, started_at, duration_us, duration_bucket, queue_us, connect_us, upstream_us, arguments_size, arguments_sha256, arguments_is_truncated, result_size, result_sha256, result_is_truncated, user_id, api_key_id, client_name, client_version, client_type, user_agent, ip_address, trace_id, span_id, tool_version, rounds, stderr_excerpt, storage_note, change FROM tool_calls_before;

DROP TABLE tool_calls_before;

-- What a call was given and gave: a byte that says how it is kept (0 as it is,
-- 1 deflated), then the text.
CREATE TABLE tool_call_bodies (
    tool_call_id UUID NOT NULL PRIMARY KEY,
    arguments    BYTEA,
    result       BYTEA,
    -- Weights: A the tool, B the arguments, C the result, D the error.
    words        TSVECTOR
) PARTITION BY RANGE (tool_call_id);

CREATE TABLE tool_call_bodies_rest PARTITION OF tool_call_bodies DEFAULT;

-- No list of pending words: whoever reads next would have to sort it in.
CREATE INDEX tool_call_bodies_by_word ON tool_call_bodies USING gin (words) WITH (fastupdate = off);

INSERT INTO tool_call_bodies (tool_call_id, arguments, result)
SELECT tool_call_id, '\x00'::BYTEA || convert_to(arguments, 'UTF8'), '\x00'::BYTEA || convert_to(result, 'UTF8')
FROM tool_call_payloads;

DROP TABLE tool_call_payloads;

-- Ended calls, counted: per day, hour and minute, for each tool (scope 0) and
-- for all of them together (scope 1, names empty). Changed in the transaction
-- that changes the calls, so always equal to them.
CREATE TABLE tool_call_rollups (
    project_id      UUID     NOT NULL,
    scope           BIGINT   NOT NULL,
    -- Width of the bucket, and where it begins; microseconds.
    step_us         BIGINT   NOT NULL,
    at              BIGINT   NOT NULL,
    -- All zeros where there is none.
    server_id       UUID     NOT NULL,
    server_name     TEXT     NOT NULL,
    tool_name       TEXT     NOT NULL,
    status          TEXT     NOT NULL,
    -- Empty where there is none.
    error_kind      TEXT     NOT NULL,
    duration_bucket SMALLINT NOT NULL,
    calls           BIGINT   NOT NULL,
    duration_us     BIGINT   NOT NULL,
    PRIMARY KEY (project_id, scope, step_us, at, server_id, server_name, tool_name, status, error_kind, duration_bucket)
);

INSERT INTO tool_call_rollups
SELECT project_id, scope, step_us, started_at / step_us * step_us,
       CASE scope WHEN 0 THEN COALESCE(server_id, '00000000-0000-0000-0000-000000000000'::UUID) ELSE '00000000-0000-0000-0000-000000000000'::UUID END,
       CASE scope WHEN 0 THEN server_name ELSE '' END,
       CASE scope WHEN 0 THEN tool_name ELSE '' END,
       status, COALESCE(error_kind, ''), COALESCE(duration_bucket, 0), COUNT(*), COALESCE(SUM(duration_us), 0)
FROM tool_calls,
     (SELECT 0 AS scope UNION ALL SELECT 1) AS scopes,
     (SELECT 60000000 AS step_us UNION ALL SELECT 3600000000 UNION ALL SELECT 86400000000) AS steps
WHERE status <> 'running'
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10;

-- Which sessions had a call in which hour.
CREATE TABLE session_hours (
    project_id UUID   NOT NULL,
    hour       BIGINT NOT NULL,
    session_id UUID   NOT NULL,
    PRIMARY KEY (project_id, hour, session_id)
);

INSERT INTO session_hours
SELECT DISTINCT project_id, started_at / 3600000000 * 3600000000, session_id FROM tool_calls
WHERE session_id IS NOT NULL;

-- How many days to keep what; absent: as the release does by itself.
CREATE TABLE retention (
    project_id       UUID   NOT NULL PRIMARY KEY,
    tool_calls_days  BIGINT NOT NULL,
    payloads_days    BIGINT NOT NULL,
    server_logs_days BIGINT NOT NULL,
    sessions_days    BIGINT NOT NULL
);
