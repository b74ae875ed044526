-- Teams, what they may in projects, and invitations into both.

CREATE TABLE teams (
    id BLOB NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_at_us INTEGER NOT NULL
) STRICT;

CREATE TABLE team_members (
    team_id BLOB NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    created_at_us INTEGER NOT NULL,
    PRIMARY KEY (team_id, user_id)
) STRICT;

CREATE INDEX team_members_by_user ON team_members (user_id);

-- What a team was granted in a project. A stored fact: who is in the team has
-- the lower of their role in it and of this.
CREATE TABLE project_teams (
    project_id BLOB NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    team_id BLOB NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    created_at_us INTEGER NOT NULL,
    PRIMARY KEY (project_id, team_id)
) STRICT;

CREATE INDEX project_teams_by_team ON project_teams (team_id);

-- Into a team or into a project.
CREATE TABLE invitations (
    id BLOB NOT NULL PRIMARY KEY,
    team_id BLOB REFERENCES teams (id) ON DELETE CASCADE,
    project_id BLOB REFERENCES projects (id) ON DELETE CASCADE,
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    -- SHA-256 of the link's token.
    token_hash BLOB NOT NULL UNIQUE,
    created_by_user_id BLOB REFERENCES users (id) ON DELETE SET NULL,
    created_at_us INTEGER NOT NULL,
    expires_at_us INTEGER NOT NULL,
    CHECK ((team_id IS NULL) <> (project_id IS NULL))
) STRICT;

CREATE INDEX invitations_by_team ON invitations (team_id);
CREATE INDEX invitations_by_project ON invitations (project_id);
CREATE INDEX invitations_by_email ON invitations (email);

-- Every way by which somebody is in a project, with the rank of the role that
-- it gives: 3 owner, 2 developer, 1 reporter, 0 one of a newer release.
CREATE VIEW project_paths (project_id, user_id, team_id, rank) AS
SELECT m.project_id, m.user_id, NULL,
       CASE m.role WHEN 'owner' THEN 3 WHEN 'developer' THEN 2 WHEN 'reporter' THEN 1 ELSE 0 END
  FROM project_members m
 UNION ALL
SELECT g.project_id, m.user_id, g.team_id,
       CASE WHEN m.role = 'reporter' OR g.role = 'reporter' THEN 1
            WHEN m.role = 'developer' OR g.role = 'developer' THEN 2
            WHEN m.role = 'owner' AND g.role = 'owner' THEN 3
            ELSE 0 END
  FROM project_teams g JOIN team_members m ON m.team_id = g.team_id;

-- What somebody is in a project: the highest that any way gives.
CREATE VIEW project_roles (project_id, user_id, role) AS
SELECT project_id, user_id,
       CASE max(rank) WHEN 3 THEN 'owner' WHEN 2 THEN 'developer' WHEN 1 THEN 'reporter' ELSE 'none' END
  FROM project_paths GROUP BY project_id, user_id;
