use std::borrow::Cow;

use crate::{
    message::{self, ErrorCode, Id, Reply, object_fields},
    relay::Answer,
};

/// Results that say how long they may be kept (2026-07-28, caching, "cacheable
/// results").
const CACHEABLE: [&str; 6] = [
    "server/discover",
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
];

/// An answer as a modern client reads it.
pub(crate) fn message_to_modern(answer: &Answer, method: &str, id: &Id) -> String {
    match answer {
        Answer::Reply(Reply::Result(result)) => message::result_reply(id, &complete(method, result.get())),
        Answer::Reply(Reply::Error(error)) => {
            message::error_object_reply(Some(id), &modern_error(error.get()))
        }
        Answer::Error { code, words } => message::error_reply(Some(id), modern_code(*code), words),
        other => other.to_message(id),
    }
}

/// The code of an error as a modern client reads it; none where the answer is a
/// result.
pub(crate) fn modern_error_code(answer: &Answer) -> Option<i64> {
    match answer {
        Answer::Reply(Reply::Error(error)) => {
            let error = modern_error(error.get());
            object_fields(&error, ["code"])?.get(0)?.parse().ok()
        }
        Answer::Error { code, .. } => Some(modern_code(*code).number()),
        _ => None,
    }
}

/// Fills in what modern results have and older servers do not say.
fn complete<'a>(method: &str, result: &'a str) -> Cow<'a, str> {
    let Some(fields) = object_fields(result, ["resultType", "ttlMs", "cacheScope"]) else {
        return result.into();
    };
    let is_complete = fields.get(0).is_none_or(|kind| kind == "\"complete\"");
    let is_cacheable = is_complete && CACHEABLE.contains(&method);
    let mut splice = fields.splice();
    if fields.get(0).is_none() {
        splice = splice.add_member("resultType", "\"complete\"");
    }
    // Nobody knows how long a legacy result holds, nor whom else it may be shown.
    if is_cacheable && fields.get(1).is_none() {
        splice = splice.add_member("ttlMs", "0");
    }
    if is_cacheable && fields.get(2).is_none() {
        splice = splice.add_member("cacheScope", "\"private\"");
    }
    splice.finish().into()
}

/// Codes that the modern revisions have replaced (basic, "error codes").
fn modern_error(error: &str) -> Cow<'_, str> {
    match object_fields(error, ["code"]) {
        Some(fields) if fields.get(0) == Some("-32002") => {
            let code = fields.get(0).unwrap_or_default();
            fields.splice().replace(code, "-32602".to_owned()).finish().into()
        }
        _ => error.into(),
    }
}

/// The gateway's own codes. Those of -32000 to -32019 are not to be used any
/// more.
const fn modern_code(code: ErrorCode) -> ErrorCode {
    match code {
        ErrorCode::NoResource => ErrorCode::InvalidParams,
        ErrorCode::Refused | ErrorCode::NoSession => ErrorCode::Internal,
        code => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_legacy_server_does_not_say_is_filled_in() {
        assert_eq!(
            complete("tools/list", r#"{ "tools":[] }"#),
            r#"{"resultType":"complete","ttlMs":0,"cacheScope":"private", "tools":[] }"#
        );
        assert_eq!(complete("tools/call", "{}"), r#"{"resultType":"complete"}"#);
        for whole in [
            r#"{"resultType":"complete","ttlMs":5,"cacheScope":"public","tools":[]}"#,
            r#"{"resultType":"input_required","requestState":"s"}"#,
        ] {
            assert_eq!(complete("resources/read", whole), whole);
        }
    }

    #[test]
    fn an_error_code_that_is_gone_becomes_its_successor() {
        assert_eq!(
            modern_error(r#"{ "code": -32002, "message":"no", "data":{"uri":"x"} }"#),
            r#"{ "code": -32602, "message":"no", "data":{"uri":"x"} }"#
        );
        let other = r#"{"code":-32050,"message":"x"}"#;
        assert_eq!(modern_error(other), other);
    }
}
