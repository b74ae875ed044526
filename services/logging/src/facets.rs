use std::collections::HashMap;

use proto::logging::{Facet, FacetValue};
use service_error::ServiceError;

use crate::{
    figures::Dimension,
    filter::ToolCallFilter,
    rollup::{self, Source},
    store::{Grouping, Store},
};

#[cfg(test)]
mod tests;

const DEFAULT_LIMIT: u32 = 20;
pub(crate) const MAX_LIMIT: u32 = 200;

/// How many values a list of values has.
pub(crate) fn limit(asked: u32, default: u32) -> Result<usize, ServiceError> {
    match asked {
        0 => Ok(default as usize),
        1..=MAX_LIMIT => Ok(asked as usize),
        _ => Err(ServiceError::invalid(
            "limit",
            format!("expected 1 to {MAX_LIMIT}"),
        )),
    }
}

/// Counts by the values of some fields, each without what the filter asks of
/// the field itself.
pub(crate) async fn count(
    store: &Store,
    filter: &ToolCallFilter,
    dimensions: &[Dimension],
    asked: u32,
) -> Result<Vec<Facet>, ServiceError> {
    let limit = limit(asked, DEFAULT_LIMIT)?;
    let mut facets = Vec::with_capacity(dimensions.len());
    let grouping = |dimension: &Dimension| Grouping {
        by: Some(*dimension),
        is_limited: true,
        ..Grouping::default()
    };
    // Those whose own field the filter does not name are of the same calls, and
    // are counted in one pass over them.
    let is_alike = |dimension: &Dimension| {
        let is_counted_by_rows = rollup::source(filter, grouping(dimension)) == Source::Calls;
        is_counted_by_rows && dimension.combined_column().is_some() && !filter.names(dimension.field())
    };
    let alike: Vec<Dimension> = dimensions.iter().copied().filter(is_alike).collect();
    let (combinations, is_partial) = if alike.is_empty() {
        (Vec::new(), false)
    } else {
        store.combinations(filter, &alike).await?
    };
    for dimension in dimensions {
        if alike.contains(dimension) {
            let values = combinations.iter();
            let values = values.map(|combination| (combination.value(*dimension), combination.calls()));
            facets.push(facet(*dimension, values, limit, is_partial));
            continue;
        }
        let filter = filter.without(&[dimension.field()]);
        let (cells, is_partial) = store.cells(&filter, grouping(dimension)).await?;
        let values = cells.iter().map(|cell| (cell.value(), cell.calls()));
        facets.push(facet(*dimension, values, limit, is_partial));
    }
    Ok(facets)
}

fn facet(
    dimension: Dimension,
    counted: impl Iterator<Item = (String, u64)>,
    limit: usize,
    is_partial: bool,
) -> Facet {
    let mut counts: HashMap<String, u64> = HashMap::new();
    // A call without a value is none of this facet.
    for (value, calls) in counted.filter(|(value, _)| !value.is_empty()) {
        *counts.entry(value).or_default() += calls;
    }
    let mut values: Vec<FacetValue> = counts
        .into_iter()
        .map(|(value, calls)| FacetValue { value, calls })
        .collect();
    values.sort_by(|one, other| {
        let by_calls = other.calls.cmp(&one.calls);
        by_calls.then_with(|| one.value.cmp(&other.value))
    });
    values.truncate(limit);
    Facet {
        dimension: dimension.to_wire(),
        values,
        is_partial,
    }
}
