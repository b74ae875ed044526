-- A table WITHOUT ROWID is its own key, and read whole to find a tool in it: here
-- ten times as much as the key alone.
ALTER TABLE tool_caller_rollups RENAME TO tool_caller_rollups_before;

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
);

INSERT INTO tool_caller_rollups SELECT * FROM tool_caller_rollups_before;

DROP TABLE tool_caller_rollups_before;

CREATE INDEX tool_caller_rollups_by_tool ON tool_caller_rollups (project_id, tool_name, at);
