use database::{DatabaseError, Transaction};
use sqlx::SqlitePool;

use super::VOLUME_CALLS;
use crate::{indexing::UnindexedRow, row::Value, store::Statement};

/// Together the calls of a project, in their order.
const WAITING: &str = "SELECT project_id, started_at, tool_call_id FROM unindexed_calls
    ORDER BY project_id, started_at, tool_call_id LIMIT $1";

/// Nobody else takes one meanwhile.
pub(super) const NEXT_VOLUME: &str = "SELECT COALESCE(MAX(volume), 0) + 1 FROM word_sections";

/// The calls that wait. They are taken when their volume is made: one transaction
/// writes at a time, and it is not to be this one while words are cut.
pub(super) async fn waiting(pool: &SqlitePool) -> Result<Vec<UnindexedRow>, DatabaseError> {
    Ok(sqlx::query_as(WAITING).bind(VOLUME_CALLS).fetch_all(pool).await?)
}

/// Takes calls that waited, in their order. Whether all of them still did: if not,
/// another process was faster, or a sweep that has taken their bodies away.
pub(super) async fn take(
    transaction: &mut Transaction,
    waited: &[UnindexedRow],
) -> Result<bool, DatabaseError> {
    let mut statement = Statement::within(transaction, "DELETE FROM unindexed_calls WHERE ");
    statement.push("tool_call_id IN ");
    statement.push_ids(waited.iter().map(|call| call.tool_call_id).collect());
    // By these it finds them.
    for (comparison, end) in [(">=", waited.first()), ("<=", waited.last())] {
        let Some(end) = end else { continue };
        statement.push(&format!(
            " AND (project_id, started_at, tool_call_id) {comparison} "
        ));
        statement.bind_list([
            Value::from(end.project_id),
            end.started_at.into(),
            end.tool_call_id.into(),
        ]);
    }
    Ok(statement.execute(transaction).await? == waited.len() as u64)
}
