use std::sync::Arc;

use http::HeaderMap;

use super::super::{entrance::text_of, refusal::Refusal};
use crate::{
    client, header_names,
    message::{
        ErrorCode, Incoming, Message, Revision, Severity,
        meta::{CLIENT_CAPABILITIES, CLIENT_INFO, LOG_LEVEL, PROTOCOL_VERSION},
        object_fields,
    },
    session::Greeting,
};

/// What a request says of itself (basic, "per-request protocol fields").
#[derive(Debug)]
pub(super) struct RequestMeta {
    pub(super) revision: String,
    /// JSON objects.
    client_info: Option<Arc<str>>,
    capabilities: Arc<str>,
    pub(super) log_level: Option<Severity>,
}

/// Whether a body is to be served as the modern revisions say. Its own `_meta`
/// decides, else the header; `initialize` without `_meta` is always legacy
/// (versioning, "backward compatibility").
pub(in crate::downstream) fn is_modern(headers: &HeaderMap, incoming: &Incoming) -> bool {
    let named = |text: &str| text.parse::<Revision>().ok();
    let header = text_of(headers, header_names::PROTOCOL_VERSION)
        .map(str::trim)
        .and_then(named);
    let is_modern_header = header.is_some_and(Revision::is_modern);
    let (method, params) = match incoming {
        Incoming::Single(Message::Request(request)) => (request.method.as_str(), request.params()),
        Incoming::Single(Message::Notification(notification)) => {
            (notification.method.as_str(), notification.params())
        }
        Incoming::Single(Message::Response(_)) | Incoming::Batch(_) => return is_modern_header,
    };
    let claimed = params
        .and_then(|params| object_fields(params, ["_meta"]))
        .and_then(|fields| object_fields(fields.get(0)?, [PROTOCOL_VERSION])?.string(0));
    match claimed {
        // Who says so without a header of another kind wants a session.
        Some(claimed) if named(&claimed).is_some_and(|revision| !revision.is_modern()) => is_modern_header,
        Some(_) => true,
        None => is_modern_header && method != "initialize",
    }
}

impl RequestMeta {
    /// Reads the `_meta` of a request.
    pub(super) fn read(params: Option<&str>) -> Result<Self, Refusal> {
        let invalid =
            |words: String| Refusal::new(http::StatusCode::BAD_REQUEST, ErrorCode::InvalidParams, words);
        let lacks = |name: &str, kind: &str| {
            invalid(format!(
                "params._meta lacks {name:?}, {kind}; send it with each request"
            ))
        };
        let fields = params.and_then(|params| object_fields(params, ["_meta"]));
        let names = [PROTOCOL_VERSION, CLIENT_INFO, CLIENT_CAPABILITIES, LOG_LEVEL];
        let meta = fields
            .as_ref()
            .and_then(|fields| object_fields(fields.get(0)?, names));
        let Some(meta) = meta else {
            return Err(invalid(format!(
                "params lacks _meta, an object with {PROTOCOL_VERSION:?} and {CLIENT_CAPABILITIES:?}, or holds a member twice"
            )));
        };
        let object = |place| {
            meta.get(place)
                .filter(|value| value.starts_with('{'))
                .map(Arc::from)
        };
        let log_level = match meta.get(3) {
            None => None,
            Some(_) => Some(
                meta.string(3)
                    .and_then(|level| level.parse().ok())
                    .ok_or_else(|| {
                        invalid(format!(
                            "params._meta has an unknown {LOG_LEVEL:?}; send one of {}",
                            Severity::list()
                        ))
                    })?,
            ),
        };
        Ok(Self {
            revision: meta
                .string(0)
                .ok_or_else(|| lacks(PROTOCOL_VERSION, "a string such as \"2026-07-28\""))?,
            client_info: object(1),
            capabilities: object(2).ok_or_else(|| lacks(CLIENT_CAPABILITIES, "an object"))?,
            log_level,
        })
    }

    /// Who the client is, as it would have said with `initialize`.
    pub(super) fn greeting(&self, revision: Revision, user_agent: &str, ip_address: &str) -> Greeting {
        let client_info = self.client_info.as_deref().unwrap_or("{}");
        Greeting {
            revision,
            client: client::named(client_info, user_agent, ip_address),
            capabilities: self.capabilities.clone(),
            client_info: self
                .client_info
                .clone()
                .unwrap_or_else(|| Greeting::UNNAMED_CLIENT.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(header: Option<&str>, body: &str) -> bool {
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert(header_names::PROTOCOL_VERSION, header.parse().expect("a value"));
        }
        is_modern(&headers, &Incoming::parse(body.as_bytes()).expect("a message"))
    }

    fn request(method: &str, revision: &str) -> String {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{"_meta":{{"{PROTOCOL_VERSION}":"{revision}"}}}}}}"#
        )
    }

    #[test]
    fn what_a_request_looks_like_decides_its_era() {
        let plain = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
        let initialize = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#;
        for (header, body, expected) in [
            (None, plain.to_owned(), false),
            (Some("2025-11-25"), plain.to_owned(), false),
            (Some("2026-07-28"), plain.to_owned(), true),
            (Some("2026-07-28"), initialize.to_owned(), false),
            (Some("2026-07-28"), request("initialize", "2026-07-28"), true),
            (None, request("tools/list", "2026-07-28"), true),
            (Some("2025-11-25"), request("tools/list", "2026-07-28"), true),
            (Some("v999"), request("tools/list", "v999"), true),
            (Some("2025-11-25"), request("tools/list", "2025-11-25"), false),
            (Some("2026-07-28"), format!("[{plain}]"), true),
        ] {
            assert_eq!(takes(header, &body), expected, "{header:?} {body}");
        }
    }
}
