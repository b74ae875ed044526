use std::{
    fmt::Write as _,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use data_encoding::HEXLOWER;
use domain::Clock;
use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::any_value::Value,
    trace::v1::{Span, span::SpanKind},
};
use service_host::{Host, HostConfig, Listener};
use tonic::{Request, Response, Status, service::Routes};

/// An OpenTelemetry collector that keeps the spans that it is sent over OTLP.
pub struct Collector {
    url: String,
    spans: Spans,
    _host: Host,
}

/// A span as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectedSpan {
    /// Of the trace, 32 hexadecimal digits.
    pub trace_id: String,
    /// Its own, 16 hexadecimal digits.
    pub id: String,
    /// The span that it belongs to.
    pub parent_id: String,
    /// What was done.
    pub name: String,
    /// `server`, `client`, or `internal`.
    pub kind: &'static str,
    /// When it began.
    pub began_ns: u64,
    attributes: Vec<(String, String)>,
}

#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<CollectedSpan>>>);

impl Collector {
    /// Listens on a free port of this machine.
    pub fn start() -> Self {
        let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("there are free ports");
        let url = format!("http://{}", listener.local_addr());
        let spans = Spans::default();
        let mut host = Host::new(HostConfig::default(), Clock::system()).expect("a host can be made");
        let routes = Routes::new(TraceServiceServer::new(spans.clone()));
        host.serve_grpc("collector", listener, routes)
            .expect("it can be served");
        Self {
            url,
            spans,
            _host: host,
        }
    }

    /// For `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The spans of a trace that have come so far, those that began first first.
    pub fn trace(&self, trace_id: &str) -> Vec<CollectedSpan> {
        let spans = self.spans.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_trace = spans.iter().filter(|span| span.trace_id == trace_id);
        let mut spans: Vec<_> = of_trace.cloned().collect();
        spans.sort_by_key(|span| span.began_ns);
        spans
    }
}

impl CollectedSpan {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Spans as a tree, below what they say that they belong to: a line for
    /// each, with those of the attributes that are there.
    pub fn tree(spans: &[Self], below: &str, attributes: &[&str]) -> String {
        let mut text = String::new();
        Self::branch(spans, below, attributes, 0, &mut text);
        text
    }

    fn branch(spans: &[Self], below: &str, attributes: &[&str], depth: usize, text: &mut String) {
        for span in spans.iter().filter(|span| span.parent_id == below) {
            let _ = write!(
                text,
                "{:indent$}{} ({})",
                "",
                span.name,
                span.kind,
                indent = depth * 2
            );
            for name in attributes {
                if let Some(value) = span.attribute(name) {
                    let _ = write!(text, " {name}={value}");
                }
            }
            text.push('\n');
            Self::branch(spans, &span.id, attributes, depth + 1, text);
        }
    }
}

#[tonic::async_trait]
impl TraceService for Spans {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let resources = request.into_inner().resource_spans.into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_spans);
        let spans = scopes.flat_map(|scope| scope.spans).map(collected);
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(spans);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

fn collected(span: Span) -> CollectedSpan {
    let kind = match span.kind() {
        SpanKind::Server => "server",
        SpanKind::Client => "client",
        _ => "internal",
    };
    let attributes = span.attributes.into_iter().filter_map(|attribute| {
        let value = match attribute.value?.value? {
            Value::StringValue(text) => text,
            Value::IntValue(number) => number.to_string(),
            Value::BoolValue(truth) => truth.to_string(),
            _ => return None,
        };
        Some((attribute.key, value))
    });
    CollectedSpan {
        attributes: attributes.collect(),
        trace_id: HEXLOWER.encode(&span.trace_id),
        id: HEXLOWER.encode(&span.span_id),
        parent_id: HEXLOWER.encode(&span.parent_span_id),
        name: span.name,
        kind,
        began_ns: span.start_time_unix_nano,
    }
}
