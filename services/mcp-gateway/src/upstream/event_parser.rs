use std::time::Duration;

/// What of the name or the id of an event is taken. Longer ones are no event
/// of ours.
const MAX_FIELD_BYTES: usize = 8 * 1024;

/// Reads a stream of server-sent events, however its chunks fall (WHATWG HTML,
/// "event stream interpretation").
#[derive(Debug)]
pub(super) struct EventParser {
    /// Of an event, with all of its lines.
    limit: usize,
    line: Vec<u8>,
    /// The line before ended with a carriage return, whose line feed may follow.
    after_return: bool,
    is_first_line: bool,
    data: Vec<u8>,
    has_data: bool,
    name: String,
    /// Of the newest event that was complete.
    last_id: Option<String>,
    next_id: Option<String>,
    retry: Option<Duration>,
}

/// One event with data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    /// `message` where the stream names none.
    pub(super) name: String,
    pub(super) data: Vec<u8>,
}

/// An event is larger than the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLarge;

impl EventParser {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            line: Vec::new(),
            after_return: false,
            is_first_line: true,
            data: Vec::new(),
            has_data: false,
            name: String::new(),
            last_id: None,
            next_id: None,
            retry: None,
        }
    }

    /// Takes a chunk, and gives the events that it completes. After an error
    /// the stream cannot be read on.
    pub(super) fn push(&mut self, mut chunk: &[u8]) -> Result<Vec<Event>, TooLarge> {
        let mut events = Vec::new();
        while !chunk.is_empty() {
            if std::mem::take(&mut self.after_return) && chunk[0] == b'\n' {
                chunk = &chunk[1..];
                continue;
            }
            let end = chunk.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let part = &chunk[..end.unwrap_or(chunk.len())];
            if self.line.len() + self.data.len() + part.len() > self.limit {
                return Err(TooLarge);
            }
            self.line.extend_from_slice(part);
            let Some(end) = end else { break };
            self.after_return = chunk[end] == b'\r';
            chunk = &chunk[end + 1..];
            let line = std::mem::take(&mut self.line);
            events.extend(self.take_line(&line));
            self.line = line;
            self.line.clear();
        }
        Ok(events)
    }

    /// From where a broken stream can be resumed.
    pub(super) fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    /// How long to wait before the stream is opened again, if it said so.
    pub(super) const fn retry(&self) -> Option<Duration> {
        self.retry
    }

    fn take_line(&mut self, line: &[u8]) -> Option<Event> {
        let line = if std::mem::take(&mut self.is_first_line) {
            line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
        } else {
            line
        };
        if line.is_empty() {
            return self.dispatch();
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let (field, value) = match colon {
            // A comment.
            Some(0) => return None,
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &line[..0]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => {
                if self.has_data {
                    self.data.push(b'\n');
                }
                self.has_data = true;
                self.data.extend_from_slice(value);
            }
            b"event" => self.name = text(value),
            b"id" if !value.contains(&0) => self.next_id = Some(text(value)),
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                self.retry = text(value).parse().ok().map(Duration::from_millis);
            }
            _ => {}
        }
        None
    }

    fn dispatch(&mut self) -> Option<Event> {
        if let Some(id) = &self.next_id {
            self.last_id = (!id.is_empty()).then(|| id.clone());
        }
        let name = std::mem::take(&mut self.name);
        let data = std::mem::take(&mut self.data);
        if !std::mem::take(&mut self.has_data) {
            return None;
        }
        Some(Event {
            name: if name.is_empty() {
                "message".to_owned()
            } else {
                name
            },
            data,
        })
    }
}

fn text(value: &[u8]) -> String {
    if value.len() > MAX_FIELD_BYTES {
        return String::new();
    }
    String::from_utf8_lossy(value).into_owned()
}

#[cfg(feature = "fuzzing")]
pub(super) mod fuzzing;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Read = (Vec<Event>, Option<String>, Option<Duration>);

    fn read(chunks: &[&[u8]]) -> Read {
        let mut parser = EventParser::new(1_000);
        let events = chunks
            .iter()
            .flat_map(|chunk| parser.push(chunk).expect("small"))
            .collect();
        (events, parser.last_id().map(str::to_owned), parser.retry())
    }

    fn event(name: &str, data: &str) -> Event {
        Event {
            name: name.to_owned(),
            data: data.as_bytes().to_vec(),
        }
    }

    #[test]
    fn fields_are_read_as_the_standard_says() {
        let stream = "\u{feff}: hello\n\
            data: one\r\ndata:two\rdata\n\n\
            event: endpoint\ndata: /m\nretry: 250\nretry: x\nid: 7\n\n\
            event: nothing\n\n\
            unknown: x\ndata: \n\n\
            data: not complete";
        let (events, last_id, retry) = read(&[stream.as_bytes()]);
        assert_eq!(
            events,
            [
                event("message", "one\ntwo\n"),
                event("endpoint", "/m"),
                event("message", "")
            ]
        );
        assert_eq!(last_id.as_deref(), Some("7"));
        assert_eq!(retry, Some(Duration::from_millis(250)));
    }

    #[test]
    fn an_id_counts_when_its_event_is_complete() {
        assert_eq!(
            read(&[b"id: 1\ndata: a\n\nid: 2\ndata: b\n"]).1.as_deref(),
            Some("1")
        );
        assert_eq!(read(&[b"id: 1\n\nid\n\n"]).1, None, "an empty id forgets");
        assert_eq!(read(&[b"id: 1\n\nid: a\0b\n\n"]).1.as_deref(), Some("1"));
    }

    #[test]
    fn what_is_larger_than_the_limit_is_not_held() {
        let mut parser = EventParser::new(100);
        assert_eq!(parser.push(&[b'x'; 101]), Err(TooLarge));
        let mut parser = EventParser::new(100);
        let line = format!("data: {}\n", "x".repeat(40));
        assert_eq!(parser.push(line.as_bytes()), Ok(Vec::new()));
        assert_eq!(parser.push(line.as_bytes()), Ok(Vec::new()));
        assert_eq!(parser.push(line.as_bytes()), Err(TooLarge));
        let mut parser = EventParser::new(100);
        for _ in 0..100 {
            assert!(parser.push(line.as_bytes()).is_ok());
            assert_eq!(parser.push(b"\n").map(|events| events.len()), Ok(1));
        }
    }

    proptest! {
        #[test]
        fn how_the_chunks_fall_makes_no_difference(
            parts in prop::collection::vec(
                prop_oneof![
                    Just("data: a"), Just("data"), Just("id: 1"), Just("event: e"), Just(": c"), Just("retry: 5"),
                    Just("\n"), Just("\r"), Just("\r\n"), Just("\u{feff}"), Just("é"), Just(":"), Just(" "),
                ],
                0..40,
            ),
            cuts in prop::collection::vec(0_usize..200, 0..10),
        ) {
            let bytes = parts.concat().into_bytes();
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let chunks: Vec<_> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(read(&chunks), read(&[&bytes]));
        }

        #[test]
        fn no_bytes_are_more_than_it_can_take(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..20)) {
            let mut parser = EventParser::new(64);
            for chunk in &chunks {
                let read = parser.push(chunk);
                prop_assert!(parser.line.len() + parser.data.len() <= 64 + 1);
                if read.is_err() { break }
            }
        }
    }
}
