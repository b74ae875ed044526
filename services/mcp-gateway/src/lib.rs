//! The MCP gateway: clients in, servers out, every call recorded.
//!
//! A message comes in by a door (`downstream`), belongs to a `session`, is
//! handed on by the `relay` to a running server (`upstream`), and its answer
//! goes back, translated by the `bridge` where the two speak another revision;
//! `catalog` makes one list of many servers' tools. `message` is the
//! JSON-RPC layer below. `directory` knows projects, servers and keys;
//! `recorder` writes every call to the spool, `redact`ed, and `shipper` brings
//! it to the logging service. `rpc` serves the other services, `stdio_child` is
//! the program between the gateway and a stdio server. `start` assembles; `spans` are what a
//! trace sees of it. `header_names` are those of MCP, `id_map` is for what we name ourselves.

mod backoff;
mod bridge;
mod catalog;
mod client;
mod config;
mod directory;
mod downstream;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod header_names;
mod id_map;
mod key_uses;
mod message;
mod outbox;
mod polling;
mod process_tree;
mod recorder;
mod redact;
mod relay;
mod rpc;
mod session;
mod shipper;
mod spans;
mod start;
mod stdio_child;
mod upstream;

pub use config::{Config, InvalidConfig, LimitsConfig, OutboundConfig};
pub use start::{Listeners, start};
pub use stdio_child::run_stdio_child;
