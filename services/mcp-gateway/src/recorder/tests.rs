use domain::{Door, ProjectId, SessionId, Timestamp};
use prost::Message as _;
use proto::logging::{ErrorKind, Record, SessionEnd, ToolCallStatus, record};
use spool::SpoolConfig;

use super::*;

fn recorder(folder: &Path) -> Arc<Recorder> {
    let mut config = SpoolConfig::new(folder.join("spool"));
    config.segment_bytes = 64 * 1024;
    let (spool, recovery) = Spool::open(config).expect("opened");
    let clock = Clock::manual(Timestamp::from_micros(1_700_000_000_000_000));
    Arc::new(Recorder::new(Arc::new(spool), recovery, folder, clock).expect("made"))
}

fn facts() -> CallFacts {
    CallFacts {
        project_id: ProjectId::new(&Clock::system()),
        server: None,
        session_id: None,
        request_id: "1".to_owned(),
        tool_name: "echo".to_owned(),
        exposed_name: "echo".to_owned(),
        door: Door::Sse,
        client_revision: String::new(),
        principal: proto::logging::Principal::default(),
        client: proto::logging::Client::default(),
        trace_id: String::new(),
        span_id: String::new(),
        arguments: None,
        payloads: Arc::default(),
        tool_version: String::new(),
    }
}

fn records(recorder: &Recorder) -> Vec<record::Record> {
    let mut reader = recorder.spool.reader();
    let mut records = Vec::new();
    // A batch is of one life of the spool.
    loop {
        let frames = reader.next_batch(100, usize::MAX).expect("read");
        if frames.is_empty() {
            return records;
        }
        let decode = |frame: spool::Frame| Record::decode(frame.body).expect("a record").record;
        records.extend(frames.into_iter().filter_map(decode));
    }
}

fn calls(recorder: &Recorder) -> Vec<ToolCall> {
    let calls = records(recorder).into_iter().filter_map(|record| match record {
        record::Record::ToolCall(call) => Some(call),
        _ => None,
    });
    calls.collect()
}

#[test]
fn the_intent_is_there_before_the_outcome_and_a_dropped_call_has_one_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let recorder = recorder(folder.path());
    let running = RunningCall::begin(&recorder, facts()).expect("room");
    assert_eq!(calls(&recorder)[0].status(), ToolCallStatus::Running);
    drop(running);
    let calls = calls(&recorder);
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[1].error_kind(), ErrorKind::ClientGone);
    assert!(calls[1].duration_us.is_some());
}

#[test]
fn what_was_going_on_when_the_gateway_was_killed_ends_in_its_next_life() {
    let folder = tempfile::tempdir().expect("a folder");
    let id = {
        let recorder = recorder(folder.path());
        let running = RunningCall::begin(&recorder, facts()).expect("room");
        let session = |is_over: bool| ClientSession {
            id: SessionId::new(recorder.clock()).to_string(),
            last_seen_at_us: 5,
            ended_at_us: is_over.then_some(6),
            ..ClientSession::default()
        };
        let (open, over) = (session(false), session(false));
        recorder.session(&open);
        recorder.session(&over);
        recorder.session(&ClientSession {
            ended_at_us: Some(6),
            ..over
        });
        // As a kill does: no end is written.
        std::mem::forget(running);
        // The reference that the forgotten call holds keeps the spool's lock.
        open.id
    };
    // Another process would find the lock free; here the folder is copied.
    let next = tempfile::tempdir().expect("a folder");
    copy(folder.path(), next.path());
    let recorder = recorder(next.path());
    let lost: Vec<_> = calls(&recorder);
    assert_eq!(lost.last().expect("ended").error_kind(), ErrorKind::GatewayLost);
    let ended: Vec<_> = records(&recorder)
        .into_iter()
        .filter_map(|record| match record {
            record::Record::Session(session) if session.end() == SessionEnd::GatewayLost => Some(session),
            _ => None,
        })
        .collect();
    assert_eq!(ended.len(), 1);
    assert_eq!(
        (ended[0].id.as_str(), ended[0].ended_at_us),
        (id.as_str(), Some(5))
    );
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("made");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}

#[test]
fn a_spool_that_fills_up_keeps_calls_without_bodies_then_refuses_new_ones_and_ends_those_that_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = SpoolConfig::new(folder.path().join("spool"));
    (config.segment_bytes, config.capacity_bytes) = (16 * 1024, 64 * 1024);
    let (spool, recovery) = Spool::open(config).expect("opened");
    let clock = Clock::manual(Timestamp::from_micros(1_700_000_000_000_000));
    let recorder = Arc::new(Recorder::new(Arc::new(spool), recovery, folder.path(), clock).expect("made"));
    let body = format!("\"{}\"", "x".repeat(1_000));
    let mut running = Vec::new();
    while let Ok(call) = RunningCall::begin(&recorder, facts().with_arguments(Some(&body))) {
        running.push(call);
    }
    assert!(recorder.spool.level() >= Level::Tight);
    let count = running.len();
    for call in running {
        call.finish(Outcome::of_result(r#"{"content":[]}"#, &PayloadPolicy::default()));
    }
    let written = calls(&recorder);
    let intents = written
        .iter()
        .filter(|call| call.status() == ToolCallStatus::Running);
    let (whole, cut): (Vec<_>, Vec<_>) = intents.partition(|call| call.storage_note.is_empty());
    assert!(!whole.is_empty() && !cut.is_empty());
    assert_eq!(whole.len() + cut.len(), count);
    for call in cut {
        let arguments = call.arguments.as_ref().expect("what is known of them");
        assert_eq!((arguments.json.as_str(), arguments.size_bytes), ("", 1_002));
        assert!(arguments.is_truncated);
    }
    let outcomes = written
        .iter()
        .filter(|call| call.status() == ToolCallStatus::Success);
    assert_eq!(outcomes.count(), count, "what was let in gets out");
}
