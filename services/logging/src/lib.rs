//! The logging service: ingest, store, query, live tail of tool calls,
//! sessions and server logs.
//!
//! Records come in by `rpc/ingest`; `ingest` folds them (`batch`) into rows
//! (`tool_call`, `sessions`, `server_logs`) and has them written, each batch in
//! one transaction (`store/write`). Readers come in by the other files of `rpc`:
//! `tool_calls` answers pages and single calls, `summary` figures, `tail` what
//! changes. The only other service that it calls is projects, which it asks how
//! long to keep what (`retention`); it works without the answer. The words of
//! calls are indexed behind all that (`indexing`).

mod batch;
mod body;
mod breakdown;
mod chart;
mod compression;
mod config;
mod export;
mod facets;
mod figures;
mod filter;
#[cfg(test)]
mod fixtures;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod indexing;
mod ingest;
mod latency;
mod query;
mod record;
mod retention;
mod rollup;
mod row;
mod rpc;
mod server_logs;
mod sessions;
mod start;
mod store;
mod summary;
mod tail;
mod tally;
mod tool_call;
mod tool_calls;
mod words;

pub use config::{Config, InvalidConfig};
pub use start::{Listeners, start};
pub use store::MIGRATIONS;
