//! JSON-RPC as the gateway handles it: the envelope strictly parsed, all that
//! is inside it carried as the text that it was.

mod envelope;
mod id;
mod limits;
mod members;
pub(crate) mod meta;
mod outgoing;
mod param_headers;
mod revision;
mod severity;
mod splice;

#[cfg(feature = "fuzzing")]
pub(crate) use envelope::fuzzing::fuzz_envelope;
pub(crate) use envelope::{Incoming, Message, Notification, ParseError, Reply, Request, Response};
pub(crate) use id::Id;
pub(crate) use limits::{MAX_CLIENT_BODY_BYTES, MAX_SERVER_LINE_BYTES, check_text};
pub(crate) use members::{object_members, object_of};
pub(crate) use outgoing::{
    ErrorCode, error_object_reply, error_reply, notification, reply, request, result_reply,
};
pub(crate) use param_headers::{
    InvalidAnnotation, ParamHeader, decode_header_value, encode_header_value, is_same_value,
};
pub(crate) use revision::Revision;
pub(crate) use severity::Severity;
pub(crate) use splice::{Fields, object_fields};
