use std::collections::{BTreeMap, btree_map::Entry};

use domain::Timestamp;
use prost::Message as _;
use proto::logging::{self as wire, record::Record as Kind};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{
    record::InvalidRecord, row::row, server_logs::ServerLogRow, sessions::SessionRow,
    tool_call::StoredToolCall,
};

row! {
    /// A record that cannot be stored as what it is.
    pub(crate) struct DeadLetterRow in "dead_letters" {
        sha256: Vec<u8>,
        gateway_id: Uuid,
        received_at: i64,
        problem: String,
        record: Vec<u8>,
    }
}

/// Which records of which spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) gateway_id: Uuid,
    pub(crate) epoch: i64,
    pub(crate) first_seq: i64,
    pub(crate) last_seq: i64,
    pub(crate) received_at: i64,
}

/// What one transaction writes: one row per thing, in the order of their ids,
/// so that two transactions never wait for each other in a circle.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) calls: Vec<StoredToolCall>,
    pub(crate) sessions: Vec<SessionRow>,
    pub(crate) server_logs: Vec<ServerLogRow>,
    pub(crate) dead_letters: Vec<DeadLetterRow>,
    /// Absent for a part of a run.
    pub(crate) run: Option<Run>,
}

impl Batch {
    /// Folds records together: the intent and the outcome of a call are one
    /// row. What cannot be read is a dead letter.
    pub(crate) fn fold(records: &[wire::Record], gateway_id: Uuid, now: Timestamp) -> Self {
        let mut calls = BTreeMap::new();
        let mut sessions = BTreeMap::new();
        let mut server_logs = BTreeMap::new();
        let mut dead_letters = BTreeMap::new();
        let mut bury = |record: &wire::Record, problem: &str| {
            let letter = DeadLetterRow::new(record, gateway_id, now, problem);
            dead_letters.insert(letter.sha256.clone(), letter);
        };
        for record in records {
            let folded = fold_one(record, &mut calls, &mut sessions, &mut server_logs);
            match folded {
                Ok(note) if note.is_empty() => {}
                // Readable as a row; the bytes as they came lie beside it.
                Ok(note) => bury(record, &note),
                Err(error) => bury(record, &error.to_string()),
            }
        }
        Self {
            calls: calls.into_values().collect(),
            sessions: sessions.into_values().collect(),
            server_logs: server_logs.into_values().collect(),
            dead_letters: dead_letters.into_values().collect(),
            run: None,
        }
    }
}

impl DeadLetterRow {
    pub(crate) fn new(record: &wire::Record, gateway_id: Uuid, now: Timestamp, problem: &str) -> Self {
        let record = record.encode_to_vec();
        Self {
            sha256: Sha256::digest(&record).to_vec(),
            gateway_id,
            received_at: now.as_micros(),
            problem: problem.replace('\0', "\u{FFFD}"),
            record,
        }
    }
}

/// Returns what had to be changed, in words.
fn fold_one(
    record: &wire::Record,
    calls: &mut BTreeMap<Uuid, StoredToolCall>,
    sessions: &mut BTreeMap<Uuid, SessionRow>,
    server_logs: &mut BTreeMap<Uuid, ServerLogRow>,
) -> Result<String, InvalidRecord> {
    match record.record.clone() {
        Some(Kind::ToolCall(call)) => {
            let call = StoredToolCall::from_wire(call)?;
            let note = if call.is_changed {
                call.row.storage_note.clone()
            } else {
                String::new()
            };
            insert_or(calls, call.row.id, call, StoredToolCall::or);
            Ok(note)
        }
        Some(Kind::Session(session)) => {
            let session = SessionRow::from_wire(session)?;
            insert_or(sessions, session.id, session, SessionRow::and);
            Ok(String::new())
        }
        Some(Kind::ServerLog(log)) => {
            let log = ServerLogRow::from_wire(log)?;
            server_logs.entry(log.id).or_insert(log);
            Ok(String::new())
        }
        None => Err(InvalidRecord {
            field: "record",
            problem: "is of no kind that this release knows".to_owned(),
        }),
    }
}

fn insert_or<T>(map: &mut BTreeMap<Uuid, T>, id: Uuid, new: T, join: fn(T, T) -> T) {
    match map.entry(id) {
        Entry::Vacant(entry) => {
            entry.insert(new);
        }
        Entry::Occupied(entry) => {
            let (id, known) = entry.remove_entry();
            map.insert(id, join(known, new));
        }
    }
}
