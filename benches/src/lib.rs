//! What the benchmarks have in common.
//!
//! `calls` draws calls as clients make them, the same in each run, and `service`
//! is the logging service to send them to. `deployment` is the whole system,
//! `nginx` what it is compared with, `echo_server` the server behind both;
//! `load` asks them by a `connection` each, and `rows` counts what of it is in
//! the call log. `measure` takes the time, `process` looks at what a process
//! costs.

mod calls;
mod connection;
mod deployment;
mod echo_server;
mod load;
mod measure;
mod nginx;
mod process;
mod rows;
mod service;

pub use calls::{Draw, Shape};
pub use connection::McpConnection;
pub use deployment::{Deployment, Layout, ServiceProcess};
pub use echo_server::{MANY_TOOLS, MANY_TOOLS_PATH, serve_http, serve_stdio};
pub use load::{Ask, Outcome, Pace, What};
pub use measure::{Timing, median, median_of_pairs, time};
pub use nginx::Nginx;
pub use process::{cpu_seconds, memory_kib};
pub use rows::Rows;
pub use service::{Reader, Service};
