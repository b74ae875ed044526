use domain::Permission;
use proto::logging as wire;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::{
    caller::ProjectAccess,
    json::{Door, ErrorKind, Moment, ToolCallStatus, Word as _, text_or_null},
};

/// One call of a tool by a client, whatever happened inside.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ToolCall {
    #[schema(format = Uuid)]
    id: String,
    #[schema(format = Uuid)]
    project_id: String,
    /// Null when the called name belongs to no server.
    #[schema(format = Uuid)]
    server_id: Option<String>,
    #[schema(example = "github")]
    server_name: Option<String>,
    #[schema(format = Uuid)]
    session_id: Option<String>,
    /// The JSON-RPC id as the client wrote it.
    #[schema(example = "7")]
    request_id: Option<String>,
    /// The tool's name as its server knows it.
    #[schema(example = "search_issues")]
    tool_name: String,
    /// The name that the client called.
    #[schema(example = "github__search_issues")]
    exposed_name: String,
    door: Door,
    /// Of the specification, between client and gateway.
    #[schema(example = "2025-11-25")]
    client_revision: Option<String>,
    /// Of the specification, between gateway and server.
    #[schema(example = "2024-11-05")]
    upstream_revision: Option<String>,
    /// What was translated between the revisions.
    bridged: Vec<String>,
    /// What had no counterpart on the other side and was lost.
    downgrades: Vec<String>,
    status: ToolCallStatus,
    error_kind: Option<ErrorKind>,
    /// The JSON-RPC error code, where there is one.
    #[schema(example = -32602)]
    error_code: Option<i64>,
    error_message: Option<String>,
    started_at: Moment,
    /// Null while the call runs.
    #[schema(example = 184_233)]
    duration_us: Option<u64>,
    /// Of `duration_us`: waiting for a place among the calls in flight.
    queue_us: Option<u64>,
    /// Of `duration_us`: starting or connecting the server.
    connect_us: Option<u64>,
    /// Of `duration_us`: between the request to the server and its answer.
    upstream_us: Option<u64>,
    /// The beginning of the arguments in one line; null for those who may not
    /// read payloads.
    #[schema(example = r#"{"q": "is:open label:bug"}"#)]
    arguments_preview: Option<String>,
    /// Whether `arguments` and `result` have their content.
    payloads: Payloads,
    arguments: Option<Payload>,
    /// Null while the call runs, and where there was none.
    result: Option<Payload>,
    principal: Principal,
    client: Client,
    /// W3C trace context.
    #[schema(example = "4bf92f3577b34da6a3ce929d0e0e4736")]
    trace_id: Option<String>,
    #[schema(example = "00f067aa0ba902b7")]
    span_id: Option<String>,
    /// Hash of the tool's definition as it was last listed.
    tool_version: Option<String>,
    /// Requests sent to the server for this call.
    #[schema(example = 1)]
    rounds: u32,
    /// What the server wrote to stderr while the call ran.
    stderr_excerpt: Option<String>,
    /// What had to be left out or changed to be able to keep the call.
    storage_note: Option<String>,
}

/// Whether payloads have their content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Payloads {
    /// They have.
    Included,
    /// Not asked for: ask for the call itself, or with `fields=full`.
    LeftOut,
    /// The caller may not read them; only their sizes.
    NotPermitted,
}

/// Arguments or result of a call, as kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Payload {
    /// The JSON itself; null when it was cut or left out.
    #[schema(value_type = Value, example = json!({"q": "is:open label:bug"}))]
    value: Option<Box<RawValue>>,
    /// What was kept of the JSON text, when it was cut.
    text: Option<String>,
    /// Size of the original.
    #[schema(example = 25)]
    size_bytes: u64,
    /// SHA-256 of the original, lower-case hex; null for those who may not read
    /// the payload.
    sha256: Option<String>,
    is_truncated: bool,
}

/// Who called, out of the credential alone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Principal {
    #[schema(format = Uuid)]
    user_id: Option<String>,
    #[schema(format = Uuid)]
    api_key_id: Option<String>,
}

/// A client program, as it named itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Client {
    #[schema(example = "cursor-vscode")]
    name: Option<String>,
    #[schema(example = "1.0.0")]
    version: Option<String>,
    /// One of `cline`, `roo`, `cursor`, `vscode`, `windsurf`, `claude`,
    /// `inspector`, `sdk`, `unknown`.
    #[schema(example = "cursor")]
    r#type: Option<String>,
    user_agent: Option<String>,
    #[schema(example = "192.0.2.7")]
    ip_address: Option<String>,
}

impl Payloads {
    pub(crate) fn of(are_wanted: bool, access: &ProjectAccess) -> Self {
        if !access.may(Permission::ReadPayloads) {
            Self::NotPermitted
        } else if are_wanted {
            Self::Included
        } else {
            Self::LeftOut
        }
    }
}

impl ToolCall {
    pub(crate) fn new(call: wire::ToolCall, payloads: Payloads) -> Self {
        Self {
            id: call.id,
            project_id: call.project_id,
            server_id: call.server_id,
            server_name: text_or_null(call.server_name),
            session_id: call.session_id,
            request_id: text_or_null(call.request_id),
            tool_name: call.tool_name,
            exposed_name: call.exposed_name,
            door: Door::from_wire(call.door),
            client_revision: text_or_null(call.client_revision),
            upstream_revision: text_or_null(call.upstream_revision),
            bridged: call.bridged,
            downgrades: call.downgrades,
            status: ToolCallStatus::from_wire(call.status),
            error_kind: ErrorKind::present(call.error_kind),
            error_code: call.error_code,
            error_message: text_or_null(call.error_message),
            started_at: Moment::from_micros(call.started_at_us),
            duration_us: call.duration_us,
            queue_us: call.queue_us,
            connect_us: call.connect_us,
            upstream_us: call.upstream_us,
            arguments_preview: text_or_null(call.arguments_preview)
                .filter(|_| payloads != Payloads::NotPermitted),
            payloads,
            arguments: call.arguments.map(|payload| Payload::new(payload, payloads)),
            result: call.result.map(|payload| Payload::new(payload, payloads)),
            principal: call.principal.unwrap_or_default().into(),
            client: call.client.unwrap_or_default().into(),
            trace_id: text_or_null(call.trace_id),
            span_id: text_or_null(call.span_id),
            tool_version: text_or_null(call.tool_version),
            rounds: call.rounds,
            stderr_excerpt: text_or_null(call.stderr_excerpt),
            storage_note: text_or_null(call.storage_note),
        }
    }
}

impl Payload {
    fn new(payload: wire::Payload, payloads: Payloads) -> Self {
        let (value, text) = match payloads {
            Payloads::Included if payload.is_truncated => (None, Some(payload.json)),
            Payloads::Included => value_or_text(payload.json),
            Payloads::LeftOut | Payloads::NotPermitted => (None, None),
        };
        // A hash tells whether a guess is right.
        let sha256 = (payloads != Payloads::NotPermitted && !payload.sha256.is_empty())
            .then(|| data_encoding::HEXLOWER.encode(&payload.sha256));
        Self {
            value,
            text,
            size_bytes: payload.size_bytes,
            sha256,
            is_truncated: payload.is_truncated,
        }
    }
}

/// JSON stays what it is, number by number; what is none is text.
fn value_or_text(json: String) -> (Option<Box<RawValue>>, Option<String>) {
    match serde_json::from_str(&json) {
        Ok(value) => (Some(value), None),
        Err(_) => (None, Some(json)),
    }
}

impl From<wire::Principal> for Principal {
    fn from(principal: wire::Principal) -> Self {
        Self {
            user_id: principal.user_id,
            api_key_id: principal.api_key_id,
        }
    }
}

impl From<wire::Client> for Client {
    fn from(client: wire::Client) -> Self {
        Self {
            name: text_or_null(client.name),
            version: text_or_null(client.version),
            r#type: text_or_null(client.r#type),
            user_agent: text_or_null(client.user_agent),
            ip_address: text_or_null(client.ip_address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(json: &str, is_truncated: bool) -> wire::Payload {
        wire::Payload {
            json: json.to_owned(),
            size_bytes: 9,
            sha256: vec![0xab; 32],
            is_truncated,
        }
    }

    fn json_of(payload: wire::Payload, payloads: Payloads) -> String {
        serde_json::to_string(&Payload::new(payload, payloads)).expect("a payload is JSON")
    }

    #[test]
    fn a_payload_keeps_its_numbers_as_they_were_written() {
        let json = json_of(
            payload(r#"{"n":12345678901234567890.10}"#, false),
            Payloads::Included,
        );
        assert!(
            json.contains(r#""value":{"n":12345678901234567890.10}"#),
            "{json}"
        );
    }

    #[test]
    fn a_cut_payload_is_text() {
        let json = json_of(payload(r#"{"a":"bb"#, true), Payloads::Included);
        assert!(json.contains(r#""value":null,"text":"{\"a\":\"bb""#), "{json}");
    }

    #[test]
    fn who_may_not_read_payloads_gets_neither_content_nor_hash() {
        let json = json_of(payload(r#"{"a":1}"#, false), Payloads::NotPermitted);
        assert_eq!(
            json,
            r#"{"value":null,"text":null,"size_bytes":9,"sha256":null,"is_truncated":false}"#
        );
    }
}
