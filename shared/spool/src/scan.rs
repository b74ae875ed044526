use std::{fs::File, io, ops::RangeInclusive, os::unix::fs::FileExt as _, sync::Arc};

use bytes::Bytes;

use crate::{
    frame::{self, Decoded, Frame},
    segment::SegmentHeader,
};

const CHUNK_BYTES: usize = 256 * 1024;

/// Walks through the frames of one file, over whatever is broken between them.
#[derive(Debug)]
pub(crate) struct Scanner {
    file: Arc<File>,
    header: SegmentHeader,
    offset: u64,
    last_seq: u64,
    /// How far the number of the next frame can be from the last one: further
    /// than one after a bad place.
    ahead: u64,
    window: Vec<u8>,
    window_at: u64,
}

/// What stands at some place of a file.
#[derive(Debug)]
pub(crate) enum Piece {
    Frame {
        frame: Frame,
        offset: u64,
    },
    /// Bytes that are no frame. `torn` when they are the beginning of one that
    /// the file ends in.
    Bad {
        offset: u64,
        bytes: u64,
        torn: bool,
    },
}

impl Scanner {
    /// Begins at the first frame.
    pub(crate) fn new(file: Arc<File>, header: SegmentHeader) -> Self {
        let last_seq = header.key.first_seq - 1;
        Self::at(file, header, crate::segment::HEADER_BYTES as u64, last_seq)
    }

    /// Begins behind a frame.
    pub(crate) fn at(file: Arc<File>, header: SegmentHeader, offset: u64, last_seq: u64) -> Self {
        Self {
            file,
            offset,
            last_seq,
            ahead: 1,
            header,
            window: Vec::new(),
            window_at: 0,
        }
    }

    pub(crate) fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// Number of the last frame that was good.
    pub(crate) fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Takes all up to that number for lost.
    pub(crate) fn skip_to(&mut self, seq: u64) {
        self.last_seq = seq;
        self.ahead = 1;
    }

    /// The next piece of what the file holds before `end`.
    pub(crate) fn next(&mut self, end: u64) -> io::Result<Option<Piece>> {
        if self.offset >= end {
            return Ok(None);
        }
        let offset = self.offset;
        let incomplete = match self.frame_at(offset, end, self.ahead)? {
            Found::Frame(frame, length) => {
                self.offset += length;
                self.last_seq = frame.seq;
                self.ahead = 1;
                return Ok(Some(Piece::Frame { frame, offset }));
            }
            Found::Nothing { incomplete } => incomplete,
        };
        let next = self.find_after(offset, end)?;
        self.offset = next.unwrap_or(end);
        Ok(Some(Piece::Bad {
            offset,
            bytes: self.offset - offset,
            torn: incomplete && next.is_none(),
        }))
    }

    fn find_after(&mut self, bad: u64, end: u64) -> io::Result<Option<u64>> {
        let mut at = bad + 1;
        while at < end {
            let window = self.read(at, end, frame::HEADER_BYTES)?;
            match window.iter().position(|byte| *byte == frame::MAGIC[0]) {
                None => at += window.len() as u64,
                Some(position) => {
                    at += position as u64;
                    // As many frames as could be lost in between.
                    let ahead = self.ahead + (at - bad) / frame::HEADER_BYTES as u64;
                    if matches!(self.frame_at(at, end, ahead)?, Found::Frame(..)) {
                        self.ahead = ahead;
                        return Ok(Some(at));
                    }
                    at += 1;
                }
            }
        }
        Ok(None)
    }

    /// `ahead`: how far the number of a frame here can be from the last one.
    fn frame_at(&mut self, offset: u64, end: u64, ahead: u64) -> io::Result<Found> {
        let (salt, epoch) = (self.header.salt, self.header.key.epoch);
        let seqs: RangeInclusive<u64> = self.last_seq + 1..=self.last_seq + ahead;
        let limit = end - offset;
        let mut want = frame::HEADER_BYTES;
        loop {
            let window = self.read(offset, end, want)?;
            match frame::decode(salt, window, limit, &seqs) {
                Decoded::Frame {
                    seq,
                    kind,
                    id,
                    length,
                } => {
                    let body = Bytes::copy_from_slice(&window[frame::HEADER_BYTES..length]);
                    let frame = Frame {
                        epoch,
                        seq,
                        kind,
                        id,
                        body,
                    };
                    return Ok(Found::Frame(frame, length as u64));
                }
                Decoded::Incomplete { needed } if needed as u64 <= limit => want = needed,
                Decoded::Incomplete { .. } => return Ok(Found::Nothing { incomplete: true }),
                Decoded::Bad => return Ok(Found::Nothing { incomplete: false }),
            }
        }
    }

    /// What the file holds from `offset` on: at least `want` bytes, or all
    /// before `end`.
    fn read(&mut self, offset: u64, end: u64, want: usize) -> io::Result<&[u8]> {
        let want = want.min(usize::try_from(end - offset).unwrap_or(usize::MAX));
        let held = offset
            .checked_sub(self.window_at)
            .and_then(|skip| usize::try_from(skip).ok())
            .filter(|skip| skip + want <= self.window.len());
        let skip = if let Some(skip) = held {
            skip
        } else {
            let size = want
                .max(CHUNK_BYTES)
                .min(usize::try_from(end - offset).unwrap_or(usize::MAX));
            self.window.resize(size, 0);
            self.window_at = offset;
            if let Err(error) = self.file.read_exact_at(&mut self.window, offset) {
                self.window.clear();
                return Err(error);
            }
            0
        };
        Ok(&self.window[skip..])
    }
}

enum Found {
    Frame(Frame, u64),
    Nothing { incomplete: bool },
}
