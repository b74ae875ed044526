//! Headers by which MCP and trace context travel over HTTP, in both directions. As
//! names, because a text is read and hashed anew whenever it is looked for.

use http::HeaderName;

/// Streamable HTTP of 2025-03-26 to 2025-11-25, "session management".
pub(crate) const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");

/// Streamable HTTP since 2025-06-18, "protocol version header".
pub(crate) const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// Streamable HTTP, "resumability and redelivery".
pub(crate) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Streamable HTTP of 2026-07-28, "standard headers".
pub(crate) const METHOD: HeaderName = HeaderName::from_static("mcp-method");

/// Streamable HTTP of 2026-07-28, "standard headers".
pub(crate) const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// An API key of a client that cannot send `Authorization`.
pub(crate) const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// W3C Trace Context, section 3.2.
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// W3C Trace Context, section 3.3.
pub(crate) const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
