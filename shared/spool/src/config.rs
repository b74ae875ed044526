use std::{path::PathBuf, time::Duration};

use crate::{error::OpenError, frame};

const MIB: u64 = 1024 * 1024;

/// Where a spool lies, how large it may grow and how safe it is.
#[derive(Debug, Clone)]
pub struct SpoolConfig {
    /// The folder. Made when it is missing; one process at a time may use it.
    pub folder: PathBuf,
    /// Size at which a new file is begun.
    pub segment_bytes: u64,
    /// What the spool may hold. The last 5 % are kept for closings.
    pub capacity_bytes: u64,
    /// What an answered append survives.
    pub durability: Durability,
}

/// What an answered append survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The end of the process, however it comes. Costs microseconds.
    Process,
    /// The loss of power too. Waits for the disk, which appends share.
    Power,
}

/// How full a spool is, and what went wrong in it since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Bytes in all segments.
    pub bytes: u64,
    /// What the spool may hold.
    pub capacity_bytes: u64,
    /// Files.
    pub segments: u64,
    /// Openings that wait for their closing.
    pub open: u64,
    /// Frames that nobody has acknowledged yet.
    pub unacknowledged: u64,
    /// How long the oldest of them has waited, to about a second; one of an
    /// earlier process since this one opened the spool. Zero where there is none.
    pub oldest_age: Duration,
    /// Runs of bytes that could not be read and lie in `quarantine/`.
    pub quarantined: u64,
    /// How often the disk did not take what was written.
    pub sync_failures: u64,
}

/// How near a spool is to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Room for all.
    Free,
    /// From 70 % on: somebody should look why nothing is fetched.
    Filling,
    /// From 80 % on: keep what is appended small.
    Tight,
    /// From 95 % on: only closings are taken.
    Full,
}

impl Level {
    /// That of a spool with so much in it.
    pub const fn of(bytes: u64, capacity_bytes: u64) -> Self {
        let used = bytes as u128 * 100;
        let capacity = capacity_bytes as u128;
        if used >= capacity * 95 {
            Self::Full
        } else if used >= capacity * 80 {
            Self::Tight
        } else if used >= capacity * 70 {
            Self::Filling
        } else {
            Self::Free
        }
    }
}

impl SpoolConfig {
    /// 64 MiB a file, 2 GiB in all, safe against the end of the process.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            segment_bytes: 64 * MIB,
            capacity_bytes: 2_048 * MIB,
            durability: Durability::Process,
        }
    }

    pub(crate) fn validate(&self) -> Result<(), OpenError> {
        if self.segment_bytes < 4_096 || self.segment_bytes > 1_024 * MIB {
            return Err(OpenError::Config("segment_bytes: expected 4 KiB to 1 GiB"));
        }
        if self.capacity_bytes / 4 < self.segment_bytes {
            return Err(OpenError::Config(
                "capacity_bytes: expected four times segment_bytes or more, because space comes free one segment at a time",
            ));
        }
        Ok(())
    }

    /// The largest body that fits into a segment.
    pub(crate) fn max_body_bytes(&self) -> usize {
        self.segment_bytes as usize - crate::segment::HEADER_BYTES - frame::HEADER_BYTES
    }
}

impl Usage {
    /// Used part of the capacity: 0 is empty, 1 full.
    pub fn ratio(&self) -> f64 {
        self.bytes as f64 / self.capacity_bytes as f64
    }
}
