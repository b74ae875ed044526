use std::{borrow::Cow, panic::AssertUnwindSafe, sync::Arc, time::Instant};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{self, HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use futures::FutureExt as _;
use opentelemetry::{
    KeyValue,
    metrics::{Histogram, Meter},
    propagation::Extractor,
};
use tracing::{Instrument as _, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::{
    boxed_in_place,
    request_id::{self, CurrentRequest, RequestId},
    tasks::panic_message,
    tls::IsCertified,
    trace_context::are_traces_collected,
};

/// What every request of every service goes through. One layer, because each
/// costs a box and a copy of all below it. It touches no body: streams stay
/// streams.
pub(crate) fn around(router: Router, observer: Observer) -> Router {
    router.layer(from_fn_with_state(Arc::new(observer), observe))
}

/// Sees each request of one server.
pub(crate) struct Observer {
    server: &'static str,
    duration: Histogram<f64>,
}

impl Observer {
    pub(crate) fn new(server: &'static str, meter: &Meter) -> Self {
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

    /// Gives the request its id, which stands in every log line and on every answer;
    /// where traces are collected, a span that continues the caller's; its time; and,
    /// where its handler panics, an answer.
    pub(crate) async fn observe<B, A: Future<Output = Response>>(
        &self,
        route: Cow<'static, str>,
        request: http::Request<B>,
        answer: impl FnOnce(http::Request<B>) -> A,
    ) -> Response {
        let started = Instant::now();
        let id = RequestId::of(request.headers());
        let method = request.method().clone();
        let is_grpc = is_grpc(request.headers());
        let grpc_method = is_grpc.then(|| request.uri().path().to_owned());
        let span = self.span(&route, &id, &request);
        let current = CurrentRequest {
            id: id.clone(),
            server: self.server,
            uri: request.uri().clone(),
        };
        // Boxed, because all that is around it would have room for it twice: as what it was
        // given, and as what it waits for.
        let answering = boxed_in_place(|| answer(request));
        // Within the span, so that a panic is seen as the 500 that the caller gets.
        let answering = catch_panic(is_grpc, answering).instrument(span.clone());
        let answering = async {
            let response = answering.await;
            let (status, elapsed) = (response.status(), started.elapsed());
            if status.is_server_error() {
                span.record("otel.status_code", "ERROR");
                tracing::warn!(%method, status = status.as_u16(), "request failed");
            } else {
                tracing::debug!(%method, status = status.as_u16(), elapsed_us = elapsed.as_micros() as u64, "request answered");
            }
            response
        };
        let mut response = current.scope(answering).await;

        let status = response.status();
        response
            .headers_mut()
            .insert(request_id::HEADER, id.header_value());
        // gRPC answers 200 to everything; a refusal stands in the head, a failed stream in its trailers.
        let grpc_status = response
            .headers()
            .get("grpc-status")
            .and_then(|code| code.to_str().ok());
        let route = match grpc_method.filter(|_| is_known_method(grpc_status)) {
            Some(method) => method.into(),
            None => route,
        };
        let attributes = [
            KeyValue::new("server", self.server),
            KeyValue::new("http.request.method", method_name(&method)),
            KeyValue::new("http.route", route),
            KeyValue::new("http.response.status_code", i64::from(status.as_u16())),
            KeyValue::new("rpc.grpc.status_code", grpc_status.unwrap_or_default().to_owned()),
        ];
        let own = if grpc_status.is_some() { 5 } else { 4 };
        self.duration
            .record(started.elapsed().as_secs_f64(), &attributes[..own]);
        response
    }

    /// Seen in traces alone: log lines are told of their request without it.
    fn span<B>(&self, route: &str, id: &RequestId, request: &http::Request<B>) -> Span {
        // Without the query, which may carry a sign-in link.
        let path = request.uri().path();
        let span = tracing::debug_span!(
            target: "traced::http",
            "request",
            otel.kind = "server",
            otel.name = tracing::field::Empty,
            otel.status_code = tracing::field::Empty,
            server = self.server,
            path,
            request_id = id.as_str(),
        );
        if span.is_disabled() {
            return span;
        }
        if is_grpc(request.headers()) {
            span.record("otel.name", path);
        } else {
            span.record("otel.name", format!("{} {route}", request.method()));
        }
        if are_traces_collected() {
            let parent = opentelemetry::global::get_text_map_propagator(|propagator| {
                propagator.extract(&Headers(request.headers()))
            });
            // Fails only where log lines alone reach down to the spans of traces.
            let _ = span.set_parent(parent);
        }
        span
    }
}

async fn observe(State(observer): State<Arc<Observer>>, request: Request, next: Next) -> Response {
    // A route has few values, a path many.
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or(Cow::Borrowed("unmatched"), |route| {
        route.as_str().to_owned().into()
    });
    observer
        .observe(route, request, |request| next.run(request))
        .await
}

/// Methods are whatever a client calls them: what is none of HTTP's own is one thing.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "_OTHER",
    }
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
