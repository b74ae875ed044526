use std::collections::{BTreeMap, HashMap};

use proto::logging::{ChartSeries, ChartToolCallsResponse};
use service_error::ServiceError;

use crate::{
    figures::{Cell, Dimension, Figures},
    filter::ToolCallFilter,
    rollup::{self, HOUR_US, MINUTE_US},
    store::{Grouping, Store},
};

#[cfg(test)]
mod tests;

const SECOND_US: i64 = 1_000_000;

/// Widths that people can read off an axis.
const STEPS_US: [i64; 21] = [
    SECOND_US,
    2 * SECOND_US,
    5 * SECOND_US,
    10 * SECOND_US,
    15 * SECOND_US,
    30 * SECOND_US,
    MINUTE_US,
    2 * MINUTE_US,
    5 * MINUTE_US,
    10 * MINUTE_US,
    15 * MINUTE_US,
    30 * MINUTE_US,
    HOUR_US,
    2 * HOUR_US,
    3 * HOUR_US,
    6 * HOUR_US,
    12 * HOUR_US,
    24 * HOUR_US,
    7 * 24 * HOUR_US,
    28 * 24 * HOUR_US,
    364 * 24 * HOUR_US,
];

/// What a screen can show. Without a step, no chart has more buckets.
const MAX_BUCKETS_BY_ITSELF: i64 = 240;

/// With one.
const MAX_BUCKETS: i64 = 2_000;

/// Values with a series of their own.
const MAX_SERIES: usize = 12;

/// Calls and latencies over time.
pub(crate) async fn draw(
    store: &Store,
    filter: &ToolCallFilter,
    by: Option<Dimension>,
    asked_step_us: u64,
) -> Result<ChartToolCallsResponse, ServiceError> {
    let (Some(from), Some(to)) = (filter.range.from, filter.range.to) else {
        return Err(ServiceError::invalid(
            "filter.from_us",
            "expected a range with both ends",
        ));
    };
    let (from, to) = (from.as_micros(), to.as_micros());
    let step_us = step(from, to, asked_step_us)?;
    let first = rollup::floor(from, step_us);
    let mut starts_us = Vec::new();
    let mut start = first;
    while start < to {
        starts_us.push(start);
        start += step_us;
    }
    let grouping = Grouping {
        step_us: Some(step_us),
        by,
        with_latency: true,
        ..Grouping::default()
    };
    let (cells, _) = store.cells(filter, grouping).await?;
    let series = named(&cells, by)
        .into_iter()
        .map(|(name, cells)| column(name, &cells, &starts_us))
        .collect();
    Ok(ChartToolCallsResponse {
        step_us: step_us.unsigned_abs(),
        starts_us,
        series,
    })
}

fn step(from: i64, to: i64, asked_us: u64) -> Result<i64, ServiceError> {
    let length = to.saturating_sub(from);
    if asked_us > 0 {
        let step_us = i64::try_from(asked_us).unwrap_or(i64::MAX);
        if !(SECOND_US..=366 * 24 * HOUR_US).contains(&step_us) || length / step_us > MAX_BUCKETS {
            return Err(ServiceError::invalid(
                "step",
                format!("expected 1 s or more, and at most {MAX_BUCKETS} buckets in the range"),
            ));
        }
        return Ok(step_us);
    }
    let fits = |step: &&i64| length / **step < MAX_BUCKETS_BY_ITSELF;
    let widest = STEPS_US[STEPS_US.len() - 1];
    Ok(STEPS_US.iter().find(fits).copied().unwrap_or(widest))
}

/// The cells of each series, the most frequent first; those of all others
/// without a name.
fn named(cells: &[Cell], by: Option<Dimension>) -> Vec<(String, Vec<&Cell>)> {
    if by.is_none() {
        return vec![(String::new(), cells.iter().collect())];
    }
    let mut groups: HashMap<String, Vec<&Cell>> = HashMap::new();
    for cell in cells {
        groups.entry(cell.value()).or_default().push(cell);
    }
    let others = groups.remove("").unwrap_or_default();
    let mut groups: Vec<(String, Vec<&Cell>)> = groups.into_iter().collect();
    groups.sort_by_cached_key(|(name, cells)| {
        let calls: u64 = cells.iter().map(|cell| cell.calls()).sum();
        (std::cmp::Reverse(calls), name.clone())
    });
    let rest = groups.split_off(groups.len().min(MAX_SERIES));
    let others: Vec<&Cell> = rest
        .into_iter()
        .flat_map(|(_, cells)| cells)
        .chain(others)
        .collect();
    if !others.is_empty() {
        groups.push((String::new(), others));
    }
    groups
}

fn column(name: String, cells: &[&Cell], starts_us: &[i64]) -> ChartSeries {
    let mut by_start: BTreeMap<i64, Figures> = BTreeMap::new();
    for cell in cells {
        by_start.entry(cell.start).or_default().add(cell);
    }
    let mut series = ChartSeries {
        name,
        ..ChartSeries::default()
    };
    let nothing = Figures::default();
    let value = |figure: Option<u64>| figure.map_or(-1, |figure| i64::try_from(figure).unwrap_or(i64::MAX));
    for start in starts_us {
        let figures = by_start.get(start).unwrap_or(&nothing);
        series.calls.push(figures.total);
        series.failed.push(figures.failed());
        series.avg_duration_us.push(value(figures.avg_duration_us()));
        series.p50_duration_us.push(value(figures.percentile(0.50)));
        series.p90_duration_us.push(value(figures.percentile(0.90)));
        series.p95_duration_us.push(value(figures.percentile(0.95)));
        series.p99_duration_us.push(value(figures.percentile(0.99)));
    }
    series
}
