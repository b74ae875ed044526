//! Where in a long range there are calls of a filter, by what is counted of them.

use std::collections::{BTreeSet, HashSet, VecDeque};

use database::{DatabaseError, keyset::Place};
use domain::Timestamp;

use super::{Grouping, Statement, Store, condition::is_in_index_of_failed_calls, search::behind};
use crate::{
    filter::{Range, ToolCallFilter},
    latency,
    query::{Expression, Field, Operator, Value},
    rollup::{DAY_US, HOUR_US, OF_CALLERS, OF_TOOLS, floor},
    tally::Tally,
    tool_call::ToolCallRow,
};

/// What few calls have, which are found by an index.
const LOOKED_UP: [Field; 2] = [Field::Id, Field::Session];

/// What of a filter counts of calls can tell: there is none where they count none.
#[derive(Debug)]
struct Counted {
    tools: Option<ToolCallFilter>,
    callers: Option<ToolCallFilter>,
    /// All of them hold for a call.
    durations: Vec<(Operator, i64)>,
}

impl Counted {
    fn of(filter: &ToolCallFilter) -> Option<Self> {
        let is_looked_up = LOOKED_UP.into_iter().any(|field| filter.names(field));
        if is_looked_up || is_in_index_of_failed_calls(filter) {
            return None;
        }
        let durations: Vec<_> = filter.terms.iter().filter_map(as_duration).collect();
        let tools = filter.only(&OF_TOOLS);
        let callers = filter.only(&OF_CALLERS);
        let is_of_tools = !tools.terms.is_empty() || !durations.is_empty();
        let is_of_callers = callers.terms.iter().any(|term| !tools.terms.contains(term));
        (is_of_tools || is_of_callers).then(|| Self {
            tools: is_of_tools.then_some(tools),
            callers: is_of_callers.then_some(callers),
            durations,
        })
    }

    /// Whether one of some latencies can be of the filter.
    fn takes_one_of(&self, latencies: &[u8]) -> bool {
        let takes = |bucket| {
            let mut durations = self.durations.iter();
            durations.all(|(operator, limit)| may_be(bucket, *operator, *limit))
        };
        let latencies = <Tally>::unpack(latencies);
        let mut buckets = latencies
            .iter()
            .filter_map(|(bucket, _)| i16::try_from(bucket).ok());
        buckets.any(takes)
    }
}

impl Store {
    /// The calls of a place in the list, by nothing but the indexes of the database.
    /// Where the first hour of the page does not fill it, counts tell in which hours
    /// there are others: to find that there is none, all would be read.
    pub(super) async fn list_by_condition(
        &self,
        filter: &ToolCallFilter,
        place: Place,
        limit: u32,
    ) -> Result<Vec<ToolCallRow>, DatabaseError> {
        let Some(counted) = Counted::of(filter) else {
            return self.list_in(filter, filter.range, false, place, limit).await;
        };
        let is_oldest_first = matches!(place, Place::NewerThan(_));
        let (first, rest) = first_hour(behind(filter.range, place), is_oldest_first);
        let mut page = match first {
            Some(first) => self.list_in(filter, first, false, place, limit).await?,
            None => Vec::new(),
        };
        if let Some(rest) = rest
            && page.len() < limit as usize
        {
            let asked = limit - page.len() as u32;
            page.extend(self.list_stretches(filter, &counted, rest, place, asked).await?);
        }
        Ok(page)
    }

    /// The calls of a range longer than an hour.
    async fn list_stretches(
        &self,
        filter: &ToolCallFilter,
        counted: &Counted,
        range: Range,
        place: Place,
        limit: u32,
    ) -> Result<Vec<ToolCallRow>, DatabaseError> {
        let is_oldest_first = matches!(place, Place::NewerThan(_));
        // Those that run are in no count. They are read first: what ends meanwhile is
        // there or here.
        let running = self.list_in(filter, range, true, place, limit).await?;
        let mut found: Vec<ToolCallRow> = Vec::new();
        let days = in_order(self.buckets(counted, DAY_US, range).await?, is_oldest_first);
        // Of more and more days at once: where few calls a day are of the filter, a page is many.
        let (mut days, mut together) = (days.as_slice(), 1);
        'page: while !days.is_empty() {
            let (some, later) = days.split_at(days.len().min(together));
            (days, together) = (later, together * 2);
            let stretches = self.stretches(counted, range, some).await?;
            for stretch in in_order(stretches, is_oldest_first) {
                let asked = limit - found.len() as u32;
                found.extend(self.list_in(filter, stretch, false, place, asked).await?);
                if found.len() >= limit as usize {
                    break 'page;
                }
            }
        }
        let ids: HashSet<_> = found.iter().map(|call| call.id).collect();
        found.extend(running.into_iter().filter(|call| !ids.contains(&call.id)));
        found.sort_by_key(ToolCallRow::key);
        if !is_oldest_first {
            found.reverse();
        }
        found.truncate(limit as usize);
        Ok(found)
    }

    /// The parts of a range in which calls can have taken as long as a filter asks, the
    /// newest first. All of it, where it does not ask: those that run are in no count.
    pub(super) async fn stretches_of_durations(
        &self,
        filter: &ToolCallFilter,
        range: Range,
    ) -> Result<VecDeque<Range>, DatabaseError> {
        let counted = Counted::of(filter).filter(|counted| !counted.durations.is_empty());
        let Some(counted) = counted.filter(|_| !is_short(range)) else {
            return Ok(VecDeque::from([range]));
        };
        let days = in_order(self.buckets(&counted, DAY_US, range).await?, true);
        let stretches = self.stretches(&counted, range, &days).await?;
        Ok(stretches.into_iter().rev().collect())
    }

    /// The parts of a range in which there are calls, from the first to the last of some
    /// days, the oldest first.
    async fn stretches(
        &self,
        counted: &Counted,
        range: Range,
        days: &[i64],
    ) -> Result<Vec<Range>, DatabaseError> {
        let (Some(first), Some(last)) = (days.iter().min(), days.iter().max()) else {
            return Ok(Vec::new());
        };
        let mut stretches: Vec<(i64, i64)> = Vec::new();
        let of_days = within(range, *first, last + DAY_US);
        for hour in self.buckets(counted, HOUR_US, of_days).await? {
            match stretches.last_mut() {
                Some((_, end)) if *end == hour => *end += HOUR_US,
                _ => stretches.push((hour, hour + HOUR_US)),
            }
        }
        let stretches = stretches.into_iter();
        Ok(stretches.map(|(from, to)| within(range, from, to)).collect())
    }

    /// Where the buckets begin in which there are calls.
    async fn buckets(
        &self,
        counted: &Counted,
        step_us: i64,
        range: Range,
    ) -> Result<BTreeSet<i64>, DatabaseError> {
        let (from, to) = range.bounds();
        let from = floor(from, step_us);
        let mut buckets = None;
        if let Some(tools) = &counted.tools {
            let select = |select| self.select_tools(select, tools, step_us, from, to, Grouping::default());
            buckets = Some(if counted.durations.is_empty() {
                self.times(select("SELECT DISTINCT at")).await?
            } else {
                let rows: Vec<(i64, Vec<u8>)> =
                    select("SELECT at, latencies").fetch_all(&self.database).await?;
                let rows = rows.into_iter();
                rows.filter(|(_, latencies)| counted.takes_one_of(latencies))
                    .map(|(at, _)| at)
                    .collect()
            });
        }
        if let Some(callers) = &counted.callers
            && buckets.as_ref().is_none_or(|buckets| !buckets.is_empty())
        {
            let statement = self.select_callers("SELECT DISTINCT at", callers, step_us, from, to);
            let of_callers = self.times(statement).await?;
            buckets = Some(match buckets {
                Some(of_tools) => &of_tools & &of_callers,
                None => of_callers,
            });
        }
        Ok(buckets.unwrap_or_default())
    }

    async fn times(&self, statement: Statement) -> Result<BTreeSet<i64>, DatabaseError> {
        let times: Vec<(i64,)> = statement.fetch_all(&self.database).await?;
        Ok(times.into_iter().map(|(at,)| at).collect())
    }
}

/// Whether a range is read as it is.
fn is_short(range: Range) -> bool {
    let (from, to) = range.bounds();
    to - from <= HOUR_US
}

/// The hour at which a page begins, where it is known, and the rest, where there is one.
fn first_hour(range: Range, is_oldest_first: bool) -> (Option<Range>, Option<Range>) {
    if is_short(range) {
        return (Some(range), None);
    }
    let (from, to) = range.bounds();
    let cut = if is_oldest_first {
        range.from.map(|_| from + HOUR_US)
    } else {
        range.to.map(|_| to - HOUR_US)
    };
    let Some(cut) = cut.map(Timestamp::from_micros) else {
        return (None, Some(range));
    };
    let older = Range {
        to: Some(cut),
        ..range
    };
    let newer = Range {
        from: Some(cut),
        ..range
    };
    if is_oldest_first {
        (Some(older), Some(newer))
    } else {
        (Some(newer), Some(older))
    }
}

/// What of a range lies from a time on and before another.
fn within(range: Range, from: i64, to: i64) -> Range {
    let (begin, end) = range.bounds();
    Range::between(from.max(begin), to.min(end))
}

/// In the order of a page.
fn in_order<T>(
    ascending: impl IntoIterator<IntoIter: DoubleEndedIterator<Item = T>>,
    is_oldest_first: bool,
) -> Vec<T> {
    let ascending = ascending.into_iter();
    if is_oldest_first {
        ascending.collect()
    } else {
        ascending.rev().collect()
    }
}

/// A condition of how long a call took, which each call of the filter meets.
fn as_duration(term: &Expression) -> Option<(Operator, i64)> {
    let Expression::Field(condition) = term else {
        return None;
    };
    match (condition.field, &condition.value) {
        (Field::Duration, Value::Micros(limit)) => Some((condition.operator, *limit)),
        _ => None,
    }
}

/// Whether a duration of a bucket can meet a condition.
fn may_be(bucket: i16, operator: Operator, limit: i64) -> bool {
    let edge = |bucket| i64::try_from(latency::upper_edge_us(bucket)).unwrap_or(i64::MAX);
    let shortest = if bucket == 0 { 0 } else { edge(bucket - 1) };
    let longest = edge(bucket);
    match operator {
        Operator::Is => shortest <= limit && limit <= longest,
        Operator::Below => shortest < limit,
        Operator::AtMost => shortest <= limit,
        Operator::Above => longest > limit,
        Operator::AtLeast => longest >= limit,
    }
}

#[cfg(test)]
mod tests {
    use database::database_test;
    use domain::ToolCallStatus;
    use proptest::prelude::*;

    use super::*;
    use crate::{
        fixtures::{Gateway, PROJECT, finished, records, running},
        query,
        store::{MIGRATIONS, first_id},
        tool_calls::BEFORE_ALL,
    };

    fn filter(q: &str, range: Range) -> ToolCallFilter {
        ToolCallFilter {
            project_id: PROJECT,
            range,
            terms: match query::parse(q).unwrap() {
                Some(Expression::All(terms)) => terms,
                other => other.into_iter().collect(),
            },
        }
    }

    const BEGIN: i64 = 20_000 * DAY_US;

    /// Of five days, in no order.
    fn calls() -> impl Iterator<Item = proto::logging::ToolCall> {
        (1..=80).map(|number| {
            let at = BEGIN + number * 37 % 120 * HOUR_US + number;
            // The time is in it.
            let id = first_id(at).as_u128() + u128::from(number.unsigned_abs());
            let mut call = match number % 7 {
                0 => running(id, at),
                1 => finished(id, at, ToolCallStatus::Error),
                _ => finished(id, at, ToolCallStatus::Success),
            };
            call.duration_us = call.duration_us.map(|_| 1 << (number % 20));
            if number % 26 == 1 {
                "rare".clone_into(&mut call.tool_name);
            }
            if number % 11 == 0 {
                "cline".clone_into(&mut call.client.as_mut().unwrap().r#type);
            }
            call
        })
    }

    database_test! {
        &MIGRATIONS;

        async fn counts_leave_no_call_out_of_a_list(database: Database) {
            let mut gateway = Gateway::over(database);
            gateway.send(records(calls())).await;
            let store = &gateway.store;
            let ranges = [
                Range::default(),
                Range::between(BEGIN, BEGIN + 120 * HOUR_US),
                Range::between(BEGIN + HOUR_US * 61 / 2, BEGIN + 90 * HOUR_US + 5),
                Range::between(BEGIN + 37 * HOUR_US, BEGIN + 37 * HOUR_US + 60),
            ];
            let queries = [
                "tool:rare",
                "tool:nosuch",
                "status:error",
                "status:running",
                "-status:success",
                "client:cline",
                "client:nosuch",
                "client:cline -tool:rare",
                "client:cline status:error",
                "(client:cline OR tool:rare)",
                "duration:>100ms",
                "duration:<5us",
                "duration:>1000s",
                "tool:rare duration:<1ms",
                "request:* client:cline",
            ];
            let mut listed = 0;
            for (range, q) in ranges.iter().flat_map(|range| queries.map(|q| (*range, q))) {
                let filter = filter(q, range);
                for (first, limit) in [(Place::Newest, 3), (BEFORE_ALL, 2), (Place::Newest, 100)] {
                    let mut place = first;
                    loop {
                        let expected = store.list_in(&filter, range, false, place, limit).await.unwrap();
                        let found = store.list_tool_calls(&filter, place, limit).await.unwrap();
                        let key = |calls: &[ToolCallRow]| calls.iter().map(ToolCallRow::key).collect::<Vec<_>>();
                        assert_eq!(key(&found), key(&expected), "{q} {range:?} {place:?}");
                        listed += found.len();
                        let Some(last) = found.last() else { break };
                        place = place.behind(last.key());
                    }
                }
            }
            assert!(listed > 500, "there was something to leave out");
        }

        async fn hours_without_such_a_call_are_not_read(database: Database) {
            let mut gateway = Gateway::over(database);
            gateway.send(records(calls())).await;
            let hours_of = async |q: &str| {
                let counted = Counted::of(&filter(q, Range::default())).unwrap();
                let hours = gateway.store.buckets(&counted, HOUR_US, Range::default()).await.unwrap();
                hours.into_iter().map(|at| (at - BEGIN) / HOUR_US).collect::<Vec<_>>()
            };
            // Calls 1, 27, 53 and 79.
            assert_eq!(hours_of("tool:rare").await, [37, 39, 41, 43]);
            assert_eq!(hours_of("tool:rare duration:<=2us").await, [37]);
            // Of those of that client, 22 failed.
            assert_eq!(hours_of("client:cline status:error").await, [94]);
            for q in ["tool:nosuch", "client:nosuch", "duration:>1000s", "tool:rare client:nosuch"] {
                assert!(hours_of(q).await.is_empty(), "{q}");
            }
            let summed = filter("duration:>=500ms", Range::default());
            let stretches = gateway.store.stretches_of_durations(&summed, summed.range).await.unwrap();
            let of_all: i64 = stretches.iter().map(|stretch| stretch.bounds().1 - stretch.bounds().0).sum();
            // Calls 19, 39, 59 and 79.
            assert_eq!(of_all, 4 * HOUR_US);
        }
    }

    proptest! {
        #[test]
        fn a_bucket_has_what_any_of_its_durations_meets(duration in 0_i64..1 << 40, other in 0_i64..1 << 40, is_near in any::<bool>()) {
            let limit = if is_near { duration + other % 3 - 1 } else { other };
            let bucket = latency::bucket(duration.unsigned_abs());
            for (operator, is_met) in [
                (Operator::Is, duration == limit),
                (Operator::Below, duration < limit),
                (Operator::AtMost, duration <= limit),
                (Operator::Above, duration > limit),
                (Operator::AtLeast, duration >= limit),
            ] {
                prop_assert!(!is_met || may_be(bucket, operator, limit), "{operator:?}");
            }
        }
    }
}
