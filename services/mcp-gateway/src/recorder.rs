//! The one choke point: every tool call, through whatever door it came, is
//! written to the spool here, before the server is asked and before the client
//! is answered. So are sessions and what servers log.

mod call;
mod counters;
mod encode;
mod payload;
mod recovery;
mod session_files;
mod spool_metrics;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::Context as _;
use domain::{Clock, LogLevel, ServerLogId, ServerLogKind, ToolCallId};
use proto::{
    convert::FromWire as _,
    logging::{ClientSession, Payload, ServerLog, ToolCall},
};
use spool::{AppendError, FrameKind, Level, Recovery, Spool};
use uuid::Uuid;

use crate::directory::Server;

pub(crate) use call::{CallFacts, Outcome, RunningCall};
use counters::Counters;
use encode::Entry;
pub(crate) use payload::PayloadPolicy;
use session_files::SessionFiles;

/// Writes records into the spool.
#[derive(Debug)]
pub(crate) struct Recorder {
    spool: Arc<Spool>,
    clock: Clock,
    sessions: SessionFiles,
    counters: Counters,
    is_filling: Told,
}

/// Something of which only changes are told.
#[derive(Debug, Default)]
struct Told(AtomicBool);

impl Told {
    /// Whether it was not so before. Asked for each record, it writes only what changes:
    /// threads would take it from each other.
    fn changes_to(&self, now: bool) -> bool {
        self.0.load(Ordering::Relaxed) != now && self.0.swap(now, Ordering::Relaxed) != now
    }
}

/// The spool has no room for another call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SpoolFull;

impl Recorder {
    /// Takes over what an earlier life of the gateway left: its calls in flight
    /// and its open sessions end as `gateway_lost`.
    pub(crate) fn new(
        spool: Arc<Spool>,
        recovery: Recovery,
        folder: &Path,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        let recorder = Self {
            spool,
            clock,
            sessions: SessionFiles::open(folder).context("the folder of open sessions cannot be used")?,
            counters: Counters::new(),
            is_filling: Told::default(),
        };
        spool_metrics::register(&recorder.spool);
        recorder.end_what_was_lost(recovery);
        Ok(recorder)
    }

    pub(crate) const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Writes that a session began, was seen, or ended.
    pub(crate) fn session(&self, session: &ClientSession) {
        let is_over = session.ended_at_us.is_some();
        if !is_over {
            self.sessions.keep(session);
        }
        let id = session.id.parse().unwrap_or_else(|_| Uuid::nil());
        let taken = self.append(FrameKind::Single, id, Entry::Session(session));
        if is_over && taken.is_ok() {
            self.sessions.forget(&session.id);
        }
    }

    /// Writes a line that a server wrote, or that tells of it.
    pub(crate) fn server_log(
        &self,
        server: &Server,
        level: LogLevel,
        kind: ServerLogKind,
        line: &str,
        tool_call: Option<ToolCallId>,
    ) {
        let id = ServerLogId::new(&self.clock);
        let log = ServerLog {
            id: id.to_string(),
            project_id: server.project_id.to_string(),
            server_id: server.id.to_string(),
            server_name: server.name.clone(),
            level: level.to_wire(),
            kind: kind.to_wire(),
            line: server.redactor.text(line),
            at_us: self.clock.now().as_micros(),
            tool_call_id: tool_call.map(|id| id.to_string()),
        };
        let _ = self.append(FrameKind::Single, id.uuid(), Entry::ServerLog(&log));
    }

    /// Whether new calls are taken at the moment.
    fn open_call(&self, id: ToolCallId, call: &ToolCall) -> Result<(), SpoolFull> {
        self.append(FrameKind::Opening, id.uuid(), Entry::ToolCall(call))
    }

    fn close_call(&self, id: ToolCallId, call: &ToolCall) {
        self.counters.ended(call);
        let _ = self.append(FrameKind::Closing, id.uuid(), Entry::ToolCall(call));
    }

    /// A call that never ran is complete in itself.
    fn single_call(&self, id: ToolCallId, call: &ToolCall) -> Result<(), SpoolFull> {
        self.counters.ended(call);
        self.append(FrameKind::Single, id.uuid(), Entry::ToolCall(call))
    }

    /// Tells once when the spool fills up, and once when it is free again.
    fn watch_level(&self) -> Level {
        let level = self.spool.level();
        let is_filling = level >= Level::Filling;
        if self.is_filling.changes_to(is_filling) {
            let usage = self.spool.usage();
            let (bytes, capacity_bytes) = (usage.bytes, usage.capacity_bytes);
            if is_filling {
                tracing::warn!(
                    bytes,
                    capacity_bytes,
                    "the spool fills up: logging does not take what is recorded"
                );
            } else {
                tracing::info!(bytes, capacity_bytes, "the spool has room again");
            }
        }
        level
    }

    /// That something could not be written never fails what it tells of, but is
    /// counted and told; that there is no room is for the caller to judge.
    fn append(&self, kind: FrameKind, id: Uuid, entry: Entry<'_>) -> Result<(), SpoolFull> {
        let name = entry.name();
        match self.write(kind, id, entry) {
            Ok(_) => Ok(()),
            Err(error) => {
                let is_refused_call = name == "tool_call" && kind != FrameKind::Closing;
                if !is_refused_call {
                    self.counters.lost(name);
                }
                if matches!(error, AppendError::Full { .. }) {
                    tracing::warn!(record = name, %error, "spool is full");
                } else {
                    tracing::error!(record = name, error = ?error, "spool did not take a record");
                }
                Err(SpoolFull)
            }
        }
    }
}

impl Recorder {
    /// Bodies are left out while the spool is nearly full. A closing that finds no
    /// room is tried without them as well: that the call ended must be kept.
    fn write(&self, kind: FrameKind, id: Uuid, entry: Entry<'_>) -> Result<u64, AppendError> {
        let is_tight = self.watch_level() >= Level::Tight;
        let append = |entry: Entry<'_>| {
            let encoder = entry.encoder();
            self.spool
                .append_written(kind, id, encoder.bytes(), |body| encoder.write(body))
        };
        match entry {
            Entry::ToolCall(call) if is_tight => append(Entry::ToolCall(&without_bodies(call))),
            Entry::ToolCall(call) if kind == FrameKind::Closing => {
                append(entry).or_else(|_| append(Entry::ToolCall(&without_bodies(call))))
            }
            _ => append(entry),
        }
    }
}

/// What is kept of a call while the spool is nearly full: that it was, and how
/// large.
fn without_bodies(call: &ToolCall) -> ToolCall {
    let bare = |body: &Payload| Payload {
        json: String::new(),
        is_truncated: true,
        ..body.clone()
    };
    ToolCall {
        arguments: call.arguments.as_ref().map(bare),
        result: call.result.as_ref().map(bare),
        stderr_excerpt: String::new(),
        storage_note: "arguments, result and stderr were left out because the spool was nearly full"
            .to_owned(),
        ..call.clone()
    }
}

#[cfg(test)]
mod tests;
