//! What stands in every JSON answer: words of closed sets, times, lists.
//!
//! A row of the wire (`proto`) becomes a row of JSON by `From`, next to the
//! type, in the room of its noun under `routes`.

mod list;
mod moment;
mod words;

pub(crate) use list::{List, Meta};
pub(crate) use moment::Moment;
pub(crate) use words::{
    ActivityType, Door, ErrorKind, InvitedAs, Isolation, LogLevel, PayloadMode, Role, Scope, ServerLogKind,
    SessionEnd, ToolCallStatus, UpstreamState, Word,
};

/// Absent on the wire is an empty text; in JSON it is null.
pub(crate) fn text_or_null(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}
