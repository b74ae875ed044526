use std::sync::Arc;

use serde_json::value::RawValue;

use super::Connection;
use crate::message::{ErrorCode, Id, Reply};

/// What a server asks while it works on a request.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) connection: Arc<Connection>,
    /// The server's own.
    pub(crate) id: Id,
    pub(crate) method: String,
    pub(crate) params: Option<Box<RawValue>>,
}

impl Question {
    pub(crate) fn answer(&self, reply: &Reply) {
        self.connection.answer(&self.id, reply);
    }

    pub(crate) fn refuse(&self, code: ErrorCode, words: &str) {
        self.connection.refuse(&self.id, code, words);
    }
}
