-- Teams and projects lie in a trash before they are gone for good, and people
-- mark projects that they come back to.

ALTER TABLE teams ADD COLUMN deleted_at_us BIGINT;
ALTER TABLE projects ADD COLUMN deleted_at_us BIGINT;

CREATE INDEX teams_by_deleted_at ON teams (deleted_at_us) WHERE deleted_at_us IS NOT NULL;
CREATE INDEX projects_by_deleted_at ON projects (deleted_at_us) WHERE deleted_at_us IS NOT NULL;

-- As before, but nobody is in a project by a team that lies in the trash, or in
-- a project that lies there. The paths still lead into such a project: by them
-- its owners find it.
DROP VIEW project_roles;
DROP VIEW project_paths;

CREATE VIEW project_paths (project_id, user_id, team_id, rank) AS
SELECT m.project_id, m.user_id, NULL::uuid,
       CASE m.role WHEN 'owner' THEN 3 WHEN 'developer' THEN 2 WHEN 'reporter' THEN 1 ELSE 0 END
  FROM project_members m
 UNION ALL
SELECT g.project_id, m.user_id, g.team_id,
       CASE WHEN m.role = 'reporter' OR g.role = 'reporter' THEN 1
            WHEN m.role = 'developer' OR g.role = 'developer' THEN 2
            WHEN m.role = 'owner' AND g.role = 'owner' THEN 3
            ELSE 0 END
  FROM project_teams g
  JOIN teams t ON t.id = g.team_id AND t.deleted_at_us IS NULL
  JOIN team_members m ON m.team_id = g.team_id;

CREATE VIEW project_roles (project_id, user_id, role) AS
SELECT w.project_id, w.user_id,
       CASE max(w.rank) WHEN 3 THEN 'owner' WHEN 2 THEN 'developer' WHEN 1 THEN 'reporter' ELSE 'none' END
  FROM project_paths w
  JOIN projects p ON p.id = w.project_id AND p.deleted_at_us IS NULL
 GROUP BY w.project_id, w.user_id;

CREATE TABLE project_favorites (
    project_id UUID NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (project_id, user_id)
);

CREATE INDEX project_favorites_by_user ON project_favorites (user_id);
