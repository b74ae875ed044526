use database::keyset;
use domain::{ErrorKind, Timestamp, ToolCallStatus};
use prost::Message as _;
use proto::{convert::FromWire, logging as wire};
use service_error::ServiceError;
use uuid::Uuid;

use crate::record;

/// How many values one field may list.
const MAX_VALUES: usize = 200;

/// Which tool calls. Fields are joined by AND, the values of one field by OR;
/// an empty field takes all.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ToolCallFilter {
    pub(crate) project_id: Uuid,
    pub(crate) range: Range,
    pub(crate) statuses: Vec<ToolCallStatus>,
    pub(crate) error_kinds: Vec<ErrorKind>,
    pub(crate) tools: Vec<String>,
    pub(crate) server_ids: Vec<Uuid>,
    pub(crate) session_ids: Vec<Uuid>,
    pub(crate) client_types: Vec<String>,
    pub(crate) min_duration_us: Option<i64>,
    pub(crate) max_duration_us: Option<i64>,
}

/// From a time on, and before a time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
}

/// What cursors belong to: the filter, and which of its two orders. The range
/// is no part of that: one that ends now moves between two pages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope {
    /// Newest first.
    pub(crate) list: keyset::Filter,
    /// By the position of the last change.
    pub(crate) changes: keyset::Filter,
}

impl ToolCallFilter {
    /// Reads a filter, and what cursors made under it belong to.
    pub(crate) fn from_wire(filter: Option<wire::ToolCallFilter>) -> Result<(Self, Scope), ServiceError> {
        let mut filter = filter.unwrap_or_default();
        let range = Range {
            from: filter.from_us.take().map(Timestamp::from_micros),
            to: filter.to_us.take().map(Timestamp::from_micros),
        };
        if let (Some(from), Some(to)) = (range.from, range.to)
            && to < from
        {
            return Err(ServiceError::invalid(
                "filter.to_us",
                "expected a time after from_us",
            ));
        }
        let encoded = filter.encode_to_vec();
        let scope = Scope {
            list: keyset::Filter::of("tool_calls", &[&encoded]),
            changes: keyset::Filter::of("tool_call_changes", &[&encoded]),
        };
        let parsed = Self {
            project_id: id("filter.project_id", &filter.project_id)?,
            range,
            statuses: words("filter.statuses", &filter.statuses)?,
            error_kinds: words("filter.error_kinds", &filter.error_kinds)?,
            tools: texts("filter.tools", filter.tools)?,
            server_ids: ids("filter.server_ids", &filter.server_ids)?,
            session_ids: ids("filter.session_ids", &filter.session_ids)?,
            client_types: texts("filter.client_types", filter.client_types)?,
            min_duration_us: filter.min_duration_us.map(record::number),
            max_duration_us: filter.max_duration_us.map(record::number),
        };
        Ok((parsed, scope))
    }
}

/// Reads an id of a request.
pub(crate) fn id(field: &'static str, text: &str) -> Result<Uuid, ServiceError> {
    record::id(field, text).map_err(|error| ServiceError::invalid(error.field, error.problem))
}

fn ids(field: &'static str, texts: &[String]) -> Result<Vec<Uuid>, ServiceError> {
    limited(field, texts.len())?;
    texts.iter().map(|text| id(field, text)).collect()
}

fn texts(field: &'static str, texts: Vec<String>) -> Result<Vec<String>, ServiceError> {
    limited(field, texts.len())?;
    if texts.iter().any(|text| text.contains('\0')) {
        return Err(ServiceError::invalid(
            field,
            "expected text without NUL characters",
        ));
    }
    Ok(texts)
}

fn words<E: FromWire>(field: &'static str, values: &[i32]) -> Result<Vec<E>, ServiceError> {
    limited(field, values.len())?;
    values
        .iter()
        .map(|value| {
            E::from_wire(*value)
                .ok_or_else(|| ServiceError::invalid(field, format!("{value} is no known value")))
        })
        .collect()
}

fn limited(field: &'static str, count: usize) -> Result<(), ServiceError> {
    if count > MAX_VALUES {
        return Err(ServiceError::invalid(
            field,
            format!("expected at most {MAX_VALUES} values"),
        ));
    }
    Ok(())
}
