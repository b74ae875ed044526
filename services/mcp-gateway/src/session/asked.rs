use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::oneshot;

use super::Session;
use crate::{
    message::{self, ErrorCode, Id, Reply},
    outbox::Outbox,
    upstream::{Connection, OpenQuestion, Patience, Question},
};

/// How many questions one client may leave open.
const MAX_OPEN: usize = 256;

/// What a client was asked, by the ids that we gave the questions.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    open: Mutex<HashMap<u64, Asker>>,
    next_id: AtomicU64,
}

/// Who wants to know.
#[derive(Debug)]
enum Asker {
    /// A legacy server.
    Server(AskedQuestion),
    /// The gateway, for a modern server.
    Gateway(oneshot::Sender<Reply>),
}

/// A question of a server, until the client has answered it.
#[derive(Debug)]
pub(crate) struct AskedQuestion {
    pub(crate) question: Question,
    /// Stops the time of the request that it belongs to, where that is known.
    _open: Option<OpenQuestion>,
}

/// A question of the gateway's. Dropped, nobody waits for the answer any more.
struct Open<'a> {
    asked: &'a Asked,
    id: u64,
}

impl AskedQuestion {
    pub(crate) fn of_request(question: Question, patience: &Patience) -> Self {
        Self {
            question,
            _open: Some(patience.question()),
        }
    }
}

impl From<Question> for AskedQuestion {
    fn from(question: Question) -> Self {
        Self {
            question,
            _open: None,
        }
    }
}

impl Asked {
    /// Enters a question. Gives it back when the client leaves too many open.
    fn enter(&self, asker: Asker) -> Result<u64, Asker> {
        let mut open = self.lock();
        if open.len() >= MAX_OPEN {
            return Err(asker);
        }
        let own = self.next_id.fetch_add(1, Ordering::Relaxed) + 1;
        open.insert(own, asker);
        Ok(own)
    }

    /// The client answers. What nobody asked is ignored.
    pub(crate) fn answer(&self, id: &Id, reply: Reply) {
        match id.as_u64().and_then(|id| self.lock().remove(&id)) {
            Some(Asker::Server(asked)) => asked.question.answer(&reply),
            Some(Asker::Gateway(sender)) => {
                let _ = sender.send(reply);
            }
            None => {}
        }
    }

    /// The server does not want to know any more: the id that the client knows
    /// the question by.
    pub(super) fn withdraw(&self, connection: &Connection, id: &Id) -> Option<Id> {
        let mut open = self.lock();
        let own = open.iter().find_map(|(own, asker)| match asker {
            Asker::Server(AskedQuestion { question, .. }) => {
                let is_it = std::ptr::eq(&raw const *question.connection, connection) && question.id == *id;
                is_it.then_some(*own)
            }
            Asker::Gateway(_) => None,
        })?;
        open.remove(&own);
        Some(Id::from(own))
    }

    /// The client is gone: nobody will answer.
    pub(super) fn refuse_all(&self) {
        let open = std::mem::take(&mut *self.lock());
        for asker in open.into_values() {
            refuse(asker, "the client has left");
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Asker>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// Puts a question of a legacy server to the client: on the stream of the
    /// request that it belongs to, else on an open one. Refuses it where there
    /// is none.
    pub(crate) fn put(&self, asked: AskedQuestion, stream: Option<&Outbox>) {
        let Some(stream) = self.stream_for_a_question(stream) else {
            asked.question.refuse(
                ErrorCode::MethodNotFound,
                "the client has no stream open by which it can be asked",
            );
            return;
        };
        let method = asked.question.method.clone();
        let params = asked.question.params.clone();
        match self.asked.enter(Asker::Server(asked)) {
            Ok(own) => {
                let params = params.as_ref().map(|params| params.get());
                if stream
                    .push(message::request(&Id::from(own), &method, params))
                    .is_err()
                    && let Some(asker) = self.asked.lock().remove(&own)
                {
                    refuse(asker, "the client has no stream open by which it can be asked");
                }
            }
            Err(asker) => refuse(asker, "the client leaves too many questions open"),
        }
    }

    /// Asks the client. None where there is no way to it.
    pub(crate) async fn ask(
        &self,
        method: &str,
        params: Option<&str>,
        stream: Option<&Outbox>,
    ) -> Option<Reply> {
        let stream = self.stream_for_a_question(stream)?;
        let (sender, answer) = oneshot::channel();
        let id = self.asked.enter(Asker::Gateway(sender)).ok()?;
        let _open = Open {
            asked: &self.asked,
            id,
        };
        stream
            .push(message::request(&Id::from(id), method, params))
            .ok()?;
        answer.await.ok()
    }

    /// The stream of the request that a question belongs to, else that of the
    /// only one that is waited for, else an open one.
    fn stream_for_a_question(&self, of_request: Option<&Outbox>) -> Option<Outbox> {
        of_request
            .filter(|stream| !stream.is_closed())
            .cloned()
            .or_else(|| self.any_stream())
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.asked.lock().remove(&self.id);
    }
}

fn refuse(asker: Asker, words: &str) {
    if let Asker::Server(asked) = asker {
        asked.question.refuse(ErrorCode::Refused, words);
    }
}
