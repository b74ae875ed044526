use std::str::FromStr as _;

use database::keyset::Key;
use domain::{Door, ErrorKind, ToolCallId, ToolCallStatus};
use proto::{
    convert::FromWire,
    logging::{self as wire, Payload, Principal},
};
use uuid::Uuid;

use crate::{
    body, latency,
    record::{self, InvalidRecord, Texts},
    rollup::DAY_US,
    row::row,
};

row! {
    /// A tool call without its payloads.
    #[derive(sqlx::FromRow)]
    pub(crate) struct ToolCallRow in "tool_calls" {
        id: Uuid,
        project_id: Uuid,
        server_id: Option<Uuid>,
        server_name: String,
        session_id: Option<Uuid>,
        request_id: String,
        tool_name: String,
        exposed_name: String,
        door: String,
        client_revision: String,
        upstream_revision: String,
        bridged: String,
        downgrades: String,
        status: String,
        error_kind: Option<String>,
        error_code: Option<i64>,
        error_message: String,
        started_at: i64,
        duration_us: Option<i64>,
        duration_bucket: Option<i16>,
        queue_us: Option<i64>,
        connect_us: Option<i64>,
        upstream_us: Option<i64>,
        arguments_size: Option<i64>,
        arguments_sha256: Option<Vec<u8>>,
        arguments_is_truncated: Option<bool>,
        result_size: Option<i64>,
        result_sha256: Option<Vec<u8>>,
        result_is_truncated: Option<bool>,
        user_id: Option<Uuid>,
        api_key_id: Option<Uuid>,
        client_name: String,
        client_version: String,
        client_type: String,
        user_agent: String,
        ip_address: String,
        trace_id: String,
        span_id: String,
        tool_version: String,
        rounds: i64,
        stderr_excerpt: String,
        storage_note: String,
        change: i64,
        arguments_preview: String,
    }
}

row! {
    /// What a tool call was given, and what it gave, as `body` packs it.
    #[derive(sqlx::FromRow)]
    pub(crate) struct PayloadRow in "tool_call_bodies" {
        tool_call_id: Uuid,
        arguments: Option<Vec<u8>>,
        result: Option<Vec<u8>>,
    }
}

/// A tool call as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StoredToolCall {
    pub(crate) row: ToolCallRow,
    pub(crate) payload: PayloadRow,
    /// Whether it is not what was sent, so that the bytes are kept beside it.
    pub(crate) is_changed: bool,
}

/// The ids, times and outcome of a call whose texts or sizes the database
/// refused.
pub(crate) fn without_texts(call: &wire::ToolCall) -> wire::ToolCall {
    wire::ToolCall {
        id: call.id.clone(),
        project_id: call.project_id.clone(),
        server_id: call.server_id.clone(),
        session_id: call.session_id.clone(),
        door: call.door,
        status: call.status,
        error_kind: call.error_kind,
        started_at_us: call.started_at_us,
        duration_us: call.duration_us,
        principal: call.principal.clone(),
        storage_note: "the database refused what this call holds, which is put aside as it came".to_owned(),
        ..wire::ToolCall::default()
    }
}

impl StoredToolCall {
    /// Reads a record. Words of a newer release are left empty; without an id, a
    /// project or a status it is no call.
    pub(crate) fn from_wire(call: wire::ToolCall) -> Result<Self, InvalidRecord> {
        let id = record::id("id", &call.id)?;
        let status = ToolCallStatus::from_wire(call.status).ok_or_else(|| InvalidRecord {
            field: "status",
            problem: format!("{} is no status", call.status),
        })?;
        let mut texts = Texts::default();
        let client = call.client.unwrap_or_default();
        let principal = call.principal.unwrap_or_default();
        let arguments = KeptPayload::from_wire("arguments", call.arguments, &mut texts);
        let result = KeptPayload::from_wire("result", call.result, &mut texts);
        let bridged = call
            .bridged
            .into_iter()
            .map(|word| texts.take("bridged", word))
            .collect();
        let downgrades = call
            .downgrades
            .into_iter()
            .map(|word| texts.take("downgrades", word))
            .collect();
        let mut row = ToolCallRow {
            id,
            project_id: record::id("project_id", &call.project_id)?,
            server_id: record::optional_id("server_id", call.server_id.as_deref())?,
            server_name: texts.take("server_name", call.server_name),
            session_id: record::optional_id("session_id", call.session_id.as_deref())?,
            request_id: texts.take("request_id", call.request_id),
            tool_name: texts.take("tool_name", call.tool_name),
            exposed_name: texts.take("exposed_name", call.exposed_name),
            door: Door::from_wire(call.door).map_or("", Door::as_str).to_owned(),
            client_revision: texts.take("client_revision", call.client_revision),
            upstream_revision: texts.take("upstream_revision", call.upstream_revision),
            bridged: words_to_json(bridged),
            downgrades: words_to_json(downgrades),
            status: status.as_str().to_owned(),
            error_kind: ErrorKind::from_wire(call.error_kind).map(|kind| kind.as_str().to_owned()),
            error_code: call.error_code,
            error_message: texts.take("error_message", call.error_message),
            started_at: call.started_at_us,
            duration_us: call.duration_us.map(record::duration),
            duration_bucket: call.duration_us.map(latency::bucket),
            queue_us: call.queue_us.map(record::duration),
            connect_us: call.connect_us.map(record::duration),
            upstream_us: call.upstream_us.map(record::duration),
            arguments_size: arguments.size,
            arguments_sha256: arguments.sha256,
            arguments_is_truncated: arguments.is_truncated,
            result_size: result.size,
            result_sha256: result.sha256,
            result_is_truncated: result.is_truncated,
            user_id: record::optional_id("principal.user_id", principal.user_id.as_deref())?,
            api_key_id: record::optional_id("principal.api_key_id", principal.api_key_id.as_deref())?,
            client_name: texts.take("client.name", client.name),
            client_version: texts.take("client.version", client.version),
            client_type: texts.take("client.type", client.r#type),
            user_agent: texts.take("client.user_agent", client.user_agent),
            ip_address: texts.take("client.ip_address", client.ip_address),
            trace_id: texts.take("trace_id", call.trace_id),
            span_id: texts.take("span_id", call.span_id),
            tool_version: texts.take("tool_version", call.tool_version),
            rounds: i64::from(call.rounds),
            stderr_excerpt: texts.take("stderr_excerpt", call.stderr_excerpt),
            storage_note: String::new(),
            // Known when the transaction is.
            change: 0,
            arguments_preview: arguments.json.as_deref().map_or_else(String::new, body::preview),
        };
        let note = texts.note();
        row.storage_note = join_notes(texts.take("storage_note", call.storage_note), &note);
        keep_within_its_day(&mut row);
        let (packed_arguments, packed_result) = body::pack(arguments.json.as_deref(), result.json.as_deref());
        let is_changed = !note.is_empty() || row.started_at != call.started_at_us;
        Ok(Self {
            is_changed,
            row,
            payload: PayloadRow {
                tool_call_id: id,
                arguments: packed_arguments,
                result: packed_result,
            },
        })
    }

    /// Of two records of one call, the one that says more: an end is never
    /// taken back, and the first of two ends stands.
    pub(crate) fn or(self, later: Self) -> Self {
        if !self.row.is_finished() && later.row.is_finished() {
            later
        } else {
            self
        }
    }
}

impl PayloadRow {
    /// The texts of arguments and result.
    pub(crate) fn texts(&self) -> (Option<String>, Option<String>) {
        body::unpack(self.arguments.as_deref(), self.result.as_deref())
    }
}

impl ToolCallRow {
    /// Its place in a list.
    pub(crate) const fn key(&self) -> Key {
        Key {
            at: self.started_at,
            id: self.id,
        }
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.status != ToolCallStatus::Running.as_str()
    }

    pub(crate) fn is_success(&self) -> bool {
        self.status == ToolCallStatus::Success.as_str()
    }

    /// The call for its readers. Without its payload row it has the sizes of
    /// its payloads only. Words that this release does not know are left out.
    pub(crate) fn into_wire(self, payload: Option<PayloadRow>) -> wire::ToolCall {
        let (arguments_json, result_json) = match payload {
            Some(payload) => payload.texts(),
            None => (None, None),
        };
        let arguments = KeptPayload {
            json: arguments_json,
            size: self.arguments_size,
            sha256: self.arguments_sha256,
            is_truncated: self.arguments_is_truncated,
        };
        let result = KeptPayload {
            json: result_json,
            size: self.result_size,
            sha256: self.result_sha256,
            is_truncated: self.result_is_truncated,
        };
        wire::ToolCall {
            id: self.id.to_string(),
            project_id: self.project_id.to_string(),
            server_id: self.server_id.map(|id| id.to_string()),
            server_name: self.server_name,
            session_id: self.session_id.map(|id| id.to_string()),
            request_id: self.request_id,
            tool_name: self.tool_name,
            exposed_name: self.exposed_name,
            door: Door::from_str(&self.door).map_or(0, Door::to_wire),
            client_revision: self.client_revision,
            upstream_revision: self.upstream_revision,
            bridged: words_from_json(&self.bridged),
            downgrades: words_from_json(&self.downgrades),
            status: ToolCallStatus::from_str(&self.status).map_or(0, ToolCallStatus::to_wire),
            error_kind: self
                .error_kind
                .and_then(|word| ErrorKind::from_str(&word).ok())
                .map_or(0, ErrorKind::to_wire),
            error_code: self.error_code,
            error_message: self.error_message,
            started_at_us: self.started_at,
            duration_us: self.duration_us.map(i64::unsigned_abs),
            queue_us: self.queue_us.map(i64::unsigned_abs),
            connect_us: self.connect_us.map(i64::unsigned_abs),
            upstream_us: self.upstream_us.map(i64::unsigned_abs),
            arguments: arguments.into_wire(),
            result: result.into_wire(),
            principal: Some(Principal {
                user_id: self.user_id.map(|id| id.to_string()),
                api_key_id: self.api_key_id.map(|id| id.to_string()),
            }),
            client: Some(wire::Client {
                name: self.client_name,
                version: self.client_version,
                r#type: self.client_type,
                user_agent: self.user_agent,
                ip_address: self.ip_address,
            }),
            trace_id: self.trace_id,
            span_id: self.span_id,
            tool_version: self.tool_version,
            rounds: u32::try_from(self.rounds).unwrap_or(u32::MAX),
            stderr_excerpt: self.stderr_excerpt,
            storage_note: self.storage_note,
            arguments_preview: self.arguments_preview,
        }
    }
}

/// The store looks for a call by its time in the parts of the day of its id and
/// of those beside it. One that says that it began elsewhere is moved.
fn keep_within_its_day(row: &mut ToolCallRow) {
    let made_at = ToolCallId::from_uuid(row.id).made_at().as_micros();
    let started_at = row
        .started_at
        .clamp(made_at.saturating_sub(DAY_US), made_at.saturating_add(DAY_US));
    if started_at == row.started_at {
        return;
    }
    let note = "started_at was moved to the day of the id";
    row.storage_note = join_notes(std::mem::take(&mut row.storage_note), note);
    row.started_at = started_at;
}

fn join_notes(one: String, other: &str) -> String {
    match (one.is_empty(), other.is_empty()) {
        (true, _) => other.to_owned(),
        (false, true) => one,
        (false, false) => format!("{one}; {other}"),
    }
}

/// A payload in its columns: all empty when there was none.
#[derive(Default)]
struct KeptPayload {
    json: Option<String>,
    size: Option<i64>,
    sha256: Option<Vec<u8>>,
    is_truncated: Option<bool>,
}

impl KeptPayload {
    fn from_wire(field: &'static str, payload: Option<Payload>, texts: &mut Texts) -> Self {
        payload.map_or_else(Self::default, |payload| Self {
            json: Some(texts.take(field, payload.json)),
            size: Some(record::number(payload.size_bytes)),
            sha256: Some(payload.sha256),
            is_truncated: Some(payload.is_truncated),
        })
    }

    fn into_wire(self) -> Option<Payload> {
        self.size.map(|size| Payload {
            json: self.json.unwrap_or_default(),
            size_bytes: size.unsigned_abs(),
            sha256: self.sha256.unwrap_or_default(),
            is_truncated: self.is_truncated.unwrap_or_default(),
        })
    }
}

fn words_to_json(words: Vec<String>) -> String {
    serde_json::Value::from(words).to_string()
}

fn words_from_json(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_default()
}
