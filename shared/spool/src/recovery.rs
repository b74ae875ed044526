use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::FileExt as _,
    path::Path,
    sync::Arc,
};

use uuid::Uuid;

use crate::{
    error::{IoContext as _, OpenError},
    frame::{self, Frame, FrameKind},
    log::Place,
    scan::{Piece, Scanner},
    segment::{Segment, SegmentHeader, SegmentKey},
};

/// What an earlier process left behind.
#[derive(Debug, Default)]
pub struct Recovery {
    /// Openings whose closing never came, oldest first. Their owner is to write
    /// a closing for each.
    pub unfinished: Vec<Frame>,
    /// Bytes of a frame that was being written, cut off. Nobody was told that
    /// it was taken.
    pub torn_bytes: u64,
    /// Runs of bytes that are no frames, copied to `quarantine/`.
    pub quarantined: u64,
}

#[derive(Debug)]
pub(crate) struct Recovered {
    pub(crate) segments: Vec<Segment>,
    pub(crate) open: HashMap<Uuid, Place>,
    pub(crate) quarantined: u64,
    /// The largest epoch that any file is from.
    pub(crate) last_epoch: u64,
}

/// Reads all segments of a folder.
pub(crate) fn recover(folder: &Path) -> Result<(Recovered, Recovery), OpenError> {
    let mut keys = Vec::new();
    for entry in fs::read_dir(folder).context("cannot list", folder)? {
        let name = entry.context("cannot list", folder)?.file_name();
        keys.extend(name.to_str().and_then(SegmentKey::parse));
    }
    keys.sort_unstable();

    let mut recovered = Recovered {
        segments: Vec::new(),
        open: HashMap::new(),
        quarantined: 0,
        last_epoch: keys.last().map_or(0, |key| key.epoch),
    };
    let mut recovery = Recovery::default();
    let mut openings = HashMap::new();
    let newest = keys.last().copied();
    for key in keys {
        let path = key.path(folder);
        let segment = read_segment(
            folder,
            key,
            newest == Some(key),
            &mut recovery,
            |frame, place| match frame.kind {
                FrameKind::Opening => {
                    recovered.open.insert(frame.id, place);
                    openings.insert(frame.id, frame);
                }
                FrameKind::Closing => {
                    recovered.open.remove(&frame.id);
                    openings.remove(&frame.id);
                }
                FrameKind::Single => {}
            },
        )
        .context("cannot recover the spool segment", &path)?;
        recovered.segments.extend(segment);
    }
    for place in recovered.open.values() {
        let segments = &mut recovered.segments;
        if let Ok(index) = segments.binary_search_by_key(&place.segment, Segment::key) {
            segments[index].open += 1;
        }
    }
    recovery.unfinished = openings.into_values().collect();
    recovery
        .unfinished
        .sort_unstable_by_key(|frame| (frame.epoch, frame.seq));
    recovered.quarantined = recovery.quarantined;
    Ok((recovered, recovery))
}

/// `None` when the file holds no frame; it is gone then.
fn read_segment(
    folder: &Path,
    key: SegmentKey,
    is_newest: bool,
    recovery: &mut Recovery,
    mut found: impl FnMut(Frame, Place),
) -> io::Result<Option<Segment>> {
    let path = key.path(folder);
    let file = Arc::new(OpenOptions::new().read(true).write(true).open(&path)?);
    let length = file.metadata()?.len();
    let Some(header) = SegmentHeader::read(&file, key)? else {
        if length > 0 {
            recovery.quarantined += u64::from(quarantine(folder, key, &file, 0, length)?);
        }
        fs::remove_file(&path)?;
        return Ok(None);
    };
    let mut segment = Segment::new(header);
    segment.is_sealed = true;
    let mut scanner = Scanner::new(file.clone(), header);
    while let Some(piece) = scanner.next(length)? {
        match piece {
            Piece::Frame { frame, offset } => {
                segment.unacknowledged.push(frame.seq);
                segment.last_seq = frame.seq;
                let bytes = (frame::HEADER_BYTES + frame.body.len()) as u64;
                segment.bytes = offset + bytes;
                let place = Place {
                    segment: key,
                    offset,
                    bytes,
                };
                found(frame, place);
            }
            Piece::Bad {
                bytes, torn: true, ..
            } if is_newest => recovery.torn_bytes += bytes,
            Piece::Bad { offset, bytes, .. } => {
                recovery.quarantined += u64::from(quarantine(folder, key, &file, offset, bytes)?);
            }
        }
    }
    if segment.unacknowledged.is_empty() {
        fs::remove_file(&path)?;
        return Ok(None);
    }
    if segment.bytes < length {
        // What lies behind the last frame is cut or put aside by now.
        file.set_len(segment.bytes)?;
    }
    Ok(Some(segment))
}

/// Keeps a copy of bytes that nobody can read, for somebody who looks into it.
/// `false` when they are kept already, because they were come across before.
pub(crate) fn quarantine(
    folder: &Path,
    key: SegmentKey,
    file: &File,
    offset: u64,
    bytes: u64,
) -> io::Result<bool> {
    let folder = folder.join("quarantine");
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{:012}-{:020}-{offset}.bytes", key.epoch, key.first_seq));
    if fs::exists(&path)? {
        return Ok(false);
    }
    tracing::error!(
        epoch = key.epoch,
        first_seq = key.first_seq,
        offset,
        bytes,
        "part of the spool cannot be read and is put aside"
    );
    let mut copy = File::create(&path)?;
    let mut chunk = vec![0; 64 * 1024];
    let mut at = offset;
    while at < offset + bytes {
        let wanted = chunk.len().min((offset + bytes - at) as usize);
        file.read_exact_at(&mut chunk[..wanted], at)?;
        io::Write::write_all(&mut copy, &chunk[..wanted])?;
        at += wanted as u64;
    }
    copy.sync_data()?;
    Ok(true)
}
