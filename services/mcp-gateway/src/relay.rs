//! One message on its way: from a session to the server it is for, and the
//! answer back. What a project's endpoint adds (merged lists, names) is in
//! `project`, what makes a tool call special in `tool_call`.

mod audience;
mod discover;
mod exchange;
mod initialize;
mod permissions;
mod project;
mod rounds;
mod subscriptions;
mod tool_call;
mod waiting;

use std::{
    borrow::Cow,
    sync::{Arc, Weak},
    time::Duration,
};

use access::RateLimits;
use domain::{ApiKeyId, Door, SessionId};
use http::HeaderMap;
use proto::logging::{Client, Principal};
use service_host::Tasks;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::{
    bridge::{self, Parked, Seal},
    catalog::{Catalog, Kind},
    directory::{Directory, Project, Server},
    message::{self, ErrorCode, Id, Notification, Reply, Request, Revision, Severity, object_fields},
    outbox::Outbox,
    recorder::Recorder,
    session::{AskedQuestion, Endpoint, Session, Sessions},
    spans,
    upstream::{ClientMeta, Connection, RequestError, RequestOptions, Unavailable, Upstreams, Wanted},
};

use exchange::Exchange;
pub(crate) use permissions::Permissions;
pub(crate) use rounds::RoundEnd;

/// Where all parts of the gateway meet.
#[derive(Debug)]
pub(crate) struct Relay {
    pub(crate) directory: Arc<Directory>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) upstreams: Arc<Upstreams>,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) rate_limits: RateLimits<ApiKeyId>,
    /// Requests of modern clients that wait for the clients.
    pub(crate) parked: Parked,
    pub(crate) seal: Seal,
    pub(crate) tasks: Tasks,
    /// For what goes on beside a request.
    pub(crate) own: Weak<Relay>,
}

/// Who sent a message, and where to.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) project: Arc<Project>,
    pub(crate) endpoint: Endpoint,
    pub(crate) door: Door,
    pub(crate) session: Option<Arc<Session>>,
    /// Who asks, where no session tells.
    pub(crate) asker: Option<(Principal, Client)>,
    /// That the client speaks, where that is known.
    pub(crate) revision: Option<Revision>,
    pub(crate) permissions: Permissions,
    pub(crate) trace: Trace,
    /// From which level on a modern request wants to be told what servers log.
    pub(crate) log_level: Option<Severity>,
    /// Takes what a server asks while it works on this request of a modern
    /// client. Others are asked on their streams.
    pub(crate) questions: Option<mpsc::Sender<AskedQuestion>>,
}

/// W3C trace context of the caller, in hexadecimal; empty where there is none.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_field_names, reason = "the words of W3C Trace Context")]
pub(crate) struct Trace {
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
    /// The headers by which the caller told of it.
    pub(crate) carriers: HeaderMap,
}

/// What a request is answered with.
#[derive(Debug)]
pub(crate) enum Answer {
    Reply(Reply),
    Error {
        code: ErrorCode,
        words: String,
    },
    /// The caller may not do that.
    Denied(String),
    /// The caller's key has asked too much; it may again after that.
    RateLimited(Duration),
    /// The call cannot be recorded, so it is not made.
    SpoolFull,
    /// The client has withdrawn the request.
    Cancelled,
}

impl Answer {
    pub(crate) fn error(code: ErrorCode, words: impl Into<String>) -> Self {
        Self::Error {
            code,
            words: words.into(),
        }
    }

    /// After how long it may be tried again, where that is known.
    pub(crate) fn retry_after_seconds(&self) -> Option<u64> {
        match self {
            Self::SpoolFull => Some(5),
            Self::RateLimited(wait) => Some(wait.as_secs() + 1),
            _ => None,
        }
    }

    /// The code, where it is an error.
    pub(crate) fn error_code(&self) -> Option<i64> {
        match self {
            Self::Reply(Reply::Result(_)) => None,
            Self::Reply(Reply::Error(error)) => object_fields(error.get(), ["code"])?.get(0)?.parse().ok(),
            Self::Error { code, .. } => Some(code.number()),
            Self::Denied(_) | Self::RateLimited(_) | Self::SpoolFull => Some(ErrorCode::Refused.number()),
            Self::Cancelled => Some(ErrorCode::Cancelled.number()),
        }
    }

    /// As the message that goes to the client.
    pub(crate) fn to_message(&self, id: &Id) -> String {
        let (code, words) = match self {
            Self::Reply(reply) => return message::reply(Some(id), reply),
            Self::Error { code, words } => (*code, words.as_str().into()),
            Self::Denied(words) => (ErrorCode::Refused, words.as_str().into()),
            // Not every door has headers to say it with.
            Self::RateLimited(wait) => (
                ErrorCode::Refused,
                Cow::from(format!(
                    "this API key has sent more requests than its limit allows; wait {} s, or have the limit raised",
                    wait.as_secs() + 1
                )),
            ),
            Self::SpoolFull => (
                ErrorCode::Refused,
                "the gateway cannot record calls at the moment and makes none; try again in a few seconds"
                    .into(),
            ),
            Self::Cancelled => (ErrorCode::Cancelled, "the request was withdrawn".into()),
        };
        message::error_reply(Some(id), code, &words)
    }
}

impl Caller {
    fn is_modern(&self) -> bool {
        self.door == Door::StatelessHttp
    }

    /// Who asks, as it is recorded.
    fn asker(&self) -> (Principal, Client) {
        match &self.session {
            Some(session) => (session.principal(), session.client()),
            None => self.asker.clone().unwrap_or_default(),
        }
    }

    /// What a modern server is told of the client.
    fn client_meta(&self) -> Option<ClientMeta> {
        let session = self.session.as_ref()?;
        let (client_info, capabilities) = session.introduction()?;
        Some(ClientMeta {
            client_info,
            capabilities,
            log_level: self
                .log_level
                .or_else(|| session.log_level())
                .map(|level| level.as_str().to_owned()),
        })
    }

    fn session_id(&self) -> Option<SessionId> {
        self.session.as_ref().map(|session| session.id)
    }

    /// What connection to a server the caller wants.
    fn wanted(&self, server: &Server) -> Wanted {
        let session = self.session.as_ref();
        session.map_or(Wanted::SHARED, |session| session.wanted(server))
    }

    /// The server of a single-server endpoint, as it was when the request came.
    fn single_server(&self) -> Option<Arc<Server>> {
        match self.endpoint {
            Endpoint::Project => None,
            Endpoint::Server(id) => self.project.server_by_id(id).cloned(),
        }
    }
}

impl Trace {
    /// Reads a `traceparent` (W3C Trace Context, version 00).
    pub(crate) fn parse(traceparent: &str) -> Option<Self> {
        let mut parts = traceparent.split('-');
        let (_version, trace_id, span_id) = (parts.next()?, parts.next()?, parts.next()?);
        let is_hex = |text: &str, length| {
            text.len() == length
                && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
                && text.bytes().any(|byte| byte != b'0')
        };
        (is_hex(trace_id, 32) && is_hex(span_id, 16)).then(|| Self {
            trace_id: trace_id.to_owned(),
            span_id: span_id.to_owned(),
            carriers: HeaderMap::new(),
        })
    }
}

impl Relay {
    /// Answers a request of a client. `outbox` takes what belongs to it before
    /// its answer.
    pub(crate) async fn request(
        &self,
        caller: &Caller,
        request: &Request,
        outbox: Option<&Outbox>,
        cancel: &CancellationToken,
    ) -> Answer {
        if request.method == "tools/call" {
            let id = request.id.to_string();
            return self
                .call_tool(caller, &id, request.params(), outbox, cancel, None)
                .await
                .answer;
        }
        let id = request.id.to_string();
        let span = spans::of_client(caller, &request.method, &id, request.params());
        let answering = async {
            let answer = self.answer(caller, request, outbox, cancel).await;
            spans::answered(&answer);
            answer
        };
        answering.instrument(span).await
    }

    /// Whatever but a tool call.
    async fn answer(
        &self,
        caller: &Caller,
        request: &Request,
        outbox: Option<&Outbox>,
        cancel: &CancellationToken,
    ) -> Answer {
        let params = request.params();
        match request.method.as_str() {
            "ping" => return empty_result(),
            "initialize" => {
                return Answer::error(ErrorCode::InvalidRequest, "this session is initialised already");
            }
            _ => {}
        }
        if let Err(refusal) = self.check_request(caller, &request.method) {
            return refusal;
        }
        let work = async {
            match request.method.as_str() {
                "resources/subscribe" | "resources/unsubscribe" => {
                    return self.subscription(caller, &request.method, params).await;
                }
                "logging/setLevel" => return self.set_log_level(caller, params).await,
                _ => {}
            }
            match caller.single_server() {
                Some(server) => self.pass(caller, &server, &request.method, params, outbox).await,
                None => {
                    self.project_request(caller, &request.method, params, outbox)
                        .await
                }
            }
        };
        tokio::select! {
            biased;
            () = cancel.cancelled() => Answer::Cancelled,
            answer = work => fit_list(caller, &request.method, answer),
        }
    }

    /// Hands a notification of a client on to whom it concerns.
    pub(crate) fn notification(&self, caller: &Caller, notification: &Notification) {
        let params = notification.params();
        let Some(session) = &caller.session else { return };
        match notification.method.as_str() {
            // The gateway greets servers itself.
            "notifications/initialized" => {}
            "notifications/cancelled" => {
                let fields = object_fields(params.unwrap_or("{}"), ["requestId"]);
                if let Some(id) = fields.and_then(|fields| Id::parse(fields.get(0)?)) {
                    session.cancel(&id);
                }
            }
            // All else only concerns a server that speaks with this client
            // alone, or the one server of the endpoint.
            method => {
                for connection in self.connections_of(caller, session) {
                    connection.notify(method, params);
                }
            }
        }
    }

    fn connections_of(&self, caller: &Caller, session: &Session) -> Vec<Arc<Connection>> {
        let is_concerned = |connection: &Arc<Connection>| match caller.endpoint {
            Endpoint::Project => connection.owner.is_some(),
            Endpoint::Server(id) => connection.server.id == id,
        };
        let servers = caller.project.enabled_servers();
        servers
            .filter_map(|server| self.upstreams.ready(server, &session.wanted(server)))
            .filter(is_concerned)
            .collect()
    }

    /// The connection of this caller to a server, started if it does not stand.
    async fn connect(&self, caller: &Caller, server: &Arc<Server>) -> Result<Arc<Connection>, Unavailable> {
        self.upstreams.connection(server, &caller.wanted(server)).await
    }

    /// Asks a server exactly what the client asked.
    async fn pass(
        &self,
        caller: &Caller,
        server: &Arc<Server>,
        method: &str,
        params: Option<&str>,
        outbox: Option<&Outbox>,
    ) -> Answer {
        let connection = match self.connect(caller, server).await {
            Ok(connection) => connection,
            Err(error) => return Answer::error(ErrorCode::Refused, error.to_string()),
        };
        let exchange = Exchange {
            relay: self,
            caller,
            connection: &connection,
            method,
            outbox,
            timeout: server.timeout,
        };
        match exchange.run(params).await.0 {
            Ok(Reply::Result(page)) if method == Kind::Tools.method() => {
                self.catalog.note_page(server, page.get());
                Answer::Reply(Reply::Result(Self::shown_page(caller, server, page)))
            }
            reply => answer_of(reply),
        }
    }

    /// Asks a server on the gateway's own behalf.
    async fn ask(
        &self,
        connection: &Arc<Connection>,
        method: &str,
        params: Option<&str>,
        timeout: Duration,
    ) -> Result<String, String> {
        let options = RequestOptions::within(timeout);
        match connection.request(method, params, options).await {
            Ok(Reply::Result(result)) => Ok(Box::<str>::from(result.get()).into()),
            Ok(Reply::Error(error)) => Err(format!("it answered {method} with the error {error}")),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// A list as the client's revision wants it: what it would refuse is left out,
/// and who made it is named.
fn fit_list(caller: &Caller, method: &str, answer: Answer) -> Answer {
    let revision = caller.session.as_ref().and_then(|session| session.revision());
    match (answer, revision) {
        (Answer::Reply(Reply::Result(result)), Some(revision))
            if method == "tools/list" && !revision.is_modern() =>
        {
            let result = bridge::result_to_legacy(method, revision, result, &mut Vec::new());
            Answer::Reply(Reply::Result(result))
        }
        (Answer::Reply(Reply::Result(result)), _)
            if caller.is_modern()
                && caller.endpoint == Endpoint::Project
                && Kind::of_method(method).is_some() =>
        {
            let info = initialize::project_info(&caller.project);
            Answer::Reply(Reply::Result(bridge::with_server_info(result, &info)))
        }
        (answer, _) => answer,
    }
}

fn answer_of(outcome: Result<Reply, RequestError>) -> Answer {
    match outcome {
        Ok(reply) => Answer::Reply(reply),
        Err(error @ RequestError::Ambiguous(_)) => Answer::error(ErrorCode::InvalidParams, error.to_string()),
        Err(error) => Answer::error(ErrorCode::Refused, error.to_string()),
    }
}

fn result(json: String) -> Answer {
    let raw = serde_json::value::RawValue::from_string(json).expect("is made of JSON here");
    Answer::Reply(Reply::Result(raw))
}

fn empty_result() -> Answer {
    result("{}".to_owned())
}
