use database::{Database, DatabaseError, Transaction, on_database, on_transaction};
use domain::ProjectId;
use sqlx::types::Uuid;

use super::Versions;

const COUNT_UP: &str = "INSERT INTO project_changes (project_id, version) VALUES ($1, 1)
    ON CONFLICT (project_id) DO UPDATE SET version = project_changes.version + 1";

const VERSIONS: &str = "SELECT project_id, version FROM project_changes";

pub(super) async fn count_up(transaction: &mut Transaction, project: ProjectId) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| sqlx::query(COUNT_UP)
        .bind(project.uuid())
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

pub(super) async fn versions(database: &Database) -> Result<Versions, DatabaseError> {
    let rows: Vec<(Uuid, i64)> =
        on_database!(database, |pool| sqlx::query_as(VERSIONS).fetch_all(pool).await)?;
    Ok(rows
        .into_iter()
        .map(|(project, version)| (ProjectId::from_uuid(project), version))
        .collect())
}
