use database::{Database, DatabaseError, keyset::Place};

use super::match_text;
use crate::{
    filter::ToolCallFilter,
    store::{
        Statement, Store, condition,
        search::{FIRST_STEP, LARGEST_STEP},
    },
    tool_call::ToolCallRow,
    words::{Phrase, Search},
};

/// Calls with some words from which on they count as frequent: at a million
/// calls it then costs about the same to find all that have them as to read
/// until a page is full.
const FREQUENT: usize = if cfg!(test) { 400 } else { 8_000 };

/// Calls that are read one by one before the rest is left to the index: so many
/// that a page of words that are just frequent is full.
const MAX_READ: usize = if cfg!(test) { 300 } else { 10_000 };

impl Store {
    /// The calls of a place in the list whose words a filter asks for. Rare words
    /// are found by the index, and what has them put into the order of the page;
    /// frequent ones by reading in that order until the page is full.
    pub(in crate::store) async fn list_by_index_or_reading(
        &self,
        filter: &ToolCallFilter,
        searches: &[Search],
        mut place: Place,
        limit: u32,
    ) -> Result<Vec<ToolCallRow>, DatabaseError> {
        let are_frequent = are_frequent(&self.database, searches).await?;
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
                    place = place.behind(last.key());
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
        found.extend(self.list_by_condition(filter, place, rest).await?);
        Ok(found)
    }
}

/// Whether so many calls have each of some words that it is better to read calls
/// one by one until a page is full.
async fn are_frequent(database: &Database, searches: &[Search]) -> Result<bool, DatabaseError> {
    for search in searches {
        let mut statement = Statement::new(database, "SELECT COUNT(*) FROM (");
        match search.phrase.words.as_slice() {
            // The index would find all that begin with it before it gives one.
            [word] if search.phrase.is_open => {
                statement
                    .push("SELECT 1 FROM tool_call_words_places WHERE term >= ")
                    .bind(word.clone())
                    .push(" AND term < ")
                    .bind(format!("{word}\u{10FFFF}"));
            }
            _ => {
                let closed = Phrase {
                    words: search.phrase.words.clone(),
                    is_open: false,
                };
                statement
                    .push("SELECT rowid FROM tool_call_words WHERE tool_call_words MATCH ")
                    .bind(match_text(search.part, &closed));
            }
        }
        statement.push(&format!(" LIMIT {FREQUENT})"));
        let found: Option<(i64,)> = statement.fetch_optional(database).await?;
        if found.is_none_or(|(count,)| count < FREQUENT as i64) {
            return Ok(false);
        }
    }
    Ok(true)
}
