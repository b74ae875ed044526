use std::{
    collections::BTreeSet,
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
};

use database::{Database, DatabaseError, Transaction};
use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use uuid::Uuid;

use super::{Statement, first_id, search::FREQUENT, statement::insert};
use crate::{
    filter::Range,
    row::row,
    tool_call::StoredToolCall,
    words::{Part, Phrase, Search, Words},
};

const MS_PER_DAY: u64 = 86_400_000;
const US_PER_DAY: i64 = 86_400_000_000;

/// Days that parts are made for: from 2020 to 2100. What says that it is of
/// another time lies in the rest.
const DAYS: std::ops::Range<u64> = 18_262..47_482;

/// The tables that have a part per day.
pub(super) const PARTED: [&str; 2] = ["tool_calls", "tool_call_bodies"];

/// Positions beyond it are not kept.
const LAST_POSITION: usize = 16_383;

row! {
    /// A body with its words, as text.
    struct BodyRow in "tool_call_bodies" {
        tool_call_id: Uuid,
        arguments: Option<Vec<u8>>,
        result: Option<Vec<u8>>,
        words: crate::row::WordVector,
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
                    first_id(day as i64 * US_PER_DAY),
                    first_id((day as i64 + 1) * US_PER_DAY),
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
    (id.as_u128() >> 80) as u64 / MS_PER_DAY
}

/// `tool_calls_d20000`: the day counted from 1970-01-01.
pub(crate) fn part_name(table: &str, day: impl std::fmt::Display) -> String {
    format!("{table}_d{day}")
}

/// Has only the parts read that a range can be in. A call starts in the day of
/// its id or beside it (see `StoredToolCall::from_wire`).
pub(super) fn push_days(statement: &mut Statement, range: Range) {
    push_ids(statement, "id", range);
    statement.words.range = range;
}

fn push_ids(statement: &mut Statement, column: &str, range: Range) {
    if let Some(from) = range.from {
        let first = from.as_micros().saturating_sub(US_PER_DAY);
        statement
            .push(&format!(" AND {column} >= "))
            .bind(first_id(first));
    }
    if let Some(to) = range.to {
        let last = to.as_micros().saturating_add(US_PER_DAY);
        statement.push(&format!(" AND {column} <= ")).bind(first_id(last));
    }
}

/// Writes bodies with their words.
pub(super) async fn write_bodies(
    transaction: &mut Transaction,
    calls: &[&StoredToolCall],
) -> Result<(), DatabaseError> {
    let rows: Vec<BodyRow> = calls
        .iter()
        .map(|call| BodyRow {
            tool_call_id: call.row.id,
            arguments: call.payload.arguments.clone(),
            result: call.payload.result.clone(),
            words: crate::row::WordVector(vector(&call.words())),
        })
        .collect();
    insert(
        transaction,
        &rows,
        "ON CONFLICT (tool_call_id) DO UPDATE SET
         arguments = excluded.arguments, result = excluded.result, words = excluded.words",
    )
    .await
}

/// The text of a `tsvector`. A gap between the parts keeps phrases within one.
fn vector(words: &Words) -> String {
    let mut text = String::new();
    let mut position = 0;
    let parts = [
        (&words.tool, 'A'),
        (&words.error, 'D'),
        (&words.arguments, 'B'),
        (&words.result, 'C'),
    ];
    for (words, weight) in parts {
        for word in words {
            position += 1;
            let at = position.min(LAST_POSITION);
            let _ = write!(text, "'{word}':{at}{weight} ");
        }
        position += 1;
    }
    text
}

/// A text with anything between its parts.
pub(super) fn push_pattern(statement: &mut Statement, column: &str, parts: &[String]) {
    let escape = |part: &String| part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let parts: Vec<String> = parts.iter().map(escape).collect();
    statement.push(column).push(" LIKE ").bind(parts.join("%"));
}

/// Whether so many calls have each of some words that it is better to read calls
/// one by one until a page is full. Asks for words alone, without their order
/// and part, which the index does not know.
pub(super) async fn are_frequent(
    database: &Database,
    searches: &[Search],
    range: Range,
) -> Result<bool, DatabaseError> {
    for search in searches {
        let mut statement = Statement::new(
            database,
            "SELECT COUNT(*) FROM (SELECT 1 FROM tool_call_bodies WHERE words @@ CAST(",
        );
        statement
            .bind(query(Part::Anywhere, &search.phrase, " & "))
            .push(" AS TSQUERY)");
        push_ids(&mut statement, "tool_call_id", range);
        statement.push(&format!(" LIMIT {FREQUENT}) AS found"));
        let found: Option<(i64,)> = statement.fetch_optional(database).await?;
        if found.is_none_or(|(count,)| count < FREQUENT as i64) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The ids of the calls that have all of some words, which must be few.
pub(super) async fn find_ids(
    database: &Database,
    searches: &[Search],
    range: Range,
) -> Result<Vec<Uuid>, DatabaseError> {
    let mut statement = Statement::new(database, "SELECT tool_call_id FROM tool_call_bodies WHERE TRUE");
    for search in searches {
        statement
            .push(" AND words @@ CAST(")
            .bind(query(search.part, &search.phrase, " <-> "))
            .push(" AS TSQUERY)");
    }
    push_ids(&mut statement, "tool_call_id", range);
    let found: Vec<(Uuid,)> = statement.fetch_all(database).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// The text of a `tsquery`.
fn query(part: Part, phrase: &Phrase, between: &str) -> String {
    let weight = match part {
        Part::Anywhere => "",
        Part::Arguments => "B",
        Part::Result => "C",
        Part::Error => "D",
    };
    let last = phrase.words.len() - 1;
    // Words have no quotes.
    let words: Vec<String> = phrase
        .words
        .iter()
        .enumerate()
        .map(|(index, word)| {
            let open = if phrase.is_open && index == last { "*" } else { "" };
            match (open, weight) {
                ("", "") => format!("'{word}'"),
                _ => format!("'{word}':{open}{weight}"),
            }
        })
        .collect();
    words.join(between)
}

pub(super) fn push_words(statement: &mut Statement, part: Part, phrase: &Phrase) {
    let query = query(part, phrase, " <-> ");
    if statement.words.is_by_call {
        statement
            .push("EXISTS (SELECT 1 FROM tool_call_bodies WHERE tool_call_id = id AND words @@ CAST(")
            .bind(query)
            .push(" AS TSQUERY))");
        return;
    }
    // OFFSET keeps the planner from walking all calls in the order of the page
    // until enough have the word: it takes every word for a frequent one.
    statement
        .push(
            "id IN (SELECT tool_call_id FROM (
             SELECT tool_call_id FROM tool_call_bodies WHERE words @@ CAST(",
        )
        .bind(query)
        .push(" AS TSQUERY)");
    let range = statement.words.range;
    push_ids(statement, "tool_call_id", range);
    statement.push(" OFFSET 0) AS found)");
}
