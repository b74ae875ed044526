-- What is kept of a project's calls, and who may see it.
ALTER TABLE projects ADD COLUMN settings_version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE projects ADD COLUMN payload_mode TEXT NOT NULL DEFAULT 'redacted';
-- A JSON array of texts.
ALTER TABLE projects ADD COLUMN redacted_paths TEXT NOT NULL DEFAULT '[]';
ALTER TABLE projects ADD COLUMN reporters_read_payloads BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE projects ADD COLUMN tool_calls_days INTEGER NOT NULL DEFAULT 90;
ALTER TABLE projects ADD COLUMN payloads_days INTEGER NOT NULL DEFAULT 30;
ALTER TABLE projects ADD COLUMN server_logs_days INTEGER NOT NULL DEFAULT 14;
ALTER TABLE projects ADD COLUMN sessions_days INTEGER NOT NULL DEFAULT 90;

-- Questions to the call log that people of a project keep.
CREATE TABLE saved_views (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    search TEXT NOT NULL,
    created_by_user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at_us BIGINT NOT NULL,
    UNIQUE (project_id, name)
);

CREATE INDEX saved_views_by_user ON saved_views (created_by_user_id);
