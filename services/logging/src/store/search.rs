use std::collections::HashMap;

use database::{Database, DatabaseError, keyset::Place};
use uuid::Uuid;

use super::{Store, condition};
use crate::{
    filter::ToolCallFilter,
    tool_call::{PayloadRow, ToolCallRow},
    words::{Part, Search, Words},
};

#[cfg(test)]
mod tests;

/// Calls whose words are read at a time until a page is full, at first and at
/// most.
pub(super) const FIRST_STEP: u32 = 64;
pub(super) const LARGEST_STEP: u32 = 512;

impl Store {
    /// The calls of a place in the list, in the order of the place, at most
    /// `limit`.
    pub(crate) async fn list_tool_calls(
        &self,
        filter: &ToolCallFilter,
        place: Place,
        limit: u32,
    ) -> Result<Vec<ToolCallRow>, DatabaseError> {
        let searches = condition::searches(filter);
        match &self.database {
            Database::Sqlite(_) if !searches.is_empty() => {
                self.list_by_index_or_reading(filter, &searches, place, limit)
                    .await
            }
            Database::Postgres(pool) if !condition::all_searches(filter).is_empty() => {
                self.list_by_volumes(pool, filter, &searches, place, limit).await
            }
            _ => self.list_by_condition(filter, place, limit).await,
        }
    }

    /// Reads calls and keeps those that have all of some words, in a row.
    pub(super) async fn keep_those_with_words(
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
