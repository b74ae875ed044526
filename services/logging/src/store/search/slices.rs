use std::collections::VecDeque;

use database::{Database, DatabaseError, on_database};
use domain::Timestamp;
use uuid::Uuid;

use crate::{filter::Range, words::ID_BYTES};

/// Calls of the first slice, at least: a page of frequent words is full with
/// them.
const FIRST_CALLS: u64 = if cfg!(test) { 256 } else { 4_096 };

/// Calls of any slice, all words of a filter taken together. Of each word, 16
/// bytes a call are in memory, PostgreSQL makes a hash of them in 4 MiB, and SQLite
/// a list in 30 ms.
const MOST_CALLS: u64 = if cfg!(test) { 1_024 } else { 65_536 };

/// The places where a slice can begin: where a volume does, and within what is
/// in none yet.
const CUTS: &str = "SELECT first_started_at, CAST(length(ids) / $5 AS BIGINT) FROM word_sections
    WHERE project_id = $1 AND last_started_at >= $2 AND first_started_at < $3
    UNION ALL
    SELECT started_at, $4 FROM (
        SELECT started_at, row_number() OVER (ORDER BY started_at DESC) AS number FROM unindexed_calls
        WHERE project_id = $1 AND started_at >= $2 AND started_at < $3
    ) AS numbered WHERE number % $4 = 0
    ORDER BY 1";

/// A range cut into slices of so few calls that what is found in one is no
/// burden, in the order of a page.
#[derive(Debug)]
pub(in crate::store) struct Slices {
    pieces: VecDeque<Piece>,
    is_oldest_first: bool,
    /// Calls of the next slice.
    calls: u64,
    most_calls: u64,
}

/// From a time on, and before a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    from: i64,
    to: i64,
    calls: u64,
}

impl Slices {
    /// For a filter that looks for so many words.
    pub(in crate::store) async fn of(
        database: &Database,
        project_id: Uuid,
        range: Range,
        searches: usize,
        is_oldest_first: bool,
    ) -> Result<Self, DatabaseError> {
        let (from, to) = bounds(range);
        let cuts: Vec<(i64, i64)> = on_database!(database, |pool| {
            sqlx::query_as(CUTS)
                .bind(project_id)
                .bind(from)
                .bind(to)
                .bind(FIRST_CALLS.cast_signed())
                .bind(ID_BYTES as i64)
                .fetch_all(pool)
                .await?
        });
        Ok(Self::between(from, to, &cuts, searches, is_oldest_first))
    }

    fn between(from: i64, to: i64, cuts: &[(i64, i64)], searches: usize, is_oldest_first: bool) -> Self {
        let mut pieces = VecDeque::new();
        let mut piece = Piece { from, to, calls: 0 };
        for (at, calls) in cuts {
            if *at > piece.from {
                pieces.push_back(Piece { to: *at, ..piece });
                (piece.from, piece.calls) = (*at, 0);
            }
            piece.calls += calls.unsigned_abs();
        }
        pieces.push_back(piece);
        let most_calls = (MOST_CALLS / searches.max(1) as u64).max(1);
        Self {
            pieces,
            is_oldest_first,
            calls: FIRST_CALLS.min(most_calls),
            most_calls,
        }
    }

    fn next_piece(&mut self) -> Option<Piece> {
        if self.is_oldest_first {
            self.pieces.pop_front()
        } else {
            self.pieces.pop_back()
        }
    }
}

impl Iterator for Slices {
    type Item = Range;

    fn next(&mut self) -> Option<Range> {
        let mut slice = self.next_piece()?;
        while slice.calls < self.calls
            && let Some(piece) = self.next_piece()
        {
            slice = Piece {
                from: slice.from.min(piece.from),
                to: slice.to.max(piece.to),
                calls: slice.calls + piece.calls,
            };
        }
        self.calls = (self.calls * 2).min(self.most_calls);
        Some(Range {
            from: (slice.from > i64::MIN).then(|| Timestamp::from_micros(slice.from)),
            to: (slice.to < i64::MAX).then(|| Timestamp::from_micros(slice.to)),
        })
    }
}

/// Both ends of a range.
pub(super) fn bounds(range: Range) -> (i64, i64) {
    (
        range.from.map_or(i64::MIN, Timestamp::as_micros),
        range.to.map_or(i64::MAX, Timestamp::as_micros),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn slices_cover_the_range_once_in_its_order(
            mut cuts in prop::collection::vec((0_i64..1_000, 1_i64..9_000), 0..60),
            range in prop::option::of((0_i64..500, 500_i64..1_000)),
            searches in 0_usize..40,
            is_oldest_first in any::<bool>(),
        ) {
            cuts.sort_unstable();
            let (from, to) = range.unwrap_or((i64::MIN, i64::MAX));
            cuts.retain(|(at, _)| *at < to);
            let slices: Vec<Range> = Slices::between(from, to, &cuts, searches, is_oldest_first).collect();
            let mut ordered: Vec<(i64, i64)> = slices.into_iter().map(bounds).collect();
            if !is_oldest_first {
                ordered.reverse();
            }
            prop_assert_eq!(ordered.first().map(|slice| slice.0), Some(from));
            prop_assert_eq!(ordered.last().map(|slice| slice.1), Some(to));
            prop_assert!(ordered.windows(2).all(|pair| pair[0].1 == pair[1].0 && pair[0].0 < pair[0].1));
        }
    }

    #[test]
    fn slices_grow_and_stay_small_where_many_words_are_looked_for() {
        let calls = 2 * FIRST_CALLS.cast_signed();
        let cuts: Vec<(i64, i64)> = (0..100).map(|number| (number * 10, calls)).collect();
        let lengths = |searches| -> Vec<i64> {
            let slices = Slices::between(0, 1_000, &cuts, searches, true);
            slices.map(bounds).map(|(from, to)| (to - from) / 10).collect()
        };
        assert_eq!(lengths(1)[..5], [1, 1, 2, 2, 2]);
        assert_eq!(lengths(2)[..3], [1, 1, 1]);
    }
}
