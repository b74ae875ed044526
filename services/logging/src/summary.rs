use futures::future::try_join;
use proto::logging::SummarizeToolCallsResponse as Summary;
use service_error::ServiceError;

use crate::{
    figures::Figures,
    filter::{Range, ToolCallFilter},
    store::{Grouping, Store},
};

#[cfg(test)]
mod tests;

const US_PER_MINUTE: f64 = 60_000_000.0;

/// Totals, rates and percentiles of the calls of a filter.
pub(crate) async fn summarize(store: &Store, filter: &ToolCallFilter) -> Result<Summary, ServiceError> {
    let grouping = Grouping {
        with_latency: true,
        ..Grouping::default()
    };
    let (cells, _) = store.cells(filter, grouping).await?;
    let unique = store.count_unique(filter).await?;
    Ok(sum_up(&Figures::of(&cells), unique, filter.range))
}

/// The same, with the range before it, which costs as much and is read beside it.
pub(crate) async fn compare(store: &Store, filter: &ToolCallFilter) -> Result<Summary, ServiceError> {
    let before = filter.over(previous(filter)?);
    let (mut summary, previous) = try_join(summarize(store, filter), summarize(store, &before)).await?;
    summary.previous = Some(Box::new(previous));
    Ok(summary)
}

/// The range before that of a filter, which must have both ends.
pub(crate) fn previous(filter: &ToolCallFilter) -> Result<Range, ServiceError> {
    filter.range.previous().ok_or_else(|| {
        ServiceError::invalid(
            "filter.from_us",
            "expected a range with both ends, to know the one before it",
        )
    })
}

fn sum_up(figures: &Figures, (unique_tools, unique_sessions): (u64, u64), range: Range) -> Summary {
    let mut summary = Summary {
        total: figures.total,
        running: figures.running,
        success: figures.success,
        error: figures.error,
        timeout: figures.timeout,
        cancelled: figures.cancelled,
        success_rate: figures.success_rate(),
        avg_duration_us: figures.avg_duration_us(),
        p50_duration_us: figures.percentile(0.50),
        p90_duration_us: figures.percentile(0.90),
        p95_duration_us: figures.percentile(0.95),
        p99_duration_us: figures.percentile(0.99),
        unique_tools,
        unique_sessions,
        ..Summary::default()
    };
    if let (Some(from), Some(to)) = (range.from, range.to)
        && from < to
    {
        let minutes = to.since(from).as_micros() as f64 / US_PER_MINUTE;
        summary.calls_per_minute = Some(figures.total as f64 / minutes);
    }
    summary
}
