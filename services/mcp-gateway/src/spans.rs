//! Spans of MCP, named as OpenTelemetry's semantic conventions for MCP name
//! them: one for what a client asks, one for what a server is asked on its
//! behalf. They exist where traces are collected and cost nothing elsewhere.

use http::HeaderMap;
use opentelemetry::{
    propagation::Extractor,
    trace::{SpanContext, TraceContextExt as _},
};
use tracing::{Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::{
    header_names,
    message::{Fields, Reply, object_fields, object_members, object_of},
    relay::{Answer, Caller, Trace},
    upstream::{Connection, RequestError},
};

/// What carries a trace from one hop to the next: as headers over HTTP (W3C
/// Trace Context), as members of `_meta` in messages (SEP-414).
const CARRIERS: [&str; 2] = ["traceparent", "tracestate"];

/// What a client asks. Belongs to the trace that the message names, else to that
/// of the HTTP request that brought it.
pub(crate) fn of_client(caller: &Caller, method: &str, request_id: &str, params: Option<&str>) -> Span {
    let span = tracing::debug_span!(
        target: "traced::mcp",
        "mcp server",
        otel.kind = "server",
        otel.name = Empty,
        otel.status_code = Empty,
        mcp.method.name = method,
        mcp.protocol.version = Empty,
        mcp.session.id = Empty,
        jsonrpc.request.id = Empty,
        gen_ai.operation.name = Empty,
        gen_ai.tool.name = Empty,
        gen_ai.prompt.name = Empty,
        rpc.response.status_code = Empty,
        "error.type" = Empty,
        mcporch.tool_call.id = Empty,
    );
    if span.is_disabled() {
        return span;
    }
    let fields = params.and_then(|params| object_fields(params, ["name", "_meta"]));
    name(&span, method, fields.as_ref());
    if let Some(revision) = caller.revision {
        span.record("mcp.protocol.version", revision.as_str());
    }
    if let Some(session) = &caller.session {
        span.record("mcp.session.id", tracing::field::display(session.id));
    }
    if !request_id.is_empty() {
        span.record("jsonrpc.request.id", request_id.trim_matches('"'));
    }
    let meta = fields
        .as_ref()
        .and_then(|fields| object_fields(fields.get(1)?, CARRIERS));
    if let Some(meta) = meta.filter(|meta| meta.get(0).is_some()) {
        let transport = Span::current().context().span().span_context().clone();
        let parent =
            opentelemetry::global::get_text_map_propagator(|propagator| propagator.extract(&Meta(&meta)));
        if span.set_parent(parent).is_ok() && transport.is_valid() {
            span.add_link(transport);
        }
    }
    span
}

/// What a server is asked.
pub(crate) fn to_server(connection: &Connection, method: &str, params: Option<&str>) -> Span {
    let span = tracing::debug_span!(
        target: "traced::mcp",
        "mcp client",
        otel.kind = "client",
        otel.name = Empty,
        otel.status_code = Empty,
        mcp.method.name = method,
        mcp.protocol.version = Empty,
        network.transport = Empty,
        gen_ai.operation.name = Empty,
        gen_ai.tool.name = Empty,
        gen_ai.prompt.name = Empty,
        rpc.response.status_code = Empty,
        "error.type" = Empty,
        mcporch.server.name = %connection.server.name,
    );
    if span.is_disabled() {
        return span;
    }
    let fields = params.and_then(|params| object_fields(params, ["name", "_meta"]));
    name(&span, method, fields.as_ref());
    if let Some(hello) = connection.hello() {
        span.record("mcp.protocol.version", &hello.revision);
    }
    let transport = if connection.pid.is_some() { "pipe" } else { "tcp" };
    span.record("network.transport", transport);
    span
}

/// Notes on the current span that what it is about has failed.
pub(crate) fn failed(kind: &str, code: Option<i64>) {
    let span = Span::current();
    span.record("otel.status_code", "ERROR");
    span.record("error.type", kind);
    if let Some(code) = code {
        span.record("rpc.response.status_code", code);
    }
}

/// The same for an answer that is an error.
pub(crate) fn answered(answer: &Answer) {
    if let Some(code) = answer.error_code() {
        failed(&code.to_string(), Some(code));
    }
}

/// The same for a reply of a server.
pub(crate) fn replied(reply: &Result<Reply, RequestError>) {
    match reply {
        Ok(Reply::Result(_)) => {}
        Ok(Reply::Error(error)) => {
            let fields = object_fields(error.get(), ["code"]);
            let code = fields.and_then(|fields| fields.get(0)?.parse::<i64>().ok());
            failed(&error_type(code), code);
        }
        Err(RequestError::Timeout(_)) => failed("timeout", None),
        Err(_) => failed("_OTHER", None),
    }
}

/// What an error is called: `_OTHER` where it has no code, which it should have.
fn error_type(code: Option<i64>) -> String {
    code.map_or_else(|| "_OTHER".to_owned(), |code| code.to_string())
}

/// The trace of the current span, where traces are collected.
pub(crate) fn current() -> Option<Trace> {
    if !service_host::are_traces_collected() {
        return None;
    }
    let context = Span::current().context();
    let span = context.span();
    let span: &SpanContext = span.span_context();
    span.is_valid().then(|| Trace {
        trace_id: span.trace_id().to_string(),
        span_id: span.span_id().to_string(),
        carriers: HeaderMap::new(),
    })
}

/// What tells the next hop of the current span; what the client told where there
/// is none.
pub(crate) fn carriers(of_client: Option<&Trace>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    service_host::carry_trace(&mut headers);
    match of_client {
        Some(trace) if headers.is_empty() => trace.carriers.clone(),
        _ => headers,
    }
}

/// Params that tell a server of the current span. As they were, where there is
/// none.
pub(crate) fn with_carriers(params: Option<String>) -> Option<String> {
    if current().is_none() {
        return params;
    }
    let headers = carriers(None);
    let text = params.as_deref().unwrap_or("{}");
    let fields = object_fields(text, ["_meta"])?;
    let members = fields.get(0).and_then(object_members).unwrap_or_default();
    let own: Vec<_> = headers
        .iter()
        .filter_map(|(name, value)| {
            Some((
                name.as_str(),
                serde_json::Value::from(value.to_str().ok()?).to_string(),
            ))
        })
        .collect();
    let others = members
        .iter()
        .filter(|(name, _)| !headers.contains_key(&**name))
        .map(|(name, value)| (&**name, *value));
    let meta = object_of(others.chain(own.iter().map(|(name, value)| (*name, value.as_str()))));
    Some(match fields.get(0) {
        Some(old) => fields.splice().replace(old, meta).finish(),
        None => fields.splice().add_member("_meta", &meta).finish(),
    })
}

/// The carriers among the headers of a request.
pub(crate) fn carriers_of(headers: &HeaderMap) -> HeaderMap {
    let names = [header_names::TRACEPARENT, header_names::TRACESTATE];
    let carried = names.into_iter().filter_map(|name| {
        let value = headers.get(&name)?.clone();
        Some((name, value))
    });
    carried.collect()
}

fn name(span: &Span, method: &str, fields: Option<&Fields<'_, 2>>) {
    let target = match method {
        "tools/call" | "prompts/get" => fields.and_then(|fields| fields.string(0)),
        _ => None,
    };
    let Some(target) = target else {
        span.record("otel.name", method);
        return;
    };
    span.record("otel.name", format!("{method} {target}"));
    if method == "tools/call" {
        span.record("gen_ai.operation.name", "execute_tool");
        span.record("gen_ai.tool.name", target);
    } else {
        span.record("gen_ai.prompt.name", target);
    }
}

/// `_meta` of a message.
struct Meta<'a, 'b>(&'b Fields<'a, 2>);

impl Extractor for Meta<'_, '_> {
    fn get(&self, key: &str) -> Option<&str> {
        let place = CARRIERS.iter().position(|name| *name == key)?;
        // None of these values has characters that JSON escapes.
        self.0.get(place)?.strip_prefix('"')?.strip_suffix('"')
    }

    fn keys(&self) -> Vec<&str> {
        CARRIERS.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_without_a_code_has_a_type_too() {
        assert_eq!(error_type(Some(-32_602)), "-32602");
        assert_eq!(error_type(None), "_OTHER");
    }
}
