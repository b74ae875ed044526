mod readable;

use std::{
    collections::{HashMap, VecDeque},
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use uuid::Uuid;

use crate::{
    ages::Ages,
    config::{SpoolConfig, Usage},
    error::AppendError,
    frame::{self, Draft, FrameKind},
    segment::{self, Segment, SegmentHeader, SegmentKey, Spare},
    stage::{self, Stage, StageHeader},
};
pub(crate) use readable::Readable;

/// The row of files, oldest first, and who is in them. Everything here happens
/// under the one lock of the spool.
#[derive(Debug)]
pub(crate) struct Log {
    config: SpoolConfig,
    epoch: u64,
    salt: u32,
    next_seq: u64,
    segments: VecDeque<Segment>,
    /// The file of the last segment, while it takes frames.
    active: Option<Arc<File>>,
    /// For all who read, what lies there is not there.
    stage: Stage,
    /// Gone when the disk was full and it became a segment: then only closings
    /// are taken until another one can be made.
    spare: Option<Spare>,
    /// Replaced where a test needs a disk that is full.
    allocate: segment::Allocate,
    /// Files with frames that the disk may not have yet.
    unsynced: Vec<(SegmentKey, Arc<File>)>,
    open: HashMap<Uuid, Place>,
    ages: Ages,
    /// Of all files. Changed under the lock, and read without it.
    bytes: Arc<AtomicU64>,
    quarantined: u64,
    sync_failures: u64,
}

/// Where an opening lies that waits for its closing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) segment: SegmentKey,
    pub(crate) offset: u64,
    pub(crate) bytes: u64,
}

/// What the disk is to be asked to keep.
pub(crate) struct Unsynced {
    pub(crate) files: Vec<(SegmentKey, Arc<File>)>,
    pub(crate) last_seq: u64,
}

/// What is needed no more.
#[derive(Debug, Default)]
pub(crate) struct Released {
    /// Their files can go ...
    pub(crate) segments: Vec<SegmentKey>,
    /// ... when this frame is as safe as frames are to be: openings out of them
    /// have moved to the end.
    pub(crate) moved_up_to: Option<u64>,
}

impl Log {
    pub(crate) fn new(
        config: SpoolConfig,
        epoch: u64,
        salt: u32,
        recovered: crate::recovery::Recovered,
        allocate: segment::Allocate,
        stage: Stage,
    ) -> Self {
        let bytes = recovered.segments.iter().map(|segment| segment.bytes).sum();
        let bytes = Arc::new(AtomicU64::new(bytes));
        Self {
            spare: Spare::make(&config.folder, config.segment_bytes, allocate).ok(),
            allocate,
            config,
            epoch,
            salt,
            next_seq: 1,
            bytes,
            segments: recovered.segments.into(),
            active: None,
            stage,
            unsynced: Vec::new(),
            open: recovered.open,
            ages: Ages::since(Instant::now()),
            quarantined: recovered.quarantined,
            sync_failures: 0,
        }
    }

    /// Takes a frame if there is room for its kind. The second value says whether there
    /// is something to be read or written that was not there before.
    pub(crate) fn append(&mut self, draft: &mut Draft) -> Result<(u64, bool), AppendError> {
        self.make_room(draft)?;
        if self.clear_stage_for(draft).map_err(AppendError::Write)? {
            let is_first = self.stage.frames() == 0;
            self.put_on_stage(draft);
            return Ok((self.enter(draft), is_first));
        }
        let seq = self.write(draft).map_err(AppendError::Write)?;
        Ok((seq, true))
    }

    /// Whether a frame can go on the stage: where the segment has the room for it too.
    /// While the disk refuses what lies there, only closings can.
    fn clear_stage_for(&mut self, draft: &Draft) -> io::Result<bool> {
        let is_full = |segment: &Segment| segment.bytes + draft.len() as u64 > self.config.segment_bytes;
        let is_last = self.active.is_none() || self.segments.back().is_none_or(is_full);
        if is_last || !self.stage.takes(draft.len()) {
            return Ok(false);
        }
        let may_stay = !self.stage.is_refused() || draft.kind == FrameKind::Closing;
        if !may_stay || !self.stage.has_room(draft.len()) {
            self.write_out()?;
        }
        Ok(true)
    }

    fn put_on_stage(&mut self, draft: &mut Draft) {
        let segment = self.segments.back().expect("the active segment is the last one");
        let header = StageHeader {
            salt: self.salt,
            segment: segment.key(),
            offset: segment.bytes,
            seq: self.next_seq,
        };
        self.stage.push(header, draft.finish(self.next_seq));
    }

    /// Writes what lies on the stage, all at once, and says whether there was any. What
    /// the disk refuses stays, to be tried again.
    pub(crate) fn write_out(&mut self) -> io::Result<bool> {
        let (Some(file), Some(segment)) = (&self.active, self.segments.back()) else {
            return Ok(false);
        };
        let has_written = self.stage.write(file, segment.bytes)?;
        if has_written {
            let (key, file) = (segment.key(), file.clone());
            self.is_written(key, file);
        }
        Ok(has_written)
    }

    /// Takes note that there is something in a file which the disk may not have yet.
    fn is_written(&mut self, key: SegmentKey, file: Arc<File>) {
        if self.unsynced.last().is_none_or(|(last, _)| *last != key) {
            self.unsynced.push((key, file));
        }
    }

    fn make_room(&mut self, draft: &Draft) -> Result<(), AppendError> {
        // Part of the promise that an opening was: what was let in gets out,
        // until the disk itself is full.
        let closes = draft.kind == FrameKind::Closing && self.open.contains_key(&draft.id);
        let kept_for_closings = self.config.capacity_bytes / 20;
        if !closes && self.used() + draft.len() as u64 > self.config.capacity_bytes - kept_for_closings {
            return Err(AppendError::Full {
                bytes: self.used(),
                capacity_bytes: self.config.capacity_bytes,
            });
        }
        if !closes && self.spare.is_none() {
            let spare = Spare::make(&self.config.folder, self.config.segment_bytes, self.allocate);
            self.spare = Some(spare.map_err(AppendError::Write)?);
        }
        Ok(())
    }

    fn write(&mut self, draft: &mut Draft) -> io::Result<u64> {
        self.write_out()?;
        let is_closing = draft.kind == FrameKind::Closing;
        let (file, segment) = self.segment_for(draft.len() as u64, is_closing)?;
        let (key, seq, offset) = (segment.key(), segment.last_seq + 1, segment.bytes);
        if let Err(error) = file.write_all_at(draft.finish(seq), offset) {
            if file.set_len(offset).is_err() {
                // Part of a frame stays behind: nothing may follow it here.
                self.seal();
            }
            return Err(error);
        }
        self.is_written(key, file);
        Ok(self.enter(draft))
    }

    /// Takes note of a frame at the end of the active segment. Returns its number.
    fn enter(&mut self, draft: &Draft) -> u64 {
        let segment = self
            .segments
            .back_mut()
            .expect("the active segment is the last one");
        let seq = segment.last_seq + 1;
        let (key, offset) = (segment.key(), segment.bytes);
        segment.last_seq = seq;
        segment.bytes += draft.len() as u64;
        segment.unacknowledged.push(seq);
        self.bytes.fetch_add(draft.len() as u64, Ordering::Relaxed);
        self.next_seq = seq + 1;
        self.ages.appended(seq, Instant::now());
        match draft.kind {
            FrameKind::Opening => {
                let place = Place {
                    segment: key,
                    offset,
                    bytes: draft.len() as u64,
                };
                self.change_open(key, 1);
                if let Some(earlier) = self.open.insert(draft.id, place) {
                    self.change_open(earlier.segment, -1);
                }
            }
            FrameKind::Closing => {
                if let Some(place) = self.open.remove(&draft.id) {
                    self.change_open(place.segment, -1);
                }
            }
            FrameKind::Single => {}
        }
        seq
    }

    /// Makes writing fail, as a disk does that is broken.
    #[cfg(test)]
    pub(crate) fn write_to(&mut self, file: File) -> Arc<File> {
        let active = self.active.replace(Arc::new(file));
        active.expect("there is a file")
    }

    /// The active segment, or a new one when there is none or it is too full.
    fn segment_for(&mut self, bytes: u64, is_closing: bool) -> io::Result<(Arc<File>, &mut Segment)> {
        let is_full = |segment: &Segment| segment.bytes + bytes > self.config.segment_bytes;
        if self.active.is_some() && self.segments.back().is_some_and(is_full) {
            self.seal();
        }
        let file = if let Some(file) = &self.active {
            file.clone()
        } else {
            let key = SegmentKey {
                epoch: self.epoch,
                first_seq: self.next_seq,
            };
            let header = SegmentHeader { key, salt: self.salt };
            let folder = &self.config.folder;
            let made = segment::create(folder, header, self.config.segment_bytes, self.allocate);
            let is_full = |error: &io::Error| error.kind() == io::ErrorKind::StorageFull;
            let spare = if is_closing && made.as_ref().is_err_and(is_full) {
                self.spare.take()
            } else {
                None
            };
            let file = match spare {
                Some(spare) => spare.into_segment(folder, header)?,
                None => made?,
            };
            let file = Arc::new(file);
            let segment = Segment::new(header);
            self.bytes.fetch_add(segment.bytes, Ordering::Relaxed);
            self.segments.push_back(segment);
            self.active = Some(file.clone());
            file
        };
        let segment = self
            .segments
            .back_mut()
            .expect("the active segment is the last one");
        Ok((file, segment))
    }

    /// Ends the active segment. A segment without a frame would keep the next
    /// one from its name, so it is taken back.
    pub(crate) fn seal(&mut self) {
        let _ = self.write_out();
        let (Some(file), Some(segment)) = (self.active.take(), self.segments.back_mut()) else {
            return;
        };
        segment.is_sealed = true;
        let key = segment.key();
        if self.stage.frames() > 0 {
            // The disk has refused them to the last. The next process finds them, if none
            // come after them.
            let frames = self.stage.frames();
            tracing::error!(frames, "what the spool could not write is lost");
            segment.bytes -= self.stage.bytes();
            self.bytes.fetch_sub(self.stage.bytes(), Ordering::Relaxed);
            self.stage.clear();
        }
        let bytes = segment.bytes;
        // Gives back what was taken from the disk in advance.
        if let Err(error) = file.set_len(bytes) {
            tracing::warn!(error = %error, "a spool segment keeps its unused space");
        }
        if segment.last_seq < key.first_seq {
            self.segments.pop_back();
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
            remove(&self.config.folder, key);
        }
    }

    /// Takes note that a run of frames is safe elsewhere.
    pub(crate) fn acknowledge(&mut self, epoch: u64, first_seq: u64, last_seq: u64) -> Released {
        for segment in &mut self.segments {
            if segment.key().epoch == epoch {
                segment.unacknowledged.remove(first_seq, last_seq);
            }
        }
        let oldest = self.oldest_waiting().unwrap_or(self.next_seq);
        self.ages.forget_before(oldest);
        let worth_ending = |segment: &Segment| {
            segment.unacknowledged.is_empty()
                && segment.open == 0
                && segment.bytes > self.config.segment_bytes / 16
        };
        if self.segments.back().is_some_and(worth_ending) {
            self.seal();
        }
        self.release()
    }

    /// Takes the oldest segments out, as long as they are done. Only ever the
    /// oldest: a closing must not go before its opening.
    fn release(&mut self) -> Released {
        let mut released = Released::default();
        while let Some(oldest) = self.segments.front()
            && oldest.is_done()
        {
            let key = oldest.key();
            if oldest.open > 0 {
                // A long call must not hold back all that came after it: once
                // the next segment could go too, its opening moves to the end.
                let holds_back = self.segments.get(1).is_some_and(Segment::is_done);
                if !holds_back {
                    break;
                }
                match self.move_openings(key) {
                    Ok(last_seq) => released.moved_up_to = Some(last_seq),
                    Err(error) => {
                        tracing::warn!(error = %error, "spool segments cannot be let go of yet");
                        break;
                    }
                }
            }
            if let Some(segment) = self.segments.pop_front() {
                self.bytes.fetch_sub(segment.bytes, Ordering::Relaxed);
                released.segments.push(key);
            }
        }
        released
    }

    /// Returns the number of the last one.
    fn move_openings(&mut self, key: SegmentKey) -> io::Result<u64> {
        let file = File::open(key.path(&self.config.folder))?;
        let open = self.open.iter();
        let in_segment = open.filter(|(_, place)| place.segment == key);
        let places: Vec<(Uuid, Place)> = in_segment.map(|(id, place)| (*id, *place)).collect();
        for (id, place) in places {
            let mut frame = vec![0; place.bytes as usize];
            file.read_exact_at(&mut frame, place.offset)?;
            self.write(&mut Draft::new(
                self.salt,
                FrameKind::Opening,
                id,
                &frame[frame::HEADER_BYTES..],
            ))?;
        }
        Ok(self.next_seq - 1)
    }

    fn find(&self, key: SegmentKey) -> Option<usize> {
        self.segments.binary_search_by_key(&key, Segment::key).ok()
    }

    fn change_open(&mut self, key: SegmentKey, change: i64) {
        if let Some(index) = self.find(key) {
            let segment = &mut self.segments[index];
            segment.open = segment.open.saturating_add_signed(change);
        }
    }

    /// Takes note that frames can no longer be read: nobody will acknowledge
    /// them.
    pub(crate) fn give_up(&mut self, key: SegmentKey, first_seq: u64, last_seq: u64) {
        if let Some(index) = self.find(key) {
            self.segments[index].unacknowledged.remove(first_seq, last_seq);
        }
    }

    pub(crate) fn count_quarantined(&mut self) {
        self.quarantined += 1;
    }

    pub(crate) fn take_unsynced(&mut self) -> Unsynced {
        Unsynced {
            files: std::mem::take(&mut self.unsynced),
            last_seq: self.next_seq - 1,
        }
    }

    /// The disk did not take what is in that segment: nothing more goes into
    /// it, and it is not asked again, because the kernel may have forgotten
    /// what it could not write. Returns the last frame that may be in it.
    pub(crate) fn fail(&mut self, key: SegmentKey) -> u64 {
        self.sync_failures += 1;
        self.unsynced.retain(|(unsynced, _)| *unsynced != key);
        if self.segments.back().is_some_and(|segment| segment.key() == key) {
            self.seal();
        }
        self.next_seq - 1
    }

    /// Ends the active segment, and lets go of it when nobody needs it: the
    /// next process begins one of its own.
    pub(crate) fn close(&mut self) -> Released {
        let is_written = self.write_out().is_ok();
        self.seal();
        if is_written {
            stage::remove(&self.config.folder);
        }
        self.release()
    }

    fn used(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The bytes of all files, for those who do not wait for the lock.
    pub(crate) fn shared_bytes(&self) -> Arc<AtomicU64> {
        self.bytes.clone()
    }

    /// The oldest frame that waits; 0 where that is one of an earlier process.
    fn oldest_waiting(&self) -> Option<u64> {
        let mut segments = self.segments.iter();
        let oldest = segments.find(|segment| !segment.unacknowledged.is_empty())?;
        let is_own = oldest.key().epoch == self.epoch;
        oldest
            .unacknowledged
            .first()
            .map(|seq| if is_own { seq } else { 0 })
    }

    pub(crate) fn usage(&self) -> Usage {
        let oldest = self.oldest_waiting();
        Usage {
            bytes: self.used(),
            capacity_bytes: self.config.capacity_bytes,
            segments: self.segments.len() as u64,
            open: self.open.len() as u64,
            unacknowledged: self
                .segments
                .iter()
                .map(|segment| segment.unacknowledged.count())
                .sum(),
            oldest_age: oldest.map_or(Duration::ZERO, |seq| self.ages.age(seq, Instant::now())),
            quarantined: self.quarantined,
            sync_failures: self.sync_failures,
        }
    }
}

/// Deletes the file of a segment. One that stays is read again at the next
/// start, which does no harm.
pub(crate) fn remove(folder: &std::path::Path, key: SegmentKey) {
    let path: PathBuf = key.path(folder);
    if let Err(error) = std::fs::remove_file(&path) {
        tracing::warn!(path = %path.display(), error = %error, "a spool segment cannot be deleted");
    }
}
