use database::DatabaseError;
use sqlx::PgConnection;

/// Several transactions write at once; a sequence makes none of them wait.
pub(super) async fn next_change(connection: &mut PgConnection) -> Result<i64, DatabaseError> {
    Ok(sqlx::query_scalar("SELECT nextval('changes')")
        .fetch_one(connection)
        .await?)
}
