//! Running connections to servers: one reader each, a table of what is in
//! flight, and a supervisor that starts, watches, restarts and ends them.

mod breaker;
mod connection;
mod environment;
mod eras;
mod event_parser;
mod framer;
mod handshake;
mod http;
mod in_flight;
mod life;
mod log_lines;
mod metrics;
mod outbound;
mod params;
mod patience;
mod pids;
mod pool;
mod process;
mod question;
mod seat;
mod slot;
mod stdio;
mod trial;
mod watching;

use std::sync::Arc;

use domain::SessionId;

use crate::message::{Id, Notification, Request};

pub(crate) use connection::{Connection, RequestOptions};
#[cfg(feature = "fuzzing")]
pub(crate) use event_parser::fuzzing::fuzz_event_stream;
#[cfg(feature = "fuzzing")]
pub(crate) use framer::fuzzing::fuzz_lines;
pub(crate) use handshake::{Era, GATEWAY_CLIENT_INFO, Hello};
pub(crate) use http::Dialer;
pub(crate) use in_flight::RequestError;
pub(crate) use outbound::Outbound;
pub(crate) use params::ClientMeta;
pub(crate) use patience::{OpenQuestion, Patience};
pub(crate) use pool::{PoolConfig, Status, Unavailable, Upstreams};
pub(crate) use question::Question;
pub(crate) use seat::Seat;

/// Who owns a connection alone, and as what it presents itself to the server.
#[derive(Debug, Clone)]
pub(crate) struct Owner {
    pub(crate) session: SessionId,
    /// What the client declared in `initialize`: JSON objects.
    pub(crate) capabilities: Arc<str>,
    pub(crate) client_info: Arc<str>,
}

/// For whom a connection is wanted.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// The client's own. A server that speaks both is spoken to in it, so that
    /// nothing has to be translated.
    pub(crate) era: Era,
    /// Who has it alone, where the server cannot be shared.
    pub(crate) owner: Option<Owner>,
}

impl Wanted {
    /// For whoever has no session.
    pub(crate) const SHARED: Self = Self {
        era: Era::Modern,
        owner: None,
    };
}

/// Who hears what servers say of their own accord: the sessions.
pub(crate) trait Audience: Send + Sync + std::fmt::Debug {
    /// A notification for the clients of the server.
    fn notify(&self, connection: &Connection, notification: &Notification);

    /// A request to the client that owns the connection. Whether somebody took
    /// it and will answer.
    fn ask(&self, connection: &Arc<Connection>, request: &Request) -> bool;

    /// The server no longer wants the answer to a request of its own.
    fn withdraw(&self, connection: &Connection, request_id: &Id, notification: &Notification);

    /// What a server offers may have changed, because it came up. What is
    /// watched on it is to be said again.
    fn came_up(&self, connection: &Arc<Connection>);
}

#[cfg(test)]
mod tests;
