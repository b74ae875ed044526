use std::{
    pin::pin,
    sync::atomic::{AtomicU32, Ordering},
    task::{Context, Wake},
};

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{FrameKind, Spool, SpoolConfig};

fn open(folder: &std::path::Path) -> Spool {
    let config = SpoolConfig {
        segment_bytes: 4_096,
        capacity_bytes: 1024 * 1024,
        ..SpoolConfig::new(folder)
    };
    Spool::open(config).unwrap().0
}

fn append(spool: &Spool, count: u64) {
    for _ in 0..count {
        spool.append(FrameKind::Single, Uuid::nil(), &[7; 300]).unwrap();
    }
}

fn numbers(reader: &mut Reader, max_frames: usize) -> Vec<u64> {
    let batch = reader.next_batch(max_frames, 2_000).unwrap();
    batch.iter().map(|frame| frame.seq).collect()
}

fn all_numbers(reader: &mut Reader) -> Vec<u64> {
    let mut all = Vec::new();
    loop {
        let some = numbers(reader, 5);
        if some.is_empty() {
            return all;
        }
        all.extend(some);
    }
}

#[test]
fn nothing_is_left_behind_of_a_spool_without_frames() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let mut reader = spool.reader();
    assert!(reader.leave_behind().unwrap().is_none());
    append(&spool, 1);
    assert_eq!(all_numbers(&mut reader), [1]);
}

#[derive(Default)]
struct Wakes(AtomicU32);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn who_leaves_the_rest_to_another_is_not_woken_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    append(&spool, 3);
    let mut live = spool.reader();
    let mut behind = live.leave_behind().unwrap().unwrap();
    assert_eq!(all_numbers(&mut behind), [1, 2, 3]);

    let (woken, left) = (Arc::new(Wakes::default()), Arc::new(Wakes::default()));
    let (more, nothing) = (woken.clone().into(), left.clone().into());
    let (mut more, mut nothing) = (Context::from_waker(&more), Context::from_waker(&nothing));
    let mut waits = pin!(live.wait());
    let mut waits_in_vain = pin!(behind.wait());
    assert!(waits.as_mut().poll(&mut more).is_pending());
    assert!(waits_in_vain.as_mut().poll(&mut nothing).is_pending());
    append(&spool, 1);
    assert_eq!(
        (woken.0.load(Ordering::Relaxed), left.0.load(Ordering::Relaxed)),
        (1, 0)
    );
    assert!(waits.as_mut().poll(&mut more).is_ready());
}

#[test]
fn a_reader_of_what_was_left_behind_survives_that_newer_frames_go_first() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    append(&spool, 40);
    let mut live = spool.reader();
    let mut behind = live.leave_behind().unwrap().unwrap();
    assert_eq!((behind.unread(), live.unread()), (40, 0));
    append(&spool, 40);
    let newer = all_numbers(&mut live);
    assert_eq!(newer, (41..=80).collect::<Vec<_>>());
    spool.acknowledge(spool.epoch(), 41, 80);
    assert_eq!(all_numbers(&mut behind), (1..=40).collect::<Vec<_>>());
    spool.acknowledge(spool.epoch(), 1, 40);
    assert_eq!(spool.usage().unacknowledged, 0);
    // The segments of both are gone now.
    append(&spool, 1);
    assert_eq!(all_numbers(&mut live), [81]);
    assert!(all_numbers(&mut behind).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn each_frame_comes_out_of_one_reader_whenever_the_rest_is_left(
        steps in proptest::collection::vec((0_u64..30, 0_usize..12, any::<bool>()), 1..12),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let spool = open(folder.path());
        let mut live = spool.reader();
        let mut behind = Vec::new();
        let (mut appended, mut read) = (0, Vec::new());
        for (frames, taken, splits) in steps {
            append(&spool, frames);
            appended += frames;
            let before = live.unread();
            let some = numbers(&mut live, taken);
            prop_assert_eq!(live.unread(), before - some.len() as u64);
            read.extend(some);
            if splits && let Some(rest) = live.leave_behind().unwrap() {
                prop_assert_eq!(live.unread(), 0);
                behind.push(rest);
            }
        }
        for reader in behind.iter_mut().chain([&mut live]) {
            let rest = all_numbers(reader);
            prop_assert!(rest.is_sorted());
            read.extend(rest);
            prop_assert_eq!(reader.unread(), 0);
        }
        read.sort_unstable();
        prop_assert_eq!(read, (1..=appended).collect::<Vec<_>>());
    }
}
