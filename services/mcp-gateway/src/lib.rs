//! The MCP gateway: clients in, servers out, every call recorded.

mod backoff;
mod catalog;
mod client;
mod directory;
mod message;
mod outbox;
mod recorder;
mod redact;
mod relay;
mod session;
mod stdio_child;
mod upstream;

pub use stdio_child::run_stdio_child;
