use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use nix::sys::statfs::{EXT4_SUPER_MAGIC, TMPFS_MAGIC, XFS_SUPER_MAGIC, statfs};
use vm_memory::{Bytes as _, FileOffset, MmapRegion, VolatileMemory as _};

use crate::{
    frame::{self, Decoded},
    segment::{self, SegmentKey},
};

/// magic 8, salt 4, epoch and first seq of the segment 8 each, offset 8, seq 8,
/// CRC-32C 4; little endian.
const HEADER_BYTES: usize = 48;

const MAGIC: &[u8; 8] = b"SPOOLSTG";

/// What frames may lie on it. More at once would be written no faster.
const CAPACITY: usize = 64 * 1024;

/// Frames at the end of the active segment that its file does not have yet.
///
/// They lie in a file that is memory of this process, and survive it as what is written
/// does, for the price of a copy. The segment cannot be memory itself: a page that is
/// brought to the disk has to be asked for before it can be changed again, which costs as
/// much as writing it. Nobody brings this file to the disk but the kernel, every half
/// minute; the frames on it are written to the segment, all at once, and that is.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    /// None where no frame can be taken, as by default.
    memory: Option<MmapRegion>,
    /// The same frames, to be written from.
    bytes: Vec<u8>,
    frames: u64,
    is_refused: bool,
}

/// Where the frames belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StageHeader {
    pub(crate) salt: u32,
    pub(crate) segment: SegmentKey,
    /// That of the first frame ...
    pub(crate) offset: u64,
    /// ... and its number.
    pub(crate) seq: u64,
}

impl Stage {
    /// The one of a folder, in which an earlier process left none. Takes no frame where a
    /// file cannot be memory, or the file system is not known to be able to keep what is
    /// written there: one that has to find a new place for each page that is changed ends
    /// a process for which it finds none.
    pub(crate) fn open(folder: &Path) -> Self {
        let opened = match statfs(folder).map(|status| status.filesystem_type()) {
            Ok(EXT4_SUPER_MAGIC | XFS_SUPER_MAGIC | TMPFS_MAGIC) => Self::map(folder),
            Ok(_) => {
                tracing::info!(
                    "the spool writes each record by itself, which takes longer than on ext4 or XFS"
                );
                return Self::default();
            }
            Err(error) => Err(error.into()),
        };
        opened.unwrap_or_else(|error| {
            tracing::warn!(%error, "the spool has no stage, and writes each record by itself");
            Self::default()
        })
    }

    pub(crate) fn map(folder: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(path(folder))?;
        // Written in full, it has its place on the disk.
        let size = HEADER_BYTES + CAPACITY;
        segment::allocate(&file, size as u64)?;
        file.write_all_at(&vec![0; size], 0)?;
        let memory = MmapRegion::from_file(FileOffset::new(file, 0), size).map_err(io::Error::other)?;
        Ok(Self {
            memory: Some(memory),
            ..Self::default()
        })
    }

    /// Whether a frame of that length can lie here at all.
    pub(crate) const fn takes(&self, bytes: usize) -> bool {
        self.memory.is_some() && bytes <= CAPACITY
    }

    /// Whether it can now.
    pub(crate) const fn has_room(&self, bytes: usize) -> bool {
        self.bytes.len() + bytes <= CAPACITY
    }

    /// Whether the segment's file did not take them the last time.
    pub(crate) const fn is_refused(&self) -> bool {
        self.is_refused
    }

    /// Takes a frame for which there is room. The first one belongs where `header` says,
    /// and the others follow it.
    ///
    /// Whatever of it is done when the process ends, each frame that was taken before is
    /// found again, here or in the segment: a header that is not whole, or that the first
    /// frame does not belong to, is one of frames that are written.
    pub(crate) fn push(&mut self, header: StageHeader, frame: &[u8]) {
        if self.frames == 0 {
            self.copy(&header.encode(), 0);
        }
        self.copy(frame, HEADER_BYTES + self.bytes.len());
        self.bytes.extend_from_slice(frame);
        self.frames += 1;
    }

    fn copy(&self, bytes: &[u8], at: usize) {
        if let Some(memory) = &self.memory {
            let copied = memory.as_volatile_slice().write_slice(bytes, at);
            copied.expect("room was asked for");
        }
    }

    /// Writes all frames to the file that ends with them, and says whether there were
    /// any. What the disk refuses stays, to be tried again.
    pub(crate) fn write(&mut self, file: &File, end: u64) -> io::Result<bool> {
        if self.frames == 0 {
            return Ok(false);
        }
        let written = file.write_all_at(&self.bytes, end - self.bytes());
        if self.is_refused != written.is_err() {
            self.is_refused = written.is_err();
            match &written {
                Ok(()) => tracing::info!("the disk takes what is recorded again"),
                Err(error) => tracing::error!(%error, "the disk refuses what is recorded"),
            }
        }
        written?;
        self.clear();
        Ok(true)
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.frames = 0;
        self.is_refused = false;
    }

    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    pub(crate) const fn frames(&self) -> u64 {
        self.frames
    }
}

impl StageHeader {
    fn encode(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&self.salt.to_le_bytes());
        let numbers = [self.segment.epoch, self.segment.first_seq, self.offset, self.seq];
        for (bytes, number) in bytes[12..44].chunks_exact_mut(8).zip(numbers) {
            bytes.copy_from_slice(&number.to_le_bytes());
        }
        let checksum = crc32c::crc32c(&bytes[..44]);
        bytes[44..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8; HEADER_BYTES]) -> Option<Self> {
        let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        let header = Self {
            salt: u32::from_le_bytes(bytes[8..12].try_into().expect("four bytes")),
            segment: SegmentKey {
                epoch: number(12),
                first_seq: number(20),
            },
            offset: number(28),
            seq: number(36),
        };
        (header.encode() == *bytes).then_some(header)
    }
}

/// Writes to its segment what an earlier process left on the stage, and removes it. What
/// is in the segment already is written again as it is there.
pub(crate) fn recover(folder: &Path) -> io::Result<()> {
    let path = path(folder);
    let bytes = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        read => read?,
    };
    if let Some((header, frames)) = bytes.split_first_chunk::<HEADER_BYTES>()
        && let Some(header) = StageHeader::decode(header)
    {
        restore(folder, header, whole_frames(header, frames))?;
    }
    fs::remove_file(path)
}

fn restore(folder: &Path, header: StageHeader, frames: &[u8]) -> io::Result<()> {
    let file = match OpenOptions::new().write(true).open(header.segment.path(folder)) {
        // All that was in it is acknowledged.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    if file.metadata()?.len() < header.offset {
        tracing::warn!("the spool has lost its end with the power");
        return Ok(());
    }
    file.write_all_at(frames, header.offset)?;
    file.sync_data()
}

/// Those that the bytes begin with, and that are numbered from the header's number on.
fn whole_frames(header: StageHeader, bytes: &[u8]) -> &[u8] {
    let mut end = 0;
    for seq in header.seq.. {
        let rest = &bytes[end..];
        match frame::decode(header.salt, rest, rest.len() as u64, &(seq..=seq)) {
            Decoded::Frame { length, .. } => end += length,
            Decoded::Incomplete { .. } | Decoded::Bad => break,
        }
    }
    &bytes[..end]
}

/// Removes the file of a stage that has nothing which is not written. One that stays is
/// written again as it is in the segment.
pub(crate) fn remove(folder: &Path) {
    if let Err(error) = segment::remove_if_there(&path(folder)) {
        tracing::warn!(%error, "the stage of the spool cannot be removed");
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join("stage")
}

#[cfg(test)]
mod tests;
