use crate::text_enum::text_enum;

text_enum! {
    /// How far a tool call is, or how it ended.
    pub enum ToolCallStatus {
        /// Sent, or about to be, and not answered yet.
        Running = "running",
        /// The server answered without an error.
        Success = "success",
        /// Any other end; an [`ErrorKind`] says which.
        Error = "error",
        /// The server did not answer within its time.
        Timeout = "timeout",
        /// The client withdrew the call.
        Cancelled = "cancelled",
    }
}

text_enum! {
    /// Why a tool call failed.
    pub enum ErrorKind {
        /// A result with `isError: true`.
        ToolError = "tool_error",
        /// A JSON-RPC error from the server.
        ProtocolError = "protocol_error",
        /// The server could not be started or reached.
        UpstreamUnavailable = "upstream_unavailable",
        /// The server went away while the call ran.
        UpstreamCrashed = "upstream_crashed",
        /// The caller may not do this.
        Denied = "denied",
        /// The caller's key is over its limit.
        RateLimited = "rate_limited",
        /// The call names no known tool, or is malformed.
        InvalidRequest = "invalid_request",
        /// The client's connection broke before the answer.
        ClientGone = "client_gone",
        /// The gateway was killed while the call ran; its outcome is unknown.
        GatewayLost = "gateway_lost",
    }
}

text_enum! {
    /// How a client reached the gateway.
    pub enum Door {
        /// HTTP+SSE, revision 2024-11-05.
        Sse = "sse",
        /// Streamable HTTP with a session, revisions 2025-03-26 to 2025-11-25.
        StreamableHttp = "streamable_http",
        /// Streamable HTTP without a session, revision 2026-07-28.
        StatelessHttp = "stateless_http",
        /// The REST gateway's "run this tool".
        Rest = "rest",
    }
}

text_enum! {
    /// How a client session ended.
    pub enum SessionEnd {
        /// The client closed its connection.
        Closed = "closed",
        /// The client sent DELETE.
        Deleted = "deleted",
        /// It was idle or open for too long.
        Expired = "expired",
        /// Its key or its user lost access.
        Revoked = "revoked",
        /// The gateway stopped in good order.
        GatewayStopped = "gateway_stopped",
        /// The gateway was killed.
        GatewayLost = "gateway_lost",
    }
}

text_enum! {
    /// The client programs that are known by name.
    pub enum ClientType {
        /// Cline.
        Cline = "cline",
        /// Roo Code.
        Roo = "roo",
        /// Cursor.
        Cursor = "cursor",
        /// Visual Studio Code.
        Vscode = "vscode",
        /// Windsurf.
        Windsurf = "windsurf",
        /// Claude Desktop and Claude Code.
        Claude = "claude",
        /// The MCP Inspector.
        Inspector = "inspector",
        /// A program built on one of the SDKs.
        Sdk = "sdk",
        /// Any other.
        Unknown = "unknown",
    }
}

text_enum! {
    /// How much a server log line matters.
    pub enum LogLevel {
        /// For those who look for a fault.
        Debug = "debug",
        /// In the course of things.
        Info = "info",
        /// Unusual, and no harm done yet.
        Warning = "warning",
        /// Something failed.
        Error = "error",
    }
}

text_enum! {
    /// Where a server log line comes from.
    pub enum ServerLogKind {
        /// The server wrote it to stderr.
        Stderr = "stderr",
        /// The gateway started, stopped or lost the server.
        Lifecycle = "lifecycle",
        /// The server broke the protocol, or used `notifications/message`.
        Protocol = "protocol",
    }
}

text_enum! {
    /// Which clients share one connection to a server.
    pub enum Isolation {
        /// Shared, but a client that answers requests of servers gets its own.
        Auto = "auto",
        /// All clients of the project share one.
        Shared = "shared",
        /// Each session has its own.
        Session = "session",
    }
}

text_enum! {
    /// How a connection to a server stands.
    pub enum UpstreamState {
        /// Started or connected, and not initialised yet.
        Starting = "starting",
        /// Takes calls.
        Ready = "ready",
        /// Gone, and to be started again not before a while.
        BackingOff = "backing_off",
        /// Failed too often: stays down until it is changed or restarted by hand.
        Failed = "failed",
    }
}
