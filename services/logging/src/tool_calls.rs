use std::collections::HashMap;

use database::keyset::{self, Key, Place};
use proto::{logging::ToolCall, page};
use service_error::ServiceError;
use uuid::Uuid;

use crate::{
    filter::{Scope, ToolCallFilter},
    store::Store,
    tail,
    tool_call::{PayloadRow, ToolCallRow},
};

#[cfg(test)]
mod tests;

const DEFAULT_LIMIT: u32 = 50;

/// Where a list that goes forward begins.
pub(crate) const BEFORE_ALL: Place = Place::NewerThan(Key {
    at: i64::MIN,
    id: Uuid::nil(),
});

/// Stands between the two parts of [`page::Page::newer`]: the place in the
/// list, and where a tail goes on.
pub(crate) const TAIL_MARK: char = '.';

/// A page of calls, newest first or oldest first.
pub(crate) async fn list(
    store: &Store,
    filter: &ToolCallFilter,
    scope: Scope,
    request: Option<page::PageRequest>,
    is_oldest_first: bool,
    with_payloads: bool,
) -> Result<(Vec<ToolCall>, page::Page), ServiceError> {
    let request = request.unwrap_or_default();
    let limit = keyset::limit(request.limit, DEFAULT_LIMIT)?;
    let cursor = request.cursor.split(TAIL_MARK).next().unwrap_or_default();
    let list = if is_oldest_first {
        scope.oldest_first
    } else {
        scope.list
    };
    let mut place = parse_cursor(cursor, list)?;
    let is_first_page = place == Place::Newest;
    if is_oldest_first && is_first_page {
        place = BEFORE_ALL;
    }
    // Before the rows: what is committed in between, a tail shows again rather
    // than not at all.
    let last_position = store.last_position().await?;
    let rows = store.list_tool_calls(filter, place, limit + 1).await?;
    let mut found = keyset::page(rows, limit, place, list, ToolCallRow::key);
    if is_oldest_first {
        found.items.reverse();
        found.has_older &= !is_first_page;
    }
    let page = page::Page {
        older: found.older,
        newer: format!(
            "{}{TAIL_MARK}{}",
            found.newer,
            tail::cursor(tail::end_of(last_position), scope)
        ),
        has_older: found.has_older,
    };
    Ok((into_wire(store, found.items, with_payloads).await?, page))
}

/// One call with its payloads.
pub(crate) async fn get(store: &Store, project_id: Uuid, id: Uuid) -> Result<ToolCall, ServiceError> {
    let row = store
        .find_tool_call(project_id, id)
        .await?
        .ok_or_else(|| ServiceError::not_found("tool call"))?;
    let payload = store.payloads(vec![id]).await?.pop();
    Ok(row.into_wire(payload))
}

/// Reads a cursor of a page or a tail.
pub(crate) fn parse_cursor(cursor: &str, scope: keyset::Filter) -> Result<Place, ServiceError> {
    Place::parse(cursor, scope).map_err(|mut error| {
        "cursor_mismatch".clone_into(&mut error.reason);
        error
    })
}

pub(crate) async fn into_wire(
    store: &Store,
    rows: Vec<ToolCallRow>,
    with_payloads: bool,
) -> Result<Vec<ToolCall>, ServiceError> {
    let mut payloads: HashMap<Uuid, PayloadRow> = HashMap::new();
    if with_payloads {
        let ids = rows.iter().map(|row| row.id).collect();
        let found = store.payloads(ids).await?.into_iter();
        payloads.extend(found.map(|payload| (payload.tool_call_id, payload)));
    }
    Ok(rows
        .into_iter()
        .map(|row| {
            let payload = payloads.remove(&row.id);
            row.into_wire(payload)
        })
        .collect())
}
