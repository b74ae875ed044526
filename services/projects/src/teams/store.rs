use database::{Database, DatabaseError, Transaction, on_database, on_transaction};
use domain::{ProjectId, Role, TeamId, Timestamp, UserId};
use uuid::Uuid;

use super::{ProjectTeam, Team};
use crate::{
    members::store::read_role,
    projects::{OwnProject, store::OwnProjectRow},
};

const INSERT: &str = "INSERT INTO teams (id, slug, name, created_at_us) VALUES ($1, $2, $3, $4)";

const RENAME: &str = "UPDATE teams SET name = $2 WHERE id = $1";

const FIND: &str = "
    SELECT t.id, t.slug, t.name, t.created_at_us, m.role
      FROM teams t JOIN team_members m ON m.team_id = t.id AND m.user_id = $1
     WHERE (t.id = $2 OR t.slug = $3) AND t.deleted_at_us IS NULL";

const FIND_FOR_CHANGE: &str = "SELECT id, slug, name, created_at_us FROM teams WHERE id = $1";

const OF_USER: &str = "
    SELECT t.id, t.slug, t.name, t.created_at_us, m.role
      FROM teams t JOIN team_members m ON m.team_id = t.id AND m.user_id = $1
     WHERE t.deleted_at_us IS NULL ORDER BY t.name, t.id";

const COUNT_OF_USER: &str = "SELECT count(*) FROM team_members m
    JOIN teams t ON t.id = m.team_id AND t.deleted_at_us IS NULL WHERE m.user_id = $1";

const PROJECTS: &str = "
    SELECT p.id, p.slug, p.name, p.description, p.created_at_us, p.reporters_read_payloads, r.role,
           EXISTS (SELECT 1 FROM project_favorites f
             WHERE f.project_id = p.id AND f.user_id = r.user_id) AS is_favorite
      FROM project_teams g
      JOIN projects p ON p.id = g.project_id
      JOIN project_roles r ON r.project_id = p.id AND r.user_id = $1
     WHERE g.team_id = $2 ORDER BY p.name, p.id";

const OF_PROJECT: &str = "
    SELECT t.id, t.slug, t.name, t.created_at_us, g.role, g.created_at_us AS granted_at_us
      FROM project_teams g JOIN teams t ON t.id = g.team_id AND t.deleted_at_us IS NULL
     WHERE g.project_id = $1 ORDER BY t.name, t.id";

const COUNT_OF_PROJECT: &str = "SELECT count(*) FROM project_teams g
    JOIN teams t ON t.id = g.team_id AND t.deleted_at_us IS NULL WHERE g.project_id = $1 AND g.team_id <> $2";

const GRANTED: &str = "SELECT role FROM project_teams WHERE project_id = $1 AND team_id = $2";

const GRANT: &str = "INSERT INTO project_teams (project_id, team_id, role, created_at_us)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (project_id, team_id) DO UPDATE SET role = excluded.role";

const REMOVE: &str = "DELETE FROM project_teams WHERE project_id = $1 AND team_id = $2";

#[derive(sqlx::FromRow)]
struct TeamRow {
    id: Uuid,
    slug: String,
    name: String,
    created_at_us: i64,
    role: String,
}

#[derive(sqlx::FromRow)]
struct GrantRow {
    #[sqlx(flatten)]
    team: TeamRow,
    granted_at_us: i64,
}

pub(super) async fn insert(transaction: &mut Transaction, team: &Team) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| sqlx::query(INSERT)
        .bind(team.id.uuid())
        .bind(&team.slug)
        .bind(&team.name)
        .bind(team.created_at.as_micros())
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

pub(super) async fn rename(transaction: &mut Transaction, team: &Team) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| sqlx::query(RENAME)
        .bind(team.id.uuid())
        .bind(&team.name)
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

pub(super) async fn find_for_change(
    transaction: &mut Transaction,
    id: TeamId,
) -> Result<Option<Team>, DatabaseError> {
    let row: Option<(Uuid, String, String, i64)> =
        on_transaction!(transaction, |connection| sqlx::query_as(FIND_FOR_CHANGE)
            .bind(id.uuid())
            .fetch_optional(connection)
            .await)?;
    Ok(row.map(|(id, slug, name, created_at_us)| Team {
        id: TeamId::from_uuid(id),
        slug,
        name,
        created_at: Timestamp::from_micros(created_at_us),
    }))
}

/// By id or by slug, if the person is in it.
pub(super) async fn find(
    database: &Database,
    user: UserId,
    id: Option<TeamId>,
    slug: Option<&str>,
) -> Result<Option<(Team, Role)>, DatabaseError> {
    let row: Option<TeamRow> = on_database!(database, |pool| sqlx::query_as(FIND)
        .bind(user.uuid())
        .bind(id.map(TeamId::uuid))
        .bind(slug)
        .fetch_optional(pool)
        .await)?;
    Ok(row.and_then(TeamRow::read))
}

pub(super) async fn of_user(database: &Database, user: UserId) -> Result<Vec<(Team, Role)>, DatabaseError> {
    let rows: Vec<TeamRow> = on_database!(database, |pool| sqlx::query_as(OF_USER)
        .bind(user.uuid())
        .fetch_all(pool)
        .await)?;
    Ok(rows.into_iter().filter_map(TeamRow::read).collect())
}

pub(super) async fn count_of_user(
    transaction: &mut Transaction,
    user: UserId,
) -> Result<usize, DatabaseError> {
    let count: i64 = on_transaction!(transaction, |connection| sqlx::query_scalar(COUNT_OF_USER)
        .bind(user.uuid())
        .fetch_one(connection)
        .await)?;
    Ok(usize::try_from(count).unwrap_or(0))
}

pub(super) async fn projects(
    database: &Database,
    user: UserId,
    team: TeamId,
) -> Result<Vec<OwnProject>, DatabaseError> {
    let rows: Vec<OwnProjectRow> = on_database!(database, |pool| sqlx::query_as(PROJECTS)
        .bind(user.uuid())
        .bind(team.uuid())
        .fetch_all(pool)
        .await)?;
    Ok(rows.into_iter().filter_map(OwnProjectRow::read).collect())
}

pub(super) async fn of_project(
    database: &Database,
    project: ProjectId,
) -> Result<Vec<ProjectTeam>, DatabaseError> {
    let rows: Vec<GrantRow> = on_database!(database, |pool| sqlx::query_as(OF_PROJECT)
        .bind(project.uuid())
        .fetch_all(pool)
        .await)?;
    let read = |row: GrantRow| {
        let (team, role) = row.team.read()?;
        let created_at = Timestamp::from_micros(row.granted_at_us);
        Some(ProjectTeam {
            team,
            role,
            created_at,
        })
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Of others than this one.
pub(super) async fn count_of_project(
    transaction: &mut Transaction,
    project: ProjectId,
    team: TeamId,
) -> Result<usize, DatabaseError> {
    let count: i64 = on_transaction!(transaction, |connection| sqlx::query_scalar(COUNT_OF_PROJECT)
        .bind(project.uuid())
        .bind(team.uuid())
        .fetch_one(connection)
        .await)?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// The role that a team has in a project.
pub(super) async fn granted(
    transaction: &mut Transaction,
    project: ProjectId,
    team: TeamId,
) -> Result<Option<Role>, DatabaseError> {
    let word: Option<String> = on_transaction!(transaction, |connection| sqlx::query_scalar(GRANTED)
        .bind(project.uuid())
        .bind(team.uuid())
        .fetch_optional(connection)
        .await)?;
    Ok(word.as_deref().and_then(read_role))
}

pub(crate) async fn grant(
    transaction: &mut Transaction,
    project: ProjectId,
    team: TeamId,
    role: Role,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| sqlx::query(GRANT)
        .bind(project.uuid())
        .bind(team.uuid())
        .bind(role.as_str())
        .bind(now.as_micros())
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

pub(super) async fn remove(
    transaction: &mut Transaction,
    project: ProjectId,
    team: TeamId,
) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| sqlx::query(REMOVE)
        .bind(project.uuid())
        .bind(team.uuid())
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

impl TeamRow {
    fn read(self) -> Option<(Team, Role)> {
        let role = read_role(&self.role)?;
        let team = Team {
            id: TeamId::from_uuid(self.id),
            slug: self.slug,
            name: self.name,
            created_at: Timestamp::from_micros(self.created_at_us),
        };
        Some((team, role))
    }
}
