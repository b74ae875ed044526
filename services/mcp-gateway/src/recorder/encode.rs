use prost::Message;
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

    /// The bytes of a `Record` that holds it: `oneof` is the field alone.
    pub(super) fn encode(self) -> Vec<u8> {
        match self {
            Self::ToolCall(call) => field(1, call),
            Self::Session(session) => field(2, session),
            Self::ServerLog(log) => field(3, log),
        }
    }
}

fn field(tag: u32, message: &impl Message) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(prost::encoding::message::encoded_len(tag, message));
    prost::encoding::message::encode(tag, message, &mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
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
            assert_eq!(entry.encode(), record.encode_to_vec(), "{}", entry.name());
        }
    }
}
