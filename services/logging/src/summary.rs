use std::{collections::BTreeMap, str::FromStr as _};

use domain::ToolCallStatus;
use proto::logging::SummarizeToolCallsResponse as Summary;
use service_error::ServiceError;

use crate::{
    filter::{Range, ToolCallFilter},
    latency,
    store::{Counts, StatusAndBucket, Store},
};

#[cfg(test)]
mod tests;

const US_PER_MINUTE: f64 = 60_000_000.0;

/// Totals, rates and percentiles of the calls of a filter.
pub(crate) async fn summarize(store: &Store, filter: &ToolCallFilter) -> Result<Summary, ServiceError> {
    let groups = store.count_by_status(filter).await?;
    let counts = store.count_unique(filter).await?;
    Ok(add_up(groups, &counts, filter.range))
}

fn add_up(groups: Vec<StatusAndBucket>, counts: &Counts, range: Range) -> Summary {
    let mut summary = Summary {
        unique_tools: counts.unique_tools.unsigned_abs(),
        unique_sessions: counts.unique_sessions.unsigned_abs(),
        ..Summary::default()
    };
    let mut by_bucket = BTreeMap::new();
    let mut duration_us = 0.0;
    for group in groups {
        let calls = group.calls.unsigned_abs();
        summary.total += calls;
        match ToolCallStatus::from_str(&group.status) {
            Ok(ToolCallStatus::Running) => summary.running += calls,
            Ok(ToolCallStatus::Success) => summary.success += calls,
            Ok(ToolCallStatus::Timeout) => summary.timeout += calls,
            Ok(ToolCallStatus::Cancelled) => summary.cancelled += calls,
            // A status of a newer release is no success.
            Ok(ToolCallStatus::Error) | Err(_) => summary.error += calls,
        }
        if let Some(bucket) = group.duration_bucket {
            *by_bucket.entry(bucket).or_insert(0) += calls;
            duration_us += group.duration_us;
        }
    }
    let by_bucket: Vec<(i16, u64)> = by_bucket.into_iter().collect();
    let timed: u64 = by_bucket.iter().map(|(_, calls)| calls).sum();
    let ended = summary.total - summary.running;
    if ended > 0 {
        summary.success_rate = Some(summary.success as f64 / ended as f64);
    }
    if timed > 0 {
        summary.avg_duration_us = Some((duration_us / timed as f64).round() as u64);
    }
    summary.p50_duration_us = latency::percentile(&by_bucket, 0.50);
    summary.p90_duration_us = latency::percentile(&by_bucket, 0.90);
    summary.p95_duration_us = latency::percentile(&by_bucket, 0.95);
    summary.p99_duration_us = latency::percentile(&by_bucket, 0.99);
    if let (Some(from), Some(to)) = (range.from, range.to)
        && from < to
    {
        let minutes = to.since(from).as_micros() as f64 / US_PER_MINUTE;
        summary.calls_per_minute = Some(summary.total as f64 / minutes);
    }
    summary
}
