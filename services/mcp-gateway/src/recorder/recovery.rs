use domain::{ErrorKind, SessionEnd, ToolCallStatus};
use prost::Message as _;
use proto::{
    convert::FromWire as _,
    logging::{Record, record},
};
use spool::{Frame, FrameKind, Recovery};

use super::{Entry, Recorder};

impl Recorder {
    /// Writes the ends of what was going on when an earlier life of the gateway
    /// was killed.
    pub(super) fn end_what_was_lost(&self, recovery: Recovery) {
        if recovery.torn_bytes > 0 || recovery.quarantined > 0 {
            tracing::warn!(
                torn_bytes = recovery.torn_bytes,
                quarantined = recovery.quarantined,
                "spool was damaged and is repaired"
            );
        }
        let calls = recovery.unfinished.len();
        for frame in recovery.unfinished {
            self.end_lost_call(&frame);
        }
        let sessions = self.sessions.left_over();
        if calls > 0 || !sessions.is_empty() {
            tracing::warn!(
                calls,
                sessions = sessions.len(),
                "the gateway was killed, ending what was going on"
            );
        }
        for mut session in sessions {
            // When it really ended nobody knows; it was last seen then.
            session.ended_at_us = Some(session.last_seen_at_us);
            session.end = SessionEnd::GatewayLost.to_wire();
            self.session(&session);
        }
    }

    fn end_lost_call(&self, frame: &Frame) {
        let Ok(Record {
            record: Some(record::Record::ToolCall(mut call)),
        }) = Record::decode(frame.body.clone())
        else {
            tracing::error!(id = %frame.id, "an unfinished frame of the spool is no tool call");
            return;
        };
        call.status = ToolCallStatus::Error.to_wire();
        call.error_kind = ErrorKind::GatewayLost.to_wire();
        "the gateway was killed while the call ran; its outcome is unknown"
            .clone_into(&mut call.error_message);
        // Without a duration: when it ended nobody knows.
        self.counters.ended(&call);
        let _ = self.append(FrameKind::Closing, frame.id, Entry::ToolCall(&call));
    }
}
