use std::collections::{BTreeMap, HashSet};

use database::{Database, DatabaseError, Transaction, on_transaction};
use uuid::Uuid;

use super::{
    Statement, Store, postgres, rollup, sqlite,
    statement::{Way, insert, insert_new, insert_returning},
};
use crate::{
    batch::{Batch, Run},
    indexing::UnindexedRow,
    row::{Row as _, row},
    sessions::SessionRow,
    tool_call::{StoredToolCall, ToolCallRow},
};

const KEEP: &str = "ON CONFLICT DO NOTHING";

const ADD_COUNTS: &str = "ON CONFLICT (session_id) DO UPDATE SET
    total = session_call_counts.total + excluded.total,
    successful = session_call_counts.successful + excluded.successful,
    failed = session_call_counts.failed + excluded.failed";

/// The end is not in here: it has a rule of its own.
const RENEW_SESSION: &str = "ON CONFLICT (id) DO UPDATE SET
    revision = excluded.revision,
    client_name = excluded.client_name,
    client_version = excluded.client_version,
    client_type = excluded.client_type,
    user_agent = excluded.user_agent,
    ip_address = excluded.ip_address,
    capabilities_json = excluded.capabilities_json,
    last_seen_at = excluded.last_seen_at
    WHERE client_sessions.last_seen_at < excluded.last_seen_at";

/// The earlier end, and the one that somebody saw before a `gateway_lost`.
const END_SESSION: &str = "UPDATE client_sessions SET ended_at = $2, end_reason = $3
    WHERE id = $1 AND (
        ended_at IS NULL
        OR (end_reason = 'gateway_lost' AND $3 <> 'gateway_lost')
        OR (ended_at > $2 AND (end_reason = 'gateway_lost') = ($3 = 'gateway_lost')))";

row! {
    /// How many calls of a session a transaction adds.
    struct CountsRow in "session_call_counts" {
        session_id: Uuid,
        total: i64,
        successful: i64,
        failed: i64,
    }
}

/// What a transaction changed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    /// Calls that were not there before.
    pub(crate) new_calls: u64,
    /// Calls that were running before and have ended.
    pub(crate) finished_calls: u64,
    /// Records that said nothing new.
    pub(crate) repeated_calls: u64,
    /// Whether each run continues the one before it.
    pub(crate) is_continuous: bool,
}

impl Store {
    /// Writes a batch in one transaction. Returns after the commit, when it is
    /// durable.
    pub(crate) async fn write(&self, mut batch: Batch) -> Result<Written, DatabaseError> {
        if let Database::Postgres(pool) = &self.database {
            let ids = batch.calls.iter().map(|call| call.row.id);
            postgres::make_parts(pool, &self.known_days, ids).await?;
            match self.write_once(&mut batch, Way::Copied).await {
                // Somebody stored one of its calls just now, or a body is there
                // whose call is not.
                Err(error) if error.is_taken() => {}
                written => return written,
            }
        }
        self.write_once(&mut batch, Way::Inserted).await
    }

    async fn write_once(&self, batch: &mut Batch, way: Way) -> Result<Written, DatabaseError> {
        let mut transaction = self.database.begin().await?;
        let change = match &mut transaction {
            Transaction::Sqlite(connection) => sqlite::next_change(connection).await?,
            Transaction::Postgres(connection) => postgres::next_change(connection).await?,
        };
        for call in &mut batch.calls {
            call.row.change = change;
        }
        let (mut written, ended) = write_calls(&mut transaction, &batch.calls, way).await?;
        write_sessions(&mut transaction, &batch.sessions).await?;
        insert(&mut transaction, &batch.server_logs, KEEP).await?;
        insert(&mut transaction, &batch.dead_letters, KEEP).await?;
        for run in &batch.runs {
            written.is_continuous &= advance(&mut transaction, run).await?;
        }
        // The lock that this takes is held until the commit: nothing after it but
        // what needs it.
        publish(&mut transaction, change).await?;
        rollup::write(&mut transaction, &ended, way).await?;
        transaction.commit().await?;
        Ok(written)
    }

    /// How many holes there are in what gateways have sent.
    pub(crate) async fn holes(&self) -> Result<u64, DatabaseError> {
        // Each run that does not begin at the beginning has one before it.
        let statement = Statement::new(
            &self.database,
            "SELECT COUNT(*) FROM ingest_progress WHERE first_seq > 1",
        );
        let counts: Vec<(i64,)> = statement.fetch_all(&self.database).await?;
        Ok(counts.first().map_or(0, |(count,)| count.unsigned_abs()))
    }
}

/// Takes the next position for the changes of this transaction.
async fn publish(transaction: &mut Transaction, change: i64) -> Result<(), DatabaseError> {
    let position: i64 = on_transaction!(&mut *transaction, |connection| {
        sqlx::query_scalar("UPDATE commit_counter SET position = position + 1 RETURNING position")
            .fetch_one(connection)
            .await?
    });
    on_transaction!(transaction, |connection| {
        sqlx::query("INSERT INTO commits (position, change) VALUES ($1, $2)")
            .bind(position)
            .bind(change)
            .execute(connection)
            .await?;
    });
    Ok(())
}

/// Returns the calls that ended with this, too.
async fn write_calls<'calls>(
    transaction: &mut Transaction,
    calls: &'calls [StoredToolCall],
    way: Way,
) -> Result<(Written, Vec<&'calls ToolCallRow>), DatabaseError> {
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

    let mut counts = BTreeMap::new();
    for call in calls {
        let (is_new, has_ended) = (is_new(&call), has_ended(&call));
        if let Some(session_id) = call.row.session_id
            && (is_new || has_ended)
        {
            let is_success = call.row.is_success();
            let counts = counts.entry(session_id).or_insert(CountsRow {
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
    insert(transaction, counts.values(), ADD_COUNTS).await?;
    let written = Written {
        new_calls: new.len() as u64,
        finished_calls: ended.len() as u64,
        repeated_calls: (calls.len() - new.len() - ended.len()) as u64,
        is_continuous: true,
    };
    let changed = new_calls.iter().chain(&ended_calls).map(|call| &call.row);
    Ok((written, changed.filter(|call| call.is_finished()).collect()))
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

/// Writes bodies, and notes those of ended calls for the index of words: they
/// change no more.
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
    .await?;
    let ended = calls.iter().filter(|call| call.row.is_finished());
    let unindexed: Vec<UnindexedRow> = ended
        .map(|call| UnindexedRow {
            project_id: call.row.project_id,
            started_at: call.row.started_at,
            tool_call_id: call.row.id,
        })
        .collect();
    // A call that was taken away may come again before the index has got to it.
    insert_new(transaction, &unindexed, way, KEEP).await
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

async fn write_sessions(transaction: &mut Transaction, sessions: &[SessionRow]) -> Result<(), DatabaseError> {
    insert(transaction, sessions, RENEW_SESSION).await?;
    for session in sessions.iter().filter(|session| session.ended_at.is_some()) {
        on_transaction!(transaction, |connection| {
            sqlx::query(END_SESSION)
                .bind(session.id)
                .bind(session.ended_at)
                .bind(&session.end_reason)
                .execute(connection)
                .await?;
        });
    }
    Ok(())
}

/// Notes that a run is stored. Joins it with the runs that it touches; `true`
/// when it continues one of them and no hole is opened or closed.
async fn advance(transaction: &mut Transaction, run: &Run) -> Result<bool, DatabaseError> {
    let touched: Vec<(i64, i64)> = on_transaction!(&mut *transaction, |connection| {
        sqlx::query_as(
            "SELECT first_seq, last_seq FROM ingest_progress
             WHERE gateway_id = $1 AND epoch = $2 AND last_seq >= $3 AND first_seq <= $4
             ORDER BY first_seq",
        )
        .bind(run.gateway_id)
        .bind(run.epoch)
        .bind(run.first_seq.saturating_sub(1))
        .bind(run.last_seq.saturating_add(1))
        .fetch_all(connection)
        .await?
    });
    let first_seq = touched.iter().map(|run| run.0).fold(run.first_seq, i64::min);
    let last_seq = touched.iter().map(|run| run.1).fold(run.last_seq, i64::max);
    for (absorbed, _) in touched.iter().filter(|(first, _)| *first != first_seq) {
        on_transaction!(&mut *transaction, |connection| {
            sqlx::query(
                "DELETE FROM ingest_progress WHERE gateway_id = $1 AND epoch = $2 AND first_seq = $3",
            )
            .bind(run.gateway_id)
            .bind(run.epoch)
            .bind(absorbed)
            .execute(connection)
            .await?;
        });
    }
    on_transaction!(transaction, |connection| {
        sqlx::query(
            "INSERT INTO ingest_progress (gateway_id, epoch, first_seq, last_seq, updated_at)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (gateway_id, epoch, first_seq) DO UPDATE SET updated_at = excluded.updated_at,
                last_seq = CASE WHEN ingest_progress.last_seq < excluded.last_seq
                THEN excluded.last_seq ELSE ingest_progress.last_seq END",
        )
        .bind(run.gateway_id)
        .bind(run.epoch)
        .bind(first_seq)
        .bind(last_seq)
        .bind(run.received_at)
        .execute(connection)
        .await?;
    });
    Ok(touched.len() == 1 && touched[0].0 == first_seq || touched.is_empty() && first_seq == 1)
}
