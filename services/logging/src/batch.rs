use domain::Timestamp;
use prost::{Message as _, bytes::Bytes};
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
    /// None for a part of a run.
    pub(crate) runs: Vec<Run>,
}

impl Run {
    /// Goes on with a later run of the same spool; `false` where that is another
    /// one, or there is something between.
    fn extend(&mut self, later: &Self) -> bool {
        let is_next = (later.gateway_id, later.epoch) == (self.gateway_id, self.epoch)
            && self.last_seq.checked_add(1) == Some(later.first_seq);
        if is_next {
            self.last_seq = later.last_seq;
            self.received_at = later.received_at;
        }
        is_next
    }
}

impl Batch {
    /// Folds records together: the intent and the outcome of a call are one
    /// row. What cannot be read is a dead letter.
    pub(crate) fn fold(records: &[Bytes], gateway_id: Uuid, now: Timestamp) -> Self {
        let mut batch = Self::default();
        for record in records {
            let problem = match batch.add(record) {
                Ok(note) if note.is_empty() => continue,
                // Readable as a row; the bytes as they came lie beside it.
                Ok(note) => note,
                Err(error) => error.to_string(),
            };
            let letter = DeadLetterRow::new(record, gateway_id, now, &problem);
            batch.dead_letters.push(letter);
        }
        batch.keep_one_of_each();
        batch
    }

    /// Those that came one after another, as if they had come as one.
    pub(crate) fn join(batches: impl IntoIterator<Item = Self>) -> Self {
        let mut batches = batches.into_iter().peekable();
        let mut joined = batches.next().unwrap_or_default();
        if batches.peek().is_none() {
            return joined;
        }
        for batch in batches {
            joined.calls.extend(batch.calls);
            joined.sessions.extend(batch.sessions);
            joined.server_logs.extend(batch.server_logs);
            joined.dead_letters.extend(batch.dead_letters);
            for run in batch.runs {
                if !joined.runs.last_mut().is_some_and(|last| last.extend(&run)) {
                    joined.runs.push(run);
                }
            }
        }
        joined.keep_one_of_each();
        joined
    }

    /// Returns what had to be changed, in words.
    fn add(&mut self, record: &Bytes) -> Result<String, InvalidRecord> {
        let record = wire::Record::decode(record.clone()).map_err(|error| InvalidRecord {
            field: "record",
            problem: error.to_string(),
        })?;
        match record.record {
            Some(Kind::ToolCall(call)) => {
                let call = StoredToolCall::from_wire(call)?;
                let note = if call.is_changed {
                    call.row.storage_note.clone()
                } else {
                    String::new()
                };
                self.calls.push(call);
                return Ok(note);
            }
            Some(Kind::Session(session)) => self.sessions.push(SessionRow::from_wire(session)?),
            Some(Kind::ServerLog(log)) => self.server_logs.push(ServerLogRow::from_wire(log)?),
            None => {
                return Err(InvalidRecord {
                    field: "record",
                    problem: "is of no kind that this release knows".to_owned(),
                });
            }
        }
        Ok(String::new())
    }

    fn keep_one_of_each(&mut self) {
        keep_one_of_each(&mut self.calls, |call| call.row.id, StoredToolCall::or);
        keep_one_of_each(&mut self.sessions, |session| session.id, SessionRow::and);
        keep_one_of_each(&mut self.server_logs, |log| log.id, |known, _| known);
        keep_one_of_each(
            &mut self.dead_letters,
            |letter| letter.sha256.clone(),
            |known, _| known,
        );
    }
}

impl DeadLetterRow {
    pub(crate) fn new(record: &Bytes, gateway_id: Uuid, now: Timestamp, problem: &str) -> Self {
        Self {
            sha256: Sha256::digest(record).to_vec(),
            gateway_id,
            received_at: now.as_micros(),
            problem: problem.replace('\0', "\u{FFFD}"),
            record: record.to_vec(),
        }
    }
}

/// Puts things into the order of their keys. Two with the same key become what
/// they are together, the one that came first before the other.
fn keep_one_of_each<T, K: Ord>(things: &mut Vec<T>, key: fn(&T) -> K, together: fn(T, T) -> T) {
    things.sort_by_key(key);
    let mut kept: Vec<T> = Vec::with_capacity(things.len());
    for thing in things.drain(..) {
        let same = kept.pop_if(|last| key(last) == key(&thing));
        kept.push(match same {
            Some(same) => together(same, thing),
            None => thing,
        });
    }
    *things = kept;
}
