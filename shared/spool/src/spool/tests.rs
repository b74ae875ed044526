use super::*;
use crate::frame::Frame;

const KIB: u64 = 1024;

fn config(folder: &Path) -> SpoolConfig {
    SpoolConfig {
        segment_bytes: 4 * KIB,
        capacity_bytes: 64 * KIB,
        ..SpoolConfig::new(folder)
    }
}

/// One with a stage, whatever file system its folder is on.
fn open(folder: &Path) -> (Spool, Recovery) {
    Spool::open_with(config(folder), File::sync_data, segment::allocate, stage).unwrap()
}

fn stage(folder: &Path) -> Stage {
    Stage::map(folder).unwrap()
}

fn id(number: u64) -> Uuid {
    Uuid::from_u64_pair(7, number)
}

fn read_all(reader: &mut Reader) -> Vec<Frame> {
    let mut all = Vec::new();
    loop {
        let batch = reader.next_batch(7, 100_000).unwrap();
        if batch.is_empty() {
            return all;
        }
        all.extend(batch);
    }
}

fn segments(folder: &Path) -> usize {
    let files = fs::read_dir(folder).unwrap();
    files
        .filter(|file| {
            file.as_ref()
                .unwrap()
                .path()
                .extension()
                .is_some_and(|end| end == "segment")
        })
        .count()
}

fn acknowledge_all(spool: &Spool, frames: &[Frame]) {
    for frame in frames {
        spool.acknowledge(frame.epoch, frame.seq, frame.seq);
    }
}

#[test]
fn frames_come_out_as_they_went_in() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, recovery) = open(folder.path());
    assert!(recovery.unfinished.is_empty());
    let mut reader = spool.reader();
    assert_eq!(spool.append(FrameKind::Opening, id(1), b"one").unwrap(), 1);
    assert_eq!(spool.append(FrameKind::Closing, id(1), b"").unwrap(), 2);
    let frames = read_all(&mut reader);
    assert_eq!(frames.len(), 2);
    assert_eq!((frames[0].epoch, frames[0].seq), (spool.epoch(), 1));
    assert_eq!((frames[0].kind, frames[0].id), (FrameKind::Opening, id(1)));
    assert_eq!(&frames[0].body[..], b"one");
    assert_eq!(
        (frames[1].seq, frames[1].kind, frames[1].body.len()),
        (2, FrameKind::Closing, 0)
    );
    assert!(read_all(&mut reader).is_empty(), "each frame once");
}

#[tokio::test]
async fn who_waits_is_told_of_what_lies_on_the_stage() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = open(folder.path());
    // Makes the segment.
    spool.append(FrameKind::Single, id(1), b"").unwrap();
    let mut reader = spool.reader();
    read_all(&mut reader);
    for number in 2..5 {
        spool.append(FrameKind::Single, id(number), b"").unwrap();
        reader.wait().await;
        assert_eq!(read_all(&mut reader).len(), 1);
    }
}

#[test]
fn what_lies_on_the_stage_is_written_also_where_nobody_reads() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = open(folder.path());
    spool.append(FrameKind::Single, id(1), b"").unwrap();
    spool.append(FrameKind::Single, id(2), b"").unwrap();
    // The thread that asks the disk does not leave it for long.
    while spool.shared.log().last_readable().unwrap().last_seq < 2 {
        std::thread::yield_now();
    }
}

#[test]
fn the_disk_is_asked_for_what_lay_on_the_stage_when_that_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = open(folder.path());
    spool.append(FrameKind::Single, id(1), b"").unwrap();
    // Held to the end, so that no other thread asks.
    let mut log = spool.shared.log();
    log.take_unsynced();
    let mut draft = Draft::new(spool.salt, FrameKind::Single, id(2), b"");
    assert!(log.append(&mut draft).unwrap().1, "there was none before");
    let mut draft = Draft::new(spool.salt, FrameKind::Single, id(3), b"");
    assert!(!log.append(&mut draft).unwrap().1, "whoever waits is told by now");
    assert!(log.take_unsynced().files.is_empty());
    assert!(log.write_out().unwrap());
    assert_eq!(log.take_unsynced().files.len(), 1);
}

/// A copy of the folder of a spool that is open: what its process would leave if it were
/// killed.
fn killed(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for file in fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    copy
}

#[test]
fn nothing_is_missing_from_any_segment_whether_or_not_there_is_a_stage() {
    for open_stage in [stage, |_: &Path| Stage::default()] {
        let folder = tempfile::tempdir().unwrap();
        let config = SpoolConfig {
            segment_bytes: 256 * KIB,
            capacity_bytes: 16_384 * KIB,
            ..SpoolConfig::new(folder.path())
        };
        let (spool, _) = Spool::open_with(config, File::sync_data, segment::allocate, open_stage).unwrap();
        // Now and then one that is too large for the stage.
        let body = |number: u64| vec![number as u8; (number as usize * 6_701) % 80_000];
        for number in 0..200 {
            spool
                .append(FrameKind::Single, id(number), &body(number))
                .unwrap();
        }
        assert!(segments(folder.path()) > 5);
        let killed = killed(folder.path());
        drop(spool);
        for folder in [&killed, &folder] {
            let (spool, recovery) = open(folder.path());
            assert_eq!((recovery.quarantined, recovery.torn_bytes), (0, 0));
            let frames = read_all(&mut spool.reader());
            assert_eq!(frames.len(), 200);
            for (number, frame) in (0_u64..).zip(frames) {
                assert_eq!((frame.id, frame.seq), (id(number), number + 1));
                assert_eq!(frame.body, body(number));
            }
        }
    }
}

#[test]
fn what_the_disk_refuses_lies_on_the_stage_until_it_no_longer_does() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = open(folder.path());
    let mut reader = spool.reader();
    spool.append(FrameKind::Opening, id(1), b"").unwrap();
    read_all(&mut reader);
    let read_only = File::open(folder.path().join("epoch")).unwrap();
    let file = spool.shared.log().write_to(read_only);
    spool
        .append(FrameKind::Single, id(2), b"taken before it is known")
        .unwrap();
    assert_eq!((read_all(&mut reader).len(), reader.unread()), (0, 0));
    spool.append(FrameKind::Single, id(3), b"told").unwrap_err();
    spool.append(FrameKind::Closing, id(1), b"was promised").unwrap();
    assert!(read_all(&mut reader).is_empty());
    let left = killed(folder.path());
    let (after_a_kill, recovery) = open(left.path());
    assert!(recovery.unfinished.is_empty());
    assert_eq!(read_all(&mut after_a_kill.reader()).len(), 3);

    let file = file.try_clone().unwrap();
    drop(spool.shared.log().write_to(file));
    spool.append(FrameKind::Single, id(5), b"taken").unwrap();
    let frames = read_all(&mut reader);
    let ids: Vec<_> = frames.iter().map(|frame| frame.id).collect();
    assert_eq!(ids, [id(2), id(1), id(5)]);
    assert_eq!(frames[2].seq, 4, "what was refused has no number");
}

#[test]
fn a_second_process_cannot_open_the_folder_and_the_epoch_only_grows() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = open(folder.path());
    assert!(matches!(
        Spool::open(config(folder.path())),
        Err(OpenError::Locked { .. })
    ));
    let first = spool.epoch();
    drop(spool);
    let (spool, _) = open(folder.path());
    assert!(spool.epoch() > first);
}

#[test]
fn an_acknowledged_segment_is_deleted_and_a_waiting_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = open(folder.path());
    for number in 0..12 {
        spool.append(FrameKind::Single, id(number), &[0; 1_000]).unwrap();
    }
    assert!(segments(folder.path()) >= 3);
    let before = spool.usage();
    let frames = read_all(&mut spool.reader());
    assert_eq!(frames.len(), 12);
    // Newer runs may be acknowledged first; the older segments hold on.
    acknowledge_all(&spool, &frames[6..]);
    assert_eq!(spool.usage().bytes, before.bytes);
    acknowledge_all(&spool, &frames[..6]);
    assert_eq!(spool.usage().unacknowledged, 0);
    assert_eq!(segments(folder.path()), 0, "{:?}", spool.usage());
    assert_eq!(spool.usage().bytes, 0);
}

#[test]
fn what_was_acknowledged_is_not_read_again_after_a_stop_in_good_order() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = open(folder.path());
    spool.append(FrameKind::Single, id(1), b"x").unwrap();
    spool.acknowledge(spool.epoch(), 1, 1);
    drop(spool);
    let (spool, _) = open(folder.path());
    assert!(read_all(&mut spool.reader()).is_empty());
}

#[test]
fn a_call_that_lasts_moves_to_the_end_and_holds_nothing_back() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = open(folder.path());
    let mut reader = spool.reader();
    spool.append(FrameKind::Opening, id(0), b"lasts").unwrap();
    for number in 1..200 {
        spool.append(FrameKind::Opening, id(number), &[1; 500]).unwrap();
        spool.append(FrameKind::Closing, id(number), &[2; 500]).unwrap();
        let frames = read_all(&mut reader);
        acknowledge_all(&spool, &frames);
    }
    assert!(spool.usage().bytes < 16 * KIB, "{:?}", spool.usage());
    assert_eq!(spool.usage().open, 1);
    drop(spool);

    let (spool, recovery) = open(folder.path());
    assert_eq!(recovery.unfinished.len(), 1);
    assert_eq!(
        (recovery.unfinished[0].id, &recovery.unfinished[0].body[..]),
        (id(0), &b"lasts"[..])
    );
    spool.append(FrameKind::Closing, id(0), b"lost").unwrap();
    drop(spool);
    let (_spool, recovery) = open(folder.path());
    assert!(recovery.unfinished.is_empty(), "closed by the process after");
}

#[test]
fn a_full_spool_takes_closings_of_what_it_let_in_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = open(folder.path());
    let mut opened = 0;
    let refused = loop {
        match spool.append(FrameKind::Opening, id(opened), &[0; 500]) {
            Ok(_) => opened += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, AppendError::Full { .. }), "{refused}");
    assert!(
        (0.9..=0.95).contains(&spool.usage().ratio()),
        "{:?}",
        spool.usage()
    );
    assert!(matches!(
        spool.append(FrameKind::Single, id(1), &[0; 500]),
        Err(AppendError::Full { .. })
    ));
    assert!(matches!(
        spool.append(FrameKind::Closing, id(999_999), &[0; 500]),
        Err(AppendError::Full { .. })
    ));
    for number in 0..opened {
        spool.append(FrameKind::Closing, id(number), &[0; 500]).unwrap();
    }
    let frames = read_all(&mut spool.reader());
    assert_eq!(frames.len() as u64, opened * 2);
    acknowledge_all(&spool, &frames);
    spool.append(FrameKind::Opening, id(1), &[0; 500]).unwrap();
}

#[test]
fn a_full_disk_takes_closings_of_what_was_let_in_and_goes_on_by_itself() {
    use std::sync::atomic::{AtomicBool, Ordering};

    static IS_FULL: AtomicBool = AtomicBool::new(false);
    fn allocate(_: &File, _: u64) -> io::Result<()> {
        if IS_FULL.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = Spool::open_with(config(folder.path()), File::sync_data, allocate, stage).unwrap();
    IS_FULL.store(true, Ordering::SeqCst);
    // The first one finds no segment, and the spare is not for it.
    let refused = spool.append(FrameKind::Opening, id(0), &[1; 1_000]);
    assert!(matches!(refused, Err(AppendError::Write(_))), "{refused:?}");
    IS_FULL.store(false, Ordering::SeqCst);
    spool.append(FrameKind::Opening, id(0), &[1; 1_000]).unwrap();
    IS_FULL.store(true, Ordering::SeqCst);
    // What is left of the segment is used up.
    let let_in =
        (1..10).take_while(|number| spool.append(FrameKind::Opening, id(*number), &[1; 1_000]).is_ok());
    let let_in = let_in.count() as u64;
    assert!((1..4).contains(&let_in), "{let_in}");
    for number in 0..=let_in {
        spool.append(FrameKind::Closing, id(number), &[2; 500]).unwrap();
    }
    assert!(
        spool.append(FrameKind::Opening, id(20), b"").is_err(),
        "the spare is for closings alone"
    );
    IS_FULL.store(false, Ordering::SeqCst);
    spool.append(FrameKind::Opening, id(20), b"").unwrap();
    drop(spool);
    let (spool, recovery) = open(folder.path());
    assert_eq!(recovery.unfinished.len(), 1);
    let closings = read_all(&mut spool.reader());
    let closings = closings.iter().filter(|frame| frame.kind == FrameKind::Closing);
    assert_eq!(closings.count() as u64, let_in + 1);
}

#[test]
fn a_body_that_fits_into_no_segment_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = open(folder.path());
    let max_bytes = match spool.append(FrameKind::Single, id(1), &[0; 5_000]) {
        Err(AppendError::TooLarge { max_bytes, .. }) => max_bytes,
        other => panic!("{other:?}"),
    };
    spool
        .append(FrameKind::Single, id(1), &vec![0; max_bytes])
        .unwrap();
    assert_eq!(read_all(&mut spool.reader()).len(), 1);
}

#[test]
fn a_disk_that_does_not_confirm_ends_the_segment_and_the_append() {
    let folder = tempfile::tempdir().unwrap();
    let power = SpoolConfig {
        durability: Durability::Power,
        ..config(folder.path())
    };
    let fails = |file: &File| {
        // The second segment is on a good part of the disk.
        let size = file.metadata()?.len();
        if size > 1_000 {
            Err(io::Error::other("bad sector"))
        } else {
            Ok(())
        }
    };
    let (spool, _) = Spool::open_with(power, fails, segment::allocate, stage).unwrap();
    spool.append(FrameKind::Single, id(1), b"small").unwrap();
    let failed = spool.append(FrameKind::Single, id(2), &[0; 2_000]);
    assert!(matches!(failed, Err(AppendError::NotDurable)), "{failed:?}");
    spool.append(FrameKind::Single, id(3), b"small").unwrap();
    assert_eq!(spool.usage().sync_failures, 1);
    assert_eq!(segments(folder.path()), 2);
    let seqs: Vec<u64> = read_all(&mut spool.reader())
        .iter()
        .map(|frame| frame.seq)
        .collect();
    assert_eq!(seqs, [1, 2, 3], "what is in the page cache is still read");
}

#[test]
fn a_reader_waits_for_the_next_frame() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = Spool::open(SpoolConfig::new(folder.path())).unwrap();
    let mut reader = spool.reader();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..500 {
                spool.append(FrameKind::Single, id(number), &[0; 200]).unwrap();
            }
        });
        let mut seqs = Vec::new();
        while seqs.len() < 500 {
            runtime.block_on(reader.wait());
            let batch = reader.next_batch(10, 1_000).unwrap();
            assert!(!batch.is_empty(), "woken for something");
            assert!(batch.len() <= 5, "bounded by bytes");
            seqs.extend(batch.iter().map(|frame| frame.seq));
            spool.acknowledge(batch[0].epoch, batch[0].seq, batch[batch.len() - 1].seq);
        }
        assert_eq!(seqs, (1..=500).collect::<Vec<u64>>());
    });
}

#[test]
fn many_threads_append_without_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = Spool::open(SpoolConfig::new(folder.path())).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let spool = &spool;
            scope.spawn(move || {
                for number in 0..1_000 {
                    spool
                        .append(FrameKind::Single, id(thread * 1_000 + number), &[0; 50])
                        .unwrap();
                }
            });
        }
    });
    let frames = read_all(&mut spool.reader());
    assert!(frames.iter().zip(1..).all(|(frame, seq)| frame.seq == seq));
    let ids: std::collections::HashSet<Uuid> = frames.iter().map(|frame| frame.id).collect();
    assert_eq!(ids.len(), 4_000);
}

#[test]
fn a_frame_that_goes_bad_while_the_spool_is_open_is_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    let (spool, _) = open(folder.path());
    for number in 0..6 {
        spool.append(FrameKind::Single, id(number), &[0; 1_000]).unwrap();
    }
    let path = segment::SegmentKey {
        epoch: spool.epoch(),
        first_seq: 1,
    }
    .path(folder.path());
    let mut bytes = fs::read(&path).unwrap();
    bytes[1_500] ^= 1;
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&path, bytes).unwrap();

    let mut reader = spool.reader();
    let mut batches = Vec::new();
    loop {
        let batch = reader.next_batch(100, 100_000).unwrap();
        if batch.is_empty() {
            break;
        }
        spool.acknowledge(batch[0].epoch, batch[0].seq, batch[batch.len() - 1].seq);
        batches.push(batch.iter().map(|frame| frame.seq).collect::<Vec<_>>());
    }
    assert_eq!(batches, [vec![1], vec![4, 5, 6]], "a batch has no gap");
    assert_eq!(spool.usage().quarantined, 1);
    assert_eq!(spool.usage().unacknowledged, 0);
}
