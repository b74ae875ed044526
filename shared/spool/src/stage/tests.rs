use uuid::Uuid;

use super::*;
use crate::frame::{Draft, FrameKind};

const SALT: u32 = 7;

const SEGMENT: SegmentKey = SegmentKey {
    epoch: 3,
    first_seq: 1,
};

/// What stands in the segment before the frames.
const BEFORE: &[u8] = b"what was written before";

/// A folder with a stage, and a segment with nothing but `BEFORE`.
fn scene() -> (tempfile::TempDir, Stage) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(SEGMENT.path(folder.path()), BEFORE).unwrap();
    let stage = Stage::map(folder.path()).unwrap();
    (folder, stage)
}

fn frame(seq: u64, body: &[u8]) -> Vec<u8> {
    let id = Uuid::from_u64_pair(1, seq);
    Draft::new(SALT, FrameKind::Single, id, body).finish(seq).to_vec()
}

const fn header(offset: usize, seq: u64) -> StageHeader {
    StageHeader {
        salt: SALT,
        segment: SEGMENT,
        offset: offset as u64,
        seq,
    }
}

fn segment(folder: &Path) -> Vec<u8> {
    fs::read(SEGMENT.path(folder)).unwrap()
}

#[test]
fn what_lies_there_is_written_by_the_next_process_once_and_again() {
    let (folder, mut stage) = scene();
    let frames = [frame(5, b"five"), frame(6, b""), frame(7, &[9; 5_000])];
    for frame in &frames {
        stage.push(header(BEFORE.len(), 5), frame);
    }
    drop(stage);
    let left = fs::read(path(folder.path())).unwrap();
    for _ in 0..2 {
        recover(folder.path()).unwrap();
        assert_eq!(segment(folder.path()), [BEFORE, &frames.concat()].concat());
        assert!(!path(folder.path()).exists());
        // A process that is killed before it has removed it finds it again.
        fs::write(path(folder.path()), &left).unwrap();
    }
}

#[test]
fn a_process_that_ends_in_the_middle_leaves_what_it_had_taken_before() {
    let (folder, mut stage) = scene();
    let (first, second) = (frame(1, &[1; 30]), frame(2, &[2; 30]));
    stage.push(header(BEFORE.len(), 1), &first);
    stage.push(header(BEFORE.len(), 1), &second);
    drop(stage);
    let whole = fs::read(path(folder.path())).unwrap();
    for copied in 0..=second.len() {
        let end = HEADER_BYTES + first.len() + copied;
        let mut torn = whole.clone();
        torn[end..].fill(0);
        fs::write(path(folder.path()), torn).unwrap();
        fs::write(SEGMENT.path(folder.path()), BEFORE).unwrap();
        recover(folder.path()).unwrap();
        let mut expected = [BEFORE, &first].concat();
        if copied == second.len() {
            expected.extend_from_slice(&second);
        }
        assert_eq!(segment(folder.path()), expected, "{copied} bytes of it copied");
    }
}

#[test]
fn what_was_written_is_not_taken_for_what_came_after_it() {
    let (folder, mut stage) = scene();
    let file = OpenOptions::new()
        .write(true)
        .open(SEGMENT.path(folder.path()))
        .unwrap();
    let written = [frame(1, &[1; 40]), frame(2, &[2; 40]), frame(3, &[3; 40])];
    for frame in &written {
        stage.push(header(BEFORE.len(), 1), frame);
    }
    let end = BEFORE.len() + written.concat().len();
    assert!(stage.write(&file, end as u64).unwrap());
    assert!(!stage.write(&file, end as u64).unwrap(), "there is none left");
    // As long as those before it, so that they follow it.
    let new = frame(4, &[4; 40]);
    stage.push(header(end, 4), &new);
    drop(stage);
    let whole = fs::read(path(folder.path())).unwrap();
    let all = [BEFORE, &written.concat(), &new].concat();
    // At each byte at which the process could have ended.
    for copied in 0..=HEADER_BYTES + new.len() {
        let mut torn = [header(BEFORE.len(), 1).encode().as_slice(), &written.concat()].concat();
        torn[..copied].copy_from_slice(&whole[..copied]);
        fs::write(path(folder.path()), torn).unwrap();
        fs::write(SEGMENT.path(folder.path()), &all[..end]).unwrap();
        recover(folder.path()).unwrap();
        let is_whole = copied == HEADER_BYTES + new.len();
        let expected = if is_whole { &all[..] } else { &all[..end] };
        assert_eq!(segment(folder.path()), expected, "{copied} bytes copied");
    }
}

#[test]
fn what_belongs_to_no_segment_is_nobodys() {
    let (folder, mut stage) = scene();
    // More than the disk had when the power was lost.
    stage.push(header(BEFORE.len() + 1, 9), &frame(9, b"lost"));
    drop(stage);
    recover(folder.path()).unwrap();
    assert_eq!(segment(folder.path()), BEFORE);

    let mut stage = Stage::map(folder.path()).unwrap();
    stage.push(header(BEFORE.len(), 9), &frame(9, b"acknowledged"));
    drop(stage);
    fs::remove_file(SEGMENT.path(folder.path())).unwrap();
    recover(folder.path()).unwrap();
    assert!(!SEGMENT.path(folder.path()).exists() && !path(folder.path()).exists());
    recover(folder.path()).unwrap();
}

#[test]
fn there_is_room_for_what_fits() {
    let (_folder, mut stage) = scene();
    assert!(stage.takes(CAPACITY) && !stage.takes(CAPACITY + 1));
    let body = vec![1; CAPACITY / 2 - frame::HEADER_BYTES];
    stage.push(header(BEFORE.len(), 1), &frame(1, &body));
    assert!(stage.has_room(CAPACITY / 2) && !stage.has_room(CAPACITY / 2 + 1));
    stage.push(header(BEFORE.len(), 1), &frame(2, &body));
    assert!(!stage.has_room(1));
    assert_eq!((stage.frames(), stage.bytes()), (2, CAPACITY as u64));
    assert!(!Stage::default().takes(1));
}
