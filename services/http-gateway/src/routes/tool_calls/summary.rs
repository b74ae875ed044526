use proto::logging as wire;
use serde::Serialize;
use utoipa::ToSchema;

use crate::json::Meta;

/// Totals, rates and percentiles of a range. Percentiles are the upper edge of
/// a bucket about 10 % wide.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Summary {
    #[serde(flatten)]
    figures: SummaryFigures,
    /// Of the range of the same length before this one.
    previous: SummaryFigures,
    meta: Meta,
}

/// Figures of one range.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SummaryFigures {
    #[schema(example = 1_200)]
    total: u64,
    running: u64,
    #[schema(example = 1_140)]
    success: u64,
    #[schema(example = 60)]
    error: u64,
    timeout: u64,
    cancelled: u64,
    /// Successes out of the calls that ended, 0 to 1; null when none has.
    #[schema(example = 0.95)]
    success_rate: Option<f64>,
    /// Null when the range is empty.
    #[schema(example = 40.0)]
    calls_per_minute: Option<f64>,
    /// Of the calls that ended; null when none has.
    #[schema(example = 81_000)]
    avg_duration_us: Option<u64>,
    p50_duration_us: Option<u64>,
    p90_duration_us: Option<u64>,
    p95_duration_us: Option<u64>,
    p99_duration_us: Option<u64>,
    unique_tools: u64,
    unique_sessions: u64,
}

impl Summary {
    pub(super) fn new(mut summary: wire::SummarizeToolCallsResponse, meta: Meta) -> Self {
        let previous = summary.previous.take().unwrap_or_default();
        Self {
            figures: summary.into(),
            previous: (*previous).into(),
            meta,
        }
    }
}

impl From<wire::SummarizeToolCallsResponse> for SummaryFigures {
    fn from(summary: wire::SummarizeToolCallsResponse) -> Self {
        Self {
            total: summary.total,
            running: summary.running,
            success: summary.success,
            error: summary.error,
            timeout: summary.timeout,
            cancelled: summary.cancelled,
            success_rate: summary.success_rate,
            calls_per_minute: summary.calls_per_minute,
            avg_duration_us: summary.avg_duration_us,
            p50_duration_us: summary.p50_duration_us,
            p90_duration_us: summary.p90_duration_us,
            p95_duration_us: summary.p95_duration_us,
            p99_duration_us: summary.p99_duration_us,
            unique_tools: summary.unique_tools,
            unique_sessions: summary.unique_sessions,
        }
    }
}
