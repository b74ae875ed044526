use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri, header};
use http_body_util::Full;

use super::{
    body::Body,
    connections::{Connections, SendError},
    connector::Dialer,
};
use crate::{
    directory::Http,
    header_names,
    upstream::{RequestError, breaker::Breaker},
};

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
    header_names::SESSION_ID,
    header_names::PROTOCOL_VERSION,
    header_names::LAST_EVENT_ID,
];

/// Asks one server over HTTP. Connections are kept, and are never those of
/// another server.
#[derive(Debug)]
pub(super) struct HttpClient {
    connections: Arc<Connections>,
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
        Ok(Self {
            connections: Arc::new(Connections::new(dialer.clone(), &url)),
            url,
            headers,
            breaker: Breaker::default(),
        })
    }

    /// Lets go of connections that nobody has used for long.
    pub(super) async fn close_idle(&self) -> std::convert::Infallible {
        self.connections.close_idle().await
    }

    /// Sends one request, once. Redirects are answers like any other: whoever
    /// could send one could send the request's secrets elsewhere.
    pub(super) async fn send(
        &self,
        method: Method,
        url: &Uri,
        mut headers: HeaderMap,
        body: impl Into<Bytes>,
    ) -> Result<Response<Body>, RequestError> {
        self.breaker.admit(Instant::now()).map_err(|pause| {
            RequestError::Unreachable(format!(
                "the server could not be reached several times; it is tried again in {} s",
                pause.as_secs() + 1
            ))
        })?;
        for (name, value) in &self.headers {
            if !headers.contains_key(name) {
                headers.insert(name.clone(), value.clone());
            }
        }
        let mut request = Request::new(Full::new(body.into()));
        *request.method_mut() = method;
        *request.uri_mut() = url.clone();
        *request.headers_mut() = headers;
        match self.connections.send(request).await {
            Ok(response) => {
                self.breaker.succeeded();
                Ok(response)
            }
            Err(SendError::Connect(error)) => {
                self.breaker.failed(Instant::now());
                Err(RequestError::Unreachable(error.to_string()))
            }
            Err(SendError::Broken(error)) => Err(RequestError::Crashed(format!(
                "the connection broke before an answer came: {}",
                last_cause(&error)
            ))),
        }
    }
}

fn last_cause(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    error.to_string()
}
