-- Projects that are gone for good, so that others take away what they have of
-- them. Said explicitly: that a project is not known is no reason to take
-- anything away.
CREATE TABLE purged_projects (
    project_id BLOB NOT NULL PRIMARY KEY,
    purged_at_us INTEGER NOT NULL
) STRICT;

INSERT INTO purged_projects
SELECT project_id, MAX(at_us) FROM activities
 WHERE type = 'project_purged' AND project_id IS NOT NULL
 GROUP BY project_id;
