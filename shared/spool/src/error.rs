use std::{io, path::PathBuf};

/// Why a spool could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A value of the configuration cannot be what it should be.
    #[error("{0}")]
    Config(&'static str),
    /// Another process has it.
    #[error("the spool {} is in use by another process; stop it, or give each gateway a folder of its own", .folder.display())]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// A file could not be read or written.
    #[error("{what} {}", .path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

/// Why a frame was not taken.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Only closings are taken, until space comes free.
    #[error("the spool is full: {bytes} of {capacity_bytes} bytes")]
    Full {
        /// What it holds.
        bytes: u64,
        /// What it may hold.
        capacity_bytes: u64,
    },
    /// The body fits into no segment.
    #[error("a body of {bytes} bytes is too large for the spool, which takes up to {max_bytes}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        max_bytes: usize,
    },
    /// The disk did not take it. Nothing of it is in the spool.
    #[error("the spool could not be written")]
    Write(#[source] io::Error),
    /// It is written and may not survive a loss of power
    /// ([`Durability::Power`](crate::Durability::Power) only).
    #[error("the disk did not confirm what was written to the spool")]
    NotDurable,
}

pub(crate) trait IoContext<T> {
    fn context(self, what: &'static str, path: &std::path::Path) -> Result<T, OpenError>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn context(self, what: &'static str, path: &std::path::Path) -> Result<T, OpenError> {
        self.map_err(|source| OpenError::Io {
            what,
            path: path.to_owned(),
            source,
        })
    }
}
