use std::fmt::Write as _;

use memchr::memchr2;

use super::{Id, Reply};

/// The JSON-RPC error codes that the gateway itself uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorCode {
    Parse,
    InvalidRequest,
    MethodNotFound,
    InvalidParams,
    Internal,
    /// Reserved for implementations: the request was understood and not done.
    Refused,
    /// As the SDKs say "session not found".
    NoSession,
    /// MCP's "resource not found".
    NoResource,
    /// The headers say something else than the body (2026-07-28).
    HeaderMismatch,
    /// (2026-07-28)
    UnsupportedRevision,
    /// As the language server protocol says "request cancelled".
    Cancelled,
}

impl ErrorCode {
    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::Parse => -32700,
            Self::InvalidRequest => -32600,
            Self::MethodNotFound => -32601,
            Self::InvalidParams => -32602,
            Self::Internal => -32603,
            Self::Refused => -32000,
            Self::NoSession => -32001,
            Self::NoResource => -32002,
            Self::HeaderMismatch => -32020,
            Self::UnsupportedRevision => -32022,
            Self::Cancelled => -32800,
        }
    }
}

/// A request in one line.
pub(crate) fn request(id: &Id, method: &str, params: Option<&str>) -> String {
    let mut line = String::with_capacity(64 + method.len() + params.map_or(0, str::len));
    let _ = write!(line, "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":");
    push_quoted(&mut line, method);
    push_params(&mut line, params);
    line
}

/// A notification in one line.
pub(crate) fn notification(method: &str, params: Option<&str>) -> String {
    let mut line = format!(
        "{{\"jsonrpc\":\"2.0\",\"method\":{}",
        serde_json::Value::from(method)
    );
    push_params(&mut line, params);
    line
}

/// An answer in one line; to nobody knows what where the id is absent.
pub(crate) fn reply(id: Option<&Id>, reply: &Reply) -> String {
    match reply {
        Reply::Result(result) => member(id, "result", result.get()),
        Reply::Error(error) => member(id, "error", error.get()),
    }
}

/// A result in one line.
pub(crate) fn result_reply(id: &Id, result: &str) -> String {
    member(Some(id), "result", result)
}

/// An error in one line.
pub(crate) fn error_reply(id: Option<&Id>, code: ErrorCode, message: &str) -> String {
    let error = serde_json::json!({ "code": code.number(), "message": message });
    error_object_reply(id, &error.to_string())
}

/// An error that is written already, in one line.
pub(crate) fn error_object_reply(id: Option<&Id>, error: &str) -> String {
    member(id, "error", error)
}

fn member(id: Option<&Id>, name: &str, value: &str) -> String {
    let mut line = String::with_capacity(64 + value.len());
    line.push_str("{\"jsonrpc\":\"2.0\",\"id\":");
    match id {
        Some(id) => {
            let _ = write!(line, "{id}");
        }
        None => line.push_str("null"),
    }
    let _ = write!(line, ",\"{name}\":");
    push_one_line(&mut line, value);
    line.push('}');
    line
}

/// Names of methods hardly ever need an escape.
fn push_quoted(line: &mut String, text: &str) {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    if text.bytes().all(is_plain) {
        line.push('"');
        line.push_str(text);
        line.push('"');
    } else {
        let _ = write!(line, "{}", serde_json::Value::from(text));
    }
}

fn push_params(line: &mut String, params: Option<&str>) {
    if let Some(params) = params {
        line.push_str(",\"params\":");
        push_one_line(line, params);
    }
    line.push('}');
}

/// Line breaks in JSON stand between tokens only; inside of strings they are
/// escaped. A line of stdio and a `data:` of SSE must not have any.
fn push_one_line(line: &mut String, json: &str) {
    if memchr2(b'\n', b'\r', json.as_bytes()).is_some() {
        line.extend(json.chars().map(|character| match character {
            '\n' | '\r' => ' ',
            other => other,
        }));
    } else {
        line.push_str(json);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_one_line() {
        assert_eq!(
            request(&Id::from(3), "a\"b", Some("{\n\"x\": 1\r\n}")),
            r#"{"jsonrpc":"2.0","id":3,"method":"a\"b","params":{ "x": 1  }}"#
        );
        assert_eq!(
            error_reply(None, ErrorCode::Parse, "no"),
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}"#
        );
    }
}
