use database::{DatabaseError, Transaction};
use sqlx::PgPool;

use super::VOLUME_CALLS;
use crate::{indexing::UnindexedRow, store::Statement};

pub(super) const NEXT_VOLUME: &str = "SELECT nextval('word_volumes')";

/// Takes calls that wait, in the transaction that is to write their volume:
/// together those of a project, in their order. A sweep waits for it, and what
/// another process has in hand is its own.
pub(super) async fn take(transaction: &mut Transaction) -> Result<Vec<UnindexedRow>, DatabaseError> {
    let mut statement = Statement::within(
        transaction,
        "DELETE FROM unindexed_calls WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM unindexed_calls ORDER BY project_id, started_at, tool_call_id LIMIT ",
    );
    statement.bind(VOLUME_CALLS).push(
        " FOR UPDATE SKIP LOCKED
        ))
        RETURNING project_id, started_at, tool_call_id",
    );
    let mut taken: Vec<UnindexedRow> = statement.fetch_within(transaction).await?;
    taken.sort_unstable();
    Ok(taken)
}

/// The database would do so too, later.
pub(super) async fn tidy_unindexed(pool: &PgPool) -> Result<(), DatabaseError> {
    sqlx::query("VACUUM unindexed_calls").execute(pool).await?;
    Ok(())
}
