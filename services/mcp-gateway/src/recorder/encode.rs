use prost::{
    Message,
    encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len},
};
use proto::logging::{ClientSession, ServerLog, ToolCall};

/// What is written, as a `Record`, without a copy of it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Entry<'a> {
    ToolCall(&'a ToolCall),
    Session(&'a ClientSession),
    ServerLog(&'a ServerLog),
}

/// An entry and its length, which is counted once: that goes through all that is in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Encoder<'a> {
    entry: Entry<'a>,
    length: usize,
}

impl<'a> Entry<'a> {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::ToolCall(_) => "tool_call",
            Self::Session(_) => "session",
            Self::ServerLog(_) => "server_log",
        }
    }

    pub(super) fn encoder(self) -> Encoder<'a> {
        let length = match self {
            Self::ToolCall(call) => call.encoded_len(),
            Self::Session(session) => session.encoded_len(),
            Self::ServerLog(log) => log.encoded_len(),
        };
        Encoder { entry: self, length }
    }

    /// Its place in the `oneof` of a `Record`.
    const fn field(self) -> u32 {
        match self {
            Self::ToolCall(_) => 1,
            Self::Session(_) => 2,
            Self::ServerLog(_) => 3,
        }
    }
}

impl Encoder<'_> {
    /// How many bytes a `Record` has that holds it.
    pub(super) fn bytes(self) -> usize {
        key_len(self.entry.field()) + encoded_len_varint(self.length as u64) + self.length
    }

    /// Writes the bytes of a `Record` that holds it: `oneof` is the field alone.
    pub(super) fn write(self, bytes: &mut Vec<u8>) {
        encode_key(self.entry.field(), WireType::LengthDelimited, bytes);
        encode_varint(self.length as u64, bytes);
        match self.entry {
            Entry::ToolCall(call) => call.encode_raw(bytes),
            Entry::Session(session) => session.encode_raw(bytes),
            Entry::ServerLog(log) => log.encode_raw(bytes),
        }
    }
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
            let mut bytes = Vec::new();
            entry.encoder().write(&mut bytes);
            assert_eq!(bytes, record.encode_to_vec(), "{}", entry.name());
            assert_eq!(entry.encoder().bytes(), bytes.len());
        }
    }
}
