use database::{Database, DatabaseError, Transaction, on_database, on_transaction};
use domain::{ProjectId, SavedViewId, Timestamp, UserId};
use uuid::Uuid;

use super::SavedView;

const INSERT: &str = "
    INSERT INTO saved_views (id, project_id, name, search, created_by_user_id, created_at_us)
    VALUES ($1, $2, $3, $4, $5, $6)";

const LIST: &str = "
    SELECT v.id, v.project_id, v.name, v.search, v.created_by_user_id, u.name AS created_by_name, v.created_at_us
      FROM saved_views v JOIN users u ON u.id = v.created_by_user_id
     WHERE v.project_id = $1 ORDER BY v.name";

const FIND: &str = "
    SELECT v.id, v.project_id, v.name, v.search, v.created_by_user_id, u.name AS created_by_name, v.created_at_us
      FROM saved_views v JOIN users u ON u.id = v.created_by_user_id
     WHERE v.project_id = $1 AND v.id = $2";

#[derive(sqlx::FromRow)]
struct ViewRow {
    id: Uuid,
    project_id: Uuid,
    name: String,
    search: String,
    created_by_user_id: Uuid,
    created_by_name: String,
    created_at_us: i64,
}

pub(super) async fn list(database: &Database, project: ProjectId) -> Result<Vec<SavedView>, DatabaseError> {
    let rows: Vec<ViewRow> = on_database!(database, |pool| {
        sqlx::query_as(LIST).bind(project.uuid()).fetch_all(pool).await
    })?;
    Ok(rows.into_iter().map(SavedView::from).collect())
}

pub(super) async fn find(
    transaction: &mut Transaction,
    project: ProjectId,
    id: SavedViewId,
) -> Result<Option<SavedView>, DatabaseError> {
    let row: Option<ViewRow> = on_transaction!(transaction, |connection| {
        sqlx::query_as(FIND)
            .bind(project.uuid())
            .bind(id.uuid())
            .fetch_optional(connection)
            .await
    })?;
    Ok(row.map(SavedView::from))
}

pub(super) async fn count(transaction: &mut Transaction, project: ProjectId) -> Result<i64, DatabaseError> {
    Ok(on_transaction!(transaction, |connection| {
        sqlx::query_scalar("SELECT count(*) FROM saved_views WHERE project_id = $1")
            .bind(project.uuid())
            .fetch_one(connection)
            .await
    })?)
}

pub(super) async fn insert(transaction: &mut Transaction, view: &SavedView) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| {
        sqlx::query(INSERT)
            .bind(view.id.uuid())
            .bind(view.project_id.uuid())
            .bind(&view.name)
            .bind(&view.search)
            .bind(view.created_by.uuid())
            .bind(view.created_at.as_micros())
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}

pub(super) async fn update(transaction: &mut Transaction, view: &SavedView) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| {
        sqlx::query("UPDATE saved_views SET name = $2, search = $3 WHERE id = $1")
            .bind(view.id.uuid())
            .bind(&view.name)
            .bind(&view.search)
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}

pub(super) async fn delete(transaction: &mut Transaction, id: SavedViewId) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| {
        sqlx::query("DELETE FROM saved_views WHERE id = $1")
            .bind(id.uuid())
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}

impl From<ViewRow> for SavedView {
    fn from(row: ViewRow) -> Self {
        Self {
            id: SavedViewId::from_uuid(row.id),
            project_id: ProjectId::from_uuid(row.project_id),
            name: row.name,
            search: row.search,
            created_by: UserId::from_uuid(row.created_by_user_id),
            created_by_name: row.created_by_name,
            created_at: Timestamp::from_micros(row.created_at_us),
        }
    }
}
