use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use database::{DatabaseError, keyset::Place};
use domain::ToolCallId;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};
use uuid::Uuid;

use super::{
    Statement,
    condition::{self, push_filter},
    first_id,
    read::push_place,
    search::FoundWords,
};
use crate::{
    filter::{Range, ToolCallFilter},
    rollup::DAY_US,
    row::{CopiedRows, Row},
};

/// Days that parts are made for: from 2020 to 2100. What says that it is of
/// another time lies in the rest.
const DAYS: std::ops::Range<u64> = 18_262..47_482;

/// Of rows that are sent at a time: while PostgreSQL stores them the next ones are put
/// together.
const COPIED_BYTES: usize = 64 * 1_024;

/// The tables that have a part per day.
pub(super) const PARTED: [&str; 2] = ["tool_calls", "tool_call_bodies"];

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

/// Writes rows that are not there yet. To copy them costs half of what it does to
/// insert them, but where one is there already, none can be copied.
pub(super) async fn copy<'row, R: Row + 'row>(
    connection: &mut PgConnection,
    rows: impl IntoIterator<Item = &'row R>,
) -> Result<(), DatabaseError> {
    let rows: Vec<&R> = rows.into_iter().collect();
    if rows.is_empty() {
        return Ok(());
    }
    let columns = R::COLUMNS.join(", ");
    let statement = format!("COPY {} ({columns}) FROM STDIN (FORMAT binary)", R::TABLE);
    let mut copy = connection.copy_in_raw(&statement).await?;
    let mut copied = CopiedRows::new();
    for row in rows {
        row.copy_to(&mut copied).map_err(sqlx::Error::Encode)?;
        if copied.bytes().len() >= COPIED_BYTES {
            copy.send(copied.bytes()).await?;
            copied.clear();
        }
    }
    copied.end();
    copy.send(copied.bytes()).await?;
    copy.finish().await?;
    Ok(())
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
                make_part(&mut transaction, table, &part, day).await?;
            }
        }
        transaction.commit().await?;
        known.add(day);
    }
    Ok(())
}

/// Makes a part, unless there are rows of its day in the rest: they came when the
/// day had just been dropped. Then others of it go there too.
async fn make_part(
    connection: &mut PgConnection,
    table: &str,
    part: &str,
    day: u64,
) -> Result<(), DatabaseError> {
    let statement = format!(
        "CREATE TABLE {part} PARTITION OF {table} FOR VALUES FROM ('{}') TO ('{}')",
        first_id(day as i64 * DAY_US),
        first_id((day as i64 + 1) * DAY_US),
    );
    let mut attempt = connection.begin().await?;
    let made = sqlx::query(AssertSqlSafe(statement)).execute(&mut *attempt).await;
    match made {
        Ok(_) => attempt.commit().await?,
        Err(sqlx::Error::Database(refusal)) if refusal.is_check_violation() => attempt.rollback().await?,
        Err(error) => return Err(error.into()),
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
    if let Some(from) = range.from {
        let first = first_id(from.as_micros().saturating_sub(DAY_US));
        statement.push(" AND id >= ").bind(first);
    }
    if let Some(to) = range.to {
        let last = first_id(to.as_micros().saturating_add(DAY_US));
        statement.push(" AND id <= ").bind(last);
    }
}

/// `id` is one of these. Told how long the array is, the planner looks which day
/// each id is of; told the first and the last, which days there can be.
pub(super) fn push_each(statement: &mut Statement, ids: Vec<Uuid>) {
    let (first, last) = (ids.iter().min().copied(), ids.iter().max().copied());
    statement.push("id = ANY(ARRAY").push_ids(ids).push(")");
    statement.push(" AND id BETWEEN ").bind(first);
    statement.push(" AND ").bind(last);
}

/// A page of calls whose words were found.
pub(super) fn push_page(
    statement: &mut Statement,
    filter: &ToolCallFilter,
    words: &FoundWords,
    place: Place,
    limit: u32,
) {
    let searches = condition::searches(filter);
    if searches.is_empty() {
        statement.push(" FROM tool_calls");
    } else {
        statement.push(" FROM (SELECT * FROM tool_calls WHERE ");
        push_each(statement, words.of_all(&searches));
        statement.push(" OFFSET 0) AS tool_calls");
    }
    push_filter(statement, &condition::without_words(filter), filter.range);
    push_place(statement, place, "started_at", limit);
}

/// A text with anything between its parts.
pub(super) fn push_pattern(statement: &mut Statement, column: &str, parts: &[String]) {
    let escape = |part: &String| part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let parts: Vec<String> = parts.iter().map(escape).collect();
    statement.push(column).push(" LIKE ").bind(parts.join("%"));
}
