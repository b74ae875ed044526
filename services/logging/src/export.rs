use async_stream::try_stream;
use database::keyset::Place;
use futures::Stream;
use proto::logging::ExportToolCallsResponse;
use service_error::ServiceError;

use crate::{
    filter::ToolCallFilter,
    store::Store,
    tool_calls::{self, BEFORE_ALL},
};

/// Calls in one message: what is in memory at a time.
const PART: u32 = 500;
const PART_WITH_PAYLOADS: u32 = 50;

/// All calls of a filter. Each part is read when the one before has been taken,
/// and no connection is held in between.
pub(crate) fn all(
    store: Store,
    filter: ToolCallFilter,
    is_oldest_first: bool,
    with_payloads: bool,
) -> impl Stream<Item = Result<ExportToolCallsResponse, ServiceError>> {
    let part = if with_payloads { PART_WITH_PAYLOADS } else { PART };
    try_stream! {
        let mut place = if is_oldest_first { BEFORE_ALL } else { Place::Newest };
        loop {
            let rows = store.list_tool_calls(&filter, place, part).await?;
            let Some(last) = rows.last() else { break };
            let key = last.key();
            let is_last = rows.len() < part as usize;
            place = place.behind(key);
            let tool_calls = tool_calls::into_wire(&store, rows, with_payloads).await?;
            yield ExportToolCallsResponse { tool_calls };
            if is_last {
                break;
            }
        }
    }
}
