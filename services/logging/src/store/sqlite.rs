use database::{DatabaseError, keyset::Place};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{
    Statement,
    condition::push_filter,
    read::{push_order, push_place},
};
use crate::filter::{Range, ToolCallFilter};

/// One transaction writes at a time, so the next number is free until it ends.
pub(super) async fn next_change(connection: &mut SqliteConnection) -> Result<i64, DatabaseError> {
    Ok(
        sqlx::query_scalar("SELECT COALESCE(MAX(change), 0) + 1 FROM commits")
            .fetch_one(connection)
            .await?,
    )
}

/// A text with anything between its parts.
pub(super) fn push_pattern(statement: &mut Statement, column: &str, parts: &[String]) {
    let mut glob = String::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            glob.push('*');
        }
        for character in part.chars() {
            match character {
                '*' | '?' | '[' => glob.extend(['[', character, ']']),
                other => glob.push(other),
            }
        }
    }
    statement.push(column).push(" GLOB ").bind(glob);
}

/// A page of calls whose words were found. All that is looked up is put into
/// order, so rather the keys of calls than whole rows.
pub(super) fn push_page(statement: &mut Statement, filter: &ToolCallFilter, place: Place, limit: u32) {
    statement.push(" FROM tool_calls WHERE id IN (SELECT id FROM tool_calls");
    push_filter(statement, filter, filter.range);
    push_place(statement, place, "started_at", limit);
    statement.push(")");
    push_order(statement, place, "started_at");
}

/// `WHERE`, where each call must be one of some that are looked up. By itself
/// SQLite would go through all calls of the range: a `+` hides from it that there
/// is an index of them.
pub(super) fn push_range_of_few(statement: &mut Statement, project_id: Uuid, range: Range) {
    statement.push(" WHERE +project_id = ").bind(project_id);
    if let Some(from) = range.from {
        statement.push(" AND +started_at >= ").bind(from.as_micros());
    }
    if let Some(to) = range.to {
        statement.push(" AND +started_at < ").bind(to.as_micros());
    }
}

/// Whether a call that came otherwise is one of these. Without the `+`, SQLite
/// would look each of these up for each commit of a tail.
pub(super) fn push_compared(statement: &mut Statement, ids: Vec<Uuid>) {
    statement.push("+id IN ").push_ids(ids);
}
