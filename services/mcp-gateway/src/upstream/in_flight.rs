use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, mpsc, oneshot};

use super::Question;
use crate::{id_map::IdMap, message::Reply, outbox::Outbox};

/// The requests that a server has not answered yet, by the ids that we gave
/// them.
#[derive(Debug, Default)]
pub(super) struct InFlight(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    waiting: IdMap<u64, Waiting>,
    is_closed: bool,
}

#[derive(Debug)]
struct Waiting {
    answer: oneshot::Sender<Result<Reply, RequestError>>,
    expecting: Expecting,
    sign_of_life: Arc<Notify>,
}

/// Where an answer is awaited.
pub(super) type Answer = oneshot::Receiver<Result<Reply, RequestError>>;

/// What may come before the answer of a request.
#[derive(Debug, Default)]
pub(super) struct Expecting {
    pub(super) progress: Option<Progress>,
    pub(super) questions: Option<mpsc::Sender<Question>>,
    /// The answer comes when all is over: nobody waits for it.
    pub(super) is_listening: bool,
    /// Whether the server may log for it, as far as it was told.
    pub(super) may_log: bool,
}

/// Where the progress of a request goes.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    /// The client's own token: a JSON text.
    pub(crate) token: String,
    pub(crate) outbox: Outbox,
}

/// One request on its way. Dropped before its answer, it is forgotten.
#[derive(Debug)]
pub(super) struct Ticket<'a> {
    table: &'a InFlight,
    pub(super) id: u64,
    pub(super) answer: Answer,
    /// Told when the server reports progress.
    pub(super) sign_of_life: Arc<Notify>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RequestError {
    #[error("the server did not answer within {} ms", .0.as_millis())]
    Timeout(std::time::Duration),
    /// The server went away. Says how.
    #[error("{0}")]
    Crashed(String),
    /// The server could not be reached: it has not seen the request.
    #[error("{0}")]
    Unreachable(String),
    /// What it answered is no answer. Says what is wrong with it.
    #[error("{0}")]
    BadAnswer(String),
    /// A member that the gateway has to read is there twice.
    #[error("params holds {0} twice, or in no object; send it once")]
    Ambiguous(&'static str),
}

impl InFlight {
    /// Enters a request. None when the connection has ended.
    pub(super) fn enter(&self, id: u64, expecting: Expecting) -> Option<Ticket<'_>> {
        let (sender, answer) = oneshot::channel();
        let sign_of_life = Arc::new(Notify::new());
        let mut table = self.lock();
        if table.is_closed {
            return None;
        }
        table.waiting.insert(
            id,
            Waiting {
                answer: sender,
                expecting,
                sign_of_life: sign_of_life.clone(),
            },
        );
        Some(Ticket {
            table: self,
            id,
            answer,
            sign_of_life,
        })
    }

    /// Hands an answer to whom it belongs. False when nobody waits for it (any
    /// more).
    pub(super) fn answer(&self, id: u64, reply: Result<Reply, RequestError>) -> bool {
        let waiting = self.lock().waiting.remove(&id);
        waiting.is_some_and(|waiting| waiting.answer.send(reply).is_ok())
    }

    /// Notes that a request makes progress, and says where to tell it.
    pub(super) fn progress(&self, id: u64) -> Option<Progress> {
        let table = self.lock();
        let waiting = table.waiting.get(&id)?;
        waiting.sign_of_life.notify_one();
        waiting.expecting.progress.clone()
    }

    /// Who takes questions for the newest request for which somebody does.
    pub(super) fn newest_questions(&self) -> Option<mpsc::Sender<Question>> {
        let table = self.lock();
        let taking = table
            .waiting
            .iter()
            .filter_map(|(id, waiting)| Some((*id, waiting.expecting.questions.as_ref()?)));
        taking
            .max_by_key(|(id, _)| *id)
            .map(|(_, questions)| questions.clone())
    }

    /// How many somebody waits for.
    pub(super) fn len(&self) -> usize {
        let table = self.lock();
        let waiting = table.waiting.values();
        waiting.filter(|waiting| !waiting.expecting.is_listening).count()
    }

    /// Whether that is one by which the server tells of changes.
    pub(super) fn is_listening(&self, id: u64) -> bool {
        let table = self.lock();
        let waiting = table.waiting.get(&id);
        waiting.is_some_and(|waiting| waiting.expecting.is_listening)
    }

    /// For how many of them the server may log.
    pub(super) fn logging(&self) -> usize {
        let table = self.lock();
        let waiting = table.waiting.values();
        waiting.filter(|waiting| waiting.expecting.may_log).count()
    }

    /// Ends all that wait.
    pub(super) fn lose_all(&self) {
        self.lock().waiting.clear();
    }

    /// Ends all that wait, and takes nobody any more.
    pub(super) fn close(&self) {
        let mut table = self.lock();
        table.is_closed = true;
        table.waiting.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.table.lock().waiting.remove(&self.id);
    }
}
