use prost::encoding::message::{encode, encoded_len};
use proto::logging::{ClientSession, ServerLog, ToolCall};

/// What is written, as a `Record`, without a copy of it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Entry<'a> {
    ToolCall(&'a ToolCall),
    Session(&'a ClientSession),
    ServerLog(&'a ServerLog),
}

impl Entry<'_> {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::ToolCall(_) => "tool_call",
            Self::Session(_) => "session",
            Self::ServerLog(_) => "server_log",
        }
    }

    /// How many bytes a `Record` has that holds it.
    pub(super) fn encoded_bytes(self) -> usize {
        match self {
            Self::ToolCall(call) => encoded_len(1, call),
            Self::Session(session) => encoded_len(2, session),
            Self::ServerLog(log) => encoded_len(3, log),
        }
    }

    /// Writes the bytes of a `Record` that holds it: `oneof` is the field alone.
    pub(super) fn encode(self, bytes: &mut Vec<u8>) {
        match self {
            Self::ToolCall(call) => encode(1, call, bytes),
            Self::Session(session) => encode(2, session, bytes),
            Self::ServerLog(log) => encode(3, log, bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use proto::logging::{Record, record};

    use super::*;

    #[test]
    fn the_bytes_are_those_of_a_record() {
        let call = ToolCall {
            id: "a".to_owned(),
            tool_name: "t".repeat(300),
            ..ToolCall::default()
        };
        let session = ClientSession {
            id: "s".to_owned(),
            ..ClientSession::default()
        };
        let log = ServerLog {
            line: "l".to_owned(),
            ..ServerLog::default()
        };
        for (entry, record) in [
            (Entry::ToolCall(&call), record::Record::ToolCall(call.clone())),
            (Entry::Session(&session), record::Record::Session(session.clone())),
            (Entry::ServerLog(&log), record::Record::ServerLog(log.clone())),
        ] {
            let record = Record { record: Some(record) };
            let mut bytes = Vec::new();
            entry.encode(&mut bytes);
            assert_eq!(bytes, record.encode_to_vec(), "{}", entry.name());
            assert_eq!(entry.encoded_bytes(), bytes.len());
        }
    }
}
