//! Calls as clients make them, drawn the same in each run, and the logging
//! service to send them to.
//!
//! `calls` draws them, `service` takes and answers, `measure` takes the time.

mod calls;
mod measure;
mod service;

pub use calls::{Draw, Shape};
pub use measure::{Timing, time};
pub use service::{Reader, Service};
