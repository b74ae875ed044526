use std::collections::{BTreeMap, HashSet};

use database::{DatabaseError, Transaction};
use uuid::Uuid;

use super::{KEEP, Written};
use crate::{
    indexing::UnindexedRow,
    row::{Row as _, row},
    store::{
        Statement, postgres,
        statement::{Way, insert, insert_new, insert_returning},
    },
    tool_call::{StoredToolCall, ToolCallRow},
};

const ADD_COUNTS: &str = "ON CONFLICT (session_id) DO UPDATE SET
    total = session_call_counts.total + excluded.total,
    successful = session_call_counts.successful + excluded.successful,
    failed = session_call_counts.failed + excluded.failed";

row! {
    /// How many calls of a session a transaction adds.
    struct CountsRow in "session_call_counts" {
        session_id: Uuid,
        total: i64,
        successful: i64,
        failed: i64,
    }
}

/// What became of the calls of a batch.
pub(super) struct Calls<'batch> {
    pub(super) written: Written,
    /// Those that ended with this.
    pub(super) ended: Vec<&'batch ToolCallRow>,
    sessions: BTreeMap<Uuid, CountsRow>,
}

impl<'batch> Calls<'batch> {
    /// Writes calls with their bodies.
    pub(super) async fn write(
        transaction: &mut Transaction,
        calls: &'batch [StoredToolCall],
        way: Way,
    ) -> Result<Self, DatabaseError> {
        let new = write_new_calls(transaction, calls, way).await?;
        let is_new = |call: &&StoredToolCall| new.contains(&call.row.id);
        let new_calls: Vec<&StoredToolCall> = calls.iter().filter(is_new).collect();
        write_bodies(transaction, &new_calls, way).await?;

        // What was there already can only end.
        let ends = calls
            .iter()
            .filter(|call| !is_new(call) && call.row.is_finished());
        let rows = ends.map(|call| &call.row);
        let ended = returned_ids(insert_returning(transaction, rows, &end_running_call()).await?);
        let has_ended = |call: &&StoredToolCall| ended.contains(&call.row.id);
        let ended_calls: Vec<&StoredToolCall> = calls.iter().filter(has_ended).collect();
        write_bodies(transaction, &ended_calls, Way::Inserted).await?;

        let mut sessions = BTreeMap::new();
        for call in calls {
            let (is_new, has_ended) = (is_new(&call), has_ended(&call));
            if let Some(session_id) = call.row.session_id
                && (is_new || has_ended)
            {
                let is_success = call.row.is_success();
                let counts = sessions.entry(session_id).or_insert(CountsRow {
                    session_id,
                    total: 0,
                    successful: 0,
                    failed: 0,
                });
                counts.total += i64::from(is_new);
                counts.successful += i64::from(is_success);
                counts.failed += i64::from(call.row.is_finished() && !is_success);
            }
        }
        let written = Written {
            new_calls: new.len() as u64,
            finished_calls: ended.len() as u64,
            repeated_calls: (calls.len() - new.len() - ended.len()) as u64,
            is_continuous: true,
        };
        let changed = new_calls.iter().chain(&ended_calls).map(|call| &call.row);
        Ok(Self {
            written,
            ended: changed.filter(|call| call.is_finished()).collect(),
            sessions,
        })
    }

    /// Notes those that ended for the index of words: they change no more.
    pub(super) async fn leave_to_the_index(
        &self,
        transaction: &mut Transaction,
        way: Way,
    ) -> Result<(), DatabaseError> {
        let unindexed = self.ended.iter().map(|call| UnindexedRow {
            project_id: call.project_id,
            started_at: call.started_at,
            tool_call_id: call.id,
        });
        let unindexed: Vec<UnindexedRow> = unindexed.collect();
        // A call that was taken away may come again before the index has got to it.
        insert_new(transaction, &unindexed, way, KEEP).await
    }

    /// Counts them in their sessions.
    pub(super) async fn count(&self, transaction: &mut Transaction) -> Result<(), DatabaseError> {
        insert(transaction, self.sessions.values(), ADD_COUNTS).await
    }
}

/// Writes the calls that are not there yet. Returns their ids.
async fn write_new_calls(
    transaction: &mut Transaction,
    calls: &[StoredToolCall],
    way: Way,
) -> Result<HashSet<Uuid>, DatabaseError> {
    if calls.is_empty() {
        return Ok(HashSet::new());
    }
    if way == Way::Inserted {
        let rows = calls.iter().map(|call| &call.row);
        let then = "ON CONFLICT (id) DO NOTHING RETURNING id";
        return Ok(returned_ids(insert_returning(transaction, rows, then).await?));
    }
    let ids: Vec<Uuid> = calls.iter().map(|call| call.row.id).collect();
    let mut statement = Statement::within(transaction, "SELECT id FROM tool_calls WHERE ");
    postgres::push_each(&mut statement, ids.clone());
    let known = returned_ids(statement.fetch_within(transaction).await?);
    let new = calls.iter().filter(|call| !known.contains(&call.row.id));
    insert_new(transaction, new.map(|call| &call.row), way, "").await?;
    Ok(ids.into_iter().filter(|id| !known.contains(id)).collect())
}

async fn write_bodies(
    transaction: &mut Transaction,
    calls: &[&StoredToolCall],
    way: Way,
) -> Result<(), DatabaseError> {
    insert_new(
        transaction,
        calls.iter().map(|call| &call.payload),
        way,
        "ON CONFLICT (tool_call_id) DO UPDATE SET arguments = excluded.arguments, result = excluded.result",
    )
    .await
}

fn returned_ids(rows: Vec<(Uuid,)>) -> HashSet<Uuid> {
    rows.into_iter().map(|(id,)| id).collect()
}

/// An end overwrites a running call and nothing else.
fn end_running_call() -> String {
    let columns = ToolCallRow::COLUMNS.iter().filter(|column| **column != "id");
    let assignments: Vec<String> = columns
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    format!(
        "ON CONFLICT (id) DO UPDATE SET {} WHERE tool_calls.status = 'running' RETURNING id",
        assignments.join(", ")
    )
}
