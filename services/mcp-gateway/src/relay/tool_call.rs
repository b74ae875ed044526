use std::{sync::Arc, time::Instant};

use domain::{ErrorKind, ToolCallStatus};
use proto::{convert::FromWire as _, logging::ToolCall};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::{
    Answer, Caller, Relay, Trace, answer_of,
    exchange::{Exchange, is_input_required},
};
use crate::{
    catalog::{ExposedName, Kind},
    directory::Server,
    message::{ErrorCode, Fields, Reply, Request, object_fields},
    outbox::Outbox,
    recorder::{CallFacts, Outcome, RunningCall},
    spans,
    upstream::RequestError,
};

/// A call that is over: what the client gets, and what was recorded.
#[derive(Debug)]
pub(crate) struct ToolCallEnd {
    pub(crate) answer: Answer,
    /// Absent when the spool took nothing, and while the call goes on.
    pub(crate) record: Option<ToolCall>,
    /// The call, where a modern client is asked something before it goes on.
    pub(crate) running: Option<Box<RunningCall>>,
}

impl ToolCallEnd {
    /// Notes on the current span how it went.
    fn note(&self) {
        let Some(call) = &self.record else {
            return spans::answered(&self.answer);
        };
        tracing::Span::current().record("mcporch.tool_call.id", &call.id);
        match ErrorKind::from_wire(call.error_kind) {
            Some(kind) => spans::failed(kind.as_str(), call.error_code),
            None if call.status != ToolCallStatus::Success.to_wire() => spans::answered(&self.answer),
            None => {}
        }
    }
}

/// A call that can be made: whom to ask, and what.
struct Target {
    server: Arc<Server>,
    params: String,
}

/// Why a call is not made. It is recorded all the same.
struct Refusal {
    kind: ErrorKind,
    answer: Answer,
}

impl Relay {
    /// Calls a tool: once, and recorded whatever happens. `running` is the call
    /// that this one goes on with.
    pub(crate) async fn call_tool(
        &self,
        caller: &Caller,
        request_id: &str,
        params: Option<&str>,
        outbox: Option<&Outbox>,
        cancel: &CancellationToken,
        running: Option<Box<RunningCall>>,
    ) -> ToolCallEnd {
        let span = spans::of_client(caller, "tools/call", request_id, params);
        let calling = async {
            let end = self
                .call(caller, request_id, params, outbox, cancel, running)
                .await;
            end.note();
            end
        };
        calling.instrument(span).await
    }

    async fn call(
        &self,
        caller: &Caller,
        request_id: &str,
        params: Option<&str>,
        outbox: Option<&Outbox>,
        cancel: &CancellationToken,
        running: Option<Box<RunningCall>>,
    ) -> ToolCallEnd {
        let params = params.unwrap_or("{}");
        let fields = object_fields(params, ["name", "arguments", "_meta"]);
        let mut facts = Self::facts(caller, request_id, fields.as_ref());
        let target = match self.target(caller, fields.as_ref(), &mut facts).await {
            Ok(target) => target,
            Err(refusal) => return self.refuse(facts, running, refusal),
        };
        let begun = match running {
            Some(running) => Ok(running),
            None => RunningCall::begin(&self.recorder, facts).map(Box::new),
        };
        let Ok(mut running) = begun else {
            return ToolCallEnd {
                answer: Answer::SpoolFull,
                record: None,
                running: None,
            };
        };
        let outcome = tokio::select! {
            biased;
            () = cancel.cancelled() => None,
            done = self.make(caller, &target, &mut running, outbox) => Some(done),
        };
        let (answer, outcome) = outcome.unwrap_or((Answer::Cancelled, Some(Outcome::Cancelled)));
        match outcome {
            Some(outcome) => ToolCallEnd {
                answer,
                record: Some(running.finish(outcome)),
                running: None,
            },
            None => ToolCallEnd {
                answer,
                record: None,
                running: Some(running),
            },
        }
    }

    fn facts(caller: &Caller, request_id: &str, fields: Option<&Fields<'_, 3>>) -> CallFacts {
        let name = fields.and_then(|fields| fields.string(0)).unwrap_or_default();
        let in_meta = || {
            let meta = object_fields(fields?.get(2)?, ["traceparent"])?;
            Trace::parse(&meta.string(0)?)
        };
        let of_caller = || {
            if caller.trace.trace_id.is_empty() {
                in_meta().unwrap_or_default()
            } else {
                caller.trace.clone()
            }
        };
        let trace = spans::current().unwrap_or_else(of_caller);
        let (principal, client) = caller.asker();
        CallFacts {
            project_id: caller.project.id,
            server: caller
                .single_server()
                .map(|server| (server.id, server.name.clone())),
            session_id: caller.session_id(),
            request_id: request_id.to_owned(),
            tool_name: name.clone(),
            exposed_name: name,
            door: caller.door,
            client_revision: caller
                .revision
                .map_or_else(String::new, |revision| revision.to_string()),
            principal,
            client,
            trace_id: trace.trace_id,
            span_id: trace.span_id,
            arguments: None,
            payloads: caller.project.payloads.clone(),
            tool_version: String::new(),
        }
        .with_arguments(fields.and_then(|fields| fields.get(1)))
    }

    /// Finds out whom the call is for, and whether it may be made.
    async fn target(
        &self,
        caller: &Caller,
        fields: Option<&Fields<'_, 3>>,
        facts: &mut CallFacts,
    ) -> Result<Target, Refusal> {
        let invalid = |words: String| Refusal {
            kind: ErrorKind::InvalidRequest,
            answer: Answer::error(ErrorCode::InvalidParams, words),
        };
        self.check_rate(&caller.permissions).map_err(|answer| Refusal {
            kind: ErrorKind::RateLimited,
            answer,
        })?;
        if !caller.permissions.call_tools() {
            return Err(Refusal {
                kind: ErrorKind::Denied,
                answer: Answer::Denied(
                    "this key may not call tools; use one with the scope tools:call".to_owned(),
                ),
            });
        }
        let Some(fields) = fields else {
            return Err(invalid(
                "params of tools/call holds name, arguments or _meta twice; send each once".to_owned(),
            ));
        };
        let (Some(name), Some(name_text)) = (fields.string(0), fields.get(0)) else {
            return Err(invalid(
                "params of tools/call lacks the name of a tool".to_owned(),
            ));
        };
        let unknown = || invalid(format!("Unknown tool: {name}; tools/list tells what there is"));
        if let Some(server) = caller.single_server() {
            Self::check_tool(caller, &server, &name, unknown)?;
            facts.tool_version = self.catalog.version(server.id, &name);
            return Ok(Target {
                server,
                params: fields.splice().finish(),
            });
        }
        let (server, exposed) = caller.project.names.resolve(&name).ok_or_else(unknown)?;
        let server = caller
            .project
            .server_by_id(server)
            .filter(|server| server.is_enabled);
        let server = server.ok_or_else(unknown)?.clone();
        facts.server = Some((server.id, server.name.clone()));
        let tool = match exposed {
            ExposedName::Plain(tool) => tool.to_owned(),
            ExposedName::Shortened(_) => self
                .long_name(caller, &server, Kind::Tools, &name)
                .await
                .ok_or_else(unknown)?,
        };
        facts.tool_version = self.catalog.version(server.id, &tool);
        facts.tool_name.clone_from(&tool);
        Self::check_tool(caller, &server, &tool, unknown)?;
        let tool = serde_json::Value::from(tool).to_string();
        Ok(Target {
            params: fields.splice().replace(name_text, tool).finish(),
            server,
        })
    }

    /// A tool that is switched off is as good as none.
    fn check_tool(
        caller: &Caller,
        server: &Server,
        tool: &str,
        unknown: impl Fn() -> Refusal,
    ) -> Result<(), Refusal> {
        if caller.project.switches.is_off(server.id, tool) {
            return Err(unknown());
        }
        if caller.permissions.is_for(server, tool) {
            return Ok(());
        }
        Err(Refusal {
            kind: ErrorKind::Denied,
            answer: Answer::Denied(format!(
                "this key is not for the tool {tool} of the server {}; use another, or have its tools changed",
                server.name
            )),
        })
    }

    /// Refuses a request for what it is beside its params. A call is recorded
    /// all the same.
    pub(crate) fn refuse_request(
        &self,
        caller: &Caller,
        request: &Request,
        kind: ErrorKind,
        answer: Answer,
    ) -> Answer {
        if request.method != "tools/call" {
            return answer;
        }
        let fields = object_fields(request.params().unwrap_or("{}"), ["name", "arguments", "_meta"]);
        let facts = Self::facts(caller, &request.id.to_string(), fields.as_ref());
        self.refuse(facts, None, Refusal { kind, answer }).answer
    }

    fn refuse(&self, facts: CallFacts, running: Option<Box<RunningCall>>, refusal: Refusal) -> ToolCallEnd {
        let (code, words) = match &refusal.answer {
            Answer::Error { code, words } => (Some(code.number()), words.clone()),
            Answer::Denied(words) => (None, words.clone()),
            Answer::RateLimited(wait) => (
                None,
                format!(
                    "over the limit of the key; the next is taken in {} s",
                    wait.as_secs() + 1
                ),
            ),
            _ => (None, String::new()),
        };
        let outcome = Outcome::failed(refusal.kind, code, words);
        let record = match running {
            Some(running) => Ok(running.finish(outcome)),
            None => RunningCall::refuse(&self.recorder, facts, outcome),
        };
        let (answer, record) = match record {
            Ok(record) => (refusal.answer, Some(record)),
            Err(_) => (Answer::SpoolFull, None),
        };
        ToolCallEnd {
            answer,
            record,
            running: None,
        }
    }

    /// Asks the server, once: there is no way back to the request from here.
    /// No outcome: the server asks something first.
    async fn make(
        &self,
        caller: &Caller,
        target: &Target,
        running: &mut RunningCall,
        outbox: Option<&Outbox>,
    ) -> (Answer, Option<Outcome>) {
        let server = &target.server;
        let unavailable = |words: String| {
            let outcome = Outcome::failed(
                ErrorKind::UpstreamUnavailable,
                ErrorCode::Refused.number(),
                words.clone(),
            );
            (Answer::error(ErrorCode::Refused, words), Some(outcome))
        };
        let arrived = Instant::now();
        let connection = match self.connect(caller, server).await {
            Ok(connection) => connection,
            Err(error) => {
                running.connected(arrived.elapsed(), "");
                return unavailable(error.to_string());
            }
        };
        let connected = Instant::now();
        running.connected(
            connected.duration_since(arrived),
            connection.hello().map_or("", |hello| &hello.revision),
        );

        let place = tokio::time::timeout(server.timeout, connection.place()).await;
        let asked = Instant::now();
        running.queued(asked.duration_since(connected));
        let _place = match place {
            Ok(Some(place)) => place,
            Ok(None) => return unavailable(format!("the server {} has just gone; try again", server.name)),
            Err(_) => {
                return unavailable(format!(
                    "the server {} is busy: {} calls are in flight already; try again later",
                    server.name, server.max_in_flight
                ));
            }
        };

        let _here = connection.calls.enter(running.id());
        let mark = connection.stderr_mark();
        let exchange = Exchange {
            relay: self,
            caller,
            connection: &connection,
            method: "tools/call",
            outbox,
            timeout: server.timeout,
        };
        let (reply, course) = exchange.run(Some(&target.params)).await;
        running.answered(asked.elapsed());
        running.translated(
            course.rounds.saturating_sub(1),
            &course.bridged,
            &course.downgrades,
        );
        running.stderr(&connection.stderr_since(mark));
        if caller.is_modern() && reply.as_ref().is_ok_and(is_input_required) {
            return (answer_of(reply), None);
        }
        let outcome = match &reply {
            Ok(Reply::Result(result)) => Outcome::of_result(result.get(), &caller.project.payloads),
            Ok(Reply::Error(error)) => Outcome::of_error(error.get(), &caller.project.payloads),
            Err(error @ RequestError::Timeout(_)) => Outcome::Timeout {
                message: error.to_string(),
            },
            Err(error @ RequestError::Crashed(_)) => Outcome::failed(
                ErrorKind::UpstreamCrashed,
                ErrorCode::Refused.number(),
                error.to_string(),
            ),
            Err(error @ RequestError::Unreachable(_)) => Outcome::failed(
                ErrorKind::UpstreamUnavailable,
                ErrorCode::Refused.number(),
                error.to_string(),
            ),
            Err(error @ RequestError::BadAnswer(_)) => Outcome::failed(
                ErrorKind::ProtocolError,
                ErrorCode::Refused.number(),
                error.to_string(),
            ),
            Err(error @ RequestError::Ambiguous(_)) => Outcome::failed(
                ErrorKind::InvalidRequest,
                ErrorCode::InvalidParams.number(),
                error.to_string(),
            ),
        };
        (answer_of(reply), Some(outcome))
    }
}
