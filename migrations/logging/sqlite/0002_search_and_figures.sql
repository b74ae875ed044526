-- The beginning of the arguments, so that a list reads no body.
ALTER TABLE tool_calls ADD COLUMN arguments_preview TEXT NOT NULL DEFAULT '';

CREATE INDEX tool_calls_running ON tool_calls (project_id, started_at) WHERE status = 'running';

-- What a call was given and gave: a byte that says how it is kept (0 as it is,
-- 1 deflated), then the text.
CREATE TABLE tool_call_bodies (
    -- What the text index calls the row.
    number       INTEGER NOT NULL PRIMARY KEY,
    tool_call_id BLOB    NOT NULL UNIQUE,
    arguments    BLOB,
    result       BLOB
);

INSERT INTO tool_call_bodies (tool_call_id, arguments, result)
SELECT tool_call_id, CAST(x'00' || arguments AS BLOB), CAST(x'00' || result AS BLOB) FROM tool_call_payloads;

DROP TABLE tool_call_payloads;

-- The words of each body. They come in cut by us, so all that is left to the
-- index is to part them at spaces.
CREATE VIRTUAL TABLE tool_call_words USING fts5 (
    tool, arguments, result, error,
    content = '', contentless_delete = 1, tokenize = 'ascii'
);

-- Ended calls, counted: per day, hour and minute, for each tool (scope 0) and
-- for all of them together (scope 1, names empty). Changed in the transaction
-- that changes the calls, so always equal to them.
CREATE TABLE tool_call_rollups (
    project_id      BLOB     NOT NULL,
    scope           BIGINT   NOT NULL,
    -- Width of the bucket, and where it begins; microseconds.
    step_us         BIGINT   NOT NULL,
    at              BIGINT   NOT NULL,
    -- All zeros where there is none.
    server_id       BLOB     NOT NULL,
    server_name     TEXT     NOT NULL,
    tool_name       TEXT     NOT NULL,
    status          TEXT     NOT NULL,
    -- Empty where there is none.
    error_kind      TEXT     NOT NULL,
    duration_bucket INTEGER  NOT NULL,
    calls           BIGINT   NOT NULL,
    duration_us     BIGINT   NOT NULL,
    PRIMARY KEY (project_id, scope, step_us, at, server_id, server_name, tool_name, status, error_kind, duration_bucket)
) WITHOUT ROWID;

INSERT INTO tool_call_rollups
SELECT project_id, scope, step_us, started_at / step_us * step_us,
       CASE scope WHEN 0 THEN COALESCE(server_id, zeroblob(16)) ELSE zeroblob(16) END,
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
    project_id BLOB   NOT NULL,
    hour       BIGINT NOT NULL,
    session_id BLOB   NOT NULL,
    PRIMARY KEY (project_id, hour, session_id)
) WITHOUT ROWID;

INSERT INTO session_hours
SELECT DISTINCT project_id, started_at / 3600000000 * 3600000000, session_id FROM tool_calls
WHERE session_id IS NOT NULL;

-- How many days to keep what; absent: as the release does by itself.
CREATE TABLE retention (
    project_id       BLOB   NOT NULL PRIMARY KEY,
    tool_calls_days  BIGINT NOT NULL,
    payloads_days    BIGINT NOT NULL,
    server_logs_days BIGINT NOT NULL,
    sessions_days    BIGINT NOT NULL
);
