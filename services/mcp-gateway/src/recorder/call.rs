use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{Door, ErrorKind, ProjectId, ServerId, SessionId, ToolCallId, ToolCallStatus};
use proto::{
    convert::FromWire as _,
    logging::{Client, Payload, Principal, ToolCall},
};

use super::{
    Recorder, SpoolFull,
    payload::{PayloadPolicy, Side},
};
use crate::message::object_fields;

/// The longest message that is kept of an error.
const MAX_MESSAGE_BYTES: usize = 4 * 1024;

/// What is known of a call when it arrives.
#[derive(Debug, Clone)]
pub(crate) struct CallFacts {
    pub(crate) project_id: ProjectId,
    /// Absent when the called name belongs to no server.
    pub(crate) server: Option<(ServerId, String)>,
    pub(crate) session_id: Option<SessionId>,
    /// As JSON, the way the client wrote it.
    pub(crate) request_id: String,
    pub(crate) tool_name: String,
    pub(crate) exposed_name: String,
    pub(crate) door: Door,
    pub(crate) client_revision: String,
    pub(crate) principal: Principal,
    pub(crate) client: Client,
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
    pub(crate) arguments: Option<Payload>,
    /// Of the project.
    pub(crate) payloads: Arc<PayloadPolicy>,
    /// Hash of the tool's definition as it was last listed; empty where it was
    /// not.
    pub(crate) tool_version: String,
}

/// How a call ended.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Success {
        result: Payload,
    },
    /// A result with `isError: true`.
    ToolError {
        result: Payload,
        message: String,
    },
    /// A JSON-RPC error from the server.
    ProtocolError {
        code: Option<i64>,
        message: String,
        error: Payload,
    },
    Timeout {
        message: String,
    },
    /// The client withdrew the call.
    Cancelled,
    /// The client's connection broke.
    ClientGone,
    /// Not done, for that reason.
    Failed {
        kind: ErrorKind,
        code: Option<i64>,
        message: String,
    },
}

/// A call whose intent is in the spool. Its outcome follows, whatever happens:
/// one that is dropped ends as `client_gone`, for nobody waits for it any more.
#[derive(Debug)]
pub(crate) struct RunningCall {
    recorder: Arc<Recorder>,
    id: ToolCallId,
    call: ToolCall,
    payloads: Arc<PayloadPolicy>,
    started: Instant,
    is_finished: bool,
}

impl CallFacts {
    /// Keeps of the arguments what the project does.
    #[must_use]
    pub(crate) fn with_arguments(mut self, json: Option<&str>) -> Self {
        self.arguments = json.map(|json| self.payloads.payload(Side::Arguments, json));
        self
    }

    fn into_call(self, id: ToolCallId, started_at_us: i64) -> ToolCall {
        let (server_id, server_name) = self.server.unzip();
        let storage_note = if self.payloads.keeps_bodies() {
            String::new()
        } else {
            "the project keeps neither arguments nor results".to_owned()
        };
        ToolCall {
            id: id.to_string(),
            project_id: self.project_id.to_string(),
            server_id: server_id.map(|id| id.to_string()),
            server_name: server_name.unwrap_or_default(),
            session_id: self.session_id.map(|id| id.to_string()),
            request_id: self.request_id,
            tool_name: self.tool_name,
            exposed_name: self.exposed_name,
            door: self.door.to_wire(),
            client_revision: self.client_revision,
            status: ToolCallStatus::Running.to_wire(),
            started_at_us,
            arguments: self.arguments,
            tool_version: self.tool_version,
            principal: Some(self.principal),
            client: Some(self.client),
            trace_id: self.trace_id,
            span_id: self.span_id,
            storage_note,
            ..ToolCall::default()
        }
    }
}

impl Outcome {
    /// Of a server's result, by whether it says `isError`.
    pub(crate) fn of_result(json: &str, payloads: &PayloadPolicy) -> Self {
        let result = payloads.payload(Side::Result, json);
        match tool_error(json) {
            None => Self::Success { result },
            Some(message) => Self::ToolError { result, message },
        }
    }

    /// Of a server's JSON-RPC error.
    pub(crate) fn of_error(json: &str, payloads: &PayloadPolicy) -> Self {
        #[derive(serde::Deserialize)]
        struct Error {
            code: Option<serde_json::Number>,
            message: Option<String>,
        }

        let read = serde_json::from_str::<Error>(json).ok();
        let (code, message) = read.map_or((None, None), |error| (error.code, error.message));
        Self::ProtocolError {
            code: code.and_then(|code| code.as_i64()),
            message: message.unwrap_or_default(),
            error: payloads.payload(Side::Result, json),
        }
    }

    /// Of what the gateway itself refuses or cannot do.
    pub(crate) fn failed(kind: ErrorKind, code: impl Into<Option<i64>>, message: impl Into<String>) -> Self {
        Self::Failed {
            kind,
            code: code.into(),
            message: message.into(),
        }
    }

    fn write_to(self, call: &mut ToolCall, payloads: &PayloadPolicy) {
        use ToolCallStatus as Status;
        let (status, kind, code, message, result) = match self {
            Self::Success { result } => (Status::Success, None, None, String::new(), Some(result)),
            Self::ToolError { result, message } => (
                Status::Error,
                Some(ErrorKind::ToolError),
                None,
                message,
                Some(result),
            ),
            Self::ProtocolError { code, message, error } => (
                Status::Error,
                Some(ErrorKind::ProtocolError),
                code,
                message,
                Some(error),
            ),
            Self::Timeout { message } => (Status::Timeout, None, None, message, None),
            Self::Cancelled => (Status::Cancelled, None, None, String::new(), None),
            Self::ClientGone => (
                Status::Cancelled,
                Some(ErrorKind::ClientGone),
                None,
                "the client went away before the answer".to_owned(),
                None,
            ),
            Self::Failed { kind, code, message } => (Status::Error, Some(kind), code, message, None),
        };
        call.status = status.to_wire();
        call.error_kind = kind.map_or(0, ErrorKind::to_wire);
        call.error_code = code;
        call.error_message = match kind {
            Some(ErrorKind::ToolError | ErrorKind::ProtocolError) => payloads.servers_words(&message),
            _ => payloads.own_words(&message),
        };
        call.error_message
            .truncate(call.error_message.floor_char_boundary(MAX_MESSAGE_BYTES));
        call.result = result;
    }
}

impl RunningCall {
    /// Writes the intent.
    pub(crate) fn begin(recorder: &Arc<Recorder>, facts: CallFacts) -> Result<Self, SpoolFull> {
        let id = ToolCallId::new(&recorder.clock);
        let payloads = facts.payloads.clone();
        let call = facts.into_call(id, recorder.clock.now().as_micros());
        recorder.open_call(id, &call)?;
        Ok(Self {
            recorder: recorder.clone(),
            id,
            call,
            payloads,
            started: Instant::now(),
            is_finished: false,
        })
    }

    /// Writes a call that was refused before anybody was asked. Gives back what
    /// was written.
    pub(crate) fn refuse(
        recorder: &Recorder,
        facts: CallFacts,
        outcome: Outcome,
    ) -> Result<ToolCall, SpoolFull> {
        let id = ToolCallId::new(&recorder.clock);
        let payloads = facts.payloads.clone();
        let mut call = facts.into_call(id, recorder.clock.now().as_micros());
        outcome.write_to(&mut call, &payloads);
        call.duration_us = Some(0);
        recorder.single_call(id, &call)?;
        Ok(call)
    }

    pub(crate) const fn id(&self) -> ToolCallId {
        self.id
    }

    /// The server stands, after that long.
    pub(crate) fn connected(&mut self, took: Duration, upstream_revision: &str) {
        self.call.connect_us = Some(took.as_micros() as u64);
        upstream_revision.clone_into(&mut self.call.upstream_revision);
    }

    /// A place among the calls in flight came free, after that long.
    pub(crate) fn queued(&mut self, took: Duration) {
        self.call.queue_us = Some(self.call.queue_us.unwrap_or(0) + took.as_micros() as u64);
        // From here on the server may have it.
        self.call.rounds += 1;
    }

    /// The server answered, or did not, after that long.
    pub(crate) fn answered(&mut self, took: Duration) {
        self.call.upstream_us = Some(self.call.upstream_us.unwrap_or(0) + took.as_micros() as u64);
    }

    /// What came between the eras of the two sides, and how many rounds more
    /// than one it took.
    pub(crate) fn translated(&mut self, further_rounds: u32, bridged: &[&str], downgrades: &[&str]) {
        self.call.rounds += further_rounds;
        for (words, new) in [
            (&mut self.call.bridged, bridged),
            (&mut self.call.downgrades, downgrades),
        ] {
            for word in new {
                if !words.iter().any(|known| known == word) {
                    words.push((*word).to_owned());
                }
            }
        }
    }

    /// What the server wrote to stderr meanwhile.
    pub(crate) fn stderr(&mut self, excerpt: &str) {
        self.call.stderr_excerpt = self.payloads.servers_words(excerpt);
    }

    /// Writes the outcome. Gives back what was written.
    pub(crate) fn finish(mut self, outcome: Outcome) -> ToolCall {
        self.write_outcome(outcome);
        std::mem::take(&mut self.call)
    }

    fn write_outcome(&mut self, outcome: Outcome) {
        self.is_finished = true;
        outcome.write_to(&mut self.call, &self.payloads);
        self.call.duration_us = Some(self.started.elapsed().as_micros() as u64);
        self.recorder.close_call(self.id, &self.call);
    }
}

impl Drop for RunningCall {
    fn drop(&mut self) {
        if !self.is_finished {
            self.write_outcome(Outcome::ClientGone);
        }
    }
}

/// The words of a result that says `isError`; none where it does not.
fn tool_error(json: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Words {
        #[serde(default)]
        content: Vec<Content>,
    }

    #[derive(serde::Deserialize)]
    struct Content {
        #[serde(default)]
        text: String,
    }

    let is_error = object_fields(json, ["isError"]).is_some_and(|fields| fields.get(0) == Some("true"));
    is_error.then(|| {
        let words = serde_json::from_str::<Words>(json).unwrap_or(Words { content: Vec::new() });
        let first = words.content.into_iter().find(|content| !content.text.is_empty());
        first.map_or_else(String::new, |content| content.text)
    })
}
