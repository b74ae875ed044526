use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use database::{DatabaseError, Transaction};
use domain::ToolCallId;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use uuid::Uuid;

use super::{
    Statement, first_id,
    statement::{WordLookup, insert},
};
use crate::{filter::Range, rollup::DAY_US, row::row, tool_call::StoredToolCall, words::Search};

mod search;
mod slices;
mod texts;
mod words;

pub(crate) use texts::{CallTexts, texts_of};
pub(super) use words::FoundWords;

/// Days that parts are made for: from 2020 to 2100. What says that it is of
/// another time lies in the rest.
const DAYS: std::ops::Range<u64> = 18_262..47_482;

/// The tables that have a part per day.
pub(super) const PARTED: [&str; 2] = ["tool_calls", "tool_call_bodies"];

row! {
    /// A call that is in no volume of the index of words yet.
    struct UnindexedRow in "unindexed_calls" {
        project_id: Uuid,
        started_at: i64,
        tool_call_id: Uuid,
    }
}

/// The days whose parts are there. Shared by all who write.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownDays(Arc<Mutex<BTreeSet<u64>>>);

impl KnownDays {
    pub(crate) fn forget(&self, day: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&day);
    }

    fn missing(&self, ids: impl Iterator<Item = Uuid>) -> BTreeSet<u64> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.map(day_of)
            .filter(|day| DAYS.contains(day) && !known.contains(day))
            .collect()
    }

    fn add(&self, day: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(day);
    }
}

/// Several transactions write at once; a sequence makes none of them wait.
pub(super) async fn next_change(connection: &mut PgConnection) -> Result<i64, DatabaseError> {
    Ok(sqlx::query_scalar("SELECT nextval('changes')")
        .fetch_one(connection)
        .await?)
}

/// Sees to it that the days of some calls have their parts. Before the
/// transaction that writes them, because it locks the whole table.
pub(super) async fn make_parts(
    pool: &PgPool,
    known: &KnownDays,
    ids: impl Iterator<Item = Uuid>,
) -> Result<(), DatabaseError> {
    for day in known.missing(ids) {
        let mut transaction = pool.begin().await?;
        // One process makes it and the others find it.
        sqlx::query("SELECT pg_advisory_xact_lock(7201)")
            .execute(&mut *transaction)
            .await?;
        for table in PARTED {
            let part = part_name(table, day);
            let is_there: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
                .bind(&part)
                .fetch_one(&mut *transaction)
                .await?;
            if !is_there {
                let statement = format!(
                    "CREATE TABLE {part} PARTITION OF {table} FOR VALUES FROM ('{}') TO ('{}')",
                    first_id(day as i64 * DAY_US),
                    first_id((day as i64 + 1) * DAY_US),
                );
                sqlx::query(AssertSqlSafe(statement))
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        transaction.commit().await?;
        known.add(day);
    }
    Ok(())
}

/// Days since 1970-01-01 of a UUIDv7.
pub(super) fn day_of(id: Uuid) -> u64 {
    ToolCallId::from_uuid(id).made_at().as_micros().unsigned_abs() / DAY_US.unsigned_abs()
}

/// `tool_calls_d20000`: the day counted from 1970-01-01.
pub(crate) fn part_name(table: &str, day: impl std::fmt::Display) -> String {
    format!("{table}_d{day}")
}

/// Has only the parts read that a range can be in. A call starts in the day of
/// its id or beside it (see `StoredToolCall::from_wire`).
pub(super) fn push_days(statement: &mut Statement, range: Range) {
    let (first, last) = ids_of(range);
    if range.from.is_some() {
        statement.push(" AND id >= ").bind(first);
    }
    if range.to.is_some() {
        statement.push(" AND id <= ").bind(last);
    }
}

/// Between which ids the calls of a range are.
fn ids_of(range: Range) -> (Uuid, Uuid) {
    let first = range.from.map(|from| from.as_micros().saturating_sub(DAY_US));
    let last = range.to.map(|to| to.as_micros().saturating_add(DAY_US));
    (
        first.map_or(Uuid::nil(), first_id),
        last.map_or(Uuid::max(), first_id),
    )
}

/// Writes bodies, and notes those of ended calls for the index of words: they
/// change no more.
pub(super) async fn write_bodies(
    transaction: &mut Transaction,
    calls: &[&StoredToolCall],
) -> Result<(), DatabaseError> {
    insert(
        transaction,
        calls.iter().map(|call| &call.payload),
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
    insert(transaction, &unindexed, "").await
}

/// A text with anything between its parts.
pub(super) fn push_pattern(statement: &mut Statement, column: &str, parts: &[String]) {
    let escape = |part: &String| part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let parts: Vec<String> = parts.iter().map(escape).collect();
    statement.push(column).push(" LIKE ").bind(parts.join("%"));
}

/// The calls were found before.
pub(super) fn push_words(statement: &mut Statement, search: &Search) {
    let ids = match &statement.words {
        WordLookup::Found(found) => found.ids(search).to_vec(),
        WordLookup::All | WordLookup::ByCall => Vec::new(),
    };
    // By a hash, which an array as it is has in some plans only.
    statement.push("id IN (SELECT unnest(").bind(ids).push("))");
}
