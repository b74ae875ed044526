//! Members of `_meta` that the protocol itself defines (2026-07-28, basic, "_meta").

pub(crate) const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
pub(crate) const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
pub(crate) const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
pub(crate) const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";

/// Under which each message of a stream says to which request it belongs
/// (2026-07-28, subscriptions, "receiving notifications").
pub(crate) const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";

/// By which a result says of which server it is.
pub(crate) const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
