use std::collections::HashMap;

use proto::logging::{Facet, FacetValue};
use service_error::ServiceError;

use crate::{
    figures::Dimension,
    filter::ToolCallFilter,
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
    for dimension in dimensions {
        let filter = filter.without(&[dimension.field()]);
        let grouping = Grouping {
            by: Some(*dimension),
            ..Grouping::default()
        };
        let (cells, is_partial) = store.cells(&filter, grouping).await?;
        let mut counts: HashMap<String, u64> = HashMap::new();
        for cell in &cells {
            // A call without a value is none of this facet.
            let value = cell.value();
            if !value.is_empty() {
                *counts.entry(value).or_default() += cell.calls();
            }
        }
        let mut values: Vec<FacetValue> = counts
            .into_iter()
            .map(|(value, calls)| FacetValue { value, calls })
            .collect();
        values.sort_by(|one, other| {
            other
                .calls
                .cmp(&one.calls)
                .then_with(|| one.value.cmp(&other.value))
        });
        values.truncate(limit);
        facets.push(Facet {
            dimension: dimension.to_wire(),
            values,
            is_partial,
        });
    }
    Ok(facets)
}
