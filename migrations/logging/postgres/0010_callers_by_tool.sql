CREATE INDEX tool_caller_rollups_by_tool ON tool_caller_rollups (project_id, tool_name, at);
