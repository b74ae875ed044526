//! One trace and one request id over two services.

use std::net::{Ipv4Addr, SocketAddr};

use axum::{Router, routing::get};
use domain::Clock;
use http::Request;
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry_sdk::{propagation::TraceContextPropagator, trace::SdkTracerProvider};
use service_host::{Channel, DialOptions, Host, HostConfig, Listener, RequestId, dial, http_client};
use tower::ServiceExt as _;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{layer::SubscriberExt as _, util::SubscriberInitExt as _};

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

fn serve(host: &mut Host, name: &'static str, router: Router) -> String {
    let listener = Listener::bind(ANY_PORT).expect("a free port");
    let url = format!("http://{}", listener.local_addr());
    host.serve_http(name, listener, router).expect("it serves");
    url
}

/// The trace and the request in which this code runs.
fn here() -> String {
    let context = tracing::Span::current().context();
    let request = RequestId::current().expect("within a request");
    format!("{} {request}", context.span().span_context().trace_id())
}

async fn ask(channel: Channel) -> String {
    let request = Request::get("/here")
        .body(tonic::body::Body::empty())
        .expect("a request");
    let answer = channel.oneshot(request).await.expect("an answer");
    let body = axum::body::to_bytes(axum::body::Body::new(answer.into_body()), 1_000).await;
    String::from_utf8(body.expect("a body").to_vec()).expect("a text")
}

#[tokio::test]
async fn a_call_carries_the_trace_and_the_request_id_to_the_next_service() {
    let provider = SdkTracerProvider::builder().build();
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    tracing_subscriber::registry()
        .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("test")))
        .init();
    let mut host = Host::new(HostConfig::default(), Clock::system()).expect("a host");
    let back = serve(
        &mut host,
        "back",
        Router::new().route("/here", get(|| async { here() })),
    );
    let channel = dial(&back, DialOptions::default()).expect("a URL");
    let both = move || async move { format!("{}\n{}", here(), ask(channel).await) };
    let front = serve(&mut host, "front", Router::new().route("/", get(both)));

    let trace_id = "0af7651916cd43dd8448eb211c80319c";
    let request = http_client()
        .build()
        .expect("a client")
        .get(front)
        .header("traceparent", format!("00-{trace_id}-b7ad6b7169203331-01"))
        .header("x-request-id", "request-1");
    let answer = request
        .send()
        .await
        .expect("an answer")
        .text()
        .await
        .expect("a text");
    let expected = format!("{trace_id} request-1");
    assert_eq!(answer.lines().collect::<Vec<_>>(), [&expected, &expected]);
}
