use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ServerId;

use super::Session;
use crate::{
    message::{self, Notification, Severity},
    outbox::Outbox,
    upstream::Connection,
};

/// The requests of a modern client that want to be told what servers log, newest
/// last (2026-07-28, server utilities, "logging").
#[derive(Debug, Default)]
pub(crate) struct LogStreams(Mutex<Vec<LogStream>>);

#[derive(Debug)]
struct LogStream {
    number: u64,
    server: ServerId,
    from: Severity,
    outbox: Outbox,
}

/// A request that is told. Dropped, it is over.
#[derive(Debug)]
pub(crate) struct TellingLogs {
    session: Arc<Session>,
    number: u64,
}

impl Session {
    /// Tells a request what its server logs, until the guard is dropped.
    pub(crate) fn tell_logs(
        self: &Arc<Self>,
        server: ServerId,
        from: Severity,
        outbox: &Outbox,
    ) -> TellingLogs {
        let mut streams = self.log_streams.lock();
        let number = streams.last().map_or(0, |newest| newest.number + 1);
        streams.push(LogStream {
            number,
            server,
            from,
            outbox: outbox.clone(),
        });
        drop(streams);
        TellingLogs {
            session: self.clone(),
            number,
        }
    }

    /// What a server logs without saying for which request: of the newest, as
    /// far as it can only be one of this client.
    pub(super) fn tell_newest_logs(&self, connection: &Connection, notification: &Notification) {
        if connection.owner.is_none() && connection.logging() > 1 {
            return;
        }
        let severity = Severity::of_params(notification.params());
        let streams = self.log_streams.lock();
        let of_server = streams
            .iter()
            .rev()
            .find(|stream| stream.server == connection.server.id);
        if let Some(stream) = of_server.filter(|stream| severity >= stream.from) {
            let line = message::notification(&notification.method, notification.params());
            let _ = stream.outbox.push(line);
        }
    }
}

impl LogStreams {
    fn lock(&self) -> MutexGuard<'_, Vec<LogStream>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for TellingLogs {
    fn drop(&mut self) {
        let mut streams = self.session.log_streams.lock();
        streams.retain(|stream| stream.number != self.number);
    }
}
