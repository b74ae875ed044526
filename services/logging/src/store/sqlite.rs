use database::DatabaseError;
use sqlx::{SqliteConnection, SqlitePool};

/// SQLite has one writer at a time, so numbers are given in the order of the
/// commits.
pub(super) async fn next_change(connection: &mut SqliteConnection) -> Result<i64, DatabaseError> {
    Ok(
        sqlx::query_scalar("UPDATE change_counter SET change = change + 1 RETURNING change")
            .fetch_one(connection)
            .await?,
    )
}

pub(super) async fn last_change(pool: &SqlitePool) -> Result<i64, DatabaseError> {
    Ok(sqlx::query_scalar("SELECT change FROM change_counter")
        .fetch_one(pool)
        .await?)
}
