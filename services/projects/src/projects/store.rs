use database::{Database, DatabaseError, Transaction, keyset::Place, on_database, on_transaction};
use domain::{ProjectId, Slug, Timestamp, UserId};
use uuid::Uuid;

use super::{OwnProject, Project};
use crate::members::store::read_role;

#[derive(Debug, sqlx::FromRow)]
struct ProjectRow {
    id: Uuid,
    slug: String,
    name: String,
    description: String,
    created_at_us: i64,
    reporters_read_payloads: bool,
}

/// A project with what somebody is in it.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct OwnProjectRow {
    #[sqlx(flatten)]
    project: ProjectRow,
    role: String,
    is_favorite: bool,
}

const INSERT: &str = "
    INSERT INTO projects (id, slug, name, description, created_at_us, snapshot_version)
    VALUES ($1, $2, $3, $4, $5, 0)";

const FIND: &str =
    "SELECT id, slug, name, description, created_at_us, reporters_read_payloads FROM projects WHERE id = $1";

const FIND_BY_SLUG: &str = "SELECT id, slug, name, description, created_at_us, reporters_read_payloads FROM projects WHERE slug = $1";

const UPDATE: &str = "UPDATE projects SET name = $2, description = $3 WHERE id = $1";

const IS_FAVORITE: &str = "SELECT count(*) FROM project_favorites WHERE project_id = $1 AND user_id = $2";

const SET_FAVORITE: &str = "INSERT INTO project_favorites (project_id, user_id) VALUES ($1, $2)
    ON CONFLICT (project_id, user_id) DO NOTHING";

const UNSET_FAVORITE: &str = "DELETE FROM project_favorites WHERE project_id = $1 AND user_id = $2";

/// Of one project where `$2` is given.
const LIST_NEWEST: &str = "
    SELECT p.id, p.slug, p.name, p.description, p.created_at_us, p.reporters_read_payloads, m.role,
           EXISTS (SELECT 1 FROM project_favorites f
             WHERE f.project_id = p.id AND f.user_id = m.user_id) AS is_favorite
      FROM project_roles m JOIN projects p ON p.id = m.project_id
     WHERE m.user_id = $1 AND p.id = coalesce($2, p.id)
     ORDER BY p.created_at_us DESC, p.id DESC LIMIT $3";

const LIST_OLDER: &str = "
    SELECT p.id, p.slug, p.name, p.description, p.created_at_us, p.reporters_read_payloads, m.role,
           EXISTS (SELECT 1 FROM project_favorites f
             WHERE f.project_id = p.id AND f.user_id = m.user_id) AS is_favorite
      FROM project_roles m JOIN projects p ON p.id = m.project_id
     WHERE m.user_id = $1 AND p.id = coalesce($2, p.id) AND (p.created_at_us, p.id) < ($4, $5)
     ORDER BY p.created_at_us DESC, p.id DESC LIMIT $3";

const LIST_NEWER: &str = "
    SELECT p.id, p.slug, p.name, p.description, p.created_at_us, p.reporters_read_payloads, m.role,
           EXISTS (SELECT 1 FROM project_favorites f
             WHERE f.project_id = p.id AND f.user_id = m.user_id) AS is_favorite
      FROM project_roles m JOIN projects p ON p.id = m.project_id
     WHERE m.user_id = $1 AND p.id = coalesce($2, p.id) AND (p.created_at_us, p.id) > ($4, $5)
     ORDER BY p.created_at_us, p.id LIMIT $3";

pub(crate) async fn insert(transaction: &mut Transaction, project: &Project) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| {
        sqlx::query(INSERT)
            .bind(project.id.uuid())
            .bind(&project.slug)
            .bind(&project.name)
            .bind(&project.description)
            .bind(project.created_at.as_micros())
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}

pub(crate) async fn find(database: &Database, id: ProjectId) -> Result<Option<Project>, DatabaseError> {
    let row: Option<ProjectRow> = on_database!(database, |pool| {
        sqlx::query_as(FIND).bind(id.uuid()).fetch_optional(pool).await
    })?;
    Ok(row.map(Project::from))
}

pub(crate) async fn find_by_slug(database: &Database, slug: &Slug) -> Result<Option<Project>, DatabaseError> {
    let row: Option<ProjectRow> = on_database!(database, |pool| {
        sqlx::query_as(FIND_BY_SLUG)
            .bind(slug.as_str())
            .fetch_optional(pool)
            .await
    })?;
    Ok(row.map(Project::from))
}

pub(super) async fn find_for_change(
    transaction: &mut Transaction,
    id: ProjectId,
) -> Result<Option<Project>, DatabaseError> {
    let row: Option<ProjectRow> = on_transaction!(transaction, |connection| sqlx::query_as(FIND)
        .bind(id.uuid())
        .fetch_optional(connection)
        .await)?;
    Ok(row.map(Project::from))
}

pub(super) async fn update(transaction: &mut Transaction, project: &Project) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| sqlx::query(UPDATE)
        .bind(project.id.uuid())
        .bind(&project.name)
        .bind(&project.description)
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

pub(super) async fn is_favorite(
    database: &Database,
    project: ProjectId,
    user: UserId,
) -> Result<bool, DatabaseError> {
    let count: i64 = on_database!(database, |pool| sqlx::query_scalar(IS_FAVORITE)
        .bind(project.uuid())
        .bind(user.uuid())
        .fetch_one(pool)
        .await)?;
    Ok(count > 0)
}

pub(super) async fn set_favorite(
    database: &Database,
    project: ProjectId,
    user: UserId,
    is_favorite: bool,
) -> Result<(), DatabaseError> {
    let statement = if is_favorite { SET_FAVORITE } else { UNSET_FAVORITE };
    on_database!(database, |pool| sqlx::query(statement)
        .bind(project.uuid())
        .bind(user.uuid())
        .execute(pool)
        .await
        .map(drop))?;
    Ok(())
}

/// One more than `limit` of a user's projects, in the order of the place.
pub(crate) async fn list(
    database: &Database,
    user_id: UserId,
    only: Option<ProjectId>,
    place: Place,
    limit: u32,
) -> Result<Vec<OwnProject>, DatabaseError> {
    let (statement, key) = place.statement([LIST_NEWEST, LIST_OLDER, LIST_NEWER]);
    let rows: Vec<OwnProjectRow> = on_database!(database, |pool| {
        let mut query = sqlx::query_as(statement)
            .bind(user_id.uuid())
            .bind(only.map(ProjectId::uuid))
            .bind(i64::from(limit) + 1);
        if let Some(key) = key {
            query = query.bind(key.at).bind(key.id);
        }
        query.fetch_all(pool).await
    })?;
    Ok(rows.into_iter().filter_map(OwnProjectRow::read).collect())
}

impl OwnProjectRow {
    pub(crate) fn read(self) -> Option<OwnProject> {
        Some(OwnProject {
            role: read_role(&self.role)?,
            project: self.project.into(),
            is_favorite: self.is_favorite,
        })
    }
}

impl From<ProjectRow> for Project {
    fn from(row: ProjectRow) -> Self {
        Self {
            id: ProjectId::from_uuid(row.id),
            slug: row.slug,
            name: row.name,
            description: row.description,
            created_at: Timestamp::from_micros(row.created_at_us),
            reporters_read_payloads: row.reporters_read_payloads,
        }
    }
}
