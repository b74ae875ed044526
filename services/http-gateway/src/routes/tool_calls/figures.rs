use std::{collections::BTreeMap, time::Instant};

use axum::{Json, extract::State};
use domain::Permission;
use proto::logging as wire;
use serde::{Deserialize, Serialize};
use service_error::ServiceError;
use utoipa::ToSchema;

use super::{ToolCallFilterQuery, filter};
use crate::{
    app::App,
    backends::answer,
    caller::Caller,
    json::{Meta, text_or_null},
    path::Path,
    query::Query,
    time_range::{TimeRange, TimeRangeQuery},
};

const DIMENSIONS: [(&str, wire::Dimension); 9] = [
    ("status", wire::Dimension::Status),
    ("error_kind", wire::Dimension::ErrorKind),
    ("tool", wire::Dimension::Tool),
    ("server", wire::Dimension::Server),
    ("client", wire::Dimension::Client),
    ("user", wire::Dimension::User),
    ("api_key", wire::Dimension::ApiKey),
    ("session", wire::Dimension::Session),
    ("error_message", wire::Dimension::ErrorMessage),
];

const METRICS: [&str; 7] = [
    "calls",
    "failed",
    "avg_duration_us",
    "p50_duration_us",
    "p90_duration_us",
    "p95_duration_us",
    "p99_duration_us",
];

/// Counts over time, in columns: `series.success[i]` began in the `step_ms`
/// after `t[i]`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Histogram {
    #[schema(example = 60_000)]
    step_ms: u64,
    /// Where each bucket begins: seconds since 1970-01-01T00:00:00Z.
    #[schema(example = json!([1_790_000_000]))]
    t: Vec<i64>,
    /// Calls by status; every status that occurs has one value per bucket.
    #[schema(example = json!({"success": [12], "error": [1]}))]
    series: BTreeMap<String, Vec<u64>>,
    meta: Meta,
}

/// Figures over time, in columns.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TimeSeries {
    #[schema(example = 60_000)]
    step_ms: u64,
    /// Where each bucket begins: seconds since 1970-01-01T00:00:00Z.
    #[schema(example = json!([1_790_000_000]))]
    t: Vec<i64>,
    /// By metric, one value per bucket; durations are null where no call ended.
    /// Empty with `group_by`.
    #[schema(example = json!({"calls": [13], "p95_duration_us": [81_000]}))]
    series: BTreeMap<&'static str, Vec<Option<i64>>>,
    /// With `group_by`: the most frequent values, then all others together.
    groups: Vec<TimeSeriesGroup>,
    meta: Meta,
}

/// Figures of one value over time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TimeSeriesGroup {
    /// Null: all others.
    #[schema(example = "search_issues")]
    value: Option<String>,
    series: BTreeMap<&'static str, Vec<Option<i64>>>,
}

/// Counts by the values of fields. Each ignores what the filter asks of the
/// field itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Facets {
    facets: BTreeMap<&'static str, Facet>,
    meta: Meta,
}

/// The values of one field.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Facet {
    /// The most frequent first.
    values: Vec<FacetValue>,
    /// Only the newest 100,000 calls were counted.
    is_partial: bool,
}

/// One value and its calls.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FacetValue {
    /// A word, a name, or an id.
    #[schema(example = "search_issues")]
    value: String,
    #[schema(example = 812)]
    calls: u64,
}

/// Figures by the values of one field, the largest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Breakdown {
    data: Vec<BreakdownRow>,
    /// Only the newest 100,000 calls were counted.
    is_partial: bool,
    meta: Meta,
}

/// Figures of one value.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BreakdownRow {
    /// A word, a name, or an id.
    #[schema(example = "search_issues")]
    value: String,
    /// Of a tool: its server.
    #[schema(example = "github")]
    server_name: Option<String>,
    #[schema(example = 812)]
    calls: u64,
    #[schema(example = 9)]
    failed: u64,
    /// Successes out of the calls that ended, 0 to 1; null when none has.
    success_rate: Option<f64>,
    avg_duration_us: Option<u64>,
    p50_duration_us: Option<u64>,
    p95_duration_us: Option<u64>,
    p99_duration_us: Option<u64>,
    /// Calls in the range of the same length before.
    previous_calls: u64,
}

/// Which figures over time.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TimeSeriesQuery {
    /// `calls`, `failed`, `avg_duration_us`, `p50_duration_us`, `p90_duration_us`, `p95_duration_us`,
    /// `p99_duration_us`; may be repeated or parted by commas. Absent: all.
    #[serde(default)]
    #[param(required = false, example = json!(["calls", "p95_duration_us"]))]
    metrics: Vec<String>,
    /// `status`, `error_kind`, `tool`, `server`, `client`, `user`, `api_key`, `session`, `error_message`.
    #[param(example = "status")]
    group_by: Option<String>,
}

/// How wide a bucket is.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StepQuery {
    /// `auto` (the default: 30 to 240 buckets), or a span such as `5m`.
    #[param(example = "auto")]
    step: Option<String>,
}

/// Of which field, and how many values.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FacetsQuery {
    /// As in `group_by`; may be repeated. Absent: all but `error_message`.
    #[serde(default)]
    #[param(required = false, example = json!(["tool"]))]
    field: Vec<String>,
    /// Values of each at most; absent: 20.
    #[param(example = 20, minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// What is broken down, and in which order.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct BreakdownQuery {
    /// `tool` (the default), `status`, `error_kind`, `server`, `client`, `user`, `api_key`, `session`,
    /// `error_message`.
    #[param(example = "tool")]
    by: Option<String>,
    /// What the largest is by: `calls` (the default), `failed`, `p95_duration_us`, `avg_duration_us`.
    #[param(example = "calls")]
    order: Option<String>,
    /// Values at most; absent: 10.
    #[param(example = 10, minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Calls over time by status
#[utoipa::path(get, path = "/projects/{project}/tool-calls/histogram", tag = "tool-calls",
    operation_id = "draw_tool_call_histogram",
    params(("project" = String, Path, description = "Slug or id"), ToolCallFilterQuery, TimeRangeQuery, StepQuery),
    responses((status = 200, description = "Zeros where there are no calls", body = Histogram)))]
pub(crate) async fn histogram(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
    Query((filter, range, step)): Query<(ToolCallFilterQuery, TimeRangeQuery, StepQuery)>,
) -> Result<Json<Histogram>, ServiceError> {
    let started = Instant::now();
    let (filter, range) = closed(&app, &caller, &project, filter, &range).await?;
    let chart = chart(&app, filter, Some(wire::Dimension::Status), step.micros()?).await?;
    Ok(Json(Histogram {
        step_ms: chart.step_us / 1_000,
        t: seconds(&chart.starts_us),
        series: chart
            .series
            .into_iter()
            .map(|series| (series.name, series.calls))
            .collect(),
        meta: Meta::over(&range, started),
    }))
}

/// Calls, failures and latencies over time
#[utoipa::path(get, path = "/projects/{project}/tool-calls/timeseries", tag = "tool-calls",
    operation_id = "draw_tool_call_timeseries",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ToolCallFilterQuery, TimeRangeQuery, StepQuery, TimeSeriesQuery,
    ),
    responses((status = 200, description = "Zeros where there are no calls", body = TimeSeries)))]
pub(crate) async fn timeseries(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
    Query((filter, range, step, query)): Query<(
        ToolCallFilterQuery,
        TimeRangeQuery,
        StepQuery,
        TimeSeriesQuery,
    )>,
) -> Result<Json<TimeSeries>, ServiceError> {
    let started = Instant::now();
    let metrics = query.metrics()?;
    let group_by = query
        .group_by
        .as_deref()
        .map(|word| dimension("group_by", word))
        .transpose()?;
    let (filter, range) = closed(&app, &caller, &project, filter, &range).await?;
    let chart = chart(&app, filter, group_by, step.micros()?).await?;
    let mut groups: Vec<TimeSeriesGroup> = chart
        .series
        .into_iter()
        .map(|series| TimeSeriesGroup {
            series: columns(&series, &metrics),
            value: text_or_null(series.name),
        })
        .collect();
    let series = match group_by {
        None => groups.pop().map(|group| group.series).unwrap_or_default(),
        Some(_) => BTreeMap::new(),
    };
    Ok(Json(TimeSeries {
        step_ms: chart.step_us / 1_000,
        t: seconds(&chart.starts_us),
        series,
        groups,
        meta: Meta::over(&range, started),
    }))
}

/// Counts by the values of fields
#[utoipa::path(get, path = "/projects/{project}/tool-calls/facets", tag = "tool-calls", operation_id = "count_tool_call_facets",
    params(("project" = String, Path, description = "Slug or id"), ToolCallFilterQuery, TimeRangeQuery, FacetsQuery),
    responses((status = 200, description = "By field, the most frequent values", body = Facets)))]
pub(crate) async fn facets(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
    Query((filter, range, query)): Query<(ToolCallFilterQuery, TimeRangeQuery, FacetsQuery)>,
) -> Result<Json<Facets>, ServiceError> {
    let started = Instant::now();
    let dimensions = query
        .field
        .iter()
        .map(|word| dimension("field", word).map(i32::from))
        .collect::<Result<Vec<_>, _>>()?;
    let (filter, range) = closed(&app, &caller, &project, filter, &range).await?;
    let request = tonic::Request::new(wire::CountFacetsRequest {
        filter: Some(filter),
        dimensions,
        limit: query.limit.unwrap_or(0),
    });
    let answered = answer(app.backends.tool_calls().count_facets(request)).await?;
    let facets = answered.facets.into_iter().filter_map(|facet| {
        let known = DIMENSIONS
            .iter()
            .find(|(_, dimension)| *dimension == facet.dimension());
        let values = facet.values.into_iter().map(|value| FacetValue {
            value: value.value,
            calls: value.calls,
        });
        Some((
            known?.0,
            Facet {
                values: values.collect(),
                is_partial: facet.is_partial,
            },
        ))
    });
    Ok(Json(Facets {
        facets: facets.collect(),
        meta: Meta::over(&range, started),
    }))
}

/// Figures of each tool, server, client ...
#[utoipa::path(get, path = "/projects/{project}/tool-calls/breakdown", tag = "tool-calls", operation_id = "break_down_tool_calls",
    params(("project" = String, Path, description = "Slug or id"), ToolCallFilterQuery, TimeRangeQuery, BreakdownQuery),
    responses((status = 200, description = "The largest first", body = Breakdown)))]
pub(crate) async fn breakdown(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
    Query((filter, range, query)): Query<(ToolCallFilterQuery, TimeRangeQuery, BreakdownQuery)>,
) -> Result<Json<Breakdown>, ServiceError> {
    let started = Instant::now();
    let dimension = dimension("by", query.by.as_deref().unwrap_or("tool"))?;
    let order = match query.order.as_deref() {
        None | Some("calls") => wire::BreakdownOrder::Calls,
        Some("failed") => wire::BreakdownOrder::Failed,
        Some("p95_duration_us") => wire::BreakdownOrder::P95Duration,
        Some("avg_duration_us") => wire::BreakdownOrder::AvgDuration,
        Some(_) => {
            return Err(ServiceError::invalid(
                "order",
                "expected calls, failed, p95_duration_us or avg_duration_us",
            ));
        }
    };
    let (filter, range) = closed(&app, &caller, &project, filter, &range).await?;
    let request = tonic::Request::new(wire::BreakDownToolCallsRequest {
        filter: Some(filter),
        dimension: dimension.into(),
        order: order.into(),
        limit: query.limit.unwrap_or(0),
        include_previous: true,
    });
    let answered = answer(app.backends.tool_calls().break_down_tool_calls(request)).await?;
    let data = answered.rows.into_iter().map(BreakdownRow::from).collect();
    Ok(Json(Breakdown {
        data,
        is_partial: answered.is_partial,
        meta: Meta::over(&range, started),
    }))
}

/// The filter of a request over a range with both ends.
async fn closed(
    app: &App,
    caller: &Caller,
    project: &str,
    filter: ToolCallFilterQuery,
    range: &TimeRangeQuery,
) -> Result<(wire::ToolCallFilter, TimeRange), ServiceError> {
    let range = range.resolve(app.clock.now())?;
    let access = app.authorize(caller, project, &[Permission::ReadLogs]).await?;
    let filter = filter.resolve(app, caller, &access).await?;
    let filter = wire::ToolCallFilter {
        to_us: Some(range.to.as_micros()),
        ..filter::within(filter, &range)
    };
    Ok((filter, range))
}

async fn chart(
    app: &App,
    filter: wire::ToolCallFilter,
    group_by: Option<wire::Dimension>,
    step_us: u64,
) -> Result<wire::ChartToolCallsResponse, ServiceError> {
    let request = tonic::Request::new(wire::ChartToolCallsRequest {
        filter: Some(filter),
        group_by: group_by.map(i32::from),
        step_us,
    });
    answer(app.backends.tool_calls().chart_tool_calls(request)).await
}

fn dimension(field: &str, word: &str) -> Result<wire::Dimension, ServiceError> {
    let known = DIMENSIONS.iter().find(|(known, _)| *known == word);
    known.map(|(_, dimension)| *dimension).ok_or_else(|| {
        let words: Vec<&str> = DIMENSIONS.iter().map(|(known, _)| *known).collect();
        ServiceError::invalid(field, format!("expected one of {}", words.join(", ")))
    })
}

fn seconds(micros: &[i64]) -> Vec<i64> {
    micros.iter().map(|at| at.div_euclid(1_000_000)).collect()
}

impl StepQuery {
    /// 0 is `auto`.
    fn micros(&self) -> Result<u64, ServiceError> {
        match self.step.as_deref() {
            None | Some("auto") => Ok(0),
            Some(text) => {
                let step = crate::time_range::parse_span("step", text)?;
                Ok(u64::try_from(step.as_micros()).unwrap_or(u64::MAX))
            }
        }
    }
}

impl TimeSeriesQuery {
    fn metrics(&self) -> Result<Vec<&'static str>, ServiceError> {
        let asked: Vec<&str> = self.metrics.iter().flat_map(|text| text.split(',')).collect();
        if asked.is_empty() {
            return Ok(METRICS.to_vec());
        }
        asked
            .into_iter()
            .map(|word| {
                let known = METRICS.iter().find(|known| **known == word);
                known.copied().ok_or_else(|| {
                    ServiceError::invalid("metrics", format!("expected one of {}", METRICS.join(", ")))
                })
            })
            .collect()
    }
}

fn columns(series: &wire::ChartSeries, metrics: &[&'static str]) -> BTreeMap<&'static str, Vec<Option<i64>>> {
    let counts = |counts: &[u64]| -> Vec<Option<i64>> {
        counts
            .iter()
            .map(|count| Some(i64::try_from(*count).unwrap_or(i64::MAX)))
            .collect()
    };
    let durations = |durations: &[i64]| -> Vec<Option<i64>> {
        durations
            .iter()
            .map(|duration| (*duration >= 0).then_some(*duration))
            .collect()
    };
    metrics
        .iter()
        .map(|metric| {
            let values = match *metric {
                "calls" => counts(&series.calls),
                "failed" => counts(&series.failed),
                "avg_duration_us" => durations(&series.avg_duration_us),
                "p50_duration_us" => durations(&series.p50_duration_us),
                "p90_duration_us" => durations(&series.p90_duration_us),
                "p95_duration_us" => durations(&series.p95_duration_us),
                _ => durations(&series.p99_duration_us),
            };
            (*metric, values)
        })
        .collect()
}

impl From<wire::BreakdownRow> for BreakdownRow {
    fn from(row: wire::BreakdownRow) -> Self {
        Self {
            value: row.value,
            server_name: text_or_null(row.server_name),
            calls: row.calls,
            failed: row.failed,
            success_rate: row.success_rate,
            avg_duration_us: row.avg_duration_us,
            p50_duration_us: row.p50_duration_us,
            p95_duration_us: row.p95_duration_us,
            p99_duration_us: row.p99_duration_us,
            previous_calls: row.previous_calls.unwrap_or(0),
        }
    }
}
