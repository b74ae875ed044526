use bytes::{Buf as _, Bytes, BytesMut};

/// What is kept of a line over the limit: enough to know it again.
const MAX_START_BYTES: usize = 8 * 1024;

/// Cuts a stream of bytes into lines, however the chunks fall.
#[derive(Debug)]
pub(super) struct LineFramer {
    buffer: BytesMut,
    /// How much of the buffer is known to hold no line break.
    searched: usize,
    limit: usize,
    /// A line that went over the limit, and has not ended yet.
    too_long: Option<(Bytes, usize)>,
    /// One that has ended at the same time.
    whole_but_too_long: Option<(Bytes, usize)>,
}

/// One line without its break.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Whole(Bytes),
    /// The start of one that has just become longer than the limit, and goes on.
    Excess(Bytes),
    /// Longer than the limit: its start, and the size of the whole. What is
    /// over the limit is never held in memory.
    TooLong {
        start: Bytes,
        size_bytes: usize,
    },
}

impl LineFramer {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            buffer: BytesMut::new(),
            searched: 0,
            limit,
            too_long: None,
            whole_but_too_long: None,
        }
    }

    /// Where to read into.
    pub(super) fn buffer(&mut self) -> &mut BytesMut {
        self.buffer.reserve(8 * 1024);
        &mut self.buffer
    }

    /// The next line that is complete; call until there is none.
    pub(super) fn next_line(&mut self) -> Option<Line> {
        loop {
            if let Some((start, size_bytes)) = self.whole_but_too_long.take() {
                return Some(Line::TooLong { start, size_bytes });
            }
            let found = self.buffer[self.searched..]
                .iter()
                .position(|byte| *byte == b'\n')
                .map(|offset| self.searched + offset);
            let Some(end) = found else {
                self.searched = self.buffer.len();
                return self.drop_excess().map(Line::Excess);
            };
            let line = self.buffer.split_to(end);
            self.buffer.advance(1);
            self.searched = 0;
            let line = without_return(line.freeze());
            if let Some((start, dropped)) = self.too_long.take() {
                let size_bytes = dropped + line.len();
                return Some(Line::TooLong { start, size_bytes });
            }
            if line.len() > self.limit {
                let start = line.slice(..self.limit.min(MAX_START_BYTES));
                self.whole_but_too_long = Some((start.clone(), line.len()));
                return Some(Line::Excess(start));
            }
            if !line.is_empty() {
                return Some(Line::Whole(line));
            }
        }
    }

    /// What stands after the last line break when the stream has ended.
    pub(super) fn rest(&mut self) -> Option<Line> {
        let rest = without_return(self.buffer.split().freeze());
        self.searched = 0;
        (!rest.is_empty() && self.too_long.is_none()).then_some(Line::Whole(rest))
    }

    fn drop_excess(&mut self) -> Option<Bytes> {
        // Its line feed may follow, and then it belongs to no line.
        let has_return = self.buffer.last() == Some(&b'\r');
        let end = self.buffer.len() - usize::from(has_return);
        if end <= self.limit && self.too_long.is_none() {
            return None;
        }
        let mut excess = std::mem::take(&mut self.buffer);
        self.buffer.extend_from_slice(&excess[end..]);
        self.searched = 0;
        excess.truncate(end);
        if let Some((_, size_bytes)) = &mut self.too_long {
            *size_bytes += excess.len();
            return None;
        }
        let start = Bytes::copy_from_slice(&excess[..self.limit.min(MAX_START_BYTES)]);
        self.too_long = Some((start.clone(), excess.len()));
        Some(start)
    }
}

fn without_return(line: Bytes) -> Bytes {
    match line.last() {
        Some(b'\r') => line.slice(..line.len() - 1),
        _ => line,
    }
}

#[cfg(feature = "fuzzing")]
pub(super) mod fuzzing;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(chunks: &[&[u8]], limit: usize) -> Vec<Line> {
        let mut framer = LineFramer::new(limit);
        let mut lines = Vec::new();
        for chunk in chunks {
            framer.buffer().extend_from_slice(chunk);
            while let Some(line) = framer.next_line() {
                lines.push(line);
            }
        }
        lines.extend(framer.rest());
        lines
    }

    fn whole(text: &str) -> Line {
        Line::Whole(Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn characters_that_are_cut_by_a_chunk_are_whole_again() {
        let text = "결제\r\n\n한글".as_bytes();
        let (left, right) = text.split_at(1);
        assert_eq!(lines(&[left, right], 100), [whole("결제"), whole("한글")]);
    }

    #[test]
    fn a_line_over_the_limit_is_counted_and_the_next_one_is_whole() {
        let chunks: [&[u8]; 4] = [b"aaaa", b"aaaa", b"aa\nok", b"\n"];
        assert_eq!(
            lines(&chunks, 5),
            [
                Line::Excess(Bytes::from_static(b"aaaaa")),
                Line::TooLong {
                    start: Bytes::from_static(b"aaaaa"),
                    size_bytes: 10
                },
                whole("ok")
            ]
        );
    }

    #[test]
    fn a_return_that_is_cut_from_its_line_feed_counts_to_no_line() {
        let chunks: [&[u8]; 4] = [b"aaaaa\r", b"\nbbbbbb\r", b"\nccccc\r", b"c\n"];
        let too_long = |start: &'static str, size_bytes| {
            let start = Bytes::from_static(start.as_bytes());
            [Line::Excess(start.clone()), Line::TooLong { start, size_bytes }]
        };
        let [b_excess, b_line] = too_long("bbbbb", 6);
        let [c_excess, c_line] = too_long("ccccc", 7);
        let expected = [whole("aaaaa"), b_excess, b_line, c_excess, c_line];
        assert_eq!(lines(&chunks, 5), expected);
        assert_eq!(lines(&[&chunks.concat()], 5), expected);
    }

    proptest! {
        #[test]
        fn how_the_chunks_fall_makes_no_difference(
            text in "[ab\n\r]{0,60}", cuts in prop::collection::vec(0_usize..60, 0..6)
        ) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let chunks: Vec<_> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(lines(&chunks, 1000), lines(&[bytes], 1000));
        }
    }
}
