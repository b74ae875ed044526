//! Ended calls, counted by day, hour and minute as they come in, so that
//! figures over any range cost the same however many calls there are.

use domain::Timestamp;
use uuid::Uuid;

use crate::{
    figures::Dimension,
    filter::{Range, ToolCallFilter},
    query::Field,
    store::Grouping,
    tool_call::ToolCallRow,
};

mod callers;
mod tools;
mod tools_and_callers;

pub(crate) use callers::{Caller, CallerKey, CallerRow};
pub(crate) use tools::{BY_TOOL, OF_ALL, RollupRow, needs_tools};
pub(crate) use tools_and_callers::{Callers, ToolCallersRow};

pub(crate) const MINUTE_US: i64 = 60_000_000;
pub(crate) const HOUR_US: i64 = 60 * MINUTE_US;
pub(crate) const DAY_US: i64 = 24 * HOUR_US;

/// Widths of the buckets, the widest first.
pub(crate) const STEPS_US: [i64; 3] = [DAY_US, HOUR_US, MINUTE_US];

/// What rollups of tools can be asked of.
pub(crate) const OF_TOOLS: [Field; 4] = [Field::Status, Field::Kind, Field::Tool, Field::Server];

/// What rollups of callers can be asked of.
pub(crate) const OF_CALLERS: [Field; 6] = [
    Field::Status,
    Field::Kind,
    Field::Client,
    Field::User,
    Field::Key,
    Field::Session,
];

/// What of that rollups of tools cannot.
const OF_CALLERS_ALONE: [Field; 4] = [Field::Client, Field::User, Field::Key, Field::Session];

/// Where counts of calls are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Tools,
    Callers,
    /// Rollups of tools that know who called them.
    ToolsAndCallers,
    /// One by one.
    Calls,
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

/// The tool that a call was of, as far as counts tell tools apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Tool<'call> {
    server_id: Uuid,
    server_name: &'call str,
    name: &'call str,
}

/// How a call ended, as far as counts tell that apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Ended<'call> {
    status: &'call str,
    error_kind: &'call str,
}

impl<'call> Tool<'call> {
    fn of(call: &'call ToolCallRow) -> Self {
        Self {
            server_id: call.server_id.unwrap_or_default(),
            server_name: &call.server_name,
            name: &call.tool_name,
        }
    }
}

impl<'call> Ended<'call> {
    fn of(call: &'call ToolCallRow) -> Self {
        Self {
            status: &call.status,
            error_kind: call.error_kind.as_deref().unwrap_or_default(),
        }
    }
}

/// Which rollups know what the filter asks, and what the counts are told apart
/// by.
pub(crate) fn source(filter: &ToolCallFilter, grouping: Grouping) -> Source {
    let knows = |fields: &[Field]| {
        let is_known = grouping.by.is_none_or(|by| fields.contains(&by.field()));
        is_known && filter.is_only_about(fields)
    };
    // Of callers neither latencies are counted, nor what changes over time.
    let needs_tools = grouping.with_latency || grouping.step_us.is_some();
    if knows(&OF_TOOLS) {
        Source::Tools
    } else if needs_tools {
        Source::Calls
    } else if knows(&OF_CALLERS) {
        Source::Callers
    } else if knows_together(filter, grouping) {
        Source::ToolsAndCallers
    } else {
        Source::Calls
    }
}

/// Whether tools with the numbers of callers know: each term is about the ones or
/// about the others.
fn knows_together(filter: &ToolCallFilter, grouping: Grouping) -> bool {
    let either = [&OF_TOOLS, &OF_CALLERS_ALONE];
    let knows = |by: Dimension| either.iter().any(|fields| fields.contains(&by.field()));
    grouping.by.is_none_or(knows) && filter.is_about_one_of(&either.map(|fields| &fields[..]))
}

/// Widths of the buckets that are read, the widest first: no wider than
/// `widest_us` and parts of it.
pub(crate) fn steps(source: Source, widest_us: Option<i64>) -> Vec<i64> {
    let fits = |step: &i64| match source {
        Source::ToolsAndCallers => *step == HOUR_US,
        _ => widest_us.is_none_or(|widest| widest % step == 0),
    };
    STEPS_US.into_iter().filter(fits).collect()
}

/// Parts that a range is read in: the widest buckets that fit, and calls at
/// both edges.
pub(crate) fn parts(range: Range, steps: &[i64]) -> Vec<Part> {
    let (from, to) = range.bounds();
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
            for part in parts(range, &steps(Source::Tools, widest)) {
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
