use database::{Database, DatabaseError, Transaction, on_database, on_transaction};
use domain::{ProjectId, TeamId, Timestamp, UserId};
use uuid::Uuid;

use super::Discarded;
use crate::places::Place;

/// The same statement on the table of each kind of place.
macro_rules! by_place {
    ($before:literal, $after:literal) => {
        [
            concat!($before, "teams", $after),
            concat!($before, "projects", $after),
        ]
    };
}

const FIND_LIVE: [&str; 2] = by_place!(
    "SELECT slug, name FROM ",
    " WHERE id = $1 AND deleted_at_us IS NULL"
);

/// Into the trash, or out of it: whoever comes second finds nothing to do.
const SET_DELETED_AT: [&str; 2] = by_place!(
    "UPDATE ",
    " SET deleted_at_us = $2 WHERE id = $1 AND (deleted_at_us IS NULL) = ($2 IS NOT NULL)"
);

const DELETE: [&str; 2] = by_place!("DELETE FROM ", " WHERE id = $1 AND deleted_at_us <= $2");

const OVER: &str = "
    SELECT id, name, TRUE AS is_team FROM teams WHERE deleted_at_us <= $1
     UNION ALL
    SELECT id, name, FALSE FROM projects WHERE deleted_at_us <= $1";

const RECORD_PURGED: &str = "
    INSERT INTO purged_projects (project_id, purged_at_us) VALUES ($1, $2)
    ON CONFLICT (project_id) DO UPDATE SET purged_at_us = excluded.purged_at_us";

/// Without those that exist, which a restored copy of the database may bring
/// back: what others have of them is taken away on this word.
const PURGED_PROJECTS: &str = "
    SELECT project_id FROM purged_projects
     WHERE project_id > $1 AND NOT EXISTS (SELECT 1 FROM projects WHERE id = project_id)
     ORDER BY project_id LIMIT $2";

/// Of projects by whatever way somebody owns them.
const OWNED_BY: &str = "
    SELECT t.id, t.slug, t.name, t.deleted_at_us, TRUE AS is_team
      FROM teams t JOIN team_members m ON m.team_id = t.id
     WHERE m.user_id = $1 AND m.role = 'owner' AND t.deleted_at_us > $2
     UNION
    SELECT p.id, p.slug, p.name, p.deleted_at_us, FALSE
      FROM projects p JOIN project_paths w ON w.project_id = p.id
     WHERE w.user_id = $1 AND w.rank = 3 AND p.deleted_at_us > $2
     ORDER BY 4 DESC, 1";

#[derive(sqlx::FromRow)]
struct DiscardedRow {
    id: Uuid,
    slug: String,
    name: String,
    deleted_at_us: i64,
    is_team: bool,
}

/// Slug and name of what is not in the trash.
pub(super) async fn find_live(
    transaction: &mut Transaction,
    place: Place,
) -> Result<Option<(String, String)>, DatabaseError> {
    Ok(on_transaction!(transaction, |connection| sqlx::query_as(of(
        &FIND_LIVE, place
    ))
    .bind(place.uuid())
    .fetch_optional(connection)
    .await)?)
}

/// Whether it was where it is not now.
pub(super) async fn set_deleted_at(
    transaction: &mut Transaction,
    place: Place,
    deleted_at: Option<Timestamp>,
) -> Result<bool, DatabaseError> {
    let rows = on_transaction!(transaction, |connection| sqlx::query(of(&SET_DELETED_AT, place))
        .bind(place.uuid())
        .bind(deleted_at.map(Timestamp::as_micros))
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Whether it was in the trash since then or before.
pub(super) async fn delete(
    transaction: &mut Transaction,
    place: Place,
    since: Timestamp,
) -> Result<bool, DatabaseError> {
    let rows = on_transaction!(transaction, |connection| sqlx::query(of(&DELETE, place))
        .bind(place.uuid())
        .bind(since.as_micros())
        .execute(connection)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Writes down that a project is gone for good.
pub(super) async fn record_purged(
    transaction: &mut Transaction,
    project: ProjectId,
    at: Timestamp,
) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| {
        sqlx::query(RECORD_PURGED)
            .bind(project.uuid())
            .bind(at.as_micros())
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}

pub(super) async fn purged_projects(
    database: &Database,
    after: Option<ProjectId>,
    limit: u32,
) -> Result<Vec<ProjectId>, DatabaseError> {
    let rows: Vec<(Uuid,)> = on_database!(database, |pool| {
        sqlx::query_as(PURGED_PROJECTS)
            .bind(after.map_or(Uuid::nil(), ProjectId::uuid))
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await
    })?;
    Ok(rows.into_iter().map(|(id,)| ProjectId::from_uuid(id)).collect())
}

/// What lies there since then or before, with its name.
pub(super) async fn over(
    database: &Database,
    since: Timestamp,
) -> Result<Vec<(Place, String)>, DatabaseError> {
    let rows: Vec<(Uuid, String, bool)> = on_database!(database, |pool| sqlx::query_as(OVER)
        .bind(since.as_micros())
        .fetch_all(pool)
        .await)?;
    Ok(rows
        .into_iter()
        .map(|(id, name, is_team)| (place(id, is_team), name))
        .collect())
}

/// What somebody owns and lies there since later than that, last deleted first.
pub(super) async fn owned_by(
    database: &Database,
    user: UserId,
    after: Timestamp,
) -> Result<Vec<Discarded>, DatabaseError> {
    let rows: Vec<DiscardedRow> = on_database!(database, |pool| sqlx::query_as(OWNED_BY)
        .bind(user.uuid())
        .bind(after.as_micros())
        .fetch_all(pool)
        .await)?;
    let read = |row: DiscardedRow| Discarded {
        place: place(row.id, row.is_team),
        slug: row.slug,
        name: row.name,
        deleted_at: Timestamp::from_micros(row.deleted_at_us),
    };
    Ok(rows.into_iter().map(read).collect())
}

const fn place(id: Uuid, is_team: bool) -> Place {
    if is_team {
        Place::Team(TeamId::from_uuid(id))
    } else {
        Place::Project(ProjectId::from_uuid(id))
    }
}

const fn of(statements: &[&'static str; 2], place: Place) -> &'static str {
    match place {
        Place::Team(_) => statements[0],
        Place::Project(_) => statements[1],
    }
}
