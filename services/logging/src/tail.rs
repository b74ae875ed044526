use std::time::Duration;

use async_stream::try_stream;
use database::keyset::{Key, Place};
use futures::Stream;
use proto::logging::TailToolCallsResponse;
use service_error::ServiceError;
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    filter::{Range, Scope, ToolCallFilter},
    store::Store,
    tool_calls::{TAIL_MARK, parse_cursor},
};

#[cfg(test)]
mod tests;

/// Calls in one message.
const PAGE: u32 = 500;

/// Messages in a row that are full. A reader that is further behind is told
/// how many calls it missed and goes on with the newest.
const MAX_PAGES_BEHIND: u32 = 20;

/// Commits in that time come in one message.
const GATHER: Duration = Duration::from_millis(50);

/// How long until it looks again although nobody said that something was
/// committed: another process may write into the same database.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// The place behind all calls of a commit.
pub(crate) fn end_of(position: i64) -> Key {
    Key {
        at: position,
        id: Uuid::max(),
    }
}

/// Text for a place among the commits.
pub(crate) fn cursor(after: Key, scope: Scope) -> String {
    Place::NewerThan(after).cursor(scope.changes)
}

/// Reads the cursor of a tail or the `newer` of a page; none when it is empty.
pub(crate) fn read_cursor(text: &str, scope: Scope) -> Result<Option<Key>, ServiceError> {
    let text = text.rsplit(TAIL_MARK).next().unwrap_or_default();
    match parse_cursor(text, scope.changes)? {
        Place::NewerThan(key) | Place::OlderThan(key) => Ok(Some(key)),
        Place::Newest => Ok(None),
    }
}

/// The calls of a filter as they are committed, and again when they end.
///
/// It reads the store at the pace of its reader, so nothing piles up for a slow
/// one. The first message comes at once and has a cursor.
pub(crate) fn follow(
    store: Store,
    filter: ToolCallFilter,
    scope: Scope,
    after: Option<Key>,
    mut committed: watch::Receiver<u64>,
) -> impl Stream<Item = Result<TailToolCallsResponse, ServiceError>> {
    try_stream! {
        committed.mark_unchanged();
        let opening = store.last_position().await?;
        // A position that the database has not reached is from before a restore.
        let mut after = after.filter(|after| after.at <= opening).unwrap_or(end_of(opening));
        yield message(Vec::new(), after, scope, 0);
        loop {
            let newest = store.last_position().await?;
            let mut pages = 0;
            while after < end_of(newest) {
                // The range counts for what is taken over at the start.
                let (up_to, range) = if after < end_of(opening) {
                    (opening, filter.range)
                } else {
                    (newest, Range::default())
                };
                if pages == MAX_PAGES_BEHIND {
                    let skipped = store.count_changes(&filter, range, after, up_to).await?;
                    after = end_of(up_to);
                    yield message(Vec::new(), after, scope, skipped);
                    continue;
                }
                let rows = store.changes(&filter, range, after, up_to, PAGE).await?;
                after = match rows.last() {
                    Some(last) if rows.len() == PAGE as usize => Key { at: last.position, id: last.call.id },
                    _ => end_of(up_to),
                };
                if !rows.is_empty() {
                    pages += 1;
                    let calls = rows.into_iter().map(|change| change.call.into_wire(None)).collect();
                    yield message(calls, after, scope, 0);
                }
            }
            tokio::time::sleep(GATHER).await;
            if let Ok(Err(_)) = tokio::time::timeout(LOOK_AGAIN, committed.changed()).await {
                // Nobody in this process writes any more.
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
    }
}

fn message(
    tool_calls: Vec<proto::logging::ToolCall>,
    after: Key,
    scope: Scope,
    skipped: u64,
) -> TailToolCallsResponse {
    TailToolCallsResponse {
        tool_calls,
        cursor: cursor(after, scope),
        skipped,
    }
}
