use std::collections::HashMap;

use proto::logging::{BreakDownToolCallsResponse, BreakdownOrder, BreakdownRow};
use service_error::ServiceError;

use crate::{
    facets,
    figures::{Dimension, Figures},
    filter::{Range, ToolCallFilter},
    rollup::{self, Source},
    store::{Grouping, Store},
};

#[cfg(test)]
mod tests;

const DEFAULT_LIMIT: u32 = 10;

type Key = (String, String);

/// Figures of each value of a field, the largest first.
pub(crate) async fn break_down(
    store: &Store,
    filter: &ToolCallFilter,
    dimension: Dimension,
    order: BreakdownOrder,
    asked: u32,
    previous: Option<Range>,
) -> Result<BreakDownToolCallsResponse, ServiceError> {
    let limit = facets::limit(asked, DEFAULT_LIMIT)?;
    let counts = Grouping {
        by: Some(dimension),
        with_status: true,
        is_limited: true,
        ..Grouping::default()
    };
    let latencies = Grouping {
        with_latency: true,
        ..counts
    };
    let (mut figures, mut is_partial) = by_value(store, filter, latencies).await?;
    if is_partial && rollup::source(filter, counts) != Source::Calls {
        // How long all of them took no rollup knows, but how many they are one does.
        let mut timed = figures;
        (figures, is_partial) = by_value(store, filter, counts).await?;
        for (key, figures) in &mut figures {
            *figures = std::mem::take(figures).timed_as(timed.remove(key).unwrap_or_default());
        }
    }
    let before = match previous {
        Some(range) => Some(by_value(store, &filter.over(range), counts).await?.0),
        None => None,
    };
    let mut rows: Vec<BreakdownRow> = figures
        .into_iter()
        .map(|(key, figures)| {
            let before = before.as_ref();
            let previous_calls = before.map(|before| before.get(&key).map_or(0, |figures| figures.total));
            row(key, &figures, previous_calls)
        })
        .collect();
    rows.sort_by_cached_key(|row| {
        let by = match order {
            BreakdownOrder::Unspecified | BreakdownOrder::Calls => row.calls,
            BreakdownOrder::Failed => row.failed,
            BreakdownOrder::P95Duration => row.p95_duration_us.unwrap_or(0),
            BreakdownOrder::AvgDuration => row.avg_duration_us.unwrap_or(0),
        };
        (
            std::cmp::Reverse((by, row.calls)),
            row.server_name.clone(),
            row.value.clone(),
        )
    });
    rows.truncate(limit);
    Ok(BreakDownToolCallsResponse { rows, is_partial })
}

async fn by_value(
    store: &Store,
    filter: &ToolCallFilter,
    grouping: Grouping,
) -> Result<(HashMap<Key, Figures>, bool), ServiceError> {
    let (cells, is_partial) = store.cells(filter, grouping).await?;
    let mut figures: HashMap<Key, Figures> = HashMap::new();
    for cell in &cells {
        let value = cell.value();
        if !value.is_empty() {
            figures.entry((value, cell.detail.clone())).or_default().add(cell);
        }
    }
    Ok((figures, is_partial))
}

fn row((value, server_name): Key, figures: &Figures, previous_calls: Option<u64>) -> BreakdownRow {
    BreakdownRow {
        value,
        server_name,
        calls: figures.total,
        failed: figures.failed(),
        success_rate: figures.success_rate(),
        avg_duration_us: figures.avg_duration_us(),
        p50_duration_us: figures.percentile(0.50),
        p95_duration_us: figures.percentile(0.95),
        p99_duration_us: figures.percentile(0.99),
        previous_calls,
    }
}
