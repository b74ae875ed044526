use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::{LogLevel, ServerLogKind};

use super::{Connection, framer::Line};
use crate::redact::KeyLines;

/// Lines per second of one server that reach the log, over a short while ...
const LINES_PER_SECOND: f64 = 50.0;

/// ... and how many may come at once.
const BURST: f64 = 500.0;

/// How much of the newest lines is kept for the calls in flight.
const TAIL_BYTES: usize = 16 * 1024;

/// How much of them one call gets.
const EXCERPT_BYTES: usize = 4 * 1024;

/// Lets so many lines through and counts the others: a server that writes a
/// gigabyte must not fill the log with it.
#[derive(Debug)]
pub(super) struct RateLimit {
    tokens: f64,
    refilled: Instant,
    dropped: u64,
}

/// What is to be done with a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Keep,
    /// Keep it, and say that so many before it were dropped.
    KeepAfter(u64),
    Drop,
}

/// The newest lines of stderr.
#[derive(Debug, Default)]
pub(super) struct Tail(Mutex<TailLines>);

#[derive(Debug, Default)]
struct TailLines {
    lines: VecDeque<(u64, String)>,
    bytes: usize,
    next: u64,
}

impl RateLimit {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            tokens: BURST,
            refilled: now,
            dropped: 0,
        }
    }

    pub(super) fn check(&mut self, now: Instant) -> Verdict {
        let passed: Duration = now.saturating_duration_since(self.refilled);
        self.tokens = (self.tokens + passed.as_secs_f64() * LINES_PER_SECOND).min(BURST);
        self.refilled = now;
        if self.tokens < 1.0 {
            self.dropped += 1;
            return Verdict::Drop;
        }
        self.tokens -= 1.0;
        match std::mem::take(&mut self.dropped) {
            0 => Verdict::Keep,
            dropped => Verdict::KeepAfter(dropped),
        }
    }

    /// How many were dropped since the last one that was kept.
    pub(super) const fn dropped(&self) -> u64 {
        self.dropped
    }
}

impl Tail {
    pub(super) fn push(&self, line: &str) {
        let mut tail = self.lock();
        let number = tail.next;
        tail.next += 1;
        tail.bytes += line.len();
        tail.lines.push_back((number, line.to_owned()));
        while tail.bytes > TAIL_BYTES {
            let Some((_, oldest)) = tail.lines.pop_front() else {
                return;
            };
            tail.bytes -= oldest.len();
        }
    }

    /// A place to read from later.
    pub(super) fn mark(&self) -> u64 {
        self.lock().next
    }

    /// The newest lines since that place.
    pub(super) fn since(&self, mark: u64) -> String {
        let tail = self.lock();
        let mut excerpt = String::new();
        let mut bytes = 0;
        let newest_first = tail.lines.iter().rev().take_while(|(number, line)| {
            bytes += line.len() + 1;
            *number >= mark && bytes <= EXCERPT_BYTES
        });
        let lines: Vec<_> = newest_first.map(|(_, line)| line.as_str()).collect();
        for line in lines.into_iter().rev() {
            excerpt.push_str(line);
            excerpt.push('\n');
        }
        excerpt
    }

    fn lock(&self) -> MutexGuard<'_, TailLines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lines of one kind on their way into the server's log.
#[derive(Debug)]
pub(super) struct LogLines {
    kind: ServerLogKind,
    level: LogLevel,
    limit: RateLimit,
    keys: KeyLines,
}

impl LogLines {
    pub(super) fn new(kind: ServerLogKind, level: LogLevel) -> Self {
        Self {
            kind,
            level,
            limit: RateLimit::new(Instant::now()),
            keys: KeyLines::default(),
        }
    }

    pub(super) fn stderr(&mut self, line: &Line, connection: &Connection) {
        let text = match line {
            Line::Whole(line) => String::from_utf8_lossy(line).into_owned(),
            Line::Excess(_) => return,
            Line::TooLong { start, size_bytes } => {
                format!("{} [cut: {size_bytes} bytes]", String::from_utf8_lossy(start))
            }
        };
        let Some(text) = self.keys.pass(text) else {
            return;
        };
        connection.tail.push(&text);
        self.line(&text, connection);
    }

    pub(super) fn line(&mut self, text: &str, connection: &Connection) {
        match self.limit.check(Instant::now()) {
            Verdict::Drop => return,
            Verdict::Keep => {}
            Verdict::KeepAfter(dropped) => self.write_dropped(dropped, connection),
        }
        connection.log(self.level, self.kind, text);
    }

    pub(super) fn end(&self, connection: &Connection) {
        if self.limit.dropped() > 0 {
            self.write_dropped(self.limit.dropped(), connection);
        }
    }

    fn write_dropped(&self, dropped: u64, connection: &Connection) {
        let text = format!("[dropped {dropped} lines: the server writes faster than its log takes]");
        connection.log(LogLevel::Warning, self.kind, &text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_and_the_next_line_says_how_much_was_dropped() {
        let start = Instant::now();
        let mut limit = RateLimit::new(start);
        let kept = (0..10_000)
            .filter(|_| limit.check(start) == Verdict::Keep)
            .count();
        assert_eq!(kept, 500);
        assert_eq!(
            limit.check(start + Duration::from_secs(1)),
            Verdict::KeepAfter(9_500)
        );
        assert_eq!(limit.check(start + Duration::from_secs(1)), Verdict::Keep);
    }

    #[test]
    fn a_call_gets_the_lines_that_were_written_while_it_ran() {
        let tail = Tail::default();
        tail.push("before");
        let mark = tail.mark();
        tail.push("one");
        tail.push("two");
        assert_eq!(tail.since(mark), "one\ntwo\n");
        tail.push(&"x".repeat(EXCERPT_BYTES - 10));
        tail.push("last");
        assert!(tail.since(mark).ends_with("last\n") && tail.since(mark).len() <= EXCERPT_BYTES);
    }
}
