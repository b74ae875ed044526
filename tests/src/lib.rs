//! The whole stack under test.
//!
//! [`Stack`] runs all four services in this process, [`Processes`] runs each as
//! a process of its own. Both are reached as users reach them: [`Rest`] is the
//! browser's way in, [`McpClient`] an MCP client's. [`wait_until`] is how a test
//! waits: for a condition, not for time. [`FixtureServer`] is the MCP server that
//! they call, [`Collector`] where their traces go, [`Fuzzer`] what finds inputs
//! that nobody thought of.

mod certificates;
mod collector;
mod fault;
mod fixture_server;
mod fuzzer;
mod key_forwarder;
mod link;
mod load;
mod mcp_client;
mod postgres;
mod processes;
mod programs;
mod recorded_calls;
mod rest;
mod small_disk;
mod stack;
mod tls_proxy;
mod wait;

pub use certificates::Certificates;
pub use collector::{CollectedSpan, Collector};
pub use fault::nothing_went_wrong;
pub use fixture_server::{Era, FixtureServer, HttpFixture};
pub use fuzzer::Fuzzer;
pub use key_forwarder::KeyForwarder;
pub use link::{Link, Weather};
pub use load::{Load, Pace};
pub use mcp_client::{Answer, Door, Manner, McpClient};
pub use postgres::Postgres;
pub use processes::{Processes, Service};
pub use programs::{
    ListeningProgram, environment, evil_server, fixture_server, installed_client, kills, mcp_orch,
    memory_mib, postgres_database, size,
};
pub use rest::{Project, Rest, ServerDefinition};
pub use small_disk::SmallDisk;
pub use stack::{Engine, Stack};
pub use tls_proxy::TlsProxy;
pub use wait::{patience, wait_until, wait_within};
