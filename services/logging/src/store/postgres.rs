use database::DatabaseError;
use sqlx::{PgConnection, PgPool};

/// The newest change of any project, found by one look into the index for each
/// of them.
const NEWEST_CHANGE: &str = "
    WITH RECURSIVE projects AS (
        (SELECT project_id FROM tool_calls ORDER BY project_id LIMIT 1)
        UNION ALL
        SELECT (SELECT project_id FROM tool_calls
                WHERE project_id > projects.project_id ORDER BY project_id LIMIT 1)
        FROM projects WHERE projects.project_id IS NOT NULL
    )
    SELECT COALESCE(MAX((SELECT MAX(change) FROM tool_calls WHERE project_id = projects.project_id)), 0)
    FROM projects";

/// The number of the transaction itself. Several write at once and commit in
/// any order; [`last_change`] knows which are still running.
pub(super) async fn next_change(connection: &mut PgConnection) -> Result<i64, DatabaseError> {
    Ok(sqlx::query_scalar("SELECT pg_current_xact_id()::text::bigint")
        .fetch_one(connection)
        .await?)
}

/// One before the oldest transaction that still runs.
pub(super) async fn last_change(pool: &PgPool) -> Result<i64, DatabaseError> {
    Ok(
        sqlx::query_scalar("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1")
            .fetch_one(pool)
            .await?,
    )
}

/// A dump that is loaded into another server brings numbers that this server
/// has not reached yet: a tail would wait for it to come so far.
pub(super) async fn renumber_after_restore(pool: &PgPool) -> Result<(), DatabaseError> {
    let newest: i64 = sqlx::query_scalar(NEWEST_CHANGE).fetch_one(pool).await?;
    if newest <= last_change(pool).await? {
        return Ok(());
    }
    tracing::warn!(
        newest,
        "the call log comes from another server: numbering its changes anew"
    );
    sqlx::query("UPDATE tool_calls SET change = 0")
        .execute(pool)
        .await?;
    Ok(())
}
