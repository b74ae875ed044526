use std::{
    task::{Context, Poll},
    time::Duration,
};

use http::Request;
use tonic::{
    body::Body,
    transport::{self, Endpoint},
};
use tower::Service;

use crate::{
    ServiceTls,
    request_id::{self, RequestId},
    tls::Connector,
    trace_context::carry_trace,
};

/// How another service is reached.
#[derive(Debug, Clone)]
pub struct DialOptions {
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
    /// How often a silent connection is asked whether it still lives. It is
    /// given up when no answer comes within the same time.
    pub keep_alive: Duration,
    /// How long a call may take until its answer begins. `None` for calls that
    /// set their own (`grpc-timeout`) or that have no end.
    pub request_timeout: Option<Duration>,
    /// Over TLS, with a certificate of our own.
    pub tls: Option<ServiceTls>,
}

/// A connection to another service, made when it is first wanted and made anew
/// when it broke. Clones share it.
///
/// It sends the trace context and the request id of the request that is being
/// handled along with each call.
#[derive(Debug, Clone)]
pub struct Channel(transport::Channel);

/// A URL that names no service, or not in the way in which services are reached
/// in this deployment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{url:?} is no address of a service: expected a URL such as {}", self.example())]
pub struct InvalidUrl {
    url: String,
    is_tls: bool,
}

impl Default for DialOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(3),
            keep_alive: Duration::from_secs(20),
            request_timeout: None,
            tls: None,
        }
    }
}

/// A channel to the service at that URL. Nothing is connected yet.
///
/// Must be called within a Tokio runtime.
pub fn dial(url: &str, options: DialOptions) -> Result<Channel, InvalidUrl> {
    let invalid = || InvalidUrl {
        url: url.to_owned(),
        is_tls: options.tls.is_some(),
    };
    let mut endpoint = Endpoint::from_shared(url.to_owned()).map_err(|_| invalid())?;
    let scheme = if options.tls.is_some() { "https" } else { "http" };
    if endpoint.uri().scheme_str() != Some(scheme) || endpoint.uri().host().is_none() {
        return Err(invalid());
    }
    endpoint = endpoint
        .connect_timeout(options.connect_timeout)
        .http2_keep_alive_interval(options.keep_alive)
        .keep_alive_timeout(options.keep_alive)
        .keep_alive_while_idle(true)
        .tcp_nodelay(true);
    if let Some(timeout) = options.request_timeout {
        endpoint = endpoint.timeout(timeout);
    }
    Ok(Channel(match options.tls {
        None => endpoint.connect_lazy(),
        Some(tls) => endpoint.connect_with_connector_lazy(Connector(tls)),
    }))
}

impl InvalidUrl {
    const fn example(&self) -> &'static str {
        if self.is_tls {
            "https://127.0.0.1:9101, as host.tls is set"
        } else {
            "http://127.0.0.1:9101 (https is for services with host.tls)"
        }
    }
}

impl From<transport::Channel> for Channel {
    fn from(channel: transport::Channel) -> Self {
        Self(channel)
    }
}

impl Service<Request<Body>> for Channel {
    type Response = http::Response<Body>;
    type Error = transport::Error;
    type Future = transport::channel::ResponseFuture;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let headers = request.headers_mut();
        if let Some(id) = RequestId::current() {
            headers.insert(request_id::HEADER, id.header_value());
        }
        carry_trace(headers);
        self.0.call(request)
    }
}
