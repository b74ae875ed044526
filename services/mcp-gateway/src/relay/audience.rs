use std::sync::Arc;

use service_host::OnFailure;

use super::Relay;
use crate::{
    catalog::Kind,
    message::{Id, Notification, Request},
    upstream::{Audience, Connection},
};

/// Servers speak to the sessions that use them; of changed lists the catalogue
/// hears first, for a project's list may be the same all the same.
impl Audience for Relay {
    fn notify(&self, connection: &Connection, notification: &Notification) {
        let kinds: Vec<_> = Kind::ALL
            .into_iter()
            .filter(|kind| kind.changed() == notification.method)
            .collect();
        if kinds.is_empty() {
            self.sessions.notify(connection, notification);
        } else {
            self.sessions.notify_on_server(connection, notification);
            self.catalog.outdated(connection.server.id, &kinds);
        }
    }

    fn ask(&self, connection: &Arc<Connection>, request: &Request) -> bool {
        self.sessions.ask(connection, request)
    }

    fn withdraw(&self, connection: &Connection, request_id: &Id, notification: &Notification) {
        self.sessions.withdraw(connection, request_id, notification);
    }

    fn came_up(&self, connection: &Arc<Connection>) {
        self.catalog.outdated(connection.server.id, &Kind::ALL);
        self.sessions.rewatch_by(connection);
        let Some(relay) = self.own.upgrade() else { return };
        let connection = connection.clone();
        self.tasks.spawn("log level", OnFailure::Log, async move {
            relay.adjust_log_level(&connection).await;
            Ok(())
        });
    }
}
