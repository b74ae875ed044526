use std::{
    fmt,
    time::{Duration, SystemTime},
};

use opentelemetry::{
    KeyValue,
    trace::{Span as _, SpanKind, TraceContextExt as _, Tracer as _},
};
use opentelemetry_sdk::trace::SdkTracer;
use tracing::{
    Event, Subscriber, dispatcher,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

/// Where sqlx tells of a statement, when it has ended.
pub(crate) const TARGET: &str = "sqlx::query";

/// Makes a span of each SQL statement that runs within a traced request. Its
/// text is as it stands in the code: values are bound, and in no span.
#[derive(Debug)]
pub(crate) struct Statements {
    tracer: SdkTracer,
}

/// What sqlx tells of one.
#[derive(Debug, Default)]
struct Statement {
    summary: String,
    text: String,
    took: Duration,
    rows_returned: u64,
}

impl Statements {
    pub(crate) const fn new(tracer: SdkTracer) -> Self {
        Self { tracer }
    }
}

impl<S> Layer<S> for Statements
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    #[expect(
        clippy::disallowed_methods,
        reason = "the clock of telemetry, which no test moves"
    )]
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() != TARGET {
            return;
        }
        // The process has one subscriber, which all of it was installed with.
        let parent = context.event_span(event).and_then(|span| {
            dispatcher::get_default(|dispatch| tracing_opentelemetry::get_otel_context(&span.id(), dispatch))
        });
        let Some(parent) = parent.filter(|parent| parent.span().span_context().is_sampled()) else {
            return;
        };
        let mut statement = Statement::default();
        event.record(&mut statement);
        let end = SystemTime::now();
        let text = match statement.text.as_str() {
            "" => statement.summary.clone(),
            _ => statement.text,
        };
        let attributes = [
            KeyValue::new("db.query.text", text),
            KeyValue::new("db.response.returned_rows", statement.rows_returned as i64),
        ];
        self.tracer
            .span_builder(statement.summary)
            .with_kind(SpanKind::Client)
            .with_start_time(end - statement.took)
            .with_attributes(attributes)
            .start_with_context(&self.tracer, &parent)
            .end_with_timestamp(end);
    }
}

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.trim_end_matches(" …").clone_into(&mut self.summary),
            "db.statement" => value.trim().clone_into(&mut self.text),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "rows_returned" {
            self.rows_returned = value;
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.took = Duration::try_from_secs_f64(value).unwrap_or_default();
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}
