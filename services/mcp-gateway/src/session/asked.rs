use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    message::{ErrorCode, Id, Reply},
    upstream::Connection,
};

/// How many questions of servers one client may leave open.
const MAX_OPEN: usize = 256;

/// What servers have asked a client, by the ids that we gave the questions.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    open: Mutex<HashMap<u64, Question>>,
    next_id: AtomicU64,
}

#[derive(Debug)]
struct Question {
    connection: Weak<Connection>,
    /// The server's own id.
    id: Id,
}

impl Asked {
    /// Enters a question. None when the client leaves too many open.
    pub(super) fn enter(&self, connection: &Arc<Connection>, id: &Id) -> Option<Id> {
        let mut open = self.lock();
        if open.len() >= MAX_OPEN {
            return None;
        }
        let own = self.next_id.fetch_add(1, Ordering::Relaxed) + 1;
        open.insert(
            own,
            Question {
                connection: Arc::downgrade(connection),
                id: id.clone(),
            },
        );
        Some(Id::from(own))
    }

    /// The client answers. What nobody asked is ignored.
    pub(crate) fn answer(&self, id: &Id, reply: &Reply) {
        let question = id.as_u64().and_then(|id| self.lock().remove(&id));
        if let Some(question) = question
            && let Some(connection) = question.connection.upgrade()
        {
            connection.answer(&question.id, reply);
        }
    }

    /// The server does not want to know any more: the id that the client knows
    /// the question by.
    pub(super) fn withdraw(&self, connection: &Connection, id: &Id) -> Option<Id> {
        let mut open = self.lock();
        let own = open.iter().find_map(|(own, question)| {
            let is_it = std::ptr::eq(question.connection.as_ptr(), connection) && question.id == *id;
            is_it.then_some(*own)
        })?;
        open.remove(&own);
        Some(Id::from(own))
    }

    /// The client is gone: nobody will answer.
    pub(super) fn refuse_all(&self) {
        for (_, question) in self.lock().drain() {
            if let Some(connection) = question.connection.upgrade() {
                connection.refuse(&question.id, ErrorCode::Refused, "the client has left");
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Question>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
