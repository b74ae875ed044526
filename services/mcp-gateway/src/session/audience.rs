use std::sync::Arc;

use super::{Endpoint, Session, Sessions, asked::AskedQuestion};
use crate::{
    message::{self, Id, Notification, Request, Severity, object_fields},
    upstream::{Connection, Question},
};

/// Servers speak to the sessions that use them.
impl Sessions {
    pub(crate) fn notify(&self, connection: &Connection, notification: &Notification) {
        match notification.method.as_str() {
            "notifications/resources/updated" => return self.updated(connection, notification),
            "notifications/message" => return self.logged(connection, notification),
            _ => {}
        }
        for session in self.of_connection(connection) {
            session.tell(&notification.method, notification.params());
        }
    }

    /// To each session what it asked for. Who said nothing gets what its own
    /// server sends, and of a shared one, which may log more for others, what
    /// most want to know.
    fn logged(&self, connection: &Connection, notification: &Notification) {
        let severity = Severity::of_params(notification.params());
        for session in self.of_connection(connection) {
            if session.stay.is_some() {
                session.tell_newest_logs(connection, notification);
                continue;
            }
            let from = session
                .log_level()
                .or(connection.owner.is_none().then_some(Severity::Info));
            if from.is_none_or(|from| severity >= from) {
                session.tell(&notification.method, notification.params());
            }
        }
    }

    /// What the most curious of those who use a connection wants to be told.
    pub(crate) fn log_level(&self, connection: &Connection) -> Option<Severity> {
        let sessions = self.of_connection(connection);
        sessions.iter().filter_map(|session| session.log_level()).min()
    }

    /// To clients of the server's own endpoint alone.
    pub(crate) fn notify_on_server(&self, connection: &Connection, notification: &Notification) {
        for session in self.of_connection(connection) {
            if session.endpoint != Endpoint::Project {
                session.tell(&notification.method, notification.params());
            }
        }
    }

    pub(crate) fn ask(&self, connection: &Arc<Connection>, request: &Request) -> bool {
        let Some(session) = self.owner_of(connection) else {
            return false;
        };
        let question = Question {
            connection: connection.clone(),
            id: request.id.clone(),
            method: request.method.clone(),
            params: request.params.clone(),
        };
        session.put(AskedQuestion::from(question), None);
        true
    }

    pub(crate) fn withdraw(&self, connection: &Connection, request_id: &Id, notification: &Notification) {
        let Some(session) = self.owner_of(connection) else {
            return;
        };
        let Some(id) = session.asked.withdraw(connection, request_id) else {
            return;
        };
        let params = notification.params().unwrap_or("{}");
        if let Some(fields) = object_fields(params, ["requestId"])
            && let Some(own) = fields.get(0)
            && let Some(stream) = session.any_stream()
        {
            let params = fields.splice().replace(own, id.to_string()).finish();
            let _ = stream.push(message::notification(&notification.method, Some(&params)));
        }
    }

    fn owner_of(&self, connection: &Connection) -> Option<Arc<Session>> {
        self.by_id(connection.owner.as_ref()?.session)
    }

    /// Who hears what comes by a connection: its owner, or all who share it.
    pub(super) fn of_connection(&self, connection: &Connection) -> Vec<Arc<Session>> {
        let server = &connection.server;
        let is_by_it = |session: &Session| self.upstreams.is_for(connection, &session.wanted(server));
        if connection.owner.is_some() {
            let owner = self.owner_of(connection);
            return owner.into_iter().filter(|owner| is_by_it(owner)).collect();
        }
        let mut sessions = self.of_project(server.project_id);
        sessions.retain(|session| {
            let is_there = match session.endpoint {
                Endpoint::Project => true,
                Endpoint::Server(id) => id == server.id,
            };
            is_there && is_by_it(session)
        });
        sessions
    }
}
