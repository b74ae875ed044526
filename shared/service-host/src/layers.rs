use std::{panic::AssertUnwindSafe, time::Instant};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use futures::FutureExt as _;
use opentelemetry::{
    KeyValue,
    metrics::{Histogram, Meter},
    propagation::Extractor,
};
use tower::ServiceBuilder;
use tracing::Instrument as _;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::{
    request_id::{self, RequestId},
    tasks::panic_message,
    tls::IsCertified,
};

/// What every request of every service goes through, in the order in which it
/// meets the layers. None of them touches a body: streams stay streams.
pub(crate) fn around(router: Router, server: &'static str, meter: &Meter) -> Router {
    let observer = Observer::new(server, meter);
    router.layer(
        ServiceBuilder::new()
            // First, so that the id stands in the span, in every log line and on every answer.
            .layer(from_fn(with_request_id))
            // Around the panic catcher, so that a panic is seen as the 500 that the caller gets.
            .layer(from_fn_with_state(observer, observe))
            // Last: a panic of a handler costs its own request and nothing else.
            .layer(from_fn(catch_panic)),
    )
}

async fn with_request_id(mut request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers());
    request.extensions_mut().insert(id.clone());
    let value = id.header_value();
    let mut response = id.scope(next.run(request)).await;
    response.headers_mut().insert(request_id::HEADER, value);
    response
}

#[derive(Clone)]
struct Observer {
    server: &'static str,
    duration: Histogram<f64>,
}

impl Observer {
    fn new(server: &'static str, meter: &Meter) -> Self {
        Self {
            server,
            duration: meter
                .f64_histogram("http.server.request.duration")
                .with_unit("s")
                .with_description("Time from a request's head to its answer's head.")
                .with_boundaries(vec![
                    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
                    60.0,
                ])
                .build(),
        }
    }
}

/// The span that all log lines of the request hang on, continued from the
/// caller's trace, and the request's time.
async fn observe(State(observer): State<Observer>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    // A route has few values, a path many.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let is_grpc = is_grpc(request.headers());
    let span = tracing::info_span!(
        "request",
        otel.kind = "server",
        otel.name = if is_grpc {
            path.clone()
        } else {
            format!("{method} {route}")
        },
        otel.status_code = tracing::field::Empty,
        server = observer.server,
        // Without the query, which may carry a sign-in link.
        path,
        request_id = request.extensions().get::<RequestId>().map(RequestId::as_str),
    );
    let parent = opentelemetry::global::get_text_map_propagator(|propagator| {
        propagator.extract(&Headers(request.headers()))
    });
    // Fails only where no traces are collected.
    let _ = span.set_parent(parent);

    let response = next.run(request).instrument(span.clone()).await;

    let status = response.status();
    let elapsed = started.elapsed();
    span.in_scope(|| {
        if status.is_server_error() {
            span.record("otel.status_code", "ERROR");
            tracing::warn!(%method, status = status.as_u16(), "request failed");
        } else {
            tracing::debug!(%method, status = status.as_u16(), elapsed_us = elapsed.as_micros() as u64, "request answered");
        }
    });
    // gRPC answers 200 to everything; a refusal stands in the head, a failed stream in its trailers.
    let grpc_status = response
        .headers()
        .get("grpc-status")
        .and_then(|code| code.to_str().ok());
    let mut attributes = vec![
        KeyValue::new("server", observer.server),
        KeyValue::new("http.request.method", method.as_str().to_owned()),
        KeyValue::new(
            "http.route",
            if is_grpc && is_known_method(grpc_status) {
                path
            } else {
                route
            },
        ),
        KeyValue::new("http.response.status_code", i64::from(status.as_u16())),
    ];
    if let Some(code) = grpc_status {
        attributes.push(KeyValue::new("rpc.grpc.status_code", code.to_owned()));
    }
    observer.duration.record(elapsed.as_secs_f64(), &attributes);
    response
}

/// Turns away who comes over TLS and showed no certificate.
pub(crate) async fn refuse_uncertified(request: Request, next: Next) -> Response {
    if request.extensions().get() == Some(&IsCertified(true)) {
        return next.run(request).await;
    }
    tonic::Status::unauthenticated("the services of this deployment call each other with a TLS certificate")
        .into_http()
}

async fn catch_panic(request: Request, next: Next) -> Response {
    let is_grpc = is_grpc(request.headers());
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => {
            tracing::error!(panic = panic_message(&*panic), "a handler panicked");
            if is_grpc {
                tonic::Status::internal("this failed on our side; the request id finds it in the logs")
                    .into_http()
            } else {
                let problem = r#"{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"this failed on our side; the request id finds it in the logs","code":"internal"}"#;
                let kind = HeaderValue::from_static("application/problem+json");
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    [(header::CONTENT_TYPE, kind)],
                    problem,
                )
                    .into_response()
            }
        }
    }
}

/// Whether the path of a gRPC request names a method. Who may not call or calls
/// what is not there could otherwise make up as many as they like.
fn is_known_method(grpc_status: Option<&str>) -> bool {
    const PERMISSION_DENIED: &str = "7";
    const UNIMPLEMENTED: &str = "12";
    const UNAUTHENTICATED: &str = "16";
    !matches!(
        grpc_status,
        Some(PERMISSION_DENIED | UNIMPLEMENTED | UNAUTHENTICATED)
    )
}

fn is_grpc(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}
