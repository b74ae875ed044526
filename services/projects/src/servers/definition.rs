use std::ops::RangeInclusive;

use domain::Isolation;
use service_error::ServiceError;

mod http;
mod secrets;
mod stdio;

pub(crate) use http::Http;
pub(crate) use secrets::{check_secrets, parse_secrets};
pub(crate) use stdio::Stdio;

/// How long a call, or the start of a server, may take.
const TIMEOUT_MS: RangeInclusive<u32> = 1_000..=3_600_000;
const DEFAULT_TIMEOUT_MS: u32 = 60_000;
const DEFAULT_INIT_TIMEOUT_MS: u32 = 30_000;

const MAX_IN_FLIGHT: RangeInclusive<u32> = 1..=1_000;
const DEFAULT_MAX_IN_FLIGHT: u32 = 32;

/// What a server is reached with may have together, and its secrets again. With
/// the limit of servers in a project it bounds a project's snapshot.
const MAX_BYTES: usize = 32 * 1024;

/// How one MCP server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerDefinition {
    pub(crate) transport: Transport,
    pub(crate) limits: Limits,
    pub(crate) isolation: Isolation,
}

/// By which way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Transport {
    /// A program that the gateway starts.
    Stdio(Stdio),
    /// Streamable HTTP, of whatever revision the server speaks.
    StreamableHttp(Http),
    /// HTTP+SSE (2024-11-05).
    Sse(Http),
}

/// What a server may take of time and of calls at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    timeout_ms: u32,
    init_timeout_ms: u32,
    max_in_flight: u32,
}

impl Transport {
    /// The word that stands for the way in the database.
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Self::Stdio(_) => "stdio",
            Self::StreamableHttp(_) => "streamable_http",
            Self::Sse(_) => "sse",
        }
    }

    /// Whether the value of that name is written in the definition, for all to
    /// see who may write it.
    fn has_value(&self, name: &str) -> bool {
        match self {
            Self::Stdio(stdio) => stdio.env().contains_key(name),
            Self::StreamableHttp(http) | Self::Sse(http) => http.headers().contains_key(name),
        }
    }
}

impl Limits {
    /// Zeros stand for the defaults.
    pub(crate) fn parse(
        timeout_ms: u32,
        init_timeout_ms: u32,
        max_in_flight: u32,
    ) -> Result<Self, ServiceError> {
        Ok(Self {
            timeout_ms: within("timeout_ms", timeout_ms, DEFAULT_TIMEOUT_MS, TIMEOUT_MS)?,
            init_timeout_ms: within(
                "init_timeout_ms",
                init_timeout_ms,
                DEFAULT_INIT_TIMEOUT_MS,
                TIMEOUT_MS,
            )?,
            max_in_flight: within(
                "max_in_flight",
                max_in_flight,
                DEFAULT_MAX_IN_FLIGHT,
                MAX_IN_FLIGHT,
            )?,
        })
    }

    pub(crate) const fn timeout_ms(self) -> u32 {
        self.timeout_ms
    }

    pub(crate) const fn init_timeout_ms(self) -> u32 {
        self.init_timeout_ms
    }

    pub(crate) const fn max_in_flight(self) -> u32 {
        self.max_in_flight
    }
}

fn within(field: &str, value: u32, default: u32, range: RangeInclusive<u32>) -> Result<u32, ServiceError> {
    let value = if value == 0 { default } else { value };
    if range.contains(&value) {
        return Ok(value);
    }
    Err(ServiceError::invalid(
        field,
        format!("expected {} to {}", range.start(), range.end()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_stand_for_the_defaults_and_bounds_are_kept() {
        let limits = Limits::parse(0, 0, 0).expect("defaults");
        assert_eq!(
            (
                limits.timeout_ms(),
                limits.init_timeout_ms(),
                limits.max_in_flight()
            ),
            (60_000, 30_000, 32)
        );
        assert!(Limits::parse(1_000, 3_600_000, 1_000).is_ok());
        for (limits, field) in [
            (Limits::parse(999, 0, 0), "timeout_ms"),
            (Limits::parse(3_600_001, 0, 0), "timeout_ms"),
            (Limits::parse(0, 999, 0), "init_timeout_ms"),
            (Limits::parse(0, 0, 1_001), "max_in_flight"),
        ] {
            assert_eq!(
                limits.err().map(|error| error.fields[0].field.clone()).as_deref(),
                Some(field)
            );
        }
    }
}
