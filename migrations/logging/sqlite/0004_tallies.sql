-- Ended calls, counted: per day, hour and minute, for each tool (scope 0) and
-- for all of them together (scope 1, names empty). Changed in the transaction
-- that changes the calls, so always equal to them.
ALTER TABLE tool_call_rollups RENAME TO tool_call_rollups_before;

CREATE TABLE tool_call_rollups (
    project_id  BLOB    NOT NULL,
    scope       BIGINT  NOT NULL,
    -- Width of the bucket, and where it begins; microseconds.
    step_us     BIGINT  NOT NULL,
    at          BIGINT  NOT NULL,
    -- All zeros where there is none.
    server_id   BLOB    NOT NULL,
    server_name TEXT    NOT NULL,
    tool_name   TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    -- Empty where there is none.
    error_kind  TEXT    NOT NULL,
    calls       BIGINT  NOT NULL,
    duration_us BIGINT  NOT NULL,
    -- How many calls of which latency bucket: pairs of two bytes and four.
    latencies   BLOB    NOT NULL,
    PRIMARY KEY (project_id, scope, step_us, at, server_id, server_name, tool_name, status, error_kind)
) WITHOUT ROWID;

INSERT INTO tool_call_rollups
SELECT project_id, scope, step_us, at, server_id, server_name, tool_name, status, error_kind,
       SUM(calls), SUM(duration_us), unhex(group_concat(printf('%04x%08x', duration_bucket, calls), ''))
FROM tool_call_rollups_before
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9;

DROP TABLE tool_call_rollups_before;

-- Ended calls, counted per day and hour for each caller. Changed together with
-- the calls too.
CREATE TABLE caller_rollups (
    project_id  BLOB    NOT NULL,
    -- Width of the bucket, and where it begins; microseconds.
    step_us     BIGINT  NOT NULL,
    at          BIGINT  NOT NULL,
    -- All zeros where there is none, here and below.
    session_id  BLOB    NOT NULL,
    client_type TEXT    NOT NULL,
    client_name TEXT    NOT NULL,
    user_id     BLOB    NOT NULL,
    api_key_id  BLOB    NOT NULL,
    status      TEXT    NOT NULL,
    -- Empty where there is none.
    error_kind  TEXT    NOT NULL,
    calls       BIGINT  NOT NULL,
    -- How many calls began in which minute of an hour, empty for a day: pairs of
    -- two bytes and four.
    minutes     BLOB    NOT NULL,
    PRIMARY KEY (project_id, step_us, at, session_id, client_type, client_name, user_id, api_key_id, status, error_kind)
) WITHOUT ROWID;

INSERT INTO caller_rollups
SELECT project_id, 3600000000, hour, session_id, client_type, client_name, user_id, api_key_id, status, error_kind,
       SUM(calls),
       unhex(group_concat(printf('%04x%08x', minute, calls), ''))
FROM (
    SELECT project_id, started_at / 3600000000 * 3600000000 AS hour, started_at / 60000000 % 60 AS minute,
           COALESCE(session_id, zeroblob(16)) AS session_id, client_type, client_name,
           COALESCE(user_id, zeroblob(16)) AS user_id,
           COALESCE(api_key_id, zeroblob(16)) AS api_key_id,
           status, COALESCE(error_kind, '') AS error_kind, COUNT(*) AS calls
    FROM tool_calls WHERE status <> 'running'
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10;

INSERT INTO caller_rollups
SELECT project_id, 86400000000, at / 86400000000 * 86400000000, session_id, client_type, client_name, user_id,
       api_key_id, status, error_kind, SUM(calls), x''
FROM caller_rollups
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10;

DROP TABLE session_hours;

-- Each place of each word, by which frequent beginnings of words are known
-- without finding all that begins with them. A view of the index: it holds
-- nothing.
CREATE VIRTUAL TABLE tool_call_words_places USING fts5vocab(tool_call_words, instance);
