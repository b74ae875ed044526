use std::collections::VecDeque;

use database::{Database, DatabaseError};
use uuid::Uuid;

use super::{FoundWords, slices::Slices};
use crate::{
    filter::{Range, ToolCallFilter},
    store::{Store, condition, statement::WordLookup},
    words::Search,
};

/// A range in slices, the newest first, each with the calls that have the words
/// of a filter.
pub(in crate::store) enum Pieces {
    /// There are no words.
    Whole(VecDeque<Range>),
    Slices {
        database: Database,
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
        let (database, project_id, all, searches, slices) = match self {
            Self::Whole(ranges) => {
                let range = ranges.pop_front();
                return Ok(range.map(|range| (range, WordLookup::default())));
            }
            Self::Slices {
                database,
                project_id,
                all,
                searches,
                slices,
            } => (database, *project_id, all, searches, slices),
        };
        for range in slices {
            let found = FoundWords::in_range(database, project_id, range, all, &[]).await?;
            if searches.iter().all(|search| !found.ids(search).is_empty()) {
                return Ok(Some((range, WordLookup::LookedUp(found))));
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
        if all.is_empty() {
            return Ok(Pieces::Whole(self.stretches_of_durations(filter, range).await?));
        }
        Ok(Pieces::Slices {
            database: self.database.clone(),
            project_id: filter.project_id,
            searches: condition::searches(filter),
            slices: Slices::of(&self.database, filter.project_id, range, all.len(), false).await?,
            all,
        })
    }
}
