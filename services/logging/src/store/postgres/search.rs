use database::{Database, DatabaseError, keyset::Place};
use domain::Timestamp;
use sqlx::PgPool;
use uuid::Uuid;

use super::{FoundWords, push_days, slices::Slices};
use crate::{
    filter::{Range, ToolCallFilter},
    store::{
        Statement, Store,
        condition::{self, push_filter},
        read::{push_place, select_columns},
        search::{FIRST_STEP, LARGEST_STEP},
        statement::WordLookup,
    },
    tool_call::ToolCallRow,
    words::Search,
};

/// A range in slices, the newest first, each with the calls that have the words
/// of a filter.
pub(in crate::store) enum Pieces {
    /// There are no words, or the database finds them itself.
    Whole(Option<Range>),
    Slices {
        pool: PgPool,
        project_id: Uuid,
        all: Vec<Search>,
        /// What each call must have.
        searches: Vec<Search>,
        slices: Slices,
    },
}

impl Pieces {
    /// The next slice in which there may be something.
    pub(in crate::store) async fn next(&mut self) -> Result<Option<(Range, WordLookup)>, DatabaseError> {
        let (pool, project_id, all, searches, slices) = match self {
            Self::Whole(range) => return Ok(range.take().map(|range| (range, WordLookup::All))),
            Self::Slices {
                pool,
                project_id,
                all,
                searches,
                slices,
            } => (pool, *project_id, all, searches, slices),
        };
        for range in slices {
            let found = FoundWords::in_range(pool, project_id, range, all, &[]).await?;
            if searches.iter().all(|search| !found.ids(search).is_empty()) {
                return Ok(Some((range, WordLookup::Found(found))));
            }
        }
        Ok(None)
    }
}

impl Store {
    pub(in crate::store) async fn pieces(
        &self,
        filter: &ToolCallFilter,
        range: Range,
    ) -> Result<Pieces, DatabaseError> {
        let all = condition::all_searches(filter);
        match &self.database {
            Database::Postgres(pool) if !all.is_empty() => Ok(Pieces::Slices {
                pool: pool.clone(),
                project_id: filter.project_id,
                searches: condition::searches(filter),
                slices: Slices::of(pool, filter.project_id, range, all.len(), false).await?,
                all,
            }),
            _ => Ok(Pieces::Whole(Some(range))),
        }
    }

    /// The calls of a place in the list that have the words of a filter: slice by
    /// slice in the order of the page, until it is full.
    pub(in crate::store) async fn list_by_volumes(
        &self,
        pool: &PgPool,
        filter: &ToolCallFilter,
        searches: &[Search],
        place: Place,
        limit: u32,
    ) -> Result<Vec<ToolCallRow>, DatabaseError> {
        let all = condition::all_searches(filter);
        let others = condition::without_words(filter);
        let is_to_be_read = searches.iter().any(Search::is_of_several_words);
        let is_oldest_first = matches!(place, Place::NewerThan(_));
        let range = behind(filter.range, place);
        let slices = Slices::of(pool, filter.project_id, range, all.len(), is_oldest_first).await?;
        let mut found = Vec::new();
        for range in slices {
            let words = FoundWords::in_range(pool, filter.project_id, range, &all, searches).await?;
            let candidates = (!searches.is_empty()).then(|| words.of_all(searches));
            if candidates.as_ref().is_some_and(Vec::is_empty) {
                continue;
            }
            let others = others.over(range);
            let mut place = place;
            let mut step = FIRST_STEP;
            loop {
                let rest = limit - found.len() as u32;
                let asked = if is_to_be_read { step } else { rest };
                let candidates = candidates.clone();
                let rows = self
                    .list_candidates(&others, &words, candidates, place, asked)
                    .await?;
                let is_last = rows.len() < asked as usize;
                if let Some(last) = rows.last() {
                    place = place.behind(last.key());
                }
                if is_to_be_read {
                    self.keep_those_with_words(rows, searches, &mut found).await?;
                } else {
                    found.extend(rows);
                }
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

    /// Calls of a filter, of these where there are some. PostgreSQL is told to look
    /// for those first: by itself it may go through all calls in the order of the
    /// page, and compare each.
    async fn list_candidates(
        &self,
        filter: &ToolCallFilter,
        words: &FoundWords,
        candidates: Option<Vec<Uuid>>,
        place: Place,
        limit: u32,
    ) -> Result<Vec<ToolCallRow>, DatabaseError> {
        let mut statement = Statement::new(&self.database, &select_columns());
        statement.words = WordLookup::Found(words.clone());
        match candidates {
            None => {
                statement.push(" FROM tool_calls");
            }
            // Told how long the array is, the planner looks which day each id is of.
            Some(ids) => {
                statement
                    .push(" FROM (SELECT * FROM tool_calls WHERE id = ANY(ARRAY(SELECT unnest(")
                    .bind(ids)
                    .push(")))");
                push_days(&mut statement, filter.range);
                statement.push(" OFFSET 0) AS tool_calls");
            }
        }
        push_filter(&mut statement, filter, filter.range);
        push_place(&mut statement, place, "started_at", limit);
        statement.fetch_all(&self.database).await
    }
}

/// What of a range can be on a page.
fn behind(range: Range, place: Place) -> Range {
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
