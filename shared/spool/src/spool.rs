use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
};

use tokio::sync::Notify;
use uuid::Uuid;

use crate::{
    config::{Durability, Level, SpoolConfig, Usage},
    error::{AppendError, IoContext as _, OpenError},
    frame::{Draft, FrameKind},
    log::{self, Log},
    reader::Reader,
    recovery::{self, Recovery},
    segment::{self, Spare},
    stage::{self, Stage},
    sync::{self, Progress},
};

/// An append log in a folder: frames go in, are read, and are let go of when
/// their reader has acknowledged them.
///
/// Dropped, it is synced and closed; its readers then see no more.
#[derive(Debug)]
pub struct Spool {
    shared: Arc<Shared>,
    epoch: u64,
    salt: u32,
    /// See [`Log::shared_bytes`].
    bytes: Arc<AtomicU64>,
    capacity_bytes: u64,
    max_body_bytes: usize,
    durability: Durability,
    sync_thread: Option<JoinHandle<()>>,
    /// Held as long as the spool is: the lock of the folder.
    _lock: File,
}

/// What the spool, its readers and its thread have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) folder: PathBuf,
    log: Mutex<Log>,
    pub(crate) appended: Notify,
    pub(crate) progress: Progress,
    /// Replaced where a test needs a disk that fails.
    pub(crate) sync_file: fn(&File) -> io::Result<()>,
}

impl Shared {
    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what lies on the stage.
    pub(crate) fn write_out(&self) -> io::Result<()> {
        let has_written = self.log().write_out()?;
        if has_written {
            self.appended.notify_waiters();
        }
        Ok(())
    }
}

impl Spool {
    /// Opens the spool of a folder and reads what an earlier process left.
    pub fn open(config: SpoolConfig) -> Result<(Self, Recovery), OpenError> {
        Self::open_with(config, File::sync_data, segment::allocate, Stage::open)
    }

    pub(crate) fn open_with(
        config: SpoolConfig,
        sync_file: fn(&File) -> io::Result<()>,
        allocate: segment::Allocate,
        open_stage: fn(&Path) -> Stage,
    ) -> Result<(Self, Recovery), OpenError> {
        config.validate()?;
        let folder = config.folder.clone();
        fs::create_dir_all(&folder).context("cannot make the folder", &folder)?;
        let lock = lock(&folder)?;
        stage::recover(&folder).context("cannot recover the stage of the spool in", &folder)?;
        let (recovered, recovery) = recovery::recover(&folder)?;
        Spare::give_back(&folder).context("cannot remove the spare segment in", &folder)?;
        let epoch = next_epoch(&folder, recovered.last_epoch)?;
        let salt = getrandom::u32()
            .map_err(io::Error::from)
            .context("cannot find a random number for", &folder)?;
        let (max_body_bytes, durability) = (config.max_body_bytes(), config.durability);
        let capacity_bytes = config.capacity_bytes;
        let stage = match durability {
            Durability::Process => open_stage(&folder),
            // Written by itself, each is sooner on the disk.
            Durability::Power => Stage::default(),
        };
        let log = Log::new(config, epoch, salt, recovered, allocate, stage);
        let bytes = log.shared_bytes();
        let shared = Arc::new(Shared {
            folder: folder.clone(),
            log: Mutex::new(log),
            appended: Notify::new(),
            progress: Progress::default(),
            sync_file,
        });
        let sync_thread = sync::start(shared.clone()).context("cannot start a thread for", &folder)?;
        let spool = Self {
            shared,
            epoch,
            salt,
            bytes,
            capacity_bytes,
            max_body_bytes,
            durability,
            sync_thread: Some(sync_thread),
            _lock: lock,
        };
        Ok((spool, recovery))
    }

    /// Which life of the spool this is: larger at each start.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Writes a frame and returns its number. When this returns, the frame
    /// survives the end of the process, and under [`Durability::Power`] (which
    /// blocks for milliseconds) the loss of power.
    ///
    /// A closing whose opening is in the spool is taken however full it is.
    pub fn append(&self, kind: FrameKind, id: Uuid, body: &[u8]) -> Result<u64, AppendError> {
        self.append_written(kind, id, body.len(), |bytes| {
            bytes.extend_from_slice(body);
        })
    }

    /// The same for a body of that length, which is put where it is to lie: behind what
    /// is there already.
    pub fn append_written(
        &self,
        kind: FrameKind,
        id: Uuid,
        body_bytes: usize,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<u64, AppendError> {
        if body_bytes > self.max_body_bytes {
            return Err(AppendError::TooLarge {
                bytes: body_bytes,
                max_bytes: self.max_body_bytes,
            });
        }
        let mut draft = Draft::written(self.salt, kind, id, body_bytes, write);
        let (seq, is_news) = self.shared.log().append(&mut draft)?;
        if is_news {
            self.shared.appended.notify_waiters();
        }
        match self.durability {
            Durability::Process => {}
            Durability::Power => self.shared.progress.wait_for(seq)?,
        }
        Ok(seq)
    }

    /// A reader of all that is not acknowledged.
    pub fn reader(&self) -> Reader {
        Reader::new(self.shared.clone())
    }

    /// Says that the frames of a run are safe elsewhere. Segments that hold
    /// nothing else are deleted.
    pub fn acknowledge(&self, epoch: u64, first_seq: u64, last_seq: u64) {
        let released = self.shared.log().acknowledge(epoch, first_seq, last_seq);
        if let Some(seq) = released.moved_up_to {
            self.shared.appended.notify_waiters();
            if self.durability == Durability::Power && self.shared.progress.wait_for(seq).is_err() {
                // The next process finds the segments and the openings in them.
                return;
            }
        }
        for key in released.segments {
            log::remove(&self.shared.folder, key);
        }
    }

    /// How near it is to its end. Waits for nobody, other than [`Spool::usage`].
    pub fn level(&self) -> Level {
        Level::of(self.bytes.load(Ordering::Relaxed), self.capacity_bytes)
    }

    /// How full it is.
    pub fn usage(&self) -> Usage {
        self.shared.log().usage()
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        let released = self.shared.log().close();
        self.shared.progress.stop();
        if let Some(thread) = self.sync_thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that syncs the spool panicked");
        }
        for key in released.segments {
            log::remove(&self.shared.folder, key);
        }
    }
}

fn lock(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join("lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .context("cannot open", &path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(OpenError::Locked {
            folder: folder.to_owned(),
        }),
        Err(fs::TryLockError::Error(error)) => Err(error).context("cannot lock", &path),
    }
}

/// A number larger than any before, on the disk before it is used.
fn next_epoch(folder: &Path, last_in_segments: u64) -> Result<u64, OpenError> {
    let path = folder.join("epoch");
    let stored = match fs::read_to_string(&path) {
        Ok(text) => text
            .trim()
            .parse::<u64>()
            .map_err(io::Error::other)
            .context("no number in", &path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(error).context("cannot read", &path),
    };
    let epoch = stored.max(last_in_segments) + 1;
    let new = folder.join("epoch.new");
    let write = || {
        let mut file = File::create(&new)?;
        writeln!(file, "{epoch}")?;
        file.sync_all()?;
        fs::rename(&new, &path)?;
        File::open(folder)?.sync_all()
    };
    write().context("cannot write", &path)?;
    Ok(epoch)
}

#[cfg(test)]
mod tests;
