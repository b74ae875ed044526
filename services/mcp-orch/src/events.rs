//! Server-sent events, as our gateways write them.

/// Puts a stream's chunks together.
#[derive(Debug, Default)]
pub(crate) struct EventReader {
    line: Vec<u8>,
    next: Event,
}

/// What stands between two empty lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    /// All lines of it; absent in a heartbeat.
    pub(crate) data: Option<String>,
}

impl EventReader {
    /// Takes a chunk, however it was cut, and gives the events that it
    /// completes.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        for byte in chunk {
            if *byte != b'\n' {
                self.line.push(*byte);
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(&line));
            if line.is_empty() {
                events.push(std::mem::take(&mut self.next));
            } else {
                self.next.read(&line);
            }
        }
        events
    }
}

impl Event {
    fn read(&mut self, line: &str) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.id = Some(value.to_owned()),
            "event" => self.name = Some(value.to_owned()),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            // A comment, or a field that means nothing here.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_the_same_however_the_stream_is_cut() {
        let stream = "id: 1\nevent: call\ndata: {\"a\":\ndata:  \"나무\"}\n\n: heartbeat\n\nid:2\r\ndata\r\n\r\nid: 3\n";
        let expected = [
            Event {
                id: Some("1".to_owned()),
                name: Some("call".to_owned()),
                data: Some("{\"a\":\n \"나무\"}".to_owned()),
            },
            Event::default(),
            Event {
                id: Some("2".to_owned()),
                data: Some(String::new()),
                ..Event::default()
            },
        ];
        for size in 1..=stream.len() {
            let mut reader = EventReader::default();
            let parts = stream.as_bytes().chunks(size);
            let events: Vec<_> = parts.flat_map(|part| reader.push(part)).collect();
            assert_eq!(events, expected, "in parts of {size}");
        }
    }
}
