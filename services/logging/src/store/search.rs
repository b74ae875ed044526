use std::collections::HashSet;

use database::{Database, DatabaseError, keyset::Place};
use domain::Timestamp;
use uuid::Uuid;

use super::{Statement, Store, condition, postgres, read::select_columns, sqlite, statement::WordLookup};
use crate::{
    filter::{Range, ToolCallFilter},
    tool_call::ToolCallRow,
    words::Search,
};
use slices::Slices;

mod pieces;
mod slices;
#[cfg(test)]
mod tests;
mod texts;
mod words;

pub(crate) use texts::{CallTexts, texts_of};
pub(super) use words::FoundWords;

/// Calls whose words are read at a time until a page is full, at first and at
/// most.
const FIRST_STEP: u32 = 64;
const LARGEST_STEP: u32 = 512;

impl Store {
    /// The calls of a place in the list, in the order of the place, at most
    /// `limit`.
    pub(crate) async fn list_tool_calls(
        &self,
        filter: &ToolCallFilter,
        place: Place,
        limit: u32,
    ) -> Result<Vec<ToolCallRow>, DatabaseError> {
        if condition::all_searches(filter).is_empty() {
            self.list_by_condition(filter, place, limit).await
        } else {
            self.list_by_words(filter, place, limit).await
        }
    }

    /// The calls of a place in the list that have the words of a filter: slice by
    /// slice in the order of the page, until it is full.
    async fn list_by_words(
        &self,
        filter: &ToolCallFilter,
        place: Place,
        limit: u32,
    ) -> Result<Vec<ToolCallRow>, DatabaseError> {
        let all = condition::all_searches(filter);
        let searches = condition::searches(filter);
        let in_a_row = searches.iter().filter(|search| search.is_of_several_words());
        let in_a_row: Vec<Search> = in_a_row.cloned().collect();
        let is_oldest_first = matches!(place, Place::NewerThan(_));
        let range = behind(filter.range, place);
        let slices = Slices::of(
            &self.database,
            filter.project_id,
            range,
            all.len(),
            is_oldest_first,
        )
        .await?;
        let mut found = Vec::new();
        for range in slices {
            let words =
                FoundWords::in_range(&self.database, filter.project_id, range, &all, &in_a_row).await?;
            if !searches.is_empty() && words.of_all(&searches).is_empty() {
                continue;
            }
            let filter = filter.over(range);
            let mut place = place;
            let mut step = FIRST_STEP;
            loop {
                let rest = limit - found.len() as u32;
                let asked = if in_a_row.is_empty() { rest } else { step };
                let rows = self.list_found(&filter, &words, place, asked).await?;
                let is_last = rows.len() < asked as usize;
                if let Some(last) = rows.last() {
                    place = place.behind(last.key());
                }
                found.extend(self.keep_those_with_words(rows, &in_a_row).await?);
                if found.len() >= limit as usize {
                    found.truncate(limit as usize);
                    return Ok(found);
                }
                if is_last {
                    break;
                }
                step = (step * 2).min(LARGEST_STEP);
            }
        }
        Ok(found)
    }

    /// Calls of a filter, whose words were found before. What each call must have
    /// is looked up first: by themselves the engines may go through all calls in
    /// the order of the page, and compare each.
    async fn list_found(
        &self,
        filter: &ToolCallFilter,
        words: &FoundWords,
        place: Place,
        limit: u32,
    ) -> Result<Vec<ToolCallRow>, DatabaseError> {
        let mut statement = Statement::new(&self.database, &select_columns());
        statement.words = WordLookup::LookedUp(words.clone());
        match &self.database {
            Database::Sqlite(_) => sqlite::push_page(&mut statement, filter, place, limit),
            Database::Postgres(_) => postgres::push_page(&mut statement, filter, words, place, limit),
        }
        statement.fetch_all(&self.database).await
    }

    /// Of some calls, by reading them, those that have all of some words.
    async fn keep_those_with_words(
        &self,
        mut rows: Vec<ToolCallRow>,
        searches: &[Search],
    ) -> Result<Vec<ToolCallRow>, DatabaseError> {
        if !searches.is_empty() {
            let ids = rows.iter().map(|row| row.id).collect();
            let found = FoundWords::by_reading(&self.database, ids, searches).await?;
            let found: HashSet<Uuid> = found.of_all(searches).into_iter().collect();
            rows.retain(|row| found.contains(&row.id));
        }
        Ok(rows)
    }
}

/// What of a range can be on a page.
pub(super) fn behind(range: Range, place: Place) -> Range {
    match place {
        Place::Newest => range,
        Place::OlderThan(key) => {
            let to = Timestamp::from_micros(key.at.saturating_add(1));
            Range {
                to: Some(range.to.map_or(to, |end| end.min(to))),
                ..range
            }
        }
        Place::NewerThan(key) => {
            let from = Timestamp::from_micros(key.at);
            Range {
                from: Some(range.from.map_or(from, |begin| begin.max(from))),
                ..range
            }
        }
    }
}
