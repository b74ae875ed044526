use std::{fs::File, io, sync::Arc};

use crate::{
    frame::Frame,
    log::Readable,
    recovery,
    scan::{Piece, Scanner},
    segment::SegmentKey,
    spool::Shared,
};

/// Reads the frames that nobody had acknowledged when it was made, oldest
/// first, and then those that are appended.
#[derive(Debug)]
pub struct Reader {
    shared: Arc<Shared>,
    /// The segment that is read, or the first that may come.
    key: SegmentKey,
    scanner: Option<Scanner>,
    /// That segment as it was when the log was last asked. It is asked again when all
    /// of that is read, not for each frame: whoever appends waits for its lock.
    known: Option<Readable>,
    /// A frame that did not fit into the last batch.
    held: Option<Frame>,
    /// The last segment as it was when the rest was left to another reader.
    end: Option<Readable>,
}

impl Reader {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            key: SegmentKey {
                epoch: 0,
                first_seq: 0,
            },
            scanner: None,
            known: None,
            held: None,
            end: None,
        }
    }

    /// How many frames it has not read, those that are broken among them.
    pub fn unread(&self) -> u64 {
        self.clear_stage();
        let log = self.shared.log();
        let beyond = self
            .end
            .map_or(0, |end| log.frames_after(end.header.key, end.last_seq));
        let held = u64::from(self.held.is_some());
        held + log.frames_after(self.key, self.last_read()) - beyond
    }

    /// Leaves what it has not read to another reader, which ends there, and goes
    /// on with what is appended from now on. None, and nothing changed, when
    /// there is no frame at all.
    pub fn leave_behind(&mut self) -> io::Result<Option<Self>> {
        self.clear_stage();
        let Some(last) = self.shared.log().last_readable().filter(|last| last.has_frames()) else {
            return Ok(None);
        };
        let file = File::open(last.header.key.path(&self.shared.folder))?;
        let ahead = Self {
            shared: self.shared.clone(),
            key: last.header.key,
            scanner: Some(Scanner::at(
                Arc::new(file),
                last.header,
                last.bytes,
                last.last_seq,
            )),
            known: None,
            held: None,
            end: self.end,
        };
        let mut behind = std::mem::replace(self, ahead);
        behind.end = Some(last);
        Ok(Some(behind))
    }

    /// The next frames: a run of one epoch without a gap, empty when all are
    /// read. At most `max_frames`, and not more than `max_bytes` of bodies
    /// unless the first is larger.
    ///
    /// Reads files that were written a moment ago, so it seldom waits for the
    /// disk; a backlog does. An error can be tried again.
    pub fn next_batch(&mut self, max_frames: usize, max_bytes: usize) -> io::Result<Vec<Frame>> {
        self.clear_stage();
        let mut batch: Vec<Frame> = Vec::new();
        let mut bytes = 0;
        while batch.len() < max_frames {
            let frame = match self.held.take() {
                Some(frame) => frame,
                None => match self.step() {
                    Ok(Some(frame)) => frame,
                    Ok(None) => break,
                    // What was read before the error is not lost.
                    Err(_) if !batch.is_empty() => break,
                    Err(error) => return Err(error),
                },
            };
            let continues = batch
                .last()
                .is_none_or(|last| last.epoch == frame.epoch && last.seq + 1 == frame.seq);
            if !continues || (!batch.is_empty() && bytes + frame.body.len() > max_bytes) {
                self.held = Some(frame);
                break;
            }
            bytes += frame.body.len();
            batch.push(frame);
        }
        Ok(batch)
    }

    /// Waits until there is something that this reader has not read: for ever, and not
    /// woken by what others append, where the rest is another's. Losing the race with a
    /// deadline loses nothing.
    pub async fn wait(&self) {
        loop {
            let appended = self.shared.appended.notified();
            self.clear_stage();
            if self.has_more() {
                return;
            }
            if self.end.is_some() {
                return std::future::pending().await;
            }
            appended.await;
        }
    }

    /// Has all written that was appended before. What the disk does not take is not there
    /// for anybody who reads.
    fn clear_stage(&self) {
        let _ = self.shared.write_out();
    }

    fn has_more(&self) -> bool {
        self.held.is_some()
            || self.readable().is_some_and(|next| {
                if next.header.key != self.key {
                    return next.has_frames();
                }
                self.last_read() < next.last_seq || self.following(next).is_some_and(Readable::has_frames)
            })
    }

    /// Number of the last frame of its segment that it has read.
    fn last_read(&self) -> u64 {
        let none = self.key.first_seq.saturating_sub(1);
        self.scanner.as_ref().map_or(none, Scanner::last_seq)
    }

    /// The segment to read from, or none when all are gone.
    fn readable(&self) -> Option<Readable> {
        self.readable_from(self.key)
    }

    /// The same, as it was when the log was last asked, while that is not all read.
    fn unread_part(&mut self) -> Option<Readable> {
        let is_unread = |known: &Readable| known.header.key == self.key && self.last_read() < known.last_seq;
        if !self.known.as_ref().is_some_and(is_unread) {
            self.known = self.readable();
        }
        self.known
    }

    fn readable_from(&self, key: SegmentKey) -> Option<Readable> {
        let found = self.shared.log().readable_from(key)?;
        match self.end {
            Some(end) if found.header.key > end.header.key => None,
            // What has come since belongs to another.
            Some(end) if found.header.key == end.header.key => Some(end),
            _ => Some(found),
        }
    }

    fn following(&self, current: Readable) -> Option<Readable> {
        let key = current.header.key;
        let next = SegmentKey {
            first_seq: key.first_seq + 1,
            ..key
        };
        current.is_sealed.then(|| self.readable_from(next)).flatten()
    }

    fn step(&mut self) -> io::Result<Option<Frame>> {
        loop {
            // One without frames may be taken back, so its file is not opened.
            let Some(next) = self.unread_part().filter(|next| next.has_frames()) else {
                return Ok(None);
            };
            if next.header.key != self.key {
                // The one before is gone: only what is acknowledged goes.
                self.scanner = None;
                self.key = next.header.key;
            }
            let scanner = if let Some(scanner) = &mut self.scanner {
                scanner
            } else {
                let file = File::open(self.key.path(&self.shared.folder))?;
                self.scanner.insert(Scanner::new(Arc::new(file), next.header))
            };
            let expected = scanner.last_seq() + 1;
            match scanner.next(next.bytes)? {
                Some(Piece::Frame { frame, .. }) => {
                    if expected < frame.seq {
                        self.shared.log().give_up(self.key, expected, frame.seq - 1);
                    }
                    return Ok(Some(frame));
                }
                Some(Piece::Bad { offset, bytes, .. }) => {
                    let file = scanner.file().clone();
                    if recovery::quarantine(&self.shared.folder, self.key, &file, offset, bytes)? {
                        self.shared.log().count_quarantined();
                    }
                }
                None => {
                    if expected <= next.last_seq {
                        scanner.skip_to(next.last_seq);
                        self.shared.log().give_up(self.key, expected, next.last_seq);
                        continue;
                    }
                    let Some(following) = self.following(next) else {
                        return Ok(None);
                    };
                    self.scanner = None;
                    self.key = following.header.key;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
