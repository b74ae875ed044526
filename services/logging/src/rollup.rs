//! Ended calls, counted by day, hour and minute as they come in, so that
//! figures over any range cost the same however many calls there are.

use std::collections::BTreeMap;

use domain::Timestamp;
use uuid::Uuid;

use crate::{
    filter::{Range, ToolCallFilter},
    query::Field,
    row::row,
    tool_call::ToolCallRow,
};

pub(crate) const MINUTE_US: i64 = 60_000_000;
pub(crate) const HOUR_US: i64 = 60 * MINUTE_US;
pub(crate) const DAY_US: i64 = 24 * HOUR_US;

/// Widths of the buckets, the widest first.
const STEPS_US: [i64; 3] = [DAY_US, HOUR_US, MINUTE_US];

/// What rollups can be asked of.
const FIELDS: [Field; 4] = [Field::Status, Field::Kind, Field::Tool, Field::Server];

/// For each tool.
pub(crate) const BY_TOOL: i64 = 0;

/// Of all tools together.
pub(crate) const OF_ALL: i64 = 1;

row! {
    /// Ended calls that are alike.
    pub(crate) struct RollupRow in "tool_call_rollups" {
        project_id: Uuid,
        scope: i64,
        step_us: i64,
        at: i64,
        server_id: Uuid,
        server_name: String,
        tool_name: String,
        status: String,
        error_kind: String,
        duration_bucket: i16,
        calls: i64,
        duration_us: i64,
    }
}

row! {
    /// A session had a call in an hour.
    #[derive(Eq, PartialOrd, Ord)]
    pub(crate) struct SessionHourRow in "session_hours" {
        project_id: Uuid,
        hour: i64,
        session_id: Uuid,
    }
}

/// A part of a range, and what is read for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The calls themselves.
    Calls(Range),
    Rollups {
        step_us: i64,
        from: i64,
        to: i64,
    },
}

/// Counts ended calls. In the order of the key, so that two transactions never
/// wait for each other in a circle.
pub(crate) fn count<'a>(calls: impl Iterator<Item = &'a ToolCallRow>) -> Vec<RollupRow> {
    let mut rows: BTreeMap<_, (i64, i64)> = BTreeMap::new();
    for call in calls {
        for step_us in STEPS_US {
            let at = floor(call.started_at, step_us);
            let ended = (
                call.status.as_str(),
                call.error_kind.as_deref().unwrap_or_default(),
                call.duration_bucket.unwrap_or_default(),
            );
            let server_id = call.server_id.unwrap_or_default();
            let tool = (server_id, call.server_name.as_str(), call.tool_name.as_str());
            for (scope, tool) in [(BY_TOOL, tool), (OF_ALL, (Uuid::nil(), "", ""))] {
                let counts = rows
                    .entry((call.project_id, scope, step_us, at, tool, ended))
                    .or_default();
                counts.0 += 1;
                counts.1 = counts.1.saturating_add(call.duration_us.unwrap_or_default());
            }
        }
    }
    rows.into_iter()
        .map(
            |((project_id, scope, step_us, at, tool, ended), counts)| RollupRow {
                project_id,
                scope,
                step_us,
                at,
                server_id: tool.0,
                server_name: tool.1.to_owned(),
                tool_name: tool.2.to_owned(),
                status: ended.0.to_owned(),
                error_kind: ended.1.to_owned(),
                duration_bucket: ended.2,
                calls: counts.0,
                duration_us: counts.1,
            },
        )
        .collect()
}

/// In which hours which sessions had calls.
pub(crate) fn session_hours<'a>(calls: impl Iterator<Item = &'a ToolCallRow>) -> Vec<SessionHourRow> {
    let hours = calls.filter_map(|call| {
        Some(SessionHourRow {
            project_id: call.project_id,
            hour: floor(call.started_at, HOUR_US),
            session_id: call.session_id?,
        })
    });
    let hours: std::collections::BTreeSet<SessionHourRow> = hours.collect();
    hours.into_iter().collect()
}

/// Whether rollups know what the filter asks.
pub(crate) fn can_answer(filter: &ToolCallFilter) -> bool {
    filter.is_only_about(&FIELDS)
}

/// Whether the filter tells tools apart.
pub(crate) fn needs_tools(filter: &ToolCallFilter) -> bool {
    !filter.is_only_about(&[Field::Status, Field::Kind])
}

/// Parts that a range is read in: the widest buckets that fit, and calls at
/// both edges. Buckets are no wider than `widest_us` and parts of it.
pub(crate) fn parts(range: Range, widest_us: Option<i64>) -> Vec<Part> {
    let fits = |step: &i64| widest_us.is_none_or(|widest| widest % step == 0);
    let steps: Vec<i64> = STEPS_US.into_iter().filter(fits).collect();
    parts_by(range, &steps)
}

/// The same with hours alone.
pub(crate) fn hours(range: Range) -> Vec<Part> {
    parts_by(range, &[HOUR_US])
}

fn parts_by(range: Range, steps: &[i64]) -> Vec<Part> {
    // Before and after every time that there is.
    let from = range.from.map_or(-DAY_US * 100_000, Timestamp::as_micros);
    let to = range.to.map_or(DAY_US * 100_000, Timestamp::as_micros);
    let mut parts = Vec::new();
    divide(from, to, steps, &mut parts);
    parts
}

fn divide(from: i64, to: i64, steps: &[i64], parts: &mut Vec<Part>) {
    if from >= to {
        return;
    }
    let Some((step_us, finer)) = steps.split_first() else {
        parts.push(Part::Calls(Range {
            from: Some(Timestamp::from_micros(from)),
            to: Some(Timestamp::from_micros(to)),
        }));
        return;
    };
    let first = floor(from.saturating_add(step_us - 1), *step_us);
    let last = floor(to, *step_us);
    if first >= last {
        return divide(from, to, finer, parts);
    }
    divide(from, first, finer, parts);
    parts.push(Part::Rollups {
        step_us: *step_us,
        from: first,
        to: last,
    });
    divide(last, to, finer, parts);
}

/// Where the bucket of a time begins.
pub(crate) const fn floor(at: i64, step_us: i64) -> i64 {
    at.div_euclid(step_us) * step_us
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bounds(part: Part) -> (i64, i64) {
        match part {
            Part::Calls(range) => (range.from.unwrap().as_micros(), range.to.unwrap().as_micros()),
            Part::Rollups { from, to, .. } => (from, to),
        }
    }

    proptest! {
        #[test]
        fn parts_cover_the_range_once(
            from in 0_i64..40 * DAY_US,
            length in 1_i64..40 * DAY_US,
            widest in prop::sample::select(vec![None, Some(1_000_000), Some(MINUTE_US), Some(90 * MINUTE_US), Some(6 * HOUR_US)]),
        ) {
            let range = Range {
                from: Some(Timestamp::from_micros(from)),
                to: Some(Timestamp::from_micros(from + length)),
            };
            let mut at = from;
            for part in parts(range, widest) {
                let (start, end) = bounds(part);
                prop_assert_eq!(start, at);
                prop_assert!(start < end);
                if let Part::Rollups { step_us, .. } = part {
                    prop_assert!(start % step_us == 0 && end % step_us == 0);
                    prop_assert!(widest.is_none_or(|widest| widest % step_us == 0));
                }
                at = end;
            }
            prop_assert_eq!(at, from + length);
        }
    }
}
