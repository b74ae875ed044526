use std::sync::Arc;

use domain::ErrorKind;

use super::{Answer, Caller, Relay};
use crate::{
    message::{ErrorCode, Request},
    outbox::Outbox,
    session::{Session, Waiting},
};

/// Requests that one session may wait for at a time.
const MAX_IN_FLIGHT: usize = 256;

/// A request that is not even begun.
#[derive(Debug)]
pub(crate) struct NotBegun {
    pub(crate) kind: ErrorKind,
    pub(crate) answer: Answer,
}

impl Relay {
    /// Enters a request that its client waits for. A call that is not begun is
    /// recorded all the same.
    pub(crate) fn enter(
        &self,
        caller: &Caller,
        session: &Arc<Session>,
        request: &Request,
        outbox: Option<Outbox>,
    ) -> Result<Waiting, NotBegun> {
        let (kind, code, words) = if session.waited_for() >= MAX_IN_FLIGHT {
            let words =
                "this session waits for as many requests as it may; wait for some of them, or withdraw them";
            (ErrorKind::RateLimited, ErrorCode::Refused, words)
        } else if let Some(waiting) = session.wait_for(&request.id, outbox) {
            return Ok(waiting);
        } else {
            let words = "the client waits for an answer with this id already; use another";
            (ErrorKind::InvalidRequest, ErrorCode::InvalidRequest, words)
        };
        let answer = self.refuse_request(caller, request, kind, Answer::error(code, words));
        Err(NotBegun { kind, answer })
    }
}
