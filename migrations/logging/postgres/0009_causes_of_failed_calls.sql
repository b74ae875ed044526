-- Why a call failed stands in the index too, so that those that failed otherwise
-- need not be read.
DROP INDEX tool_calls_failed;

CREATE INDEX tool_calls_failed ON tool_calls (project_id, started_at, id, status, error_kind, error_code)
    WHERE status IN ('error', 'timeout', 'cancelled');
