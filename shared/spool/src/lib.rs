//! The durable append log between gateway and logging. Knows nothing of what
//! the frames mean.
//!
//! `frame` is one record as bytes, `scan` finds frames in a file, `segment` is
//! one file, `log` the row of files under one lock, `ages` how long they wait, `recovery` what an earlier
//! process left behind, `reader` follows the tail, `sync` brings it to the disk,
//! `stage` holds the newest frames until they are written to a segment, `config` says how
//! much and how safe.
//!
//! A frame is in the page cache when [`Spool::append`] returns, so that it
//! survives the end of the process; it is on the disk at most 50 ms later.

mod ages;
mod config;
mod error;
mod frame;
mod log;
mod ranges;
mod reader;
mod recovery;
mod scan;
mod segment;
mod spool;
mod stage;
mod sync;

pub use config::{Durability, Level, SpoolConfig, Usage};
pub use error::{AppendError, OpenError};
pub use frame::{Frame, FrameKind};
pub use reader::Reader;
pub use recovery::Recovery;
pub use spool::Spool;
