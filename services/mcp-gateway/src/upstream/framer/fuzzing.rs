use super::{Bytes, Line, LineFramer};
use crate::fuzzing::chunks_of;

/// Small, so that inputs get over it.
const LIMIT: usize = 32;

/// How chunks fall makes no difference to lines, and no more is held than one
/// line of the limit and the newest chunk.
pub(crate) fn fuzz_lines(bytes: &[u8]) {
    let (chunks, stream) = chunks_of(bytes);
    let expected = cut(stream);
    assert_eq!(read([stream].into_iter()), expected);
    assert_eq!(read(chunks), expected);
}

fn read<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Vec<Line> {
    let mut framer = LineFramer::new(LIMIT);
    let mut lines = Vec::new();
    for chunk in chunks {
        framer.buffer().extend_from_slice(chunk);
        while let Some(line) = framer.next_line() {
            lines.push(line);
        }
        // A carriage return may be the half of a line break.
        assert!(
            framer.buffer.len() <= LIMIT + 1,
            "{} bytes held",
            framer.buffer.len()
        );
    }
    lines.extend(framer.rest());
    lines
}

/// The same without chunks and without economy.
fn cut(stream: &[u8]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut parts = stream.split(|byte| *byte == b'\n').peekable();
    while let Some(part) = parts.next() {
        let line = Bytes::copy_from_slice(part.strip_suffix(b"\r").unwrap_or(part));
        if line.len() > LIMIT {
            let start = line.slice(..LIMIT);
            lines.push(Line::Excess(start.clone()));
            // One that goes on has no size yet.
            if parts.peek().is_some() {
                let size_bytes = line.len();
                lines.push(Line::TooLong { start, size_bytes });
            }
        } else if !line.is_empty() {
            lines.push(Line::Whole(line));
        }
    }
    lines
}
