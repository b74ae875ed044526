use database::{Database, DatabaseError, Transaction, on_database, on_transaction};
use domain::ProjectId;
use uuid::Uuid;

use super::Versions;

const COUNT_UP: &str = "UPDATE deployment SET snapshot_version = snapshot_version + 1 WHERE id = 1
    RETURNING snapshot_version";

const WAIT: &str = "UPDATE deployment SET snapshot_version = snapshot_version WHERE id = 1";

const STAMP: &str = "UPDATE projects SET snapshot_version = $2 WHERE id = $1";

const LATEST: &str = "SELECT snapshot_version FROM deployment WHERE id = 1";

const VERSIONS: &str = "SELECT id, snapshot_version FROM projects WHERE deleted_at_us IS NULL ORDER BY id";

/// The row of the deployment stays locked until the transaction ends, so that
/// versions are handed out in the order of commits.
pub(super) async fn count_up(transaction: &mut Transaction) -> Result<i64, DatabaseError> {
    Ok(on_transaction!(transaction, |connection| sqlx::query_scalar(
        COUNT_UP
    )
    .fetch_one(connection)
    .await)?)
}

/// Locks that row, and counts nothing.
pub(super) async fn wait(transaction: &mut Transaction) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| sqlx::query(WAIT)
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

pub(super) async fn stamp(
    transaction: &mut Transaction,
    project: ProjectId,
    version: i64,
) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| sqlx::query(STAMP)
        .bind(project.uuid())
        .bind(version)
        .execute(connection)
        .await
        .map(drop))?;
    Ok(())
}

pub(super) async fn latest(database: &Database) -> Result<i64, DatabaseError> {
    Ok(on_database!(database, |pool| sqlx::query_scalar(LATEST)
        .fetch_one(pool)
        .await)?)
}

pub(super) async fn versions(database: &Database) -> Result<Versions, DatabaseError> {
    let rows: Vec<(Uuid, i64)> =
        on_database!(database, |pool| sqlx::query_as(VERSIONS).fetch_all(pool).await)?;
    Ok(rows
        .into_iter()
        .map(|(project, version)| (ProjectId::from_uuid(project), version))
        .collect())
}
