use database::DatabaseError;
use sqlx::SqliteConnection;

/// One transaction writes at a time, so the next number is free until it ends.
pub(super) async fn next_change(connection: &mut SqliteConnection) -> Result<i64, DatabaseError> {
    Ok(
        sqlx::query_scalar("SELECT COALESCE(MAX(change), 0) + 1 FROM commits")
            .fetch_one(connection)
            .await?,
    )
}
