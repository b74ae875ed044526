use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::{
    message::{self, ErrorCode, Id, Reply, meta::SERVER_INFO, object_fields},
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

/// A result that says of which server it is, as a server should (2026-07-28,
/// basic, "_meta").
pub(crate) fn with_server_info(result: Box<RawValue>, info: &str) -> Box<RawValue> {
    let signed = object_fields(result.get(), ["_meta"]).and_then(|fields| {
        let Some(meta) = fields.get(0) else {
            let meta = format!("{{\"{SERVER_INFO}\":{info}}}");
            return Some(fields.splice().add_member("_meta", &meta).finish());
        };
        let known = object_fields(meta, [SERVER_INFO])?;
        if known.get(0).is_some() {
            return None;
        }
        let signed = known.splice().add_member(SERVER_INFO, info).finish();
        Some(fields.splice().replace(meta, signed).finish())
    });
    let signed = signed.and_then(|signed| RawValue::from_string(signed).ok());
    signed.unwrap_or(result)
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
    fn a_result_says_of_which_server_it_is() {
        let signed = |result: &str| {
            let result = RawValue::from_string(result.to_owned()).expect("is JSON");
            with_server_info(result, r#"{"name":"n"}"#).get().to_owned()
        };
        let info = r#""io.modelcontextprotocol/serverInfo":{"name":"n"}"#;
        assert_eq!(signed(r#"{"a":1}"#), format!(r#"{{"_meta":{{{info}}},"a":1}}"#));
        assert_eq!(
            signed(r#"{"_meta":{"k":2}}"#),
            format!(r#"{{"_meta":{{{info},"k":2}}}}"#)
        );
        for own in [
            r#"{"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"own"}}}"#,
            r#"{"_meta":7}"#,
        ] {
            assert_eq!(signed(own), own);
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
