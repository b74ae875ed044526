use std::collections::HashMap;

use database::{
    Database, DatabaseError,
    keyset::{Key, Place},
};
use uuid::Uuid;

use super::{
    Statement, Store,
    condition::{self, push_filter},
    postgres,
    read::{push_place, select_columns},
    sqlite,
};
use crate::{
    filter::ToolCallFilter,
    tool_call::{PayloadRow, ToolCallRow},
    words::{Part, Search, Words},
};

/// Calls with some words from which on they count as frequent: at a million
/// calls it then costs about the same to find all that have them as to read
/// until a page is full.
pub(super) const FREQUENT: usize = if cfg!(test) { 400 } else { 8_000 };

/// Calls that are read one by one before the rest is left to the index: so many
/// that a page of words that are just frequent is full.
const MAX_READ: usize = if cfg!(test) { 300 } else { 10_000 };

/// Calls read at a time, at first and at most.
const FIRST_STEP: u32 = 64;
const LARGEST_STEP: u32 = 512;

impl Store {
    /// The calls of a place in the list whose words a filter asks for. Rare words
    /// are found by the index, and what has them put into the order of the page;
    /// frequent ones by reading in that order until the page is full.
    pub(super) async fn search_tool_calls(
        &self,
        filter: &ToolCallFilter,
        searches: &[Search],
        mut place: Place,
        limit: u32,
    ) -> Result<Vec<ToolCallRow>, DatabaseError> {
        let are_frequent = match &self.database {
            Database::Sqlite(_) => sqlite::are_frequent(&self.database, searches).await?,
            Database::Postgres(_) => postgres::are_frequent(&self.database, searches, filter.range).await?,
        };
        let mut found = Vec::new();
        if are_frequent {
            let others = condition::without_words(filter);
            let mut step = FIRST_STEP;
            let mut read = 0;
            while read < MAX_READ {
                let rows = self.list_by_condition(&others, place, step).await?;
                let is_last = rows.len() < step as usize;
                read += rows.len();
                if let Some(last) = rows.last() {
                    place = place.behind(Key {
                        at: last.started_at,
                        id: last.id,
                    });
                }
                self.keep_those_with_words(rows, searches, &mut found).await?;
                if is_last || found.len() >= limit as usize {
                    found.truncate(limit as usize);
                    return Ok(found);
                }
                step = (step * 2).min(LARGEST_STEP);
            }
        }
        let rest = limit - found.len() as u32;
        found.extend(match &self.database {
            Database::Sqlite(_) => self.list_by_condition(filter, place, rest).await?,
            Database::Postgres(_) if are_frequent => self.list_by_condition(filter, place, rest).await?,
            Database::Postgres(_) => self.list_by_words(filter, searches, place, rest).await?,
        });
        Ok(found)
    }

    /// Those that have rare words, as PostgreSQL is best asked: by itself it would
    /// go through all calls in the order of the page, and compare each.
    async fn list_by_words(
        &self,
        filter: &ToolCallFilter,
        searches: &[Search],
        place: Place,
        limit: u32,
    ) -> Result<Vec<ToolCallRow>, DatabaseError> {
        let ids = postgres::find_ids(&self.database, searches, filter.range).await?;
        let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
        let mut statement = Statement::new(&self.database, &select_columns());
        statement
            .push(" FROM (SELECT * FROM tool_calls WHERE id = ANY(CAST(")
            .bind(format!("{{{}}}", ids.join(",")))
            .push(" AS UUID[]))");
        postgres::push_days(&mut statement, filter.range);
        statement.push(" OFFSET 0) AS tool_calls");
        push_filter(&mut statement, &condition::without_words(filter), filter.range);
        push_place(&mut statement, place, "started_at", limit);
        statement.fetch_all(&self.database).await
    }

    async fn keep_those_with_words(
        &self,
        rows: Vec<ToolCallRow>,
        searches: &[Search],
        found: &mut Vec<ToolCallRow>,
    ) -> Result<(), DatabaseError> {
        // What stands in the row itself needs no payload.
        let in_rows = searches.iter().filter(|search| search.part == Part::Error);
        let in_rows: Vec<&Search> = in_rows.collect();
        let may_be_found = |row: &ToolCallRow| {
            let texts = row.texts(None, None);
            in_rows.iter().all(|search| search.may_find(texts))
        };
        let rows: Vec<ToolCallRow> = rows.into_iter().filter(may_be_found).collect();
        let ids = rows.iter().map(|row| row.id).collect();
        let payloads = self.payloads(ids).await?;
        let mut payloads: HashMap<Uuid, PayloadRow> = payloads
            .into_iter()
            .map(|payload| (payload.tool_call_id, payload))
            .collect();
        for row in rows {
            // Words go when the payload goes.
            let Some(payload) = payloads.remove(&row.id) else {
                continue;
            };
            let (arguments, result) = payload.texts();
            let texts = row.texts(arguments.as_deref(), result.as_deref());
            if searches.iter().all(|search| search.may_find(texts)) {
                let words = Words::of(texts);
                if searches.iter().all(|search| search.finds(&words)) {
                    found.push(row);
                }
            }
            // It is work, and others wait.
            tokio::task::consume_budget().await;
        }
        Ok(())
    }
}
