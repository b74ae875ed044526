use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::propagation::Injector;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Whether spans under the target `traced` exist: to look for the trace of one that
/// does not costs each call more than many of the things that it is there for.
pub fn are_traces_collected() -> bool {
    tracing::enabled!(target: "traced", tracing::Level::DEBUG)
}

/// Tells the next hop of the current span, in headers (W3C Trace Context).
/// Nothing where no traces are collected.
pub fn carry_trace(headers: &mut HeaderMap) {
    if !are_traces_collected() {
        return;
    }
    let context = tracing::Span::current().context();
    opentelemetry::global::get_text_map_propagator(|propagator| {
        propagator.inject_context(&context, &mut Headers(headers));
    });
}

struct Headers<'a>(&'a mut HeaderMap);

impl Injector for Headers<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(key), HeaderValue::try_from(value))
            && !value.is_empty()
        {
            self.0.insert(name, value);
        }
    }
}
