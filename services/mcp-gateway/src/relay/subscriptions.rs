use std::sync::Arc;

use futures::future::join_all;

use super::{Answer, Caller, Relay, empty_result};
use crate::{
    catalog::LIST_DEADLINE,
    directory::Server,
    message::{ErrorCode, Reply, Severity, object_fields},
    session::Watcher,
    upstream::{Connection, Era},
};

impl Relay {
    /// Answers `resources/subscribe` and `resources/unsubscribe`: what several
    /// clients of a connection want to hear of is watched as one.
    pub(super) async fn subscription(&self, caller: &Caller, method: &str, params: Option<&str>) -> Answer {
        let uri = params.and_then(|params| object_fields(params, ["uri"])?.string(0));
        let (Some(uri), Some(session)) = (uri, &caller.session) else {
            return Answer::error(
                ErrorCode::InvalidParams,
                "params lacks the uri of a resource, or has it twice",
            );
        };
        let Some((server, own)) = self.resource_of(caller, &uri).await else {
            return Answer::error(
                ErrorCode::NoResource,
                format!(
                    "no server of this project has the resource {uri}; resources/list tells what there is"
                ),
            );
        };
        if method == "resources/unsubscribe" {
            session.interests.unwatch(Watcher::Session, server.id, &own);
            self.sessions.rewatch(&server);
            return empty_result();
        }
        let connection = match self.connect(caller, &server).await {
            Ok(connection) => connection,
            Err(error) => return Answer::error(ErrorCode::Refused, error.to_string()),
        };
        let is_legacy = connection.hello().is_none_or(|hello| hello.era == Era::Legacy);
        let mut answer = empty_result();
        if is_legacy {
            // It may know better than we whether that can be watched.
            let params = serde_json::json!({ "uri": own }).to_string();
            answer = self.pass(caller, &server, method, Some(&params), None).await;
            if !matches!(answer, Answer::Reply(Reply::Result(_))) {
                return answer;
            }
        }
        if session
            .interests
            .watch(Watcher::Session, &server, &own, &uri)
            .is_err()
        {
            let words = "this client watches as many resources as it may; unsubscribe from some";
            return Answer::error(ErrorCode::InvalidParams, words);
        }
        self.sessions.rewatch(&server);
        if !is_legacy {
            connection.watches(&own).await;
        }
        answer
    }

    /// Whose resource an address of the client means, and how its server calls
    /// it.
    pub(super) async fn resource_of(&self, caller: &Caller, uri: &str) -> Option<(Arc<Server>, String)> {
        if let Some(server) = caller.single_server() {
            return Some((server, uri.to_owned()));
        }
        let resource = self.resource(caller, uri).await?;
        Some((resource.server, resource.uri))
    }

    /// Answers `logging/setLevel`: each session gets what it asked for, and a
    /// server logs what the most curious of its clients wants. A modern server
    /// is told with each request.
    pub(super) async fn set_log_level(&self, caller: &Caller, params: Option<&str>) -> Answer {
        let level = params.and_then(|params| object_fields(params, ["level"])?.string(0));
        let (Some(level), Some(session)) = (
            level.and_then(|level| level.parse::<Severity>().ok()),
            &caller.session,
        ) else {
            let words = format!("params lacks a level, one of {}", Severity::list());
            return Answer::error(ErrorCode::InvalidParams, words);
        };
        if let Some(server) = caller.single_server() {
            let connection = match self.connect(caller, &server).await {
                Ok(connection) => connection,
                Err(error) => return Answer::error(ErrorCode::Refused, error.to_string()),
            };
            if !connection.hello().is_some_and(|hello| hello.offers("logging")) {
                let words = format!("the server {} does not log to its clients", server.name);
                return Answer::error(ErrorCode::MethodNotFound, words);
            }
            session.set_log_level(level);
            self.adjust_log_level(&connection).await;
            return empty_result();
        }
        session.set_log_level(level);
        join_all(caller.project.enabled_servers().map(|server| async move {
            if let Some(connection) = self.upstreams.ready(server, &caller.wanted(server)) {
                self.adjust_log_level(&connection).await;
            }
        }))
        .await;
        empty_result()
    }

    /// Tells a legacy server what its clients want to be told.
    pub(super) async fn adjust_log_level(&self, connection: &Arc<Connection>) {
        let Some(level) = self.sessions.log_level(connection) else {
            return;
        };
        let logs = connection
            .hello()
            .is_some_and(|hello| hello.era == Era::Legacy && hello.offers("logging"));
        if logs {
            let params = format!("{{\"level\":\"{}\"}}", level.as_str());
            let asked = self
                .ask(connection, "logging/setLevel", Some(&params), LIST_DEADLINE)
                .await;
            if let Err(error) = asked {
                tracing::debug!(server_id = %connection.server.id, error, "a server does not take a log level");
            }
        }
    }
}
