use super::Log;
use crate::segment::{Segment, SegmentHeader, SegmentKey};

/// What a reader must know of the segment that it reads or will read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Readable {
    pub(crate) header: SegmentHeader,
    pub(crate) bytes: u64,
    pub(crate) last_seq: u64,
    pub(crate) is_sealed: bool,
}

impl Readable {
    pub(crate) fn has_frames(self) -> bool {
        self.header.key.first_seq <= self.last_seq
    }
}

impl Log {
    /// The segment of that key, or else the first one after it.
    pub(crate) fn readable_from(&self, key: SegmentKey) -> Option<Readable> {
        let index = self.segments.partition_point(|segment| segment.key() < key);
        self.segments.get(index).map(|segment| self.readable(segment))
    }

    pub(crate) fn last_readable(&self) -> Option<Readable> {
        self.segments.back().map(|segment| self.readable(segment))
    }

    /// As it is for those who read its file.
    fn readable(&self, segment: &Segment) -> Readable {
        let (frames, bytes) = if segment.is_sealed {
            (0, 0)
        } else {
            (self.stage.frames(), self.stage.bytes())
        };
        Readable {
            header: segment.header,
            bytes: segment.bytes - bytes,
            last_seq: segment.last_seq - frames,
            is_sealed: segment.is_sealed,
        }
    }

    /// How many frames there are in that segment behind that one, and in all
    /// later ones.
    pub(crate) fn frames_after(&self, key: SegmentKey, seq: u64) -> u64 {
        let index = self.segments.partition_point(|segment| segment.key() < key);
        let frames = self.segments.range(index..).map(|segment| {
            let read = if segment.key() == key {
                seq
            } else {
                segment.key().first_seq - 1
            };
            self.readable(segment).last_seq.saturating_sub(read)
        });
        frames.sum()
    }
}
