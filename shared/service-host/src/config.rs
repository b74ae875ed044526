use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::TlsConfig;

/// What a process needs whatever services it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HostConfig {
    /// How long requests in flight may take to finish after a stop was asked
    /// for, in milliseconds.
    pub shutdown_grace_ms: u64,
    /// How long a connection may take to send a whole request head, and how
    /// long it may stay idle on HTTP/1, in milliseconds.
    pub header_read_timeout_ms: u64,
    /// The largest request head, in bytes.
    pub max_header_bytes: u32,
    /// Connections open at a time on one port. Further ones wait in the
    /// system's accept queue.
    pub max_connections: usize,
    /// Whether gRPC reflection is on, which tells any caller the contracts.
    /// Meant for development.
    pub reflection: bool,
    /// TLS between the services.
    pub tls: TlsConfig,
    /// Logs, traces, metrics.
    pub telemetry: TelemetryConfig,
}

/// Logs, traces, metrics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetryConfig {
    /// What is logged: a level (`info`) or a filter per target
    /// (`info,mcp_gateway=debug`).
    pub log: String,
    /// How log lines look: `auto` (text on a terminal, JSON elsewhere), `text`
    /// or `json`.
    pub log_format: LogFormat,
    /// Where traces and metrics go by OTLP over gRPC, such as
    /// `http://localhost:4317`. The environment's `OTEL_EXPORTER_OTLP_ENDPOINT`
    /// does the same. Absent: nowhere; `/metrics` is there in any case.
    pub otlp_endpoint: Option<String>,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// One readable line each.
    Text,
    /// One JSON object each.
    Json,
}

impl Default for HostConfig {
    fn default() -> Self {
        Self {
            shutdown_grace_ms: 20_000,
            header_read_timeout_ms: 30_000,
            max_header_bytes: 64 * 1024,
            max_connections: 10_000,
            reflection: false,
            tls: TlsConfig::default(),
            telemetry: TelemetryConfig::default(),
        }
    }
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            log: "info".to_owned(),
            log_format: LogFormat::Auto,
            otlp_endpoint: None,
        }
    }
}

impl HostConfig {
    pub(crate) fn shutdown_grace(&self) -> Duration {
        Duration::from_millis(self.shutdown_grace_ms)
    }

    pub(crate) fn header_read_timeout(&self) -> Duration {
        Duration::from_millis(self.header_read_timeout_ms)
    }
}
