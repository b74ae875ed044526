//! Calls as clients make them, drawn the same in each run, and the logging
//! service to send them to.
//!
//! `calls` draws them, `service` takes and answers, `http` calls through a
//! gateway, `measure` takes the time.

mod calls;
mod http;
mod measure;
mod service;

pub use calls::{Draw, Shape};
pub use http::McpConnection;
pub use measure::{Timing, time};
pub use service::{Reader, Service};
