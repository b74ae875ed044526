//! What was answered survives `kill -9`.

#![expect(clippy::unwrap_used, reason = "a test fails where something is missing")]

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Command, Stdio},
};

use spool::{FrameKind, Spool, SpoolConfig};

/// Runs the appender and kills it once it has said that many lines; returns
/// all lines that it wrote whole.
fn append_and_kill(folder: &Path, durability: &str, lines: u64) -> Vec<(u64, u64, u64)> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_spool-appender"))
        .arg(folder)
        .arg(durability)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    for _ in 0..lines {
        stdout.read_line(&mut text).unwrap();
    }
    child.kill().unwrap();
    stdout.read_to_string(&mut text).unwrap();
    assert!(!child.wait().unwrap().success());
    text.split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
        .map(|line| {
            let mut numbers = line.split_whitespace().map(|number| number.parse().unwrap());
            let mut next = || numbers.next().unwrap();
            (next(), next(), next())
        })
        .collect()
}

#[test]
fn nothing_that_was_answered_is_lost_when_the_process_is_killed() {
    kill("process", 20, 41);
}

/// Each frame is written by itself.
#[test]
fn nothing_that_the_disk_has_is_lost_when_the_process_is_killed() {
    kill("power", 5, 7);
}

/// Kills it so often, each time after so many more answers.
fn kill(durability: &str, kills: u64, more: u64) {
    let folder = tempfile::tempdir().unwrap();
    let mut answered = Vec::new();
    for kill in 0..kills {
        answered.extend(append_and_kill(folder.path(), durability, 1 + kill * more));
    }
    assert!(answered.len() as u64 > more * kills);

    let mut config = SpoolConfig::new(folder.path());
    config.segment_bytes = 256 * 1024;
    let (spool, recovery) = Spool::open(config).unwrap();
    assert_eq!(recovery.quarantined, 0, "a kill tears at most the tail");
    assert!(
        recovery.unfinished.len() <= 1,
        "the appender has one call in flight"
    );
    let mut reader = spool.reader();
    let mut read = HashMap::new();
    let mut last = (0, 0);
    loop {
        let batch = reader.next_batch(1_000, 1 << 20).unwrap();
        if batch.is_empty() {
            break;
        }
        for frame in batch {
            let place = (frame.epoch, frame.seq);
            let follows = place == (last.0, last.1 + 1) || (place.0 > last.0 && place.1 == 1);
            assert!(follows, "{place:?} after {last:?}");
            last = place;
            read.insert(place, frame);
        }
    }
    for (epoch, seq, number) in answered {
        let frame = &read[&(epoch, seq)];
        assert_eq!(
            (frame.kind, frame.id.as_u64_pair()),
            (FrameKind::Closing, (epoch, number))
        );
        assert_eq!(frame.body.len() as u64, number * 37 % 900);
        assert!(frame.body.iter().all(|byte| *byte == number as u8));
    }
}
