use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use nix::fcntl::{FallocateFlags, fallocate};

use crate::ranges::Ranges;

/// magic 8, version 4, salt 4, epoch 8, first seq 8, CRC-32C 4; little endian.
pub(crate) const HEADER_BYTES: usize = 36;

const MAGIC: &[u8; 8] = b"SPOOLSEG";
const VERSION: u32 = 1;

/// Which file: they are in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SegmentKey {
    pub(crate) epoch: u64,
    pub(crate) first_seq: u64,
}

/// What a file says about itself in its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) key: SegmentKey,
    pub(crate) salt: u32,
}

/// One file, as it is known in memory.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) header: SegmentHeader,
    /// Bytes up to the end of the last whole frame.
    pub(crate) bytes: u64,
    pub(crate) last_seq: u64,
    pub(crate) unacknowledged: Ranges,
    /// Openings in here that wait for their closing.
    pub(crate) open: u64,
    pub(crate) is_sealed: bool,
}

impl SegmentKey {
    pub(crate) fn path(self, folder: &Path) -> PathBuf {
        folder.join(format!("{:012}-{:020}.segment", self.epoch, self.first_seq))
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (epoch, first_seq) = name.strip_suffix(".segment")?.split_once('-')?;
        Some(Self {
            epoch: epoch.parse().ok()?,
            first_seq: first_seq.parse().ok()?,
        })
    }
}

impl SegmentHeader {
    fn encode(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.salt.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.key.epoch.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.key.first_seq.to_le_bytes());
        let checksum = crc32c::crc32c(&bytes[..32]);
        bytes[32..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads the first bytes of a file whose name says that it is `key`. `None`
    /// when they do not belong to it.
    pub(crate) fn read(file: &File, key: SegmentKey) -> io::Result<Option<Self>> {
        let mut bytes = [0; HEADER_BYTES];
        match file.read_exact_at(&mut bytes, 0) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let salt = u32::from_le_bytes(bytes[12..16].try_into().expect("four bytes"));
        let header = Self { key, salt };
        Ok((header.encode() == bytes && key.first_seq > 0).then_some(header))
    }
}

impl Segment {
    pub(crate) fn new(header: SegmentHeader) -> Self {
        Self {
            header,
            bytes: HEADER_BYTES as u64,
            last_seq: header.key.first_seq - 1,
            unacknowledged: Ranges::default(),
            open: 0,
            is_sealed: false,
        }
    }

    pub(crate) fn key(&self) -> SegmentKey {
        self.header.key
    }

    /// Whether everybody who reads has what is in here, and no more will come.
    pub(crate) fn is_done(&self) -> bool {
        self.is_sealed && self.unacknowledged.is_empty()
    }
}

/// Takes space from the disk, so that a full disk shows here and not in the
/// middle of a frame.
pub(crate) type Allocate = fn(&File, u64) -> io::Result<()>;

pub(crate) fn allocate(file: &File, bytes: u64) -> io::Result<()> {
    let size = i64::try_from(bytes).unwrap_or(i64::MAX);
    match fallocate(file, FallocateFlags::FALLOC_FL_KEEP_SIZE, 0, size) {
        // A file system that cannot.
        Ok(()) | Err(nix::errno::Errno::EOPNOTSUPP) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Makes the file of a new segment.
pub(crate) fn create(
    folder: &Path,
    header: SegmentHeader,
    bytes: u64,
    allocate: Allocate,
) -> io::Result<File> {
    let path = header.key.path(folder);
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)?;
    let made = allocate(&file, bytes).and_then(|()| file.write_all_at(&header.encode(), 0));
    if let Err(error) = made {
        // Half made, it would be in the way of the next attempt.
        if let Err(error) = std::fs::remove_file(&path) {
            tracing::warn!(path = %path.display(), error = %error, "a half-made spool segment stays");
        }
        return Err(error);
    }
    Ok(file)
}

/// A file with space for the closings of what was let in before the disk was
/// full, made while it is not.
#[derive(Debug)]
pub(crate) struct Spare(File);

impl Spare {
    pub(crate) fn make(folder: &Path, bytes: u64, allocate: Allocate) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(Self::path(folder))?;
        allocate(&file, bytes)?;
        Ok(Self(file))
    }

    /// Makes a segment of it.
    pub(crate) fn into_segment(self, folder: &Path, header: SegmentHeader) -> io::Result<File> {
        self.0.write_all_at(&header.encode(), 0)?;
        std::fs::rename(Self::path(folder), header.key.path(folder))?;
        Ok(self.0)
    }

    /// Gives back the space that an earlier process set aside: on a full disk, the
    /// next one has no other to begin with.
    pub(crate) fn give_back(folder: &Path) -> io::Result<()> {
        remove_if_there(&Self::path(folder))
    }

    fn path(folder: &Path) -> PathBuf {
        folder.join("spare")
    }
}

pub(crate) fn remove_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
