use std::{
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// What may wait to be written with others: a batch of the largest gains nothing by
/// waiting for more.
const MAX_BYTES: usize = 256 * 1024;

/// Frames at the end of the active segment that its file does not have yet.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    bytes: Vec<u8>,
    frames: u64,
    /// Whether there are any, for those who do not wait for the lock.
    is_any: Arc<AtomicBool>,
    is_refused: bool,
}

impl Unwritten {
    /// Whether a frame of that length may wait. Whoever comes while the disk refuses what
    /// was left is told of it.
    pub(super) const fn has_room(&self, bytes: usize) -> bool {
        !self.is_refused && self.bytes.len() + bytes <= MAX_BYTES
    }

    pub(super) fn push(&mut self, frame: &[u8]) {
        self.bytes.extend_from_slice(frame);
        self.frames += 1;
        self.is_any.store(true, Ordering::Release);
    }

    /// Writes them all to the file that ends with them, and says whether there were any.
    /// What the disk refuses stays, to be tried again.
    pub(super) fn write(&mut self, file: &File, end: u64) -> io::Result<bool> {
        if self.frames == 0 {
            return Ok(false);
        }
        let written = file.write_all_at(&self.bytes, end - self.bytes());
        self.is_refused = written.is_err();
        written?;
        self.clear();
        Ok(true)
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.frames = 0;
        self.is_any.store(false, Ordering::Release);
    }

    pub(super) const fn bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    pub(super) const fn frames(&self) -> u64 {
        self.frames
    }

    pub(super) fn is_any(&self) -> Arc<AtomicBool> {
        self.is_any.clone()
    }
}
