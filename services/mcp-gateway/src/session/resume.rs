use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;

/// What one stream holds for its reader. More, and the oldest go: a reader that
/// has not read them is cut off, and cannot come back to them.
const MAX_EVENTS: usize = 1024;
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// What is kept of streams that are over, for clients that come back to their
/// ends, per session. More, and the oldest streams go.
const MAX_OVER: usize = 64;
const MAX_OVER_BYTES: usize = 16 * 1024 * 1024;

/// The streams of a session, so that each can be read on from where it broke
/// off (2025-11-25, transports, "resumability and redelivery").
#[derive(Debug, Default)]
pub(crate) struct EventLogs(Mutex<Logs>);

#[derive(Debug, Default)]
struct Logs {
    last: u64,
    by_id: BTreeMap<u64, Arc<EventLog>>,
}

/// What was sent, or is to be sent, on one stream.
#[derive(Debug)]
pub(crate) struct EventLog {
    id: u64,
    /// Whether servers reach the client by it, rather than one answer.
    pub(crate) is_open_ended: bool,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    events: VecDeque<(u64, Arc<str>)>,
    bytes: usize,
    last: u64,
    is_over: bool,
    readers: u64,
    /// How long its readers were asked to stay away, until one is back.
    let_go: Option<Duration>,
}

/// Names an event of a session: the stream, and the place on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventId {
    stream: u64,
    place: u64,
}

/// Reads a stream. A newer reader of the same stream takes its place.
#[derive(Debug)]
pub(crate) struct LogReader {
    log: Arc<EventLog>,
    at: u64,
    number: u64,
}

impl EventLogs {
    /// A new stream.
    pub(crate) fn open(&self, is_open_ended: bool) -> Arc<EventLog> {
        let mut logs = self.lock();
        logs.last += 1;
        let log = Arc::new(EventLog {
            id: logs.last,
            is_open_ended,
            state: Mutex::default(),
            changed: Notify::new(),
        });
        logs.by_id.insert(log.id, log.clone());
        logs.forget_oldest();
        log
    }

    /// The stream of an event, if it is still known.
    pub(crate) fn find(&self, event: EventId) -> Option<Arc<EventLog>> {
        self.lock().by_id.get(&event.stream).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Logs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Logs {
    fn forget_oldest(&mut self) {
        let (mut count, mut bytes) = (0, 0);
        // From the newest back.
        let too_old: Vec<_> = self
            .by_id
            .iter()
            .rev()
            .filter_map(|(id, log)| {
                let size = log.size_if_over()?;
                count += 1;
                bytes += size;
                (count > MAX_OVER || bytes > MAX_OVER_BYTES).then_some(*id)
            })
            .collect();
        for id in too_old {
            self.by_id.remove(&id);
        }
    }
}

impl EventLog {
    /// Adds an event. Never waits.
    pub(crate) fn push(&self, message: String) {
        let mut state = self.lock();
        state.last += 1;
        state.bytes += message.len();
        let event = (state.last, message.into());
        state.events.push_back(event);
        while state.events.len() > MAX_EVENTS || (state.bytes > MAX_BYTES && state.events.len() > 1) {
            if let Some((_, message)) = state.events.pop_front() {
                state.bytes -= message.len();
            }
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// Nothing more will come.
    pub(crate) fn finish(&self) {
        self.lock().is_over = true;
        self.changed.notify_waiters();
    }

    /// Ends what is being read. Whoever reads is to come back, and is told when.
    pub(crate) fn let_go(&self, pause: Duration) {
        let mut state = self.lock();
        state.readers += 1;
        state.let_go = Some(pause);
        drop(state);
        self.changed.notify_waiters();
    }

    /// Waits until somebody reads what was let go.
    pub(crate) async fn taken_up(&self) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Else what changes between the look and the wait would be missed.
            changed.as_mut().enable();
            if self.lock().let_go.is_none() {
                return;
            }
            changed.await;
        }
    }

    /// Before the first event.
    pub(crate) const fn start(&self) -> EventId {
        EventId {
            stream: self.id,
            place: 0,
        }
    }

    /// Reads what follows an event of this stream. None when some of that is
    /// gone.
    pub(crate) fn read_after(self: &Arc<Self>, event: EventId) -> Option<LogReader> {
        let mut state = self.lock();
        let first = state.events.front().map_or(state.last + 1, |(place, _)| *place);
        if event.place + 1 < first || event.place > state.last {
            return None;
        }
        state.readers += 1;
        state.let_go = None;
        let number = state.readers;
        drop(state);
        self.changed.notify_waiters();
        Some(LogReader {
            log: self.clone(),
            at: event.place,
            number,
        })
    }

    fn size_if_over(&self) -> Option<usize> {
        let state = self.lock();
        state.is_over.then_some(state.bytes)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogReader {
    /// Before the first event of its stream.
    pub(crate) fn start(&self) -> EventId {
        self.log.start()
    }

    /// After how long to come back, where the stream was let go.
    pub(crate) fn comes_back_after(&self) -> Option<Duration> {
        self.log.lock().let_go
    }

    /// The next event, with its id. None at the end of the stream, when another
    /// reader has taken over, when it is let go, and when this one was too slow.
    pub(crate) async fn next(&mut self) -> Option<(EventId, Arc<str>)> {
        loop {
            let log = self.log.clone();
            let changed = log.changed.notified();
            tokio::pin!(changed);
            // Else what changes between the look and the wait would be missed.
            changed.as_mut().enable();
            if let Some(next) = self.look() {
                return next;
            }
            changed.await;
        }
    }

    /// What there is; none while that is not known yet.
    #[expect(clippy::option_option, reason = "an end is known too")]
    fn look(&mut self) -> Option<Option<(EventId, Arc<str>)>> {
        let state = self.log.lock();
        if state.readers != self.number {
            return Some(None);
        }
        let first = state.events.front().map_or(state.last + 1, |(place, _)| *place);
        if self.at + 1 < first {
            return Some(None);
        }
        let behind = (self.at + 1 - first) as usize;
        match state.events.get(behind) {
            Some((place, message)) => {
                self.at = *place;
                let id = EventId {
                    stream: self.log.id,
                    place: *place,
                };
                Some(Some((id, message.clone())))
            }
            None => state.is_over.then_some(None),
        }
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.stream, self.place)
    }
}

impl FromStr for EventId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (stream, place) = text.split_once('-').ok_or(())?;
        Ok(Self {
            stream: stream.parse().map_err(|_| ())?,
            place: place.parse().map_err(|_| ())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    async fn rest(mut reader: LogReader) -> Vec<String> {
        let mut messages = Vec::new();
        while let Some((_, message)) = reader.next().await {
            messages.push(message.to_string());
        }
        messages
    }

    #[tokio::test]
    async fn a_stream_is_read_on_from_any_of_its_events() {
        let logs = EventLogs::default();
        let (log, other) = (logs.open(false), logs.open(false));
        let mut reader = log.read_after(log.start()).expect("all is there");
        log.push("a".to_owned());
        other.push("of another".to_owned());
        log.push("b".to_owned());
        let (first, message) = reader.next().await.expect("an event");
        assert_eq!((&*message, first.to_string()), ("a", "1-1".to_owned()));
        let again = logs.find("1-1".parse().expect("an id")).expect("known");
        let newer = again.read_after(first).expect("all is there");
        assert_eq!(reader.next().await, None, "another reads it now");
        log.finish();
        assert_eq!(rest(newer).await, ["b"]);
        assert_eq!(
            rest(log.read_after(log.start()).expect("all is there")).await,
            ["a", "b"]
        );
        assert!(
            log.read_after("1-9".parse().expect("an id")).is_none(),
            "it was never sent"
        );
        assert!(logs.find("9-1".parse().expect("an id")).is_none());
    }

    #[tokio::test]
    async fn what_is_kept_is_bounded() {
        let logs = EventLogs::default();
        let slow = logs.open(true);
        let mut reader = slow.read_after(slow.start()).expect("all is there");
        for _ in 0..=MAX_EVENTS {
            slow.push("x".to_owned());
        }
        assert_eq!(reader.next().await, None, "it was too slow");
        assert!(slow.read_after(slow.start()).is_none());
        let over: Vec<_> = (0..MAX_OVER + 5).map(|_| logs.open(false)).collect();
        for log in &over {
            log.finish();
        }
        logs.open(false);
        let is_known = |log: &Arc<EventLog>| logs.find(log.start()).is_some();
        assert_eq!(over.iter().filter(|log| is_known(log)).count(), MAX_OVER);
        assert!(is_known(&slow), "it is not over");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_of_ids_panic(text in ".{0,40}", stream: u64, place: u64) {
            let _ = text.parse::<EventId>();
            let id = EventId { stream, place };
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }
    }
}
