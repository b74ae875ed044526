use std::time::Instant;

use serde::Serialize;
use utoipa::ToSchema;

use super::Moment;
use crate::time_range::TimeRange;

/// The shape of every list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct List<T> {
    /// Newest first where rows have a time.
    pub(crate) data: Vec<T>,
    pub(crate) page: Page,
    pub(crate) meta: Meta,
}

/// Where a page stands in its list. Cursors are opaque and belong to the
/// filters that they came from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page {
    /// Give it as `cursor` for the rows older than this page.
    #[schema(example = "AbC3")]
    older: Option<String>,
    /// Give it as `cursor` for the rows newer than this page. It is there on an
    /// empty page too, so that a client can poll.
    #[schema(example = "AbC4")]
    newer: Option<String>,
    /// Whether the list goes on behind `older`.
    has_older: bool,
}

/// How an answer came about.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct Meta {
    /// Start of the range that was read; null where the list has no range.
    from: Option<Moment>,
    /// End of it, not included; null where the list has no range.
    to: Option<Moment>,
    /// Milliseconds that the answer took.
    #[schema(example = 3)]
    took_ms: u64,
}

impl<T> List<T> {
    pub(crate) fn new(data: Vec<T>, page: Option<proto::page::Page>, meta: Meta) -> Self {
        Self {
            data,
            page: page.unwrap_or_default().into(),
            meta,
        }
    }
}

impl From<proto::page::Page> for Page {
    fn from(page: proto::page::Page) -> Self {
        Self {
            older: super::text_or_null(page.older),
            newer: super::text_or_null(page.newer),
            has_older: page.has_older,
        }
    }
}

impl Meta {
    /// Of an answer without a range of time.
    pub(crate) fn since(started: Instant) -> Self {
        Self {
            from: None,
            to: None,
            took_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// Of an answer over a range of time.
    pub(crate) fn over(range: &TimeRange, started: Instant) -> Self {
        Self {
            from: Some(Moment(range.from)),
            to: Some(Moment(range.to)),
            ..Self::since(started)
        }
    }
}
