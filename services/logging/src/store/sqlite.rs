use database::{DatabaseError, Transaction};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{
    Statement,
    statement::{WordLookup, insert, insert_returning},
};
use crate::{
    row::row,
    tool_call::{PayloadRow, StoredToolCall},
    words::{Part, Phrase, Search, WordList},
};

mod search;

row! {
    /// The words of a body; `rowid` is the number of the body.
    struct WordsRow in "tool_call_words" {
        rowid: i64,
        tool: String,
        arguments: String,
        result: String,
        error: String,
    }
}

#[derive(sqlx::FromRow)]
struct Numbered {
    tool_call_id: Uuid,
    number: i64,
}

/// One transaction writes at a time, so the next number is free until it ends.
pub(super) async fn next_change(connection: &mut SqliteConnection) -> Result<i64, DatabaseError> {
    Ok(
        sqlx::query_scalar("SELECT COALESCE(MAX(change), 0) + 1 FROM commits")
            .fetch_one(connection)
            .await?,
    )
}

/// Writes bodies and their words; `are_new` when none can be there.
pub(super) async fn write_bodies(
    transaction: &mut Transaction,
    calls: &[&StoredToolCall],
    are_new: bool,
) -> Result<(), DatabaseError> {
    let rows: Vec<&PayloadRow> = calls.iter().map(|call| &call.payload).collect();
    let numbered: Vec<Numbered> = insert_returning(
        transaction,
        rows,
        "ON CONFLICT (tool_call_id) DO UPDATE SET arguments = excluded.arguments, result = excluded.result
         RETURNING tool_call_id, number",
    )
    .await?;
    if !are_new && !numbered.is_empty() {
        let mut forget = Statement::within(transaction, "DELETE FROM tool_call_words WHERE rowid IN ");
        forget.bind_list(numbered.iter().map(|body| body.number));
        forget.execute(transaction).await?;
    }
    let numbers: std::collections::HashMap<Uuid, i64> = numbered
        .into_iter()
        .map(|body| (body.tool_call_id, body.number))
        .collect();
    let words = calls.iter().filter_map(|call| {
        let words = call.words();
        Some(WordsRow {
            rowid: *numbers.get(&call.row.id)?,
            tool: joined(&words.tool),
            arguments: joined(&words.arguments),
            result: joined(&words.result),
            error: joined(&words.error),
        })
    });
    let words: Vec<WordsRow> = words.collect();
    insert(transaction, &words, "").await
}

fn joined(words: &WordList) -> String {
    words.iter().collect::<Vec<_>>().join(" ")
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

fn match_text(part: Part, phrase: &Phrase) -> String {
    let columns = match part {
        Part::Anywhere => "tool arguments result error",
        Part::Arguments => "arguments",
        Part::Result => "result",
        Part::Error => "error",
    };
    let open = if phrase.is_open { " *" } else { "" };
    // Words have no quotes.
    format!("{{{columns}}} : \"{}\"{open}", phrase.words.join(" "))
}

pub(super) fn push_words(statement: &mut Statement, search: &Search) {
    let words = match_text(search.part, &search.phrase);
    if matches!(statement.words, WordLookup::ByCall) {
        statement
            .push("EXISTS (SELECT 1 FROM tool_call_words WHERE tool_call_words MATCH ")
            .bind(words)
            .push(" AND rowid = (SELECT number FROM tool_call_bodies WHERE tool_call_id = tool_calls.id))");
        return;
    }
    statement
        .push(
            "id IN (SELECT tool_call_id FROM tool_call_bodies WHERE number IN
             (SELECT rowid FROM tool_call_words WHERE tool_call_words MATCH ",
        )
        .bind(words)
        .push("))");
}
