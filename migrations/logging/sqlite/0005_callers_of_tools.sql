-- Who calls, numbered, so that rollups of tools can say how many calls each made.
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

-- Of a tool's hour: how many calls each caller made. Pairs of four bytes, the
-- number of the caller and its count.
ALTER TABLE tool_call_rollups ADD COLUMN callers BLOB NOT NULL DEFAULT x'';

CREATE TABLE callers_of_hours AS
SELECT project_id, at, server_id, server_name, tool_name, status, error_kind,
       unhex(group_concat(printf('%08x%08x', number, calls), '')) AS callers
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

UPDATE tool_call_rollups SET callers = callers_of_hours.callers
FROM callers_of_hours
WHERE tool_call_rollups.scope = 0 AND tool_call_rollups.step_us = 3600000000
    AND tool_call_rollups.project_id = callers_of_hours.project_id
    AND tool_call_rollups.at = callers_of_hours.at
    AND tool_call_rollups.server_id = callers_of_hours.server_id
    AND tool_call_rollups.server_name = callers_of_hours.server_name
    AND tool_call_rollups.tool_name = callers_of_hours.tool_name
    AND tool_call_rollups.status = callers_of_hours.status
    AND tool_call_rollups.error_kind = callers_of_hours.error_kind;

DROP TABLE callers_of_hours;
