mod request_lines;
mod statements;

use std::{io::IsTerminal as _, time::Duration};

use anyhow::Context as _;
use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use opentelemetry::{Key, KeyValue, trace::TracerProvider as _};
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{
    Resource, metrics::SdkMeterProvider, propagation::TraceContextPropagator, trace::SdkTracerProvider,
};
use prometheus::{Registry, TextEncoder};
use tracing_subscriber::{
    EnvFilter, Layer as _,
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::{LogFormat, TelemetryConfig};
use request_lines::RequestLines;
use statements::Statements;

/// How long the last traces and metrics may take to be sent at the end.
const FLUSH: Duration = Duration::from_secs(3);

/// The spans and events that make up a trace. Spans under `traced` are of use
/// nowhere else: where no traces are collected, they cost nothing.
fn traced() -> Targets {
    Targets::new()
        .with_default(LevelFilter::INFO)
        .with_target("traced", LevelFilter::DEBUG)
}

/// What the process counts, for `/metrics` and, where a collector is named,
/// for OTLP.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    registry: Registry,
    pub(crate) provider: SdkMeterProvider,
}

impl Metrics {
    pub(crate) fn new(exporter: Option<MetricExporter>) -> anyhow::Result<Self> {
        let registry = Registry::new();
        let reader = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .without_target_info()
            .build()
            .context("metrics cannot be collected")?;
        let mut builder = SdkMeterProvider::builder()
            .with_resource(resource())
            .with_reader(reader);
        if let Some(exporter) = exporter {
            builder = builder.with_periodic_exporter(exporter);
        }
        Ok(Self {
            registry,
            provider: builder.build(),
        })
    }

    /// The Prometheus text format.
    pub(crate) fn render(&self) -> Response {
        let mut text = String::new();
        match TextEncoder::new().encode_utf8(&self.registry.gather(), &mut text) {
            Ok(()) => ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
            Err(error) => {
                tracing::error!(%error, "metrics cannot be written");
                http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// The telemetry of a process, as long as it lives.
pub(crate) struct Telemetry {
    pub(crate) metrics: Metrics,
    tracer_provider: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Installs logs, traces and metrics for the whole process. Once, within a
    /// Tokio runtime.
    pub(crate) fn install(config: &TelemetryConfig) -> anyhow::Result<Self> {
        let filter = EnvFilter::try_new(&config.log).with_context(|| {
            format!(
                "telemetry.log: {:?} is no log filter, such as info,mcp_gateway=debug",
                config.log
            )
        })?;
        let (tracer_provider, metric_exporter) = match &otlp_endpoint(config) {
            Some(endpoint) => {
                let spans = SpanExporter::builder()
                    .with_tonic()
                    .with_endpoint(endpoint)
                    .build();
                let metrics = MetricExporter::builder()
                    .with_tonic()
                    .with_endpoint(endpoint)
                    .build();
                let wrong = || format!("telemetry.otlp_endpoint: {endpoint:?} cannot be used");
                let tracer_provider = SdkTracerProvider::builder()
                    .with_resource(resource())
                    .with_batch_exporter(spans.with_context(wrong)?)
                    .build();
                (Some(tracer_provider), Some(metrics.with_context(wrong)?))
            }
            None => (None, None),
        };
        let metrics = Metrics::new(metric_exporter)?;
        opentelemetry::global::set_meter_provider(metrics.provider.clone());
        let traces = tracer_provider.as_ref().map(|provider| {
            opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
            tracing_opentelemetry::layer()
                .with_tracer(provider.tracer("mcp-orchestrator"))
                .with_filter(traced())
        });
        let statements = tracer_provider.as_ref().map(|provider| {
            let filter = traced().with_target(statements::TARGET, LevelFilter::DEBUG);
            Statements::new(provider.tracer("mcp-orchestrator")).with_filter(filter)
        });
        // Each with its own filter: fewer log lines must not mean fewer traces.
        tracing_subscriber::registry()
            .with(traces)
            .with(statements)
            .with(log_lines(config.log_format).with_filter(filter))
            .try_init()
            .context("telemetry was installed before")?;
        Ok(Self {
            metrics,
            tracer_provider,
        })
    }

    /// Sends what is left to send.
    pub(crate) fn flush(self) {
        if let Some(provider) = &self.tracer_provider
            && let Err(error) = provider.shutdown_with_timeout(FLUSH)
        {
            tracing::warn!(%error, "the last traces were not sent");
        }
        if let Err(error) = self.metrics.provider.shutdown_with_timeout(FLUSH) {
            tracing::warn!(%error, "the last metrics were not sent");
        }
    }
}

/// Log lines go to stderr: stdout belongs to what a command answers.
fn log_lines<S>(format: LogFormat) -> Box<dyn tracing_subscriber::Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    let is_terminal = std::io::stderr().is_terminal();
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    if format == LogFormat::Json || (format == LogFormat::Auto && !is_terminal) {
        let layer = layer.json().flatten_event(true).with_span_list(false);
        layer.map_event_format(RequestLines::json).boxed()
    } else {
        let layer = layer.with_ansi(is_terminal);
        layer
            .map_event_format(|format| RequestLines::text(format.with_ansi(is_terminal)))
            .boxed()
    }
}

/// The variable that collectors' manuals name counts too.
#[expect(
    clippy::disallowed_methods,
    reason = "a variable of OpenTelemetry, not of ours"
)]
fn otlp_endpoint(config: &TelemetryConfig) -> Option<String> {
    let named = || std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT").ok();
    config
        .otlp_endpoint
        .clone()
        .or_else(named)
        .filter(|endpoint| !endpoint.is_empty())
}

fn resource() -> Resource {
    named(Resource::builder().build())
}

/// Gives a name to a process that `OTEL_SERVICE_NAME` and
/// `OTEL_RESOURCE_ATTRIBUTES` give none.
fn named(detected: Resource) -> Resource {
    const NAME: &str = "service.name";
    let is_named = detected
        .get(&Key::from_static_str(NAME))
        .is_some_and(|name| !name.as_str().starts_with("unknown_service"));
    if is_named {
        return detected;
    }
    let attributes = detected
        .iter()
        .map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    Resource::builder_empty()
        .with_attributes(attributes)
        .with_service_name("mcp-orchestrator")
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_the_environment_wins() {
        let detected = |name: &str| {
            let attributes = [
                KeyValue::new("service.name", name.to_owned()),
                KeyValue::new("host.name", "a"),
            ];
            Resource::builder_empty().with_attributes(attributes).build()
        };
        for (found, expected) in [
            ("gateway-eu", "gateway-eu"),
            ("unknown_service:mcp-orch", "mcp-orchestrator"),
        ] {
            let resource = named(detected(found));
            let value = |key| resource.get(&Key::from_static_str(key));
            assert_eq!(value("service.name"), Some(expected.into()));
            assert_eq!(value("host.name"), Some("a".into()));
        }
    }
}
