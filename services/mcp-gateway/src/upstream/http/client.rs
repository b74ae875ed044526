use std::{error::Error as _, time::Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};

use super::connector::{ConnectError, Connector, Dialer};
use crate::{
    directory::Http,
    upstream::{RequestError, breaker::Breaker},
};

/// How long a connection waits for the next request. Many servers close theirs
/// after 5 seconds, and what is sent at that very moment is lost.
const IDLE: std::time::Duration = std::time::Duration::from_secs(4);

/// What is read of the head of an answer.
const MAX_HEAD_BYTES: usize = 64 * 1024;
const MAX_HEADERS: usize = 128;

const USER_AGENT: &str = concat!("mcp-orchestrator/", env!("CARGO_PKG_VERSION"));

/// Headers that belong to one hop, or that the gateway says for itself.
const OURS: [HeaderName; 11] = [
    header::ACCEPT,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::HOST,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("mcp-session-id"),
    HeaderName::from_static("mcp-protocol-version"),
    HeaderName::from_static("last-event-id"),
];

/// Asks one server over HTTP. Connections are kept, and are never those of
/// another server.
#[derive(Debug)]
pub(super) struct HttpClient {
    client: Client<Connector, Full<Bytes>>,
    pub(super) url: Uri,
    /// What the definition sends with every request.
    headers: HeaderMap,
    breaker: Breaker,
}

impl HttpClient {
    /// The error says what is wrong with the definition.
    pub(super) fn new(definition: &Http, dialer: &Dialer) -> Result<Self, String> {
        let url: Uri = definition
            .url
            .parse()
            .map_err(|error| format!("its URL cannot be read: {error}"))?;
        if !matches!(url.scheme_str(), Some("http" | "https")) || url.host().is_none() {
            return Err("its URL must begin with https:// or http:// and a host".to_owned());
        }
        if url
            .authority()
            .is_some_and(|authority| authority.as_str().contains('@'))
        {
            return Err("its URL holds a user; put what it needs into a header, as a secret".to_owned());
        }
        let mut headers = HeaderMap::with_capacity(definition.headers.len() + 1);
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        for (name, value) in &definition.headers {
            let (Ok(header), Ok(mut value)) = (
                HeaderName::from_bytes(name.as_bytes()),
                HeaderValue::from_str(value),
            ) else {
                return Err(format!(
                    "its header {name:?} cannot be sent: name or value is malformed"
                ));
            };
            value.set_sensitive(true);
            if !OURS.contains(&header) {
                headers.insert(header, value);
            }
        }
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .http1_max_buf_size(MAX_HEAD_BYTES)
            .http1_max_headers(MAX_HEADERS)
            .http2_max_header_list_size(MAX_HEAD_BYTES as u32)
            .http2_adaptive_window(true)
            .build(Connector(dialer.clone()));
        Ok(Self {
            client,
            url,
            headers,
            breaker: Breaker::default(),
        })
    }

    /// Sends one request, once. Redirects are answers like any other: whoever
    /// could send one could send the request's secrets elsewhere.
    pub(super) async fn send(
        &self,
        method: Method,
        url: &Uri,
        headers: HeaderMap,
        body: impl Into<Bytes>,
    ) -> Result<Response<Incoming>, RequestError> {
        self.breaker.admit(Instant::now()).map_err(|pause| {
            RequestError::Unreachable(format!(
                "the server could not be reached several times; it is tried again in {} s",
                pause.as_secs() + 1
            ))
        })?;
        let mut request = Request::new(Full::new(body.into()));
        *request.method_mut() = method;
        *request.uri_mut() = url.clone();
        *request.headers_mut() = self.headers.clone();
        request.headers_mut().extend(headers);
        match self.client.request(request).await {
            Ok(response) => {
                self.breaker.succeeded();
                Ok(response)
            }
            Err(error) if error.is_connect() => {
                self.breaker.failed(Instant::now());
                Err(RequestError::Unreachable(connect_words(&error)))
            }
            Err(error) => Err(RequestError::Crashed(format!(
                "the connection broke before an answer came: {}",
                last_cause(&error)
            ))),
        }
    }
}

fn connect_words(error: &hyper_util::client::legacy::Error) -> String {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<ConnectError>() {
            return error.to_string();
        }
        cause = error.source();
    }
    last_cause(error)
}

fn last_cause(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    error.to_string()
}
