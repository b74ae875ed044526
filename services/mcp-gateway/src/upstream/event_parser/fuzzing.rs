use super::{Duration, Event, EventParser, TooLarge};
use crate::fuzzing::chunks_of;

/// Small, so that inputs get over it.
const LIMIT: usize = 256;

type Read = (Vec<Event>, Option<String>, Option<Duration>);

/// How chunks fall makes no difference, no more is held than the limit allows,
/// and events that are written read back as the same.
pub(crate) fn fuzz_event_stream(bytes: &[u8]) {
    let (chunks, stream) = chunks_of(bytes);
    let whole = read([stream].into_iter(), LIMIT);
    let in_chunks = read(chunks, LIMIT);
    assert_eq!(in_chunks, whole);
    let Ok((events, ..)) = whole else { return };
    let stream: Vec<u8> = events.iter().flat_map(written).collect();
    let (again, last_id, retry) = read([stream.as_slice()].into_iter(), usize::MAX).expect("no limit");
    assert_eq!(again, events);
    assert_eq!((last_id, retry), (None, None));
}

fn read<'a>(chunks: impl Iterator<Item = &'a [u8]>, limit: usize) -> Result<Read, TooLarge> {
    let mut parser = EventParser::new(limit);
    let mut events = Vec::new();
    for chunk in chunks {
        events.extend(parser.push(chunk)?);
        // A line break stands between the lines of one event.
        assert!(parser.line.len() + parser.data.len() <= limit.saturating_add(1));
    }
    Ok((events, parser.last_id().map(str::to_owned), parser.retry()))
}

fn written(event: &Event) -> Vec<u8> {
    let mut stream = format!("event: {}\n", event.name).into_bytes();
    for line in event.data.split(|byte| *byte == b'\n') {
        stream.extend_from_slice(b"data: ");
        stream.extend_from_slice(line);
        stream.push(b'\n');
    }
    stream.push(b'\n');
    stream
}
