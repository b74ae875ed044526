use std::{borrow::Cow, panic::AssertUnwindSafe, time::Instant};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use futures::FutureExt as _;
use opentelemetry::{
    KeyValue,
    metrics::{Histogram, Meter},
    propagation::Extractor,
};
use tracing::Instrument as _;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::{
    request_id::{self, RequestId},
    tasks::panic_message,
    tls::IsCertified,
    trace_context::are_traces_collected,
};

/// What every request of every service goes through. One layer, because each
/// costs a box and a copy of all below it. It touches no body: streams stay
/// streams.
pub(crate) fn around(router: Router, server: &'static str, meter: &Meter) -> Router {
    router.layer(from_fn_with_state(Observer::new(server, meter), observe))
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

/// Gives the request its id, which stands in the span, in every log line and on
/// every answer; the span that all log lines of the request hang on, continued
/// from the caller's trace; its time; and, where its handler panics, an answer.
async fn observe(State(observer): State<Observer>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = RequestId::of(request.headers());
    // A route has few values, a path many.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    let method = request.method().clone();
    let is_grpc = is_grpc(request.headers());
    // Without the query, which may carry a sign-in link.
    let path = request.uri().path();
    let span = tracing::info_span!(
        "request",
        otel.kind = "server",
        otel.name = if is_grpc {
            Cow::Borrowed(path)
        } else {
            Cow::Owned(format!("{method} {route}"))
        }
        .as_ref(),
        otel.status_code = tracing::field::Empty,
        server = observer.server,
        path,
        request_id = id.as_str(),
    );
    let grpc_method = is_grpc.then(|| path.to_owned());
    if are_traces_collected() {
        let parent = opentelemetry::global::get_text_map_propagator(|propagator| {
            propagator.extract(&Headers(request.headers()))
        });
        // Fails only where log lines alone reach down to the spans of traces.
        let _ = span.set_parent(parent);
    }

    // Within the span, so that a panic is seen as the 500 that the caller gets.
    let answering = catch_panic(is_grpc, next.run(request)).instrument(span.clone());
    let mut response = id.clone().scope(answering).await;

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
    response
        .headers_mut()
        .insert(request_id::HEADER, id.header_value());
    // gRPC answers 200 to everything; a refusal stands in the head, a failed stream in its trailers.
    let grpc_status = response
        .headers()
        .get("grpc-status")
        .and_then(|code| code.to_str().ok());
    let route = grpc_method
        .filter(|_| is_known_method(grpc_status))
        .unwrap_or_else(|| route.to_owned());
    let mut attributes = vec![
        KeyValue::new("server", observer.server),
        KeyValue::new("http.request.method", method.as_str().to_owned()),
        KeyValue::new("http.route", route),
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

/// A panic of a handler costs its own request and nothing else.
async fn catch_panic(is_grpc: bool, answering: impl Future<Output = Response>) -> Response {
    match AssertUnwindSafe(answering).catch_unwind().await {
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
