-- Who calls, numbered, so that counts of a tool can say how many calls each made.
CREATE TABLE callers (
    number      INTEGER NOT NULL PRIMARY KEY,
    project_id  BLOB    NOT NULL,
    -- All zeros where there is none, here and below.
    session_id  BLOB    NOT NULL,
    client_type TEXT    NOT NULL,
    client_name TEXT    NOT NULL,
    user_id     BLOB    NOT NULL,
    api_key_id  BLOB    NOT NULL,
    -- The last day of which there are calls, in microseconds.
    last_day    BIGINT  NOT NULL,
    UNIQUE (project_id, session_id, client_type, client_name, user_id, api_key_id)
);

INSERT INTO callers (project_id, session_id, client_type, client_name, user_id, api_key_id, last_day)
SELECT project_id, session_id, client_type, client_name, user_id, api_key_id, MAX(at)
FROM caller_rollups WHERE step_us = 86400000000
GROUP BY 1, 2, 3, 4, 5, 6;

-- Which callers called a tool in an hour. Changed together with the calls too.
CREATE TABLE tool_caller_rollups (
    project_id  BLOB    NOT NULL,
    -- Where the hour begins, in microseconds.
    at          BIGINT  NOT NULL,
    server_id   BLOB    NOT NULL,
    server_name TEXT    NOT NULL,
    tool_name   TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    -- Empty where there is none.
    error_kind  TEXT    NOT NULL,
    -- How many calls each made: pairs of four bytes, the number of the caller and
    -- its count.
    callers     BLOB    NOT NULL,
    PRIMARY KEY (project_id, at, server_id, server_name, tool_name, status, error_kind)
) WITHOUT ROWID;

INSERT INTO tool_caller_rollups
SELECT project_id, at, server_id, server_name, tool_name, status, error_kind,
       unhex(group_concat(printf('%08x%08x', number, calls), ''))
FROM (
    SELECT tool_calls.project_id, started_at / 3600000000 * 3600000000 AS at,
           COALESCE(server_id, zeroblob(16)) AS server_id, server_name, tool_name, status,
           COALESCE(error_kind, '') AS error_kind, callers.number, COUNT(*) AS calls
    FROM tool_calls JOIN callers
        ON callers.project_id = tool_calls.project_id
        AND callers.session_id = COALESCE(tool_calls.session_id, zeroblob(16))
        AND callers.client_type = tool_calls.client_type
        AND callers.client_name = tool_calls.client_name
        AND callers.user_id = COALESCE(tool_calls.user_id, zeroblob(16))
        AND callers.api_key_id = COALESCE(tool_calls.api_key_id, zeroblob(16))
    WHERE status <> 'running'
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
) AS of_callers
GROUP BY 1, 2, 3, 4, 5, 6, 7;

-- A block of the index of words is a page of a database that is made now.
INSERT INTO tool_call_words (tool_call_words, rank) VALUES ('pgsz', 8000);
