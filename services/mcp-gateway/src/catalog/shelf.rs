use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::{Digest, Kind, List};
use crate::{directory::Server, upstream::Wanted};

/// How long a list waits for one server. A slow one costs its own items only.
pub(crate) const LIST_DEADLINE: Duration = Duration::from_secs(5);

/// A list that is older is asked for anew, when somebody wants it. Servers that
/// change their lists say so; this is for those that do not.
const FRESH_FOR: Duration = Duration::from_mins(1);

/// The place of one list of one server.
#[derive(Debug)]
pub(crate) struct Shelf {
    pub(super) server: Arc<Server>,
    pub(super) wanted: Wanted,
    pub(super) kind: Kind,
    state: watch::Sender<State>,
}

#[derive(Debug, Clone, Default)]
struct State {
    list: Option<Arc<List>>,
    /// Why the newest try failed.
    error: Option<String>,
    /// When the newest try began.
    asked_at: Option<Instant>,
    is_asking: bool,
    /// Something happened since the list was asked for.
    is_outdated: bool,
}

/// What a shelf holds at the moment.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) list: Option<Arc<List>>,
    /// Why it is not there, or not new.
    pub(crate) problem: Option<String>,
}

/// What a shelf lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Nothing,
    /// A newer list, if that takes no start of the server.
    Refresh,
    /// A list.
    First,
}

/// The right to ask for a list. Dropped, somebody else may.
pub(super) struct Asking(pub(super) Arc<Shelf>);

impl Shelf {
    pub(super) fn new(server: Arc<Server>, wanted: Wanted, kind: Kind) -> Self {
        Self {
            server,
            wanted,
            kind,
            state: watch::Sender::default(),
        }
    }

    pub(super) fn need(&self) -> Need {
        let state = self.state.borrow();
        let is_fresh = state.asked_at.is_some_and(|at| at.elapsed() < FRESH_FOR);
        match &state.list {
            None => Need::First,
            Some(_) if is_fresh && !state.is_outdated => Need::Nothing,
            Some(_) => Need::Refresh,
        }
    }

    /// Whether somebody has asked for this list at all.
    pub(super) fn is_wanted(&self) -> bool {
        self.state.borrow().asked_at.is_some()
    }

    /// Notes that the list may be another one now.
    pub(super) fn outdated(&self) {
        self.state.send_modify(|state| state.is_outdated = true);
    }

    /// Takes the right to ask for the list; none while somebody else has it.
    pub(super) fn begin(self: &Arc<Self>) -> Option<Asking> {
        let is_mine = self.state.send_if_modified(|state| {
            let is_free = !state.is_asking;
            if is_free {
                state.is_asking = true;
                state.is_outdated = false;
                state.asked_at = Some(Instant::now());
            }
            is_free
        });
        is_mine.then(|| Asking(self.clone()))
    }

    /// What is here now.
    pub(crate) fn stored(&self) -> Stored {
        let state = self.state.borrow();
        let problem = match &state.list {
            None if state.error.is_none() => Some(no_answer()),
            _ => state.error.clone(),
        };
        Stored {
            list: state.list.clone(),
            problem,
        }
    }

    pub(super) fn digest(&self) -> Option<Digest> {
        self.state.borrow().list.as_ref().map(|list| list.digest)
    }

    /// Waits until there is a list, or it is known that there is none. Not
    /// longer than the deadline since the server was asked: whoever comes later
    /// to a slow server waits the less.
    pub(crate) async fn settled(&self) {
        let mut state = self.state.subscribe();
        let deadline = state.borrow().asked_at.unwrap_or_else(Instant::now) + LIST_DEADLINE;
        let settled = state.wait_for(|state| state.list.is_some() || !state.is_asking);
        let _ = tokio::time::timeout_at(deadline.into(), settled).await;
    }
}

impl Asking {
    /// Puts what came on the shelf. Says whether the list is another one.
    pub(super) fn settle(&self, outcome: Result<Arc<List>, String>) -> bool {
        let before = self.0.digest();
        self.0.state.send_modify(|state| match outcome {
            Ok(list) => {
                state.list = Some(list);
                state.error = None;
            }
            // An old list is better than none: what it names can be tried.
            Err(error) => state.error = Some(error),
        });
        self.0.digest() != before
    }

    /// Whether something happened since the asking began.
    pub(super) fn again(&self) -> bool {
        self.0.state.send_if_modified(|state| {
            let again = std::mem::take(&mut state.is_outdated);
            if again {
                state.asked_at = Some(Instant::now());
            }
            again
        })
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.state.send_modify(|state| state.is_asking = false);
    }
}

fn no_answer() -> String {
    format!("it did not answer within {} s", LIST_DEADLINE.as_secs())
}
