-- What people did. Rows outlive what they are about, and who did it: nothing
-- refers to other tables.

-- How many activities there are, counted within the transaction that writes
-- one: their order is the order of commits.
ALTER TABLE deployment ADD COLUMN last_activity INTEGER NOT NULL DEFAULT 0;

CREATE TABLE activities (
    id BLOB NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL UNIQUE,
    at_us INTEGER NOT NULL,
    type TEXT NOT NULL,
    project_id BLOB,
    team_id BLOB,
    -- Null: whoever runs the deployment.
    actor_user_id BLOB,
    actor_api_key_id BLOB,
    actor_name TEXT NOT NULL,
    client_address TEXT,
    user_agent TEXT NOT NULL,
    target_id BLOB,
    target_name TEXT NOT NULL,
    -- [{"field", "before", "after"}] as JSON, secrets masked.
    changes TEXT NOT NULL
) STRICT;

CREATE INDEX activities_by_project ON activities (project_id, position);
CREATE INDEX activities_by_team ON activities (team_id, position);
CREATE INDEX activities_by_actor ON activities (actor_user_id, position);
