//! Whatever happens to the files, frames that were written whole come out
//! once, in order, and unchanged.

#![expect(clippy::unwrap_used, reason = "a test fails where something is missing")]

use std::{collections::BTreeMap, fs, path::Path, path::PathBuf};

use proptest::prelude::*;
use spool::{Frame, FrameKind, Spool, SpoolConfig};
use uuid::Uuid;

fn open(folder: &Path) -> (Spool, spool::Recovery) {
    let config = SpoolConfig {
        segment_bytes: 4_096,
        capacity_bytes: 1 << 20,
        ..SpoolConfig::new(folder)
    };
    Spool::open(config).unwrap()
}

fn read_all(spool: &Spool) -> Vec<Frame> {
    let mut reader = spool.reader();
    let mut all = Vec::new();
    loop {
        let batch = reader.next_batch(5, 3_000).unwrap();
        if batch.is_empty() {
            return all;
        }
        all.extend(batch);
    }
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "segment"))
        .collect();
    paths.sort();
    paths
}

#[derive(Debug, Clone)]
enum Step {
    Append(FrameKind, u64, Vec<u8>),
    AcknowledgeFirst(usize),
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let kind = prop_oneof![
        Just(FrameKind::Opening),
        Just(FrameKind::Closing),
        Just(FrameKind::Single)
    ];
    let body = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        // Looks like the beginning of a frame.
        proptest::collection::vec(Just(0xF5_u8), 0..60),
        proptest::collection::vec(any::<u8>(), 900..2_000),
    ];
    let step = prop_oneof![
        12 => (kind, 0_u64..8, body).prop_map(|(kind, id, body)| Step::Append(kind, id, body)),
        2 => (0_usize..12).prop_map(Step::AcknowledgeFirst),
        1 => Just(Step::Reopen),
    ];
    proptest::collection::vec(step, 1..60)
}

/// A spool as it should be: what waits, in order, and what is open.
#[derive(Default)]
struct Model {
    waiting: Vec<Frame>,
    open: BTreeMap<Uuid, Vec<u8>>,
}

impl Model {
    fn append(&mut self, frame: Frame) {
        match frame.kind {
            FrameKind::Opening => {
                self.open.insert(frame.id, frame.body.to_vec());
            }
            FrameKind::Closing => {
                self.open.remove(&frame.id);
            }
            FrameKind::Single => {}
        }
        self.waiting.push(frame);
    }
}

proptest! {
    // Each case opens several spools, and each of them asks the disk.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_frame_comes_out_once_in_order_over_any_number_of_starts(steps in steps()) {
        let folder = tempfile::tempdir().unwrap();
        let (mut spool, _) = open(folder.path());
        let mut model = Model::default();
        for step in steps {
            match step {
                Step::Append(kind, id, body) => {
                    let id = Uuid::from_u64_pair(1, id);
                    let seq = spool.append(kind, id, &body).unwrap();
                    model.append(Frame { epoch: spool.epoch(), seq, kind, id, body: body.into() });
                }
                Step::AcknowledgeFirst(count) => {
                    // Openings that move to the end are new frames.
                    for frame in read_all(&spool).into_iter().take(count) {
                        spool.acknowledge(frame.epoch, frame.seq, frame.seq);
                        model.waiting.retain(|waiting| (waiting.epoch, waiting.seq) != (frame.epoch, frame.seq));
                    }
                }
                Step::Reopen => {
                    drop(spool);
                    let (reopened, recovery) = open(folder.path());
                    spool = reopened;
                    prop_assert_eq!((recovery.torn_bytes, recovery.quarantined), (0, 0));
                    let unfinished: BTreeMap<Uuid, Vec<u8>> =
                        recovery.unfinished.iter().map(|frame| (frame.id, frame.body.to_vec())).collect();
                    prop_assert_eq!(&unfinished, &model.open);
                }
            }
        }
        let read = read_all(&spool);
        prop_assert!(read.windows(2).all(|pair| (pair[0].epoch, pair[0].seq) < (pair[1].epoch, pair[1].seq)));
        // All that nobody acknowledged is there; what is there besides was
        // acknowledged and shares a segment, or is an opening that moved.
        let mut rest = read.iter();
        for frame in &model.waiting {
            prop_assert!(rest.any(|read| read == frame), "{:?} is missing", (frame.epoch, frame.seq));
        }
        prop_assert_eq!(spool.usage().open, model.open.len() as u64);
    }

    #[test]
    fn a_corrupted_byte_costs_the_frames_that_it_is_in_and_no_others(
        bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 1..40),
        at in any::<prop::sample::Index>(),
        flips in proptest::collection::vec((any::<prop::sample::Index>(), 1_u8..=255), 1..4),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (spool, _) = open(folder.path());
        for (number, body) in bodies.iter().enumerate() {
            spool.append(FrameKind::Single, Uuid::from_u64_pair(2, number as u64), body).unwrap();
        }
        let written = read_all(&spool);
        drop(spool);
        let paths = segments(folder.path());
        let path = &paths[at.index(paths.len())];
        let mut bytes = fs::read(path).unwrap();
        for (index, flip) in &flips {
            let index = index.index(bytes.len());
            bytes[index] ^= flip;
        }
        let is_changed = bytes != fs::read(path).unwrap();
        let is_header = bytes[..36] != fs::read(path).unwrap()[..36];
        fs::write(path, &bytes).unwrap();

        let (spool, recovery) = open(folder.path());
        let read = read_all(&spool);
        let mut rest = written.iter();
        for frame in &read {
            prop_assert!(rest.any(|written| written == frame), "only frames that were written, in order");
        }
        let lost = written.len() - read.len();
        if is_changed {
            prop_assert!(recovery.quarantined > 0 || recovery.torn_bytes > 0);
            prop_assert!(is_header || lost <= flips.len(), "{lost} lost to {} bytes", flips.len());
        } else {
            prop_assert_eq!(lost, 0);
        }
        prop_assert_eq!(spool.usage().unacknowledged, read.len() as u64);
        for frame in &read {
            spool.acknowledge(frame.epoch, frame.seq, frame.seq);
        }
        prop_assert_eq!(spool.usage().segments, 0);
        drop(spool);
        prop_assert_eq!(open(folder.path()).1.quarantined, 0, "nothing is left to put aside");
    }
}

#[test]
fn a_file_cut_at_any_byte_keeps_every_whole_frame() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = open(folder.path());
    let mut ends = Vec::new();
    for number in 0..4_u64 {
        let (kind, id) = if number % 2 == 0 {
            (FrameKind::Opening, number)
        } else {
            (FrameKind::Closing, number - 1)
        };
        let body = vec![number as u8; number as usize * 11];
        spool.append(kind, Uuid::from_u64_pair(3, id), &body).unwrap();
        ends.push(spool.usage().bytes as usize);
    }
    let written = read_all(&spool);
    drop(spool);
    let path = segments(folder.path()).remove(0);
    let whole = fs::read(&path).unwrap();
    assert_eq!(ends.last(), Some(&whole.len()));
    for cut in 36..=whole.len() {
        let copy = tempfile::tempdir().unwrap();
        fs::write(copy.path().join(path.file_name().unwrap()), &whole[..cut]).unwrap();
        let (spool, recovery) = open(copy.path());
        let kept = ends.iter().filter(|end| **end <= cut).count();
        assert_eq!(read_all(&spool), written[..kept], "cut at {cut}");
        let end = ends[..kept].last().copied().unwrap_or(36);
        assert_eq!(
            (recovery.torn_bytes, recovery.quarantined),
            ((cut - end) as u64, 0)
        );
        assert_eq!(recovery.unfinished.len(), kept % 2);
        // And it goes on from there.
        let seq = spool.append(FrameKind::Single, Uuid::nil(), b"next").unwrap();
        assert_eq!(seq, 1);
        assert_eq!(read_all(&spool).len(), kept + 1);
    }
}
